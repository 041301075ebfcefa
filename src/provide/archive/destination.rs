//! Writes below one directory, and nowhere else. Knows no archives.
//!
//! Each path is walked from the directory's descriptor by `openat` with `O_NOFOLLOW`, one component after the other: no
//! step can leave the directory, whatever its content, because a clean path has no `..` and a symlink is an error.
//! Files are created with `O_EXCL`, so nothing is written through a link or into a file that exists.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

use super::entry_name::{components, split};
use super::error::ArchiveFault;

/// Flags of a directory on the way.
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The directory.
pub(super) struct Destination {
    root: OwnedFd,
    /// The directory of the last file: most files follow one of the same directory.
    last: Option<(Vec<u8>, OwnedFd)>,
}

/// A new file.
pub(super) struct NewFile {
    file: File,
    path: Vec<u8>,
}

impl Destination {
    /// Opens the directory, which exists.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveFault> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::openat(CWD, path, flags, Mode::empty());
        let root = root.map_err(|error| ArchiveFault::write(path.as_os_str().as_encoded_bytes(), error))?;
        Ok(Self { root, last: None })
    }

    /// Creates a directory and those above it, where they are missing.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn create_directory(&mut self, path: &[u8]) -> Result<(), ArchiveFault> {
        self.directory(path).map(drop).map_err(|error| ArchiveFault::write(path, error))
    }

    /// Creates a file and the directories above it. `mode` is subject to the umask.
    ///
    /// # Errors
    /// The file exists, or an error of the file system.
    pub(super) fn create_file(&mut self, path: &[u8], mode: u32) -> Result<NewFile, ArchiveFault> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (directory, name) = split(path);
        let file = self
            .directory(directory)
            .and_then(|directory| rustix::fs::openat(directory, name, flags, Mode::from_raw_mode(mode)))
            .map_err(|error| ArchiveFault::write(path, error))?;
        Ok(NewFile { file: File::from(file), path: path.to_vec() })
    }

    /// Creates a symlink and the directories above it.
    ///
    /// # Errors
    /// The name exists, or an error of the file system.
    pub(super) fn create_symlink(&mut self, path: &[u8], target: &[u8]) -> Result<(), ArchiveFault> {
        let (directory, name) = split(path);
        self.directory(directory)
            .and_then(|directory| rustix::fs::symlinkat(target, directory, name))
            .map_err(|error| ArchiveFault::write(path, error))
    }

    /// Creates `path` as another name of the file `target`; a copy where the file system has no hardlinks. Returns
    /// false where there is no such file.
    ///
    /// # Errors
    /// The name exists, or an error of the file system.
    pub(super) fn create_hardlink(&mut self, path: &[u8], target: &[u8]) -> Result<bool, ArchiveFault> {
        let Some(source) = self.find(split(target).0) else { return Ok(false) };
        let name = split(target).1;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(file) = rustix::fs::openat(&source, name, flags, Mode::empty()).map(File::from) else {
            return Ok(false);
        };
        let failed = |error: io::Error| ArchiveFault::write(path, error);
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Ok(false);
        }
        let (directory, link) = split(path);
        let made = self
            .directory(directory)
            .and_then(|directory| rustix::fs::linkat(&source, name, directory, link, AtFlags::empty()));
        match made {
            Ok(()) => Ok(true),
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::MLINK) => {
                let mode = std::os::unix::fs::MetadataExt::mode(&metadata);
                let mut copy = self.create_file(path, mode & 0o777)?;
                io::copy(&mut &file, &mut copy.file).map_err(failed)?;
                Ok(true)
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Returns whether `path` is a directory.
    pub(super) fn has_directory(&self, path: &[u8]) -> bool {
        self.find(path).is_some()
    }

    /// Opens a directory that exists.
    fn find(&self, path: &[u8]) -> Option<OwnedFd> {
        let mut directory = self.root.try_clone().ok()?;
        for component in components(path) {
            directory = rustix::fs::openat(&directory, component, DIRECTORY, Mode::empty()).ok()?;
        }
        Some(directory)
    }

    /// Opens a directory, and creates what is missing of it.
    fn directory(&mut self, path: &[u8]) -> Result<&OwnedFd, Errno> {
        if path.is_empty() {
            return Ok(&self.root);
        }
        let found = match self.last.take() {
            Some((last, directory)) if last == path => directory,
            _ => self.open_or_create(path)?,
        };
        Ok(&self.last.insert((path.to_vec(), found)).1)
    }

    fn open_or_create(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        let mut open: Option<OwnedFd> = None;
        for component in components(path) {
            let parent = open.as_ref().unwrap_or(&self.root);
            let next = match rustix::fs::openat(parent, component, DIRECTORY, Mode::empty()) {
                Err(Errno::NOENT) => {
                    rustix::fs::mkdirat(parent, component, Mode::from_raw_mode(0o755))?;
                    rustix::fs::openat(parent, component, DIRECTORY, Mode::empty())?
                }
                other => other?,
            };
            open = Some(next);
        }
        open.ok_or(Errno::INVAL)
    }
}

impl NewFile {
    /// Appends bytes at the present position.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveFault> {
        self.file.write_all(bytes).map_err(|error| ArchiveFault::write(&self.path, error))
    }

    /// Goes to a position, which may be after the end: what is between is a hole.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn seek(&mut self, offset: u64) -> Result<(), ArchiveFault> {
        let moved = io::Seek::seek(&mut self.file, io::SeekFrom::Start(offset));
        moved.map(drop).map_err(|error| ArchiveFault::write(&self.path, error))
    }

    /// Sets the size; a hole at the end where it grows.
    ///
    /// # Errors
    /// An error of the file system.
    pub(super) fn set_size(&mut self, size: u64) -> Result<(), ArchiveFault> {
        self.file.set_len(size).map_err(|error| ArchiveFault::write(&self.path, error))
    }

    /// Sets the modification time, in seconds since 1970. A time that the file system can't store is dropped.
    pub(super) fn finish(self, modified: Option<u64>) {
        let Some(seconds) = modified.and_then(|seconds| i64::try_from(seconds).ok()) else { return };
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let modified = Timespec { tv_sec: seconds, tv_nsec: 0 };
        let times = Timestamps { last_access: omit, last_modification: modified };
        let _ = rustix::fs::futimens(&self.file, &times);
    }
}
