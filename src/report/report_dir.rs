//! The report directory. If it becomes unwritable, all files move to another one together.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::sync::lock;

/// The directory of all files of a run. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct ReportDir(Arc<Mutex<DirState>>);

#[derive(Debug)]
struct DirState {
    first: PathBuf,
    now: PathBuf,
    refuges: VecDeque<PathBuf>,
    why: Option<String>,
}

/// A report directory that was replaced by another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    /// The error in the first one.
    pub(super) why: String,
}

impl ReportDir {
    /// Starts with `path`; another directory is created in one of `refuges` when needed.
    pub(super) fn new(path: PathBuf, refuges: Vec<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(DirState {
            first: path.clone(),
            now: path,
            refuges: refuges.into(),
            why: None,
        })))
    }

    /// Returns the current directory.
    pub(super) fn path(&self) -> PathBuf {
        self.lock().now.clone()
    }

    /// Does some work in the directory, or in another one if that fails.
    ///
    /// # Errors
    ///
    /// The error of the last directory.
    pub(super) fn somewhere<T>(&self, mut work: impl FnMut(&Path) -> io::Result<T>) -> io::Result<T> {
        loop {
            let path = self.path();
            match fs::create_dir_all(&path).and_then(|()| work(&path)) {
                Ok(done) => return Ok(done),
                Err(error) if self.leave(&path, &error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Replaces `path`, which can't be written, by another directory; returns whether there is one.
    fn leave(&self, path: &Path, error: &io::Error) -> bool {
        let mut state = self.lock();
        if state.now != path {
            return true;
        }
        while let Some(refuge) = state.refuges.pop_front() {
            let made = fs::create_dir_all(&refuge)
                .and_then(|()| tempfile::Builder::new().prefix("reports-").tempdir_in(&refuge));
            if let Ok(made) = made {
                state.now = made.keep();
                state.why.get_or_insert_with(|| error.to_string());
                return true;
            }
        }
        false
    }

    /// Returns the current place of the files, if it is not the first directory.
    pub(super) fn moved(&self) -> Option<Moved> {
        let state = self.lock();
        let why = state.why.clone()?;
        Some(Moved { from: state.first.clone(), to: state.now.clone(), why })
    }

    fn lock(&self) -> MutexGuard<'_, DirState> {
        lock(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_directory_is_asked_only_where_this_one_fails() {
        let directory = tempfile::tempdir().expect("directory");
        let (first, file) = (directory.path().join("first"), directory.path().join("file"));
        fs::write(&file, "").expect("write");
        let refuge = directory.path().join("refuge");
        let place = ReportDir::new(first.clone(), vec![file.join("impossible"), refuge.clone()]);
        place.somewhere(|at| fs::write(at.join("a"), "a")).expect("written");
        assert_eq!((place.path(), place.moved()), (first.clone(), None));

        let full = |at: &Path| if at.starts_with(&refuge) { Ok(()) } else { Err(io::Error::other("full")) };
        place.somewhere(full).expect("done in the refuge");
        let moved = place.moved().expect("moved");
        assert_eq!((moved.from, moved.why.as_str()), (first.clone(), "full"));
        assert!(moved.to.starts_with(&refuge) && moved.to.is_dir());
        let error = place.somewhere(|_| Err::<(), _>(io::Error::other("full too"))).expect_err("nowhere");
        assert_eq!(error.to_string(), "full too");
    }
}
