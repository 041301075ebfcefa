//! The error message about an output directory that is full, read-only or missing. It names the directory, its free
//! space before the run, and the space still needed if that is known.

use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::event::StorageCause;
use crate::report::bytes;
use crate::schedule::{Ended, FULL};

/// The file system of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Space {
    free: u64,
    total: u64,
    read_only: bool,
}

impl Space {
    /// Returns the file system of a directory; `None` if the directory is missing.
    fn of(directory: &Path) -> Option<Self> {
        let stat = statvfs(directory).ok()?;
        Some(Self {
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
            read_only: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
        })
    }
}

/// The directories that a run writes, with their free space at its start.
#[derive(Debug)]
pub(super) struct Watched {
    directories: Vec<Directory>,
}

#[derive(Debug)]
struct Directory {
    path: PathBuf,
    option: &'static str,
    before: Option<Space>,
}

impl Watched {
    /// Records the state of the directories, each with the option that names it.
    pub(super) fn new(directories: &[(&Path, &'static str)]) -> Self {
        let look = |(path, option): &(&Path, &'static str)| Directory {
            path: (*path).to_owned(),
            option,
            before: Space::of(path),
        };
        Self { directories: directories.iter().map(look).collect() }
    }

    /// Returns the error message of a run of `planned` jobs that could not write, or `None` if it could.
    pub(super) fn complaint(&self, ended: &Ended, planned: usize) -> Option<String> {
        let fault = ended.storage.as_ref()?;
        let now: Vec<(&Directory, Option<Space>)> =
            self.directories.iter().map(|directory| (directory, Space::of(&directory.path))).collect();
        let is_full = fault.cause == StorageCause::Full;
        let tight = |one: Option<&(&Directory, Option<Space>)>| {
            one.and_then(|(_, space)| *space).is_some_and(|space| space.free < FULL)
        };
        let fullest = now.iter().min_by_key(|(_, space)| space.map_or(u64::MAX, |space| space.free));
        let worst = now.iter().find(|(_, space)| space.is_none_or(|space| space.read_only));
        // The message may name a tool or a library within one of the directories: the longest match counts.
        let named = now
            .iter()
            .filter(|(directory, _)| fault.message.contains(&*directory.path.to_string_lossy()))
            .max_by_key(|(directory, _)| directory.path.as_os_str().len());
        let (directory, space) = if is_full || (worst.is_none() && tight(fullest)) {
            fullest
        } else {
            worst.or(named).or(now.first())
        }?;
        let (path, option) = (directory.path.display(), directory.option);
        Some(match space {
            None => format!(
                "{path} is gone: {}; the next run makes it again, or choose another directory with {option}",
                fault.message
            ),
            Some(space) if space.read_only => {
                format!(
                    "{path} is on a file system that is read-only; choose another directory with {option}"
                )
            }
            Some(space) if is_full || space.free < FULL => {
                let need = need(directory, *space, ended, planned);
                format!(
                    "{path} is full: {} of {} free; {need}. Make room or choose another directory with {option}; \
                     what is there can stay, the next run goes on from it",
                    bytes(space.free),
                    bytes(space.total)
                )
            }
            Some(_) => {
                format!("{path} can't be written: {}; {option} chooses another directory", fault.message)
            }
        })
    }
}

/// Returns how much more space is needed, extrapolated from the use so far.
fn need(directory: &Directory, now: Space, ended: &Ended, planned: usize) -> String {
    let before = directory.before.map_or(now.free, |before| before.free);
    let used = before.saturating_sub(now.free);
    let left = planned.saturating_sub(ended.done);
    match (used, u64::try_from(ended.done), u64::try_from(left)) {
        (1.., Ok(done @ 1..), Ok(left)) => {
            let more = u128::from(used) * u128::from(left) / u128::from(done);
            let more = u64::try_from(more).unwrap_or(u64::MAX).saturating_sub(now.free).max(1);
            format!(
                "{done} of {planned} jobs were done with {}, so that the rest needs about {} more",
                bytes(used),
                bytes(more)
            )
        }
        _ => format!(
            "none of {planned} jobs was done by then, so that more than {} is needed",
            bytes(before.max(now.free))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::StorageFault;

    fn failed(cause: StorageCause, message: &str, done: usize) -> Ended {
        let mut ended = Ended::default();
        ended.done = done;
        ended.storage = Some(StorageFault { cause, message: message.to_owned() });
        ended
    }

    fn full(done: usize) -> Ended {
        failed(StorageCause::Full, "as: can't write x.o: No space left on device", done)
    }

    /// Returns the message about a directory that had `before` free bytes and now has `free`.
    fn needed(before: u64, free: u64, done: usize, planned: usize) -> String {
        let space = |free| Space { free, total: 10 << 20, read_only: false };
        let directory = Directory { path: "/w".into(), option: "--work-dir", before: Some(space(before)) };
        need(&directory, space(free), &full(done), planned)
    }

    #[test]
    fn the_need_is_judged_by_what_was_used() {
        assert_eq!(
            needed(3_000_000, 1_000_000, 4, 12),
            "4 of 12 jobs were done with 2.0 MB, so that the rest needs about 3.0 MB more"
        );
        assert_eq!(
            needed(2_000, 0, 0, 3),
            "none of 3 jobs was done by then, so that more than 2.0 kB is needed"
        );
    }

    #[test]
    fn the_directory_is_named_with_its_option() {
        let directory = tempfile::tempdir().unwrap();
        let gone = directory.path().join("gone");
        let watched = Watched::new(&[(directory.path(), "--work-dir"), (&gone, "--cache-dir")]);
        assert_eq!(watched.complaint(&Ended::default(), 3), None);
        let said = watched.complaint(&full(1), 3).unwrap();
        assert!(said.contains("is full: ") && said.contains("--work-dir"), "{said}");
        let message = format!("{} could not be made: Permission denied", gone.join("x").display());
        let said = watched.complaint(&failed(StorageCause::Gone, &message, 0), 3).unwrap();
        assert!(said.starts_with(&format!("{} is gone", gone.display())), "{said}");
    }
}
