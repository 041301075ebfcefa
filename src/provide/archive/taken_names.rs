//! The names that the entries of an archive have taken: finds duplicates, and names that differ only by case. Knows no
//! file system.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use super::entry_name::split;
use super::error::{ArchiveFault, EntryProblem};

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameHolder {
    /// A directory, which several entries may name.
    Directory,
    /// A file or a link.
    Other,
}

/// The taken names: hashes, so that a million long names need 80 MB at most. Their seed is random; the probability that
/// two of a million names have one hash is below 1 in 10 million.
#[derive(Debug, Default)]
pub(super) struct TakenNames {
    hasher: RandomState,
    /// By the hash of the name without case: the hash of the name.
    names: HashMap<u64, (u64, NameHolder)>,
    /// The directory of the last name. All its parents are taken.
    last_directory: Vec<u8>,
}

impl TakenNames {
    /// Takes a clean path, and its directories.
    ///
    /// # Errors
    /// The path is taken, or differs from another one only by case, or one of its directories is a file.
    pub(super) fn take(&mut self, path: &[u8], holder: NameHolder) -> Result<(), ArchiveFault> {
        let (directory, _) = split(path);
        if directory != self.last_directory {
            let ends = directory.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
            for end in ends.chain([directory.len()]).filter(|end| *end > 0) {
                self.take_one(&directory[..end], NameHolder::Directory, path)?;
            }
            self.last_directory.clear();
            self.last_directory.extend_from_slice(directory);
        }
        self.take_one(path, holder, path)
    }

    fn take_one(&mut self, name: &[u8], holder: NameHolder, entry: &[u8]) -> Result<(), ArchiveFault> {
        let exact = self.hasher.hash_one(name);
        let problem = match self.names.entry(self.hasher.hash_one(without_case(name))) {
            Entry::Vacant(vacant) => {
                vacant.insert((exact, holder));
                return Ok(());
            }
            Entry::Occupied(taken) => match *taken.get() {
                (hash, _) if hash != exact => EntryProblem::CaseCollision,
                (_, NameHolder::Directory) if holder == NameHolder::Directory => return Ok(()),
                (_, NameHolder::Other) if holder == NameHolder::Other => EntryProblem::Duplicate,
                _ => EntryProblem::FileAndDirectory,
            },
        };
        Err(ArchiveFault::entry(entry, problem))
    }
}

/// Returns the name in lower case.
fn without_case(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) if !text.is_ascii() => text.to_lowercase().into_bytes(),
        _ => name.to_ascii_lowercase(),
    }
}
