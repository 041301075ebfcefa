//! Puts the entries of an archive into the destination, whatever their format. Reads no archive.

use super::destination::{Destination, NewFile};
use super::entry_name::{LONGEST_PATH, below, clean, components};
use super::error::{ArchiveFault, EntryProblem, shown};
use super::limits::{ArchiveLimits, ByteBudget};
use super::link_table::LinkTable;
use super::taken_names::{NameHolder, TakenNames};

/// Beginning of the names of directories that macOS adds.
const MACOS: &[u8] = b"__MACOSX";
/// Limit of the symlinks in the archive's root that are looked at.
const MOST_ROOT_LINKS: usize = 1000;

/// Result of an extraction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExtractedArchive {
    /// Name of the root directory that was stripped, with other than UTF-8 replaced.
    pub(crate) root: String,
    /// Number of files, with hardlinks.
    pub(crate) files: u64,
    /// Number of symlinks.
    pub(crate) symlinks: u64,
    /// Size of the files, in bytes; hardlinks have none.
    pub(crate) size: u64,
}

/// An extraction in progress.
pub(super) struct Unpacking<'a> {
    destination: Destination,
    limits: &'a ArchiveLimits,
    pub(super) budget: &'a ByteBudget,
    pub(super) cancelled: &'a dyn Fn() -> bool,
    names: TakenNames,
    links: LinkTable,
    root: Option<Vec<u8>>,
    /// Symlinks beside the root directory, with their targets.
    root_links: Vec<(Vec<u8>, Vec<u8>)>,
    entries: u64,
    files: u64,
    size: u64,
}

/// Type of an entry, as far as names are concerned.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryShape<'a> {
    /// A directory.
    Directory,
    /// A file or a hardlink.
    File,
    /// A symlink with its target.
    Symlink(&'a [u8]),
}

impl<'a> Unpacking<'a> {
    /// Starts an extraction into an empty directory.
    pub(super) fn new(
        destination: Destination,
        limits: &'a ArchiveLimits,
        budget: &'a ByteBudget,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Self {
        Self {
            destination,
            limits,
            budget,
            cancelled,
            names: TakenNames::default(),
            links: LinkTable::default(),
            root: None,
            root_links: Vec::new(),
            entries: 0,
            files: 0,
            size: 0,
        }
    }

    /// Counts an entry and returns its clean path below the root directory; none for an entry that is not extracted:
    /// files beside the root directory, `__MACOSX*`, and the archive's own root.
    ///
    /// # Errors
    /// The name is unsafe or taken, there is a second root directory, or there are too many entries.
    pub(super) fn place(
        &mut self,
        name: &[u8],
        shape: EntryShape<'_>,
    ) -> Result<Option<Vec<u8>>, ArchiveFault> {
        self.check_cancelled()?;
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(ArchiveFault::Entries { limit: self.limits.entries });
        }
        let path = clean(name)?;
        let mut parts = components(&path);
        let Some(first) = parts.next() else { return Ok(None) };
        if first.starts_with(MACOS) {
            return Ok(None);
        }
        let is_directory = matches!(shape, EntryShape::Directory);
        let holder = if is_directory { NameHolder::Directory } else { NameHolder::Other };
        if !is_directory && parts.next().is_none() {
            self.names.take(&path, holder)?;
            if let EntryShape::Symlink(target) = shape
                && target.len() <= LONGEST_PATH
                && self.root_links.len() < MOST_ROOT_LINKS
            {
                self.root_links.push((path.clone(), target.to_vec()));
            }
            return Ok(None);
        }
        match &self.root {
            None => self.root = Some(first.to_vec()),
            Some(root) if root == first => {}
            Some(root) => {
                return Err(ArchiveFault::TwoRoots { first: shown(root), second: shown(first) });
            }
        }
        self.names.take(&path, holder)?;
        Ok(below(&path, first).map(<[u8]>::to_vec))
    }

    /// # Errors
    /// The caller has cancelled the extraction.
    pub(super) fn check_cancelled(&self) -> Result<(), ArchiveFault> {
        if (self.cancelled)() { Err(ArchiveFault::Cancelled) } else { Ok(()) }
    }

    /// Creates the directory `path`.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn directory(&mut self, path: &[u8]) -> Result<(), ArchiveFault> {
        self.destination.create_directory(path)
    }

    /// Creates the file `path`. Of `mode` remain the bits to read and to execute; the owner may always read and write.
    ///
    /// Nobody else may write: the directory may be shared, and no package needs it.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn file(&mut self, path: &[u8], mode: u32, size: u64) -> Result<NewFile, ArchiveFault> {
        self.files += 1;
        self.size = self.size.saturating_add(size);
        self.destination.create_file(path, mode & 0o755 | 0o600)
    }

    /// Keeps a symlink for [`Self::finish`].
    ///
    /// # Errors
    /// There are too many links.
    pub(super) fn symlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        self.links.add_symlink(path, target)
    }

    /// Keeps a hardlink for [`Self::finish`]. `target` is a name in the archive.
    ///
    /// # Errors
    /// The target is unsafe or outside of the root directory, or there are too many links.
    pub(super) fn hardlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        let leaves = || self.fault(path, EntryProblem::LinkLeaves(shown(target)));
        let inside = clean(target).map_err(|_| leaves())?;
        let root = self.root.as_deref().unwrap_or_default();
        let inside = below(&inside, root).filter(|inside| !inside.is_empty()).ok_or_else(leaves)?;
        self.links.add_hardlink(path, inside)
    }

    /// Creates the links, hardlinks first. Before all files are written there is no symlink that could lead one astray.
    ///
    /// # Errors
    /// A link is unsafe, the archive has no root directory or two, or an error of the file system.
    pub(super) fn finish(mut self) -> Result<ExtractedArchive, ArchiveFault> {
        self.check_root_links()?;
        for (path, target) in self.links.take_hardlinks() {
            self.check_cancelled()?;
            self.files += 1;
            if !self.destination.create_hardlink(&path, &target)? {
                return Err(self.fault(&path, EntryProblem::MissingTarget(shown(&target))));
            }
        }
        let mut symlinks = 0;
        for (path, target) in self.links.symlinks() {
            self.check_cancelled()?;
            self.links.check(path, target).map_err(|problem| self.fault(path, problem))?;
            symlinks += 1;
        }
        for (path, target) in self.links.symlinks() {
            self.check_cancelled()?;
            self.destination.create_symlink(path, target)?;
        }
        let root = String::from_utf8_lossy(self.root.as_deref().unwrap_or_default()).into_owned();
        Ok(ExtractedArchive { root, files: self.files, symlinks, size: self.size })
    }

    /// Returns the fault of the entry with this path below the root directory.
    fn fault(&self, path: &[u8], problem: EntryProblem) -> ArchiveFault {
        let root = self.root.as_deref().unwrap_or_default();
        ArchiveFault::entry(&[root, b"/", path].concat(), problem)
    }

    /// A symlink beside the root directory that leads to a directory is a second one for arduino-cli.
    fn check_root_links(&self) -> Result<(), ArchiveFault> {
        let root = self.root.as_deref().ok_or(ArchiveFault::NoRoot)?;
        let is_directory = |target: &[u8]| {
            let target = clean(target).ok()?;
            below(&target, root).map(|target| self.destination.has_directory(target))
        };
        match self.root_links.iter().find(|(_, target)| is_directory(target) == Some(true)) {
            Some((link, _)) => Err(ArchiveFault::TwoRoots { first: shown(root), second: shown(link) }),
            None => Ok(()),
        }
    }
}
