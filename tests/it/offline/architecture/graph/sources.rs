//! The source files of a crate.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The text of each source file, by its path below `src/`, with `/`.
pub(crate) type Sources = BTreeMap<String, String>;

/// Reads the sources of this package.
pub(crate) fn of_this_crate() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Sources::new();
    read(&root, &root, &mut sources);
    sources
}

fn read(root: &Path, directory: &Path, sources: &mut Sources) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            read(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("a path below `src`").to_string_lossy().into_owned();
            sources.insert(name, fs::read_to_string(&path).expect("a readable file"));
        }
    }
}
