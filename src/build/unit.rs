//! A unit: one distinct compile. Its key covers everything that can change its object; its object is
//! made once, however many cores and cells want it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::context::{StepName, process, say_step};
use super::preprocessor::{Answers, Folders, OUTPUT, SOURCE, marker};
use super::{BuildContext, BuildError, JobContext};
use crate::board::Value;
use crate::compile::{CompileRequest, Environment, Transcript};
use crate::event::{CacheOutcome, Failure, FailureKind, Span, Step, UnitCounts};
use crate::plan::Target;
use crate::source::{Closure, Hash, Inputs, MacroDefinitions, Search, SearchPath, SourceFile};
use crate::store::{StoredUnit, Units};

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
    answers: Answers,
}

impl UnitTable {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            store: Units::new(root),
            made: Mutex::default(),
            searches: Mutex::default(),
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
                    Ok(Ok(unit(key, made)))
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
    let language = match wanted.source.extension().and_then(|extension| extension.to_str()) {
        Some("c") => "c",
        Some("S") => "assembler-with-cpp",
        _ => "c++",
    };
    let folders = cx.units.answers.folders(cx, jcx, &everything, language, &identity).await?;
    let search = cx.units.search(cx, folders.with(&wanted.quote, &wanted.include));
    let macros = macros(&everything);
    let forced = forced_includes(&everything);
    let source = wanted.source.clone();
    let closure = {
        let (search, files) = (search.clone(), cx.files.clone());
        blocking(move || {
            let main = files.get(&source).ok_or(source)?;
            let mut sources: Vec<Arc<SourceFile>> = vec![main.clone()];
            for name in &forced {
                let found = files.get(Path::new(name)).or_else(|| {
                    search.resolve(&main, name, crate::source::Form::Quote).map(|(file, _)| file)
                });
                sources.extend(found);
            }
            Ok::<_, PathBuf>(Closure::new(&search, &macros).of(&sources))
        })
        .await?
    };
    let inputs = closure.map_err(|path| {
        BuildError::infrastructure(Step::Compile, format!("{} can't be read", path.display()))
    })?;
    let hit = |folder: &Arc<Path>| inputs.folders.iter().any(|index| search.folder_at(*index) == folder);
    let keep_all = inputs.opaque.is_some();
    // Only the folders that a name leads to, in their order: then cells whose other libraries differ
    // share the unit, and every name still leads to the same file.
    let kept = |folders: &[Arc<Path>]| -> Vec<Arc<Path>> {
        folders.iter().filter(|folder| keep_all || hit(folder)).cloned().collect()
    };
    let argv = command(wanted, &kept(&wanted.include), &kept(&wanted.quote))?;
    let mut key = blake3::Hasher::new();
    key.update(b"unit 1\0").update(identity.as_bytes()).update(inputs.hash().as_bytes());
    key.update(wanted.source.as_os_str().as_encoded_bytes()).update(b"\0");
    key.update(cx.staging.as_os_str().as_encoded_bytes()).update(b"\0");
    for (name, value) in jcx.environment.keyed() {
        key.update(name.as_bytes()).update(b"=").update(value.as_bytes()).update(b"\0");
    }
    for word in &argv {
        key.update(word.as_bytes()).update(b"\0");
        // Response files and other files that a word names enter with their content.
        for path in word.strip_prefix('@').into_iter().chain(word.split_once("=@").map(|(_, path)| path)) {
            let content = cx.files.hash_now(Path::new(path)).map(|hash| *hash.as_bytes()).unwrap_or_default();
            key.update(&content);
        }
    }
    if inputs.opaque.is_some() {
        // Never the same twice: it is compiled in every run, once.
        key.update(&cx.nonce.to_le_bytes());
    }
    Ok(Planned { key: key.finalize(), argv, inputs })
}

/// The folders that the board's C++ compiler searches by itself, its identity, and the macros that it is
/// given.
pub(super) async fn compiler_folders(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<(Arc<Folders>, Hash, MacroDefinitions), BuildError> {
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
    Ok((folders, identity, macros(&argv)))
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

/// The macros that a command defines, with their bodies.
fn macros(argv: &[String]) -> MacroDefinitions {
    let mut found = MacroDefinitions::new();
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        let definition = match word.as_str() {
            "-D" => words.next().map(String::as_str),
            word => word.strip_prefix("-D"),
        };
        if let Some((name, body)) = definition.and_then(|definition| definition.split_once('=')) {
            found.insert(name.to_owned(), body.to_owned());
        }
    }
    found
}

/// What `-include` and `-imacros` name.
fn forced_includes(argv: &[String]) -> Vec<String> {
    argv.windows(2)
        .filter(|pair| matches!(pair[0].as_str(), "-include" | "-imacros"))
        .map(|pair| pair[1].clone())
        .collect()
}

/// Compiles a unit in a slot and takes its object into the store.
async fn compile(
    cx: &BuildContext,
    name: &StepName,
    environment: &Environment,
    transcript: &Transcript,
    planned: &Planned,
    source: &Path,
) -> Result<(StoredUnit, CacheOutcome), BuildError> {
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
    let slot = cx.slots.acquire(name.urgency).await;
    if cx.cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    let start = cx.events.now();
    let output = cx.backend.compile(request, &cx.cancel).await;
    let end = cx.events.now();
    let output = output.map_err(|error| BuildError::backend(Step::Compile, &error))?;
    let ran = output.ran.map(|(from, to)| Span { start, end: (start + to.duration_since(from)).min(end) });
    say_step(cx, name, &slot, Span { start, end }, ran, Some(output.cache.clone()));
    drop(slot);
    if output.code != Some(0) {
        let _ = std::fs::remove_file(&object);
        return Err(BuildError::command(Step::Compile, argv, output.code, &output.printed));
    }
    let printed = String::from_utf8_lossy(&output.printed).into_owned();
    let (store, key, inputs) = (cx.units.store.clone(), planned.key, planned.inputs.clone());
    let kept = blocking(move || {
        // What the key says must be what the compiler read.
        if let Some(changed) = inputs.changed() {
            return Err(BuildError::infrastructure(
                Step::Compile,
                format!("{} changed while it was being compiled", changed.display()),
            ));
        }
        let _ = std::fs::remove_file(object.with_extension("d"));
        store
            .keep(&key, &object, printed)
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
