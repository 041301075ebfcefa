//! A sketch as arduino-cli stages it: copies of its files in a directory of their own, each beginning with a
//! `#line` that names the original (`sketchCopyAdditionalFiles`). Directories are named after their content,
//! so all boards share them. Only the sketch's own sources see the copies, not those of libraries, core or
//! variant.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use crate::fs::write_atomically;
use crate::pipeline::shared::key::Key;
use crate::sync::lock;

/// Age at which unused copies are removed.
const AGE: Duration = Duration::from_hours(14 * 24);

/// The files of a staged sketch: relative path and content, sorted by path.
#[derive(Debug, Clone, Default)]
pub(in crate::pipeline) struct Copies(Vec<(PathBuf, Vec<u8>)>);

impl Copies {
    /// Adds a file, or replaces the one with this path.
    pub(in crate::pipeline) fn insert(&mut self, relative: PathBuf, text: Vec<u8>) {
        match self.0.binary_search_by(|(path, _)| path.cmp(&relative)) {
            Ok(at) => self.0[at].1 = text,
            Err(at) => self.0.insert(at, (relative, text)),
        }
    }

    /// Adds a file unless there is one with this path.
    pub(in crate::pipeline) fn insert_new(&mut self, relative: PathBuf, text: Vec<u8>) {
        if let Err(at) = self.0.binary_search_by(|(path, _)| path.cmp(&relative)) {
            self.0.insert(at, (relative, text));
        }
    }

    /// Removes the file with this path.
    pub(in crate::pipeline) fn remove(&mut self, relative: &Path) {
        self.0.retain(|(path, _)| path != relative);
    }

    /// Returns the relative paths.
    pub(in crate::pipeline) fn paths(&self) -> Vec<PathBuf> {
        self.0.iter().map(|(path, _)| path.clone()).collect()
    }

    /// Writes the files into a directory below `sketches` that is named after their hash, and returns it.
    /// Unchanged files are not rewritten, to preserve their modification times.
    ///
    /// # Errors
    /// The path that can't be written, with the error of the file system.
    fn write(&self, sketches: &Path) -> Result<PathBuf, (PathBuf, io::Error)> {
        let mut key = Key::new("staged sketch");
        for (path, text) in &self.0 {
            key.add(path.as_os_str().as_encoded_bytes()).add(text);
        }
        let root = sketches.join(&key.finish().to_hex()[..32]);
        for (path, text) in &self.0 {
            let path = root.join(path);
            if std::fs::read(&path).ok().as_deref() != Some(text) {
                let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
                made.and_then(|()| write_atomically(&path, text)).map_err(|error| (path, error))?;
            }
        }
        // The directory's modification time is that of its last use. If it can't be set, the copies are
        // written again some day.
        let _ = std::fs::File::open(&root).and_then(|dir| dir.set_modified(SystemTime::now()));
        Ok(root)
    }
}

/// The staged sketches of a run.
#[derive(Debug)]
pub(in crate::pipeline) struct Staging {
    /// Parent directory of the staged sketches.
    sketches: PathBuf,
    /// Held during a write: boards that share a sketch stage it at the same time, and a file that has been
    /// read must not be written again.
    writing: Mutex<()>,
}

impl Staging {
    /// Returns an empty table.
    pub(in crate::pipeline) fn new(sketches: PathBuf) -> Self {
        Self { sketches, writing: Mutex::default() }
    }

    /// Stages a sketch: see [`Copies::write`].
    ///
    /// # Errors
    /// The path that can't be written, with the error of the file system.
    pub(in crate::pipeline) fn stage(&self, copies: &Copies) -> Result<PathBuf, (PathBuf, io::Error)> {
        // A poisoned lock is harmless: each file is renamed into place.
        let _writing = lock(&self.writing);
        copies.write(&self.sketches)
    }
}

/// Removes the staged sketches that no run has used for 14 days.
pub fn sweep(sketches: &Path) {
    for entry in std::fs::read_dir(sketches).into_iter().flatten().flatten() {
        let used = entry.metadata().and_then(|metadata| metadata.modified());
        if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > AGE)) {
            // A directory that can't be removed is tried again the next day.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_share_a_directory_and_are_whole() {
        let temp = tempfile::tempdir().unwrap();
        let mut copies = Copies::default();
        copies.insert("b/c.h".into(), b"old".to_vec());
        copies.insert("a.h".into(), b"a".to_vec());
        copies.insert("b/c.h".into(), b"c".to_vec());
        copies.insert_new("a.h".into(), b"other".to_vec());
        let root = copies.write(temp.path()).unwrap();
        assert_eq!(std::fs::read(root.join("a.h")).unwrap(), b"a");
        std::fs::write(root.join("b/c.h"), "damaged").unwrap();
        assert_eq!(copies.write(temp.path()).unwrap(), root);
        assert_eq!(std::fs::read(root.join("b/c.h")).unwrap(), b"c");
        copies.insert("d.h".into(), Vec::new());
        assert_ne!(copies.write(temp.path()).unwrap(), root);
    }

    #[test]
    fn only_old_directories_are_swept() {
        let temp = tempfile::tempdir().unwrap();
        let mut copies = Copies::default();
        let young = copies.write(temp.path()).ok();
        copies.insert("a.h".into(), Vec::new());
        let old = copies.write(temp.path()).unwrap();
        let at = SystemTime::now() - AGE - Duration::from_mins(1);
        std::fs::File::open(&old).unwrap().set_modified(at).unwrap();
        copies.insert("b.h".into(), Vec::new());
        let kept = copies.write(temp.path()).unwrap();
        sweep(temp.path());
        assert!(young.is_some() && kept.is_dir() && !old.exists());
    }
}
