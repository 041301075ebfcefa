//! Sketches in, C++ out.

use super::*;

fn files(sources: &[(&str, &str)]) -> Vec<SketchFile> {
    sources.iter().map(|(path, text)| SketchFile { path: path.into(), text: text.as_bytes().to_vec() }).collect()
}

/// The prototypes of a sketch of one file: `place: text`, where the place is the line that they go before.
fn places(source: &str) -> Vec<String> {
    let merged = merge(&files(&[("s.ino", source)]));
    let describe = |prototype: &Prototype| {
        let conditions: Vec<_> = prototype.conditions.iter().flatten().map(|line| String::from_utf8_lossy(line)).collect();
        let around = if conditions.is_empty() { String::new() } else { format!(" [{}]", conditions.join(" ")) };
        let line = merged.locate(prototype.at).unwrap().1;
        format!("{line}: {}{around}", String::from_utf8_lossy(&prototype.text))
    };
    prototypes(&merged).iter().map(describe).collect()
}

/// Writes what `preprocess` makes of a sketch file beside it, for comparison by hand with arduino-builder's.
#[test]
#[ignore = "a tool: SKETCH=/path/Name.ino OUT=/path cargo test -- --ignored dump_sketches"]
fn dump_sketches() {
    let list = std::fs::read_to_string(std::env::var("SKETCHES").unwrap()).unwrap();
    for line in list.lines() {
        let (main, out) = line.split_once('\t').unwrap();
        let main = std::path::Path::new(main);
        let found = load(main.parent().unwrap(), main).unwrap();
        let read = |path: &PathBuf| SketchFile { path: path.clone(), text: std::fs::read(path).unwrap() };
        let files: Vec<_> = found.ino_files.iter().map(read).collect();
        let start = std::time::Instant::now();
        let text = preprocess(&files);
        println!("{:?} {}", start.elapsed(), main.display());
        std::fs::write(out, text).unwrap();
    }
}

#[test]
fn smoke() {
    println!("{:#?}", places("void setup() { foo(); }\nvoid foo() {}\n"));
}
