//! What a run leaves that was killed or had no room: processes, directories, and files under temporary names. All of it
//! is removed before the next run begins.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::context::Session;
use super::error::SessionError;
use crate::process::{Environment, RunMarker, end_leftovers};

impl Session<'_> {
    /// Ends processes and removes directories that a killed run left. Only this run works there: it holds the locks.
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
            // The cache directory may have no room for temporary files. Without the link, compilers take `/tmp`.
            let temporary = staging.join(Environment::RELATIVE_TEMPORARY);
            let _ = if staging == scratch { fs::create_dir(temporary) } else { symlink(scratch, temporary) };
            Ok(())
        });
        recovered.await.map_err(|error| SessionError::Unwritable(error.to_string()))?
    }
}

/// Stands for a run that is going on; what it finds at its beginning says how the one before ended.
#[derive(Debug)]
pub(super) struct Running {
    mark: PathBuf,
}

impl Running {
    /// Begins a run in a work directory that it holds the lock of. After one that did not come to its end,
    /// all temporary files go.
    pub(super) fn begin(work: &Path) -> io::Result<Self> {
        let mark = work.join(".running");
        if mark.exists() {
            sweep(work);
        }
        fs::write(&mark, "")?;
        Ok(Self { mark })
    }

    /// The run has come to its end with everything written.
    pub(super) fn end(self) {
        // Where it stays, the next run sweeps in vain.
        let _ = fs::remove_file(self.mark);
    }
}

fn sweep(work: &Path) {
    for entry in walkdir::WalkDir::new(work).into_iter().flatten() {
        if entry.file_type().is_file() && is_temporary(&entry.file_name().to_string_lossy()) {
            // What can't be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// `NAME.PID.tmp` or `NAME.PID-NUMBER.tmp`: what the writers of this program give a file until it is whole.
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
        // The last one has had no end.
        Running::begin(work.path()).unwrap();
        assert_eq!((there(&temporary), there(&kept)), (0, kept.len()));
    }
}
