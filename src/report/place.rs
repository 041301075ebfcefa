//! Where the files go: the report folder, and when that can't be written any more another one, for all of
//! them together.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The folder of all files of a run. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Place(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    first: PathBuf,
    now: PathBuf,
    refuges: VecDeque<PathBuf>,
    why: Option<String>,
}

/// A report folder that was left for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) why: String,
}

impl Place {
    /// `folder`, and below which folders another is made when it is needed.
    pub(super) fn new(folder: PathBuf, refuges: Vec<PathBuf>) -> Self {
        Self(Arc::new(Mutex::new(State {
            first: folder.clone(),
            now: folder,
            refuges: refuges.into(),
            why: None,
        })))
    }

    /// The folder now.
    pub(super) fn folder(&self) -> PathBuf {
        self.lock().now.clone()
    }

    /// Does something in the folder, and in another one where that fails.
    ///
    /// # Errors
    ///
    /// What is said of the last folder that there is.
    pub(super) fn somewhere<T>(&self, mut work: impl FnMut(&Path) -> io::Result<T>) -> io::Result<T> {
        loop {
            let folder = self.folder();
            match fs::create_dir_all(&folder).and_then(|()| work(&folder)) {
                Ok(done) => return Ok(done),
                Err(error) if self.leave(&folder, &error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether there is another folder than `folder`, which can't be written.
    fn leave(&self, folder: &Path, error: &io::Error) -> bool {
        let mut state = self.lock();
        if state.now != folder {
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

    /// Whether the files are where nobody looks for them.
    pub(super) fn moved(&self) -> Option<Moved> {
        let state = self.lock();
        let why = state.why.clone()?;
        Some(Moved { from: state.first.clone(), to: state.now.clone(), why })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic elsewhere leaves it whole: its parts are set one by one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_folder_is_asked_only_where_this_one_fails() {
        let folder = tempfile::tempdir().expect("folder");
        let (first, file) = (folder.path().join("first"), folder.path().join("file"));
        fs::write(&file, "").expect("write");
        let refuge = folder.path().join("refuge");
        let place = Place::new(first.clone(), vec![file.join("impossible"), refuge.clone()]);
        place.somewhere(|at| fs::write(at.join("a"), "a")).expect("written");
        assert_eq!((place.folder(), place.moved()), (first.clone(), None));

        let full = |at: &Path| if at.starts_with(&refuge) { Ok(()) } else { Err(io::Error::other("full")) };
        place.somewhere(full).expect("done in the refuge");
        let moved = place.moved().expect("moved");
        assert_eq!((moved.from, moved.why.as_str()), (first.clone(), "full"));
        assert!(moved.to.starts_with(&refuge) && moved.to.is_dir());
        let error = place.somewhere(|_| Err::<(), _>(io::Error::other("full too"))).expect_err("nowhere");
        assert_eq!(error.to_string(), "full too");
    }
}
