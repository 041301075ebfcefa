//! The folder of a core or a cell: made, emptied, filled with what others made, and what stays in it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::BuildError;
use super::unit::blocking;
use crate::event::Step;
use crate::store::{Record, link_or_copy, write_atomically};
use crate::symbols::CellSymbols;

/// What a job says in its folder of how it went.
const LOG: &str = "build.log";

/// Makes a folder and those above it.
///
/// # Errors
/// Where that can't be done.
pub(super) async fn make(folder: &Path) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        std::fs::create_dir_all(&folder)
            .map_err(|error| BuildError::io(Step::Compile, "made", &folder, &error))
    })
    .await?
}

/// That the firmware was run and did what it should.
pub(super) const PASSED: &str = ".passed";

/// The files that a build left there for good: its outputs, record, list of symbols, log, and that it passed.
pub(super) async fn recorded_files(folder: &Path) -> Result<HashSet<PathBuf>, BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        let outputs = Record::load(&folder).into_iter().flat_map(|record| record.outputs);
        let names = outputs
            .map(|output| output.path)
            .chain([Record::FILE, CellSymbols::FILE, LOG, PASSED].map(PathBuf::from));
        names.map(|name| folder.join(name)).collect()
    })
    .await
}

/// Removes every file below a folder, if it is there, but these.
///
/// # Errors
/// Where one can't be removed.
pub(super) async fn clear(folder: &Path, but: &HashSet<PathBuf>) -> Result<(), BuildError> {
    let (folder, but) = (folder.to_owned(), but.clone());
    blocking(move || {
        if !folder.exists() {
            return Ok(());
        }
        let walk = walkdir::WalkDir::new(&folder).contents_first(true).min_depth(1);
        for entry in walk {
            let io = |error: std::io::Error| BuildError::io(Step::Seed, "emptied", &folder, &error);
            let entry = entry.map_err(|error| io(error.into()))?;
            if entry.file_type().is_dir() {
                // One that is not empty holds something to be kept.
                let _ = std::fs::remove_dir(entry.path());
            } else if !but.contains(entry.path()) {
                std::fs::remove_file(entry.path()).map_err(io)?;
            }
        }
        Ok(())
    })
    .await?
}

/// Hardlinks files, each to its place below a folder.
///
/// # Errors
/// Where the folder can't be written.
pub(super) async fn place(
    folder: &Path,
    step: Step,
    files: Vec<(PathBuf, PathBuf)>,
) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        for (from, to) in files {
            let to = folder.join(to);
            to.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| link_or_copy(&from, &to))
                .map_err(|error| BuildError::io(step, "written", &to, &error))?;
        }
        Ok(())
    })
    .await?
}

/// Whether a file in such a folder is the log or one of ours that nobody asked for.
pub(super) fn is_ours(name: &std::ffi::OsStr) -> bool {
    name == LOG || name.to_string_lossy().starts_with('.')
}

/// Writes the log of a cell or core: its commands and what they printed.
pub fn write_log(folder: &Path, lines: &[String]) {
    let mut text = lines.join("\n");
    text.push('\n');
    // The log is for reading; a build that can't write it has failed for the same reason elsewhere.
    let _ =
        std::fs::create_dir_all(folder).and_then(|()| write_atomically(&folder.join(LOG), text.as_bytes()));
}
