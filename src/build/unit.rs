//! A unit: one distinct compile. Its key covers everything that can change its object; its object is
//! made once, however many cores and cells want it.

mod depfile;
mod options;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::context::process;
use super::preprocessor::{Answers, Folders, OUTPUT, SOURCE, marker};
use super::step::{Held, StepName};
use super::{BuildContext, BuildError, JobContext};
use crate::board::Value;
use crate::compile::{CompileRequest, Environment, Transcript};
use crate::event::{CacheOutcome, Failure, FailureKind, Step, UnitCounts};
use crate::plan::Target;
use crate::source::{Closure, Form, Hash, Inputs, Search, SearchPath, SourceFile};
use crate::store::{StoredUnit, Units};

pub(super) use options::Options;

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
    /// `-iquote` folders, in order.
    pub(super) quote: Vec<Arc<Path>>,
    /// What it is called in reports.
    pub(super) label: String,
}

/// An object that was wanted.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Its key.
    pub(super) key: Hash,
    /// Where it is; to be linked elsewhere, never to be written.
    pub(super) object: PathBuf,
    /// What the compiler printed when it was made.
    pub(super) printed: String,
}

type Made = Result<Unit, Box<Failure>>;

/// The units of a run.
#[derive(Debug)]
pub(super) struct UnitTable {
    store: Units,
    made: Mutex<HashMap<Hash, Arc<OnceCell<Made>>>>,
    searches: Mutex<HashMap<SearchPath, Arc<Search>>>,
    options: Mutex<HashMap<Vec<String>, Arc<Options>>>,
    answers: Answers,
}

impl UnitTable {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            store: Units::new(root),
            made: Mutex::default(),
            searches: Mutex::default(),
            options: Mutex::default(),
            answers: Answers::default(),
        }
    }

    /// The search along a path, shared by all units that use it.
    pub(super) fn search(&self, cx: &BuildContext, path: SearchPath) -> Arc<Search> {
        lock(&self.searches)
            .entry(path)
            .or_insert_with_key(|path| Arc::new(Search::new(cx.files.clone(), path.clone())))
            .clone()
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
        let (words, cwd) = (argv.to_vec(), cx.staging.clone());
        let options = Arc::new(blocking(move || Options::read(&words, &cwd)).await?);
        Ok(lock(&self.options).entry(argv.to_vec()).or_insert(options).clone())
    }
}

/// The command of a unit with places for source and output, and what it is keyed by.
struct Planned {
    key: Hash,
    argv: Vec<String>,
    inputs: Inputs,
}

/// Makes sure that an object is there, and counts where it came from.
pub(super) async fn make(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
) -> Result<(Unit, UnitCounts), BuildError> {
    let planned = plan(cx, jcx, &wanted).await?;
    let slot = lock(&cx.units.made).entry(planned.key).or_default().clone();
    let mut counts = UnitCounts { reused: 1, ..UnitCounts::default() };
    let made = slot
        .get_or_try_init(|| async {
            let store = cx.units.store.clone();
            let files = cx.files.clone();
            let key = planned.key;
            let known = if planned.inputs.opaque.is_none() {
                blocking(move || store.find(&key, &files)).await?
            } else {
                None
            };
            if let Some(known) = known {
                return Ok(Ok(unit(key, known)));
            }
            let name = jcx.step(Step::Compile, &wanted.label);
            match compile(cx, &name, &jcx.environment, &jcx.transcript, &planned, &wanted.source).await {
                Ok((made, cache)) => {
                    counts = match cache {
                        CacheOutcome::Hit => UnitCounts { cached: 1, ..UnitCounts::default() },
                        _ => UnitCounts { compiled: 1, ..UnitCounts::default() },
                    };
                    Ok(Ok(made))
                }
                Err(BuildError::Failed(failure)) if failure.kind == FailureKind::Code => {
                    counts = UnitCounts { compiled: 1, ..UnitCounts::default() };
                    Ok(Err(failure))
                }
                // What may go better next time is not remembered for the other cells.
                Err(other) => Err(other),
            }
        })
        .await?;
    match made {
        Ok(unit) => Ok((unit.clone(), counts)),
        Err(failure) => Err(BuildError::Failed(failure.clone())),
    }
}

fn unit(key: Hash, stored: StoredUnit) -> Unit {
    Unit { key, object: stored.object, printed: stored.printed }
}

