//! A unit: one distinct compile. Its key covers everything that can change its object; its object is
//! made once, however many cores and cells want it.

mod copy;
mod depfile;
mod idle;
mod kept;
mod make;
mod options;
mod plan;
mod responses;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{JoinAll, Map, join_all};
use tokio::sync::OnceCell;

use super::preprocessor::{Answers, Folders};
use super::{BuildContext, BuildError, JobContext};
use crate::cache::Units;
use crate::event::Failure;
use crate::includes::{Hash, Search, SearchPath};
use crate::plan::{Layout, Target};
use crate::platform::Value;
use crate::process::Environment;

pub(super) use make::make_all;
pub(super) use options::Options;
pub(super) use plan::{Planned, compiler_folders, first_option, forced, include_words, plan, reads};

/// What a core or a cell wants compiled.
#[derive(Debug, Clone)]
pub(super) struct Wanted<'a> {
    /// The board.
    pub(super) target: &'a Target,
    /// What the command knows of the job: `build.path` and the like.
    pub(super) values: &'a [(&'a str, Value<'a>)],
    /// The source.
    pub(super) source: PathBuf,
    /// `-I` folders, in order.
    pub(super) include: Vec<Arc<Path>>,
    /// The sketch's directory, where the source is a staged one.
    pub(super) sketch: Option<&'a Path>,
    /// What it is called in reports.
    pub(super) label: String,
}

/// An object that was wanted.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Where it is; to be linked elsewhere, never to be written.
    pub(super) object: PathBuf,
    /// The hash of its content.
    pub(super) hash: Hash,
    /// What the compiler printed when it was made.
    pub(super) printed: String,
    /// Whether its key covers what the compiler read: without that no result that it is part of is good
    /// for another run.
    pub(super) lasts: bool,
}

type Made = Result<Unit, Box<Failure>>;

/// The units of a run.
#[derive(Debug)]
pub(super) struct UnitTable {
    store: Units,
    /// Objects that are good for this run only.
    passing: Units,
    planned: Mutex<HashMap<Hash, Arc<OnceCell<Arc<Planned>>>>>,
    made: Mutex<HashMap<Hash, Arc<OnceCell<Made>>>>,
    searches: Mutex<HashMap<SearchPath, Arc<Search>>>,
    options: Mutex<HashMap<Vec<String>, Arc<Options>>>,
    answers: Answers,
}

impl UnitTable {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            store: Units::new(layout.units()),
            passing: Units::new(layout.passing_units()),
            planned: Mutex::default(),
            made: Mutex::default(),
            searches: Mutex::default(),
            options: Mutex::default(),
            answers: Answers::default(),
        }
    }

    /// Forgets what was read from below a job's directory, where a hook has run.
    pub(super) fn forget_below(&self, directory: &Path) {
        let text = directory.to_string_lossy();
        let names = |path: &SearchPath| {
            let mut all = path.quote.iter().chain(&path.include).chain(&path.system);
            all.any(|folder| folder.starts_with(directory))
        };
        lock(&self.searches).retain(|path, _| !names(path));
        lock(&self.options).retain(|argv, _| !argv.iter().any(|word| word.contains(&*text)));
    }

    /// The search along a path, shared by all units that use it.
    pub(super) async fn search(
        &self,
        cx: &BuildContext,
        path: SearchPath,
    ) -> Result<Arc<Search>, BuildError> {
        if let Some(known) = lock(&self.searches).get(&path) {
            return Ok(known.clone());
        }
        // It looks at the folders: nobody shall wait for that with the lock.
        let (files, along) = (cx.files.clone(), path.clone());
        let search = blocking(move || Arc::new(Search::new(files, along))).await?;
        Ok(lock(&self.searches).entry(path).or_insert(search).clone())
    }

    /// What the compiler of a command says of its search path and macros: see [`Answers::folders`].
    pub(super) async fn folders(
        &self,
        cx: &BuildContext,
        jcx: &JobContext,
        argv: &[String],
        language: &str,
        identity: &Hash,
    ) -> Result<Arc<Folders>, BuildError> {
        self.answers.folders(cx, jcx, argv, language, identity).await
    }

    /// What a command depends on beside its source, read once for each command.
    pub(super) async fn options(
        &self,
        cx: &BuildContext,
        argv: &[String],
    ) -> Result<Arc<Options>, BuildError> {
        if let Some(known) = lock(&self.options).get(argv) {
            return Ok(known.clone());
        }
        let (words, cwd, files) = (argv.to_vec(), cx.staging.clone(), cx.files.clone());
        let options = Arc::new(blocking(move || Options::read(&words, &cwd, files.disk())).await?);
        Ok(lock(&self.options).entry(argv.to_vec()).or_insert(options).clone())
    }
}

/// A hash over parts whose ends can't be mistaken.
pub(super) struct Key(blake3::Hasher);

impl Key {
    /// A key of a kind: one whose meaning changes gets another name.
    pub(super) fn new(kind: &str) -> Self {
        let mut key = Self(blake3::Hasher::new());
        key.add(kind.as_bytes());
        key
    }

    pub(super) fn add(&mut self, part: &[u8]) -> &mut Self {
        self.0.update(&part.len().to_le_bytes()).update(part);
        self
    }

    /// Adds a command with its environment.
    pub(super) fn command(&mut self, argv: &[String], environment: &Environment) -> &mut Self {
        for (name, value) in environment.keyed() {
            self.add(name.as_bytes()).add(value.as_bytes());
        }
        self.add(b"");
        for word in argv {
            self.add(word.as_bytes());
        }
        self.add(b"")
    }

    pub(super) fn finish(&self) -> Hash {
        self.0.finalize()
    }
}

/// Awaits all and returns their results, or the first error in their order, whichever was the first in time.
pub(super) fn all_in_order<F: Future<Output = Result<T, BuildError>>, T>(
    work: impl IntoIterator<Item = F>,
) -> AllInOrder<F, T> {
    join_all(work).map(|results| results.into_iter().collect())
}

/// The future of [`all_in_order`].
type AllInOrder<F, T> = Map<JoinAll<F>, fn(Vec<Result<T, BuildError>>) -> Result<Vec<T>, BuildError>>;

/// Runs what reads or writes files off the runtime's threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BuildError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(BuildError::Cancelled),
        },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves the maps whole: each change is one insert.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
