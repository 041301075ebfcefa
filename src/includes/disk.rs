//! The file system as a run observes it. Every request is noted, so that a later run can prove that nothing has
//! changed. All inputs of keys are read here.

use std::fs::{DirEntry, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use foldhash::HashMap;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::sync::lock;

/// The file system, and the observations of a run.
#[derive(Debug, Default)]
pub struct Disk {
    /// Directories that runs write to, which are not observed: their content follows from other observations.
    ours: Vec<PathBuf>,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    looks: HashMap<PathBuf, Option<Stamp>>,
    /// A path with a stamp too recent to prove anything.
    young: Option<PathBuf>,
}

/// An observation of a path: the result of `stat` with links followed, or that the path is missing. A directory's
/// changes when a name is added or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    path: PathBuf,
    stamp: Option<Stamp>,
}

impl Look {
    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the observation is still true.
    fn holds(&self) -> bool {
        std::fs::metadata(&self.path).ok().as_ref().map(Stamp::of) == self.stamp
    }

    /// Returns one of the observations that is no longer true, if any.
    pub fn any_changed(looks: &[Self]) -> Option<&Self> {
        looks.par_iter().find_any(|look| !look.holds())
    }
}

/// Refuses files whose content may be endless: pipes and devices.
///
/// # Errors
/// Anything but a regular file or a directory.
pub(super) fn must_end(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() || metadata.is_dir() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::Unsupported, "not a regular file"))
    }
}

impl Disk {
    /// Returns a file system without observations. Requests below `ours` are not noted.
    pub fn new(ours: Vec<PathBuf>) -> Self {
        Self { ours, noted: Mutex::default() }
    }