/// Expands the recipe, finds what the compile could read, and makes the key.
async fn plan(cx: &BuildContext, jcx: &JobContext, wanted: &Wanted<'_>) -> Result<Planned, BuildError> {
    let everything = command(wanted, &[marker(cx).into()], &[])?;
    let identity = identify(cx, &everything).await?;
    let options = cx.units.options(cx, &everything).await?;
    let language = language(&everything, &wanted.source, &options);
    let folders = cx.units.answers.folders(cx, jcx, &everything, &language, &identity).await?;
    let search = cx.units.search(cx, folders.with(&wanted.quote, &wanted.include));
    let inputs = reads(cx, &search, &wanted.source, &options).await?.ok_or_else(|| {
        BuildError::infrastructure(Step::Compile, format!("{} can't be read", wanted.source.display()))
    })?;
    let argv = trimmed(wanted, &search, &inputs)?;
    for (place, what) in [(SOURCE, "source_file"), (OUTPUT, "object_file")] {
        if !argv.iter().any(|word| word.contains(place)) {
            let platform = &wanted.target.config.platform_dir;
            let recipe = format!("{{{what}}} in the recipe for {}", wanted.label);
            return Err(BuildError::no_recipe(Step::Compile, &recipe, platform));
        }
    }
    let mut key = Key::new("unit 2");
    key.add(identity.as_bytes()).add(inputs.hash().as_bytes());
    key.add(wanted.source.as_os_str().as_encoded_bytes());
    key.add(cx.staging.as_os_str().as_encoded_bytes());
    key.command(&argv, &jcx.environment);
    if inputs.opaque.is_some() {
        // Never the same twice: it is compiled in every run, once.
        key.add(&cx.nonce.to_le_bytes());
    }
    Ok(Planned { key: key.finish(), argv, inputs })
}

/// The command with only the folders that a name leads to, in their order: then cells whose other
/// libraries differ share the unit, and every name still leads to the same file.
fn trimmed(wanted: &Wanted<'_>, search: &Search, inputs: &Inputs) -> Result<Vec<String>, BuildError> {
    let kept = |folders: &[Arc<Path>]| -> Vec<Arc<Path>> {
        folders.iter().filter(|folder| inputs.needs(search, folder)).cloned().collect()
    };
    command(wanted, &kept(&wanted.include), &kept(&wanted.quote))
}

/// What the driver takes a source for.
fn language(argv: &[String], source: &Path, options: &Options) -> String {
    let program = argv.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
    let by_name = match source.extension().and_then(|extension| extension.to_str()) {
        // What the C++ driver is given is C++.
        Some("c") if !program.contains("g++") && !program.contains("c++") && !program.contains("clang++") => {
            "c"
        }
        Some("S") => "assembler-with-cpp",
        _ => "c++",
    };
    options.language.clone().filter(|language| language != "none").unwrap_or_else(|| by_name.to_owned())
}

/// The files that a command can read, beginning with `source`; `None` where that can't be read.
pub(super) async fn reads(
    cx: &BuildContext,
    search: &Arc<Search>,
    source: &Path,
    options: &Arc<Options>,
) -> Result<Option<Inputs>, BuildError> {
    let (search, staging, source) = (search.clone(), cx.staging.clone(), source.to_owned());
    let options = options.clone();
    blocking(move || {
        let files = search.files();
        let Some(main) = files.get(&source) else { return Ok(None) };
        let forced = forced(&search, &staging, &options);
        let mut inputs = Closure::new(&search, &options.macros).of(&main, &forced);
        for path in options.files.iter().cloned().chain(tools(&options.folders)?) {
            let file = files.get(&path).ok_or_else(|| format!("{} can't be read", path.display()))?;
            inputs.files.push(file);
        }
        inputs.opaque = options.opaque.clone().or(inputs.opaque);
        Ok(Some(inputs))
    })
    .await?
    .map_err(|error: String| BuildError::infrastructure(Step::Compile, error))
}

/// What is read before the source, with the index of the folder that it was found in.
pub(super) fn forced(
    search: &Search,
    staging: &Path,
    options: &Options,
) -> Vec<(Arc<SourceFile>, Option<usize>)> {
    let one = |name: &String| {
        // GCC looks in the folder that it runs in, then along the path.
        let here = search.files().get(&staging.join(name)).map(|file| (file, None));
        here.or_else(|| search.along(name, Form::Quote))
    };
    // GCC includes that first, where the target's C library has it.
    let predefined = search.along("stdc-predef.h", Form::Angle);
    predefined.into_iter().chain(options.forced.iter().filter_map(one)).collect()
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

/// The files below the folders that `-B` names, in order.
fn tools(folders: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let walk = walkdir::WalkDir::new(folder).follow_links(true).sort_by_file_name();
        for entry in walk {
            let entry = entry.map_err(|error| error.to_string())?;
            found.extend(entry.file_type().is_file().then(|| entry.into_path()));
        }
    }
    Ok(found)
}

