//! placeholder until merge
mod folder;
pub use folder::{SketchError, SketchFiles, SketchUnit, load, load_file};
pub fn preprocess(files: &SketchFiles) -> Result<Vec<u8>, SketchError> {
    let mut out = b"#include <Arduino.h>\n".to_vec();
    for f in &files.ino_files {
        out.extend(format!("#line 1 \"{}\"\n", f.display()).bytes());
        out.extend(std::fs::read(f).unwrap());
        out.push(b'\n');
    }
    Ok(out)
}
