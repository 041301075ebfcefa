//! Removes what a killed run, or one without disk space, left: processes, directories, temporary files. Runs before the
//! next build begins.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::context::Session;
use super::error::SessionError;
use crate::process::{Environment, RunMarker, end_leftovers};

impl Session<'_> {
    /// Ends processes and removes directories that a killed run left. Safe because this run holds the locks of both
    /// directories.
    pub(super) async fn recover(&self, staging: &Path) -> Result<(), SessionError> {
        let (layout, staging) = (self.layout.clone(), staging.to_owned());
        let marker = RunMarker::new(layout.root(), &staging);
        let recovered = tokio::task::spawn_blocking(move || {
            end_leftovers(&marker);
            let scratch = layout.staging();
            for directory in [&staging, &scratch, &layout.passing_units()] {
                let _ = fs::remove_dir_all(directory);
            }
            for directory in [&staging.join("include-directories"), &scratch, &layout.units()] {
                fs::create_dir_all(directory).map_err(|error| SessionError::unwritable(directory, &error))?;
            }
            // The cache directory may have no room for temporary files. Without the link, compilers use `/tmp`.
            let temporary = staging.join(Environment::RELATIVE_TEMPORARY);
            let _ = if staging == scratch { fs::create_dir(temporary) } else { symlink(scratch, temporary) };
            Ok(())
        });
        recovered.await.map_err(|error| SessionError::Unwritable(error.to_string()))?
    }
}

/// Marks a run in progress. A mark found at the start of a run means that the previous one did not complete.
#[derive(Debug)]
pub(super) struct Running {
    mark: PathBuf,
}

impl Running {
    /// Marks the start of a run in a work directory whose lock it holds. Removes all temporary files if the previous
    /// run did not complete.
    pub(super) fn begin(work: &Path) -> io::Result<Self> {
        let mark = work.join(".running");
        if mark.exists() {
            sweep(work);
        }
        fs::write(&mark, "")?;
        Ok(Self { mark })
    }

    /// Removes the mark after a run that wrote everything.
    pub(super) fn end(self) {
        // If the mark remains, the next run only sweeps without need.
        let _ = fs::remove_file(self.mark);
    }
}

fn sweep(work: &Path) {
    for entry in walkdir::WalkDir::new(work).into_iter().flatten() {
        if entry.file_type().is_file() && is_temporary(&entry.file_name().to_string_lossy()) {
            // A file that can't be removed is harmless.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns whether a name is `NAME.PID.tmp` or `NAME.PID-NUMBER.tmp`, a file that this program had not completed.
fn is_temporary(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_suffix(".tmp").and_then(|name| name.rsplit_once('.')).is_some_and(|(name, tag)| {
        let (pid, count) = tag.split_once('-').unwrap_or((tag, "0"));
        !name.is_empty() && is_number(pid) && is_number(count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_temporary_goes_and_only_after_a_run_without_an_end() {
        let work = tempfile::tempdir().unwrap();
        let cell = work.path().join("cells/uno/A");
        fs::create_dir_all(&cell).unwrap();
        let temporary = ["build.log.14601-18.tmp", "memo.7.tmp"];
        let kept = ["build.log", "A.ino.hex", "A.tmp", "A.v1.tmp", ".1-2.tmp", "x.1-b.tmp"];
        for name in temporary.iter().chain(&kept) {
            fs::write(cell.join(name), "").unwrap();
        }
        let there = |names: &[&str]| names.iter().filter(|name| cell.join(name).exists()).count();
        Running::begin(work.path()).unwrap().end();
        Running::begin(work.path()).unwrap();
        assert_eq!(there(&temporary), 2);
        // The previous run did not complete.
        Running::begin(work.path()).unwrap();
        assert_eq!((there(&temporary), there(&kept)), (0, kept.len()));
    }
}
