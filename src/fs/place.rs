//! Puts a file at a second path, sharing its bytes where the file system can.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

/// How a file is put at a second path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Both paths share their bytes: for files that are never written into.
    Link,
    /// The copy is a file of its own: for files that a user or a tool may write into.
    Copy,
}

impl Sharing {
    /// Puts the file `from` at `to`. Replaces an existing file, and never writes into it.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn put(self, from: &Path, to: &Path) -> io::Result<()> {
        match self {
            Self::Link => link_or_copy(from, to),
            Self::Copy => copy_atomically(from, to),
        }
    }
}

/// Makes `to` a hardlink to `from`, or a copy where they can't share (another file system, or too many links). Replaces
/// an existing file, and never writes into it: other names of its inode keep their content.
///
/// # Errors
/// An error of the file system.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let temporary = temporary_beside(to);
            share(from, &temporary)?;
            // Renaming one name of an inode onto another does nothing and leaves both.
            std::fs::rename(&temporary, to)?;
            let _ = std::fs::remove_file(&temporary);
            Ok(())
        }
        Err(error) if cannot_link(&error) => copy_atomically(from, to),
        other => other,
    }
}

/// Copies a file to a temporary name beside `to` and renames it.
///
/// # Errors
/// An error of the file system.
fn copy_atomically(from: &Path, to: &Path) -> io::Result<()> {
    let temporary = temporary_beside(to);
    let written = std::fs::copy(from, &temporary).and_then(|_| std::fs::rename(&temporary, to));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Writes a whole file to a temporary name beside `path` and renames it.
///
/// # Errors
/// An error of the file system.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_beside(path);
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

fn share(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Err(error) if cannot_link(&error) => std::fs::copy(from, to).map(|_| ()),
        other => other,
    }
}

fn cannot_link(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::XDEV | Errno::MLINK | Errno::PERM | Errno::OPNOTSUPP))
}

/// Returns the path `NAME.PID-NUMBER.tmp` beside `path`. Shortens a long name, which may reach the limit of the file
/// system.
fn temporary_beside(path: &Path) -> std::path::PathBuf {
    const LONGEST: usize = 200;
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = &name[..name.floor_char_boundary(LONGEST)];
    path.with_file_name(format!("{name}.{}-{number}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;
    use crate::skip::skip;

    #[test]
    fn replaces_what_was_there_without_writing_into_it() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("stage1"), "new").unwrap();
        std::fs::write(at("old"), "old").unwrap();
        std::fs::hard_link(at("old"), at("cell")).unwrap();
        link_or_copy(&at("stage1"), &at("cell")).unwrap();
        link_or_copy(&at("stage1"), &at("cell")).unwrap();
        assert_eq!(std::fs::read_to_string(at("cell")).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(at("old")).unwrap(), "old");
        let inode = |name: &str| std::fs::metadata(at(name)).unwrap().ino();
        assert_eq!(inode("cell"), inode("stage1"));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 3, "no temporary file is left");
    }

    #[test]
    fn a_name_as_long_as_can_be_is_written() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["x".repeat(255), "é".repeat(127)] {
            let path = directory.path().join(name);
            write_atomically(&path, b"x").unwrap();
            write_atomically(&path, b"y").unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"y");
        }
    }

    #[test]
    fn copies_across_file_systems() {
        let here = tempfile::tempdir().unwrap();
        let device = |path: &Path| std::fs::metadata(path).unwrap().dev();
        let there = match tempfile::tempdir_in("/dev/shm") {
            Ok(there) if device(there.path()) != device(here.path()) => there,
            _ => return skip("/dev/shm is not a file system of its own"),
        };
        std::fs::write(here.path().join("a"), "x").unwrap();
        link_or_copy(&here.path().join("a"), &there.path().join("a")).unwrap();
        assert_eq!(std::fs::read_to_string(there.path().join("a")).unwrap(), "x");
    }
}
