//! The links of an archive, kept until all files are written, and where symlinks lead. Writes nothing.

use std::collections::HashMap;

use super::entry_name::{LONGEST_PATH, components, split};
use super::error::{ArchiveFault, EntryProblem, shown};

/// Limit of the links' names and targets, in bytes.
const MEMORY: usize = 16 << 20;
/// Memory of a link beside its name and target, in bytes, about.
const OVERHEAD: usize = 100;
/// Links that the way to a target may lead through; Linux has the same limit.
const MOST_LINKS: usize = 40;
/// Components that the way to a target may have.
const MOST_STEPS: usize = 1000;

/// The links of an archive. All paths are clean and below the root directory.
#[derive(Debug, Default)]
pub(super) struct LinkTable {
    /// Each hardlink with its target, in the order of the archive.
    hardlinks: Vec<(Vec<u8>, Vec<u8>)>,
    symlinks: HashMap<Vec<u8>, Vec<u8>>,
    memory: usize,
}

impl LinkTable {
    /// Adds the symlink `path` with the text of its target.
    ///
    /// # Errors
    /// The links exceed the limit.
    pub(super) fn add_symlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        self.count(path, target)?;
        self.symlinks.insert(path.to_vec(), target.to_vec());
        Ok(())
    }

    /// Adds the hardlink `path` to the file `target`.
    ///
    /// # Errors
    /// The links exceed the limit.
    pub(super) fn add_hardlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        self.count(path, target)?;
        self.hardlinks.push((path.to_vec(), target.to_vec()));
        Ok(())
    }

    fn count(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        self.memory += path.len() + target.len() + OVERHEAD;
        if self.memory > MEMORY { Err(ArchiveFault::Links { limit: MEMORY }) } else { Ok(()) }
    }

    /// Takes the hardlinks out. One to a symlink becomes a symlink with the same text, because the name of a symlink
    /// is all that it shares.
    pub(super) fn take_hardlinks(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut hardlinks = std::mem::take(&mut self.hardlinks);
        hardlinks.retain(|(path, target)| match self.symlinks.get(target).cloned() {
            Some(text) => {
                self.symlinks.insert(path.clone(), text);
                false
            }
            None => true,
        });
        hardlinks
    }

    /// Returns each symlink with its target.
    pub(super) fn symlinks(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.symlinks.iter().map(|(path, target)| (path.as_slice(), target.as_slice()))
    }

    /// Checks that `target` is one, and that the way to it from the symlink `path` stays below the root directory at each
    /// step, with the links of the table followed as the kernel follows them. What is missing on the way is taken as a
    /// directory.
    ///
    /// # Errors
    /// No file system has such a target, the way leaves the root directory, or it leads through too many links.
    pub(super) fn check(&self, path: &[u8], target: &[u8]) -> Result<(), EntryProblem> {
        if target.is_empty() || target.contains(&0) || target.len() > LONGEST_PATH {
            return Err(EntryProblem::LinkTarget);
        }
        let leaves = || EntryProblem::LinkLeaves(shown(target));
        let mut at = split(path).0.to_vec();
        let mut ahead: Vec<&[u8]> = Vec::new();
        let mut next_target = Some(target);
        let (mut links, mut steps) = (0, 0);
        loop {
            if let Some(target) = next_target.take() {
                if target.starts_with(b"/") {
                    return Err(leaves());
                }
                let start = ahead.len();
                ahead.extend(components(target));
                ahead[start..].reverse();
                links += 1;
            }
            steps += 1;
            let Some(component) = ahead.pop() else { return Ok(()) };
            if links > MOST_LINKS || steps > MOST_STEPS {
                return Err(EntryProblem::LinkLoop(shown(target)));
            }
            if component == b".." {
                if at.is_empty() {
                    return Err(leaves());
                }
                at.truncate(split(&at).0.len());
                continue;
            }
            let directory = at.len();
            if !at.is_empty() {
                at.push(b'/');
            }
            at.extend_from_slice(component);
            next_target = self.symlinks.get(&at).map(Vec::as_slice);
            if next_target.is_some() {
                at.truncate(directory);
            }
        }
    }
}
