//! Tests of the module as a whole: malformed matrices, the meaning of valid ones, and the absence of panics.

mod expressions;
mod good;
mod lookalikes;
mod malformed;
mod random;
mod ratchet;

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// Parses `text` as `matrix.yml` in the directory `/m`, which does not exist.
fn parse(text: &str) -> Result<Matrix, MatrixError> {
    Matrix::parse(Path::new("matrix.yml"), PathBuf::from("/m"), text.as_bytes())
}

/// A directory of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The `.yml` files of a directory, sorted.
fn yml_files(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(repository(directory)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

/// A directory with empty sketches, by path.
fn sketches(paths: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for path in paths {
        let file = directory.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "void setup() {}\nvoid loop() {}\n").unwrap();
    }
    directory
}