/// The folders that the board's C++ compiler searches by itself, and its identity.
pub(super) async fn compiler_folders(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<(Arc<Folders>, Hash), BuildError> {
    let wanted = Wanted {
        target,
        values,
        source: "question.cpp".into(),
        include: Vec::new(),
        quote: Vec::new(),
        label: String::new(),
    };
    let argv = command(&wanted, &[marker(cx).into()], &[])?;
    let identity = identify(cx, &argv).await?;
    let folders = cx.units.answers.folders(cx, jcx, &argv, "c++", &identity).await?;
    Ok((folders, identity))
}

async fn identify(cx: &BuildContext, argv: &[String]) -> Result<Hash, BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    let identity = cx.identities.of(&program).await;
    identity.map(|identity| identity.hash).map_err(|error| BuildError::identity(Step::Compile, &error))
}

/// The argv of a unit with [`SOURCE`] and [`OUTPUT`] in their places.
fn command(
    wanted: &Wanted<'_>,
    include: &[Arc<Path>],
    quote: &[Arc<Path>],
) -> Result<Vec<String>, BuildError> {
    let config = &wanted.target.config;
    let extension = wanted.source.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let recipe = config.compile_recipe(extension).ok_or_else(|| {
        BuildError::no_recipe(Step::Compile, &format!("recipe for .{extension} files"), &config.platform_dir)
    })?;
    let includes = include_words(quote, include);
    let mut values = wanted.values.to_vec();
    values.extend([
        ("includes", Value::Words(&includes)),
        ("source_file", Value::Word(SOURCE)),
        ("object_file", Value::Word(OUTPUT)),
    ]);
    config.command(recipe.pattern, &values).map_err(|error| BuildError::board(Step::Compile, &error))
}

/// The words that `{includes}` becomes.
pub(super) fn include_words(quote: &[Arc<Path>], include: &[Arc<Path>]) -> Vec<String> {
    let quote = quote.iter().flat_map(|folder| ["-iquote".to_owned(), folder.display().to_string()]);
    quote.chain(include.iter().map(|folder| format!("-I{}", folder.display()))).collect()
}

/// Compiles a unit in a slot and takes its object into the store.
async fn compile(
    cx: &BuildContext,
    name: &StepName,
    environment: &Environment,
    transcript: &Transcript,
    planned: &Planned,
    source: &Path,
) -> Result<(Unit, CacheOutcome), BuildError> {
    let object = cx.staging.join(format!("{}.o", planned.key.to_hex()));
    let (source_text, object_text) = (source.to_string_lossy(), object.to_string_lossy());
    let argv = planned
        .argv
        .iter()
        .map(|word| word.replace(SOURCE, &source_text).replace(OUTPUT, &object_text))
        .collect();
    let request = CompileRequest {
        process: process(argv, cx.staging.clone(), environment.clone()),
        output: object.clone(),
        bypass: planned.inputs.opaque.clone(),
        transcript: transcript.clone(),
    };
    let argv = request.process.argv();
    let held = Held::wait(cx, name).await;
    if cx.cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    let output = cx.backend.compile(request, &cx.cancel).await;
    let output = output.map_err(|error| BuildError::backend(Step::Compile, &error))?;
    held.done(output.ran.map(|(from, to)| to.duration_since(from)), Some(output.cache.clone()));
    let object = output.object;
    if output.code != Some(0) {
        let _ = std::fs::remove_file(&object);
        let inputs = planned.inputs.clone();
        if let Some(changed) = blocking(move || inputs.changed().map(Path::to_owned)).await? {
            return Err(BuildError::changed(&changed));
        }
        return Err(BuildError::command(Step::Compile, argv, output.code, &output.printed));
    }
    let printed = String::from_utf8_lossy(&output.printed).into_owned();
    let (store, mut key, inputs) = (cx.units.store.clone(), planned.key, planned.inputs.clone());
    let (staging, nonce, label) = (cx.staging.clone(), cx.nonce, name.label.clone());
    let kept = blocking(move || {
        // What the key says must be what the compiler read.
        if let Some(changed) = inputs.changed() {
            return Err(BuildError::changed(changed));
        }
        let depfile = object.with_extension("d");
        if let Some(path) = depfile::unforeseen(&depfile, &staging, &inputs) {
            tracing::warn!(%label, path = %path.display(), "an include that the scan did not find: compiled in every run");
            key = Key::new("unforeseen").add(key.as_bytes()).add(&nonce.to_le_bytes()).finish();
        }
        let _ = std::fs::remove_file(depfile);
        store
            .keep(&key, &object, printed)
            .map(|stored| unit(key, stored))
            .map_err(|error| BuildError::io(Step::Compile, "kept", &object, &error))
    })
    .await??;
    Ok((kept, output.cache))
}

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
