//! The directory of a core or a cell: created, emptied, and filled with objects and outputs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::cache::Record;
use crate::event::Step;
use crate::fs::{Sharing, write_atomically};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::shared::blocking::blocking;
use crate::symbols::CellSymbols;

/// Name of a job's log in its directory.
const LOG: &str = "build.log";

/// Creates a directory and its parents.
///
/// # Errors
/// The directory can't be created.
pub(in crate::pipeline) async fn make(directory: &Path) -> Result<(), BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        std::fs::create_dir_all(&directory)
            .map_err(|error| BuildError::io(Step::Compile, FileAction::Make, &directory, &error))
    })
    .await?
}

/// Subdirectory for the outputs of an earlier build while hooks run.
pub(in crate::pipeline) const ASIDE: &str = ".earlier";

/// Moves the outputs of an earlier build into [`ASIDE`] and removes all other files except its record,
/// symbols, log and [`PASSED`]. Returns the remaining files.
///
/// # Errors
/// A file can't be removed.
pub(in crate::pipeline) async fn set_aside(directory: &Path) -> Result<HashSet<PathBuf>, BuildError> {
    let (own, aside) = (directory.to_owned(), directory.join(ASIDE));
    let moved = blocking(move || {
        // Left by an interrupted run, and in no record.
        let _ = std::fs::remove_dir_all(&aside);
        let mut moved = HashSet::new();
        for output in Record::load(&own).into_iter().flat_map(|record| record.outputs) {
            let to = aside.join(&output.path);
            let _ = to.parent().map(std::fs::create_dir_all);
            // A missing output is detected when the record is verified.
            if std::fs::rename(own.join(&output.path), &to).is_ok() {
                moved.insert(to);
            }
        }
        moved
    });
    let mut stays = moved.await?;
    stays.extend([Record::FILE, CellSymbols::FILE, LOG, PASSED].map(|name| directory.join(name)));
    clear(directory, &stays).await?;
    Ok(stays)
}

/// File that marks firmware whose run in the emulator has passed.
pub(in crate::pipeline) const PASSED: &str = ".passed";

/// Returns the permanent files of a build: its outputs, record, list of symbols, log, and [`PASSED`].
pub(in crate::pipeline) async fn recorded_files(directory: &Path) -> Result<HashSet<PathBuf>, BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        let outputs = Record::load(&directory).into_iter().flat_map(|record| record.outputs);
        let names = outputs
            .map(|output| output.path)
            .chain([Record::FILE, CellSymbols::FILE, LOG, PASSED].map(PathBuf::from));
        names.map(|name| directory.join(name)).collect()
    })
    .await
}

/// Removes every file below a directory except `but`; does nothing if the directory is missing.
///
/// # Errors
/// A file can't be removed.
pub(in crate::pipeline) async fn clear(directory: &Path, but: &HashSet<PathBuf>) -> Result<(), BuildError> {
    let (directory, but) = (directory.to_owned(), but.clone());
    blocking(move || {
        if !directory.exists() {
            return Ok(());
        }
        let walk = walkdir::WalkDir::new(&directory).contents_first(true).min_depth(1);
        for entry in walk {
            let io =
                |error: std::io::Error| BuildError::io(Step::Seed, FileAction::Empty, &directory, &error);
            let entry = entry.map_err(|error| io(error.into()))?;
            if entry.file_type().is_dir() {
                // A directory that is not empty contains a file of `but`.
                let _ = std::fs::remove_dir(entry.path());
            } else if !but.contains(entry.path()) {
                std::fs::remove_file(entry.path()).map_err(io)?;
            }
        }
        Ok(())
    })
    .await?
}

/// Returns every file below a directory.
pub(in crate::pipeline) async fn files_below(directory: &Path) -> Result<HashSet<PathBuf>, BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        let walk = walkdir::WalkDir::new(&directory).into_iter().flatten();
        walk.filter(|entry| !entry.file_type().is_dir()).map(walkdir::DirEntry::into_path).collect()
    })
    .await
}

/// Places files below a directory: as hardlinks, or as copies if a tool may write into them.
///
/// # Errors
/// The directory can't be written.
pub(in crate::pipeline) async fn place(
    directory: &Path,
    step: Step,
    sharing: Sharing,
    files: Vec<(PathBuf, PathBuf)>,
) -> Result<(), BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        for (from, to) in files {
            let to = directory.join(to);
            to.parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| sharing.put(&from, &to))
                .map_err(|error| BuildError::io(step, FileAction::Write, &to, &error))?;
        }
        Ok(())
    })
    .await?
}

/// Whether a file in a job's directory is the log or another internal file, which is no output.
pub(in crate::pipeline) fn is_ours(name: &std::ffi::OsStr) -> bool {
    name == LOG || name.to_string_lossy().starts_with('.')
}

/// Replaces the first paragraph of a log, if it has the same title line but another content: the build may be
/// up to date while the description of its libraries has changed.
pub fn renew_log(directory: &Path, paragraph: &str) {
    let path = directory.join(LOG);
    let Ok(text) = std::fs::read_to_string(&path) else { return };
    let title = paragraph.lines().next().unwrap_or_default();
    let is_titled = text.lines().next() == Some(title);
    let (before, rest) = text.split_once("\n\n").filter(|_| is_titled).unwrap_or(("", &text));
    if before != paragraph.trim_end() {
        // Errors are ignored as in `write_log`.
        let text = format!("{}\n\n{rest}", paragraph.trim_end());
        let _ = write_atomically(&path, text.as_bytes());
    }
}

/// Writes the log of a cell or core: its commands and their output.
pub fn write_log(directory: &Path, lines: &[String]) {
    let mut text = lines.join("\n");
    text.push('\n');
    // The log is informative; a build that can't write it has failed for the same reason elsewhere.
    let _ = std::fs::create_dir_all(directory)
        .and_then(|()| write_atomically(&directory.join(LOG), text.as_bytes()));
}