    /// Returns the result of `stat` for a path, with links followed.
    ///
    /// # Errors
    /// An error of the file system, such as a missing path.
    pub fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let metadata = std::fs::metadata(path);
        if !self.ours.iter().any(|directory| path.starts_with(directory)) {
            self.note(path, metadata.as_ref().ok());
        }
        metadata
    }

    /// Notes an observation. Only the first of a path counts: the run works with that state.
    fn note(&self, path: &Path, metadata: Option<&Metadata>) {
        let stamp = metadata.map(Stamp::of);
        // A panic elsewhere leaves the table valid: each change is one insert or store.
        let mut noted = lock(&self.noted);
        if noted.looks.contains_key(path) {
            return;
        }
        if stamp.is_some_and(|stamp| stamp.is_young()) {
            noted.young = Some(path.to_owned());
        }
        noted.looks.insert(path.to_owned(), stamp);
    }

    /// Returns whether the path is a file.
    pub fn is_file(&self, path: &Path) -> bool {
        self.metadata(path).is_ok_and(|metadata| metadata.is_file())
    }

    /// Returns whether the path is a directory.
    pub fn is_dir(&self, path: &Path) -> bool {
        self.metadata(path).is_ok_and(|metadata| metadata.is_dir())
    }

    /// Returns whether the path exists.
    pub fn exists(&self, path: &Path) -> bool {
        self.metadata(path).is_ok()
    }

    /// Returns a file's bytes.
    ///
    /// # Errors
    /// An error of the file system, or a file that is no regular file.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        must_end(&self.metadata(path)?)?;
        std::fs::read(path)
    }

    /// Returns whether a file's first bytes are `start`; false where it can't be read.
    pub fn begins_with(&self, path: &Path, start: &[u8]) -> bool {
        let mut begin = vec![0; start.len()];
        self.is_file(path)
            && File::open(path).and_then(|mut file| file.read_exact(&mut begin)).is_ok()
            && begin == start
    }

    /// Returns the entries of a directory, in no order.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn list(&self, directory: &Path) -> io::Result<Vec<DirEntry>> {
        self.metadata(directory)?;
        std::fs::read_dir(directory)?.collect()
    }

    /// Returns every file and directory below a directory, itself first, sorted by name, or the error for it. Skips
    /// entries for which `enter` is false, with all below them.
    pub fn walk(
        &self,
        directory: &Path,
        follow_links: bool,
        enter: impl Fn(&walkdir::DirEntry) -> bool,
    ) -> Vec<walkdir::Result<walkdir::DirEntry>> {
        // The directory is listed after its `stat`.
        let look = |entry: &walkdir::DirEntry| {
            let enters = enter(entry);
            if enters && (entry.file_type().is_dir() || entry.path_is_symlink()) {
                let _ = self.metadata(entry.path());
            }
            enters
        };
        let walk = walkdir::WalkDir::new(directory).follow_links(follow_links).sort_by_file_name();
        walk.into_iter().filter_entry(look).collect()
    }

    /// Returns a path with links resolved.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn real(&self, path: &Path) -> io::Result<PathBuf> {
        self.metadata(path)?;
        path.canonicalize()
    }

    /// Returns all observations, in no order.
    ///
    /// # Errors
    /// A path whose stamp is too recent: it may have changed since with the same stamp.
    pub fn looks(&self) -> Result<Vec<Look>, PathBuf> {
        let noted = lock(&self.noted);
        if let Some(young) = &noted.young {
            return Err(young.clone());
        }
        Ok(noted.looks.iter().map(|(path, stamp)| Look { path: path.clone(), stamp: *stamp }).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    use super::*;

    /// Waits until observations are old enough to be trusted.
    fn wait() {
        std::thread::sleep(Duration::from_millis(2100));
    }

    #[test]
    fn what_never_ends_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe.ino");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = directory.path().join("zero.ino");
        symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &link] {
            let error = Disk::default().read(path).unwrap_err();
            assert_eq!(error.to_string(), "not a regular file");
        }
    }

    #[test]
    fn whatever_changes_is_seen_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["inner", "other", "ours"] {
            fs::create_dir(at(name)).unwrap();
            fs::write(at(name).join("a.h"), name).unwrap();
        }
        symlink(at("inner"), at("link")).unwrap();
        wait();
        let looks = || {
            let disk = Disk::new(vec![at("ours")]);
            assert!(
                disk.is_file(&at("inner/a.h")) && disk.is_dir(&at("inner")) && !disk.exists(&at("gone/b"))
            );
            assert_eq!(disk.read(&at("link/a.h")).unwrap(), b"inner");
            assert_eq!(disk.list(&at("other")).unwrap().len(), 1);
            assert_eq!(disk.real(&at("link")).unwrap(), at("inner").canonicalize().unwrap());
            assert!(disk.is_file(&at("ours/a.h")));
            disk.looks().unwrap()
        };
        let seen = looks();
        let changed = || Look::any_changed(&seen).map(|look| look.path().to_owned());
        assert_eq!((seen.len(), changed()), (6, None));
        fs::write(at("ours/a.h"), "own").unwrap();
        fs::write(at("unrelated"), "").unwrap();
        fs::write(at("other/a.h"), "only its name was asked for").unwrap();
        assert_eq!(changed(), None);
        fs::write(at("other/b.h"), "").unwrap();
        assert_eq!(changed(), Some(at("other")));
        wait();
        let seen = {
            fs::remove_file(at("other/b.h")).unwrap();
            wait();
            looks()
        };
        let changed = || Look::any_changed(&seen).map(|look| look.path().to_owned());
        assert_eq!(changed(), None);
        fs::remove_file(at("link")).unwrap();
        symlink(at("other"), at("link")).unwrap();
        assert!(changed().is_some_and(|path| path.starts_with(at("link"))));
        fs::remove_file(at("link")).unwrap();
        symlink(at("inner"), at("link")).unwrap();
        assert_eq!(changed(), None);
        fs::create_dir(at("gone")).unwrap();
        assert_eq!(changed(), None);
        fs::write(at("gone/b"), "").unwrap();
        assert_eq!(changed(), Some(at("gone/b")));
    }

    #[test]
    fn what_has_just_changed_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        assert!(!disk.exists(&directory.path().join("nothing")));
        assert_eq!(disk.looks().unwrap().len(), 1);
        fs::write(directory.path().join("a"), "").unwrap();
        assert!(disk.exists(&directory.path().join("a")));
        assert_eq!(disk.looks().unwrap_err(), directory.path().join("a"));
    }

    #[test]
    fn directories_of_a_walk_are_looked_at_and_what_is_left_out_is_not() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("in/deep")).unwrap();
        fs::create_dir_all(directory.path().join("out/deep")).unwrap();
        wait();
        let disk = Disk::default();
        let found = disk.walk(directory.path(), true, |entry| entry.file_name() != "out");
        let names: Vec<_> =
            found.iter().map(|entry| entry.as_ref().unwrap().file_name().to_owned()).collect();
        assert_eq!(names[1..], ["in", "deep"]);
        let looks = disk.looks().unwrap();
        assert_eq!(looks.len(), 3);
        fs::write(directory.path().join("out/deep/a"), "").unwrap();
        assert_eq!(Look::any_changed(&looks), None);
        fs::write(directory.path().join("in/deep/a"), "").unwrap();
        assert_eq!(Look::any_changed(&looks).map(Look::path), Some(&*directory.path().join("in/deep")));
    }
}
