//! Determines the prototypes of a sketch as arduino-cli does: the board's compiler preprocesses the merged
//! source, and `arduino-ctags` lists the functions of the result. The answer is remembered for the state of
//! all inputs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::preprocessor::{self, marker};
use super::staged_sketch::{MergedSketch, Prepared};
use crate::event::Step;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::failure::stored::StoredFailure;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::StepName;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::pipeline::shared::tool::Tool;
use crate::pipeline::unit;
use crate::pipeline::unit::{CoveredCall, include_words, reads};
use crate::pipeline::unit::{OUTPUT, SOURCE};
use crate::plan::Target;
use crate::platform::Value;
use crate::process::Environment;
use crate::sketch::{Prototypes, ctags};

/// A request for the prototypes of a sketch, for one board.
pub(in crate::pipeline) struct Question<'a> {
    pub(in crate::pipeline) target: &'a Target,
    /// Properties of the cell for commands.
    pub(in crate::pipeline) values: &'a [(&'a str, Value<'a>)],
    pub(in crate::pipeline) prepared: &'a Prepared,
    pub(in crate::pipeline) merged: &'a MergedSketch,
    /// Include directories of core, variant and libraries.
    pub(in crate::pipeline) include: &'a [Arc<Path>],
    /// Identity of the C++ compiler.
    pub(in crate::pipeline) identity: Hash,
    /// Directories that keys replace with placeholders.
    pub(in crate::pipeline) places: &'a Places,
}

/// The prototypes of a sketch, and whether they depend on files that no key covers.
pub(in crate::pipeline) struct Answer {
    pub(in crate::pipeline) prototypes: Arc<Prototypes>,
    pub(in crate::pipeline) is_uncacheable: bool,
}

/// Returns the prototypes of a sketch, from the memo if possible.
///
/// # Errors
/// The sketch can't be preprocessed, or `arduino-ctags` is unavailable.
pub(in crate::pipeline) async fn ask(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
) -> Result<Answer, BuildError> {
    let source = question.prepared.root.join(question.merged.merged_name());
    let tool = cx.helpers.ctags.get(Step::Preprocess).await?;
    let command = command(question, question.include)?;
    let covered = covered(cx, jcx, question, &source, &tool, &command).await?;
    if let Some(covered) = &covered {
        if let Some(prototypes) = known(cx, covered) {
            return Ok(Answer { prototypes: Arc::new(prototypes), is_uncacheable: false });
        }
        let failed = cx.stores.failures.find_among(&covered.keys, &covered.places).await?;
        if let Some(StoredFailure { failure, .. }) = failed {
            return Err(BuildError::Failed(failure));
        }
    }
    let scratch = Scratch::new(cx);
    let filled = |word: String| {
        word.replace(SOURCE, &source.to_string_lossy())
            .replace(OUTPUT, &scratch.preprocessed.to_string_lossy())
    };
    let name = jcx.step(Step::Preprocess, question.merged.name.clone());
    let argv = command.into_iter().map(filled).collect();
    let preprocessed = run(cx, jcx, &name, argv, jcx.environment.clone()).await;
    if let (Some(covered), Err(error)) = (&covered, &preprocessed) {
        covered.settle(cx, Err(error)).await?;
    }
    preprocessed?;
    scratch.keep_sketch_lines(question.merged.tabs.clone()).await?;
    let mut argv = vec![tool.program.display().to_string()];
    argv.extend(ctags::ARGUMENTS.map(str::to_owned));
    argv.extend(["-f", &scratch.tags.to_string_lossy(), &scratch.lines.to_string_lossy()].map(str::to_owned));
    let environment = cx.environment(tool.library_path.as_deref());
    run(cx, jcx, &name, argv, environment).await?;
    let (files, tags, main) =
        (cx.files.clone(), scratch.tags.clone(), question.merged.main().to_string_lossy().into_owned());
    let prototypes = blocking(move || {
        let output = std::fs::read(&tags)
            .map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, &tags, &error))?;
        let mut sources = ctags::Sources::new(files.disk());
        Ok::<_, BuildError>(ctags::prototypes(&String::from_utf8_lossy(&output), &main, &mut sources))
    });
    let prototypes = prototypes.await??;
    if let Some(covered) = &covered {
        covered.settle(cx, Ok(())).await?;
        remember(cx, covered, &prototypes);
    }
    Ok(Answer { prototypes: Arc::new(prototypes), is_uncacheable: covered.is_none() })
}

/// Returns the prototypes from the memo.
fn known(cx: &BuildContext, CoveredCall { keys, places, .. }: &CoveredCall) -> Option<Prototypes> {
    let text = keys.all().iter().find_map(|key| cx.files.memo().fact(key))?;
    let prototypes: Prototypes = serde_json::from_str(&text).ok()?;
    Some(prototypes.with_names(|text| places.restore(text)))
}

/// Remembers prototypes, with placeholders for directories.
fn remember(cx: &BuildContext, CoveredCall { keys, places, .. }: &CoveredCall, prototypes: &Prototypes) {
    let key = keys.of(places.left_in(prototypes.texts()));
    let forgotten = prototypes.clone().with_names(|text| places.forget(text));
    if let Ok(text) = serde_json::to_string(&forgotten) {
        cx.files.memo().remember_fact(key, &text);
    }
}

/// Returns the command that preprocesses the merged source, with the placeholders [`SOURCE`] and [`OUTPUT`].
fn command(question: &Question<'_>, include: &[Arc<Path>]) -> Result<Vec<String>, BuildError> {
    preprocessor::command(question.target, SOURCE, &include_words(include), OUTPUT, question.values)
}

/// Returns all dependencies of the prototypes; `None` if not all are known.
async fn covered(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
    source: &Path,
    tool: &Tool,
    argv: &[String],
) -> Result<Option<CoveredCall>, BuildError> {
    let identity = cx.identities.of(&tool.program).await;
    let identity = identity.map_err(|error| BuildError::identity(Step::Preprocess, &error))?;
    let marked = command(question, &[marker(cx).into()])?;
    let options = unit::options(cx, &marked).await?;
    let directories = preprocessor::directories(cx, jcx, &marked, "c++", &question.identity).await?;
    let search = unit::search(cx, directories.with(question.include)).await?;
    let inputs = reads(cx, &search, source, &options, Some(&directories), None).await?;
    let Some(inputs) = inputs else { return Ok(None) };
    let reading = unit::Reading {
        source,
        argv,
        identity: &question.identity,
        places: question.places,
        search: &search,
        options: &options,
        directories: &directories,
    };
    let inputs = unit::completed(cx, jcx, &reading, inputs).await?;
    let mut key = Key::new("prototypes 3");
    key.add(question.identity.as_bytes()).add(identity.hash.as_bytes());
    key.add(question.places.forget(&source.to_string_lossy()).as_bytes());
    CoveredCall::new(cx, jcx, key, argv, question.places, inputs).await
}

async fn run(
    cx: &BuildContext,
    jcx: &JobContext,
    name: &StepName,
    argv: Vec<String>,
    environment: Environment,
) -> Result<(), BuildError> {
    let process = process(argv, cx.staging.clone(), environment);
    let finished = run_in_slot(&cx.runner, name, &process, &jcx.transcript).await?;
    if finished.end.succeeded() {
        Ok(())
    } else {
        Err(BuildError::command(Step::Preprocess, process.argv(), finished.end, &finished.printed()))
    }
}

/// Temporary files between the preprocessor and ctags; removed when dropped.
struct Scratch {
    preprocessed: PathBuf,
    lines: PathBuf,
    tags: PathBuf,
}

impl Scratch {
    fn new(cx: &BuildContext) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let at = |what: &str| cx.layout.staging().join(format!("prototypes-{number}-{what}.cpp"));
        Self { preprocessed: at("preprocessed"), lines: at("lines"), tags: at("tags") }
    }

    /// Writes the lines of the sketch's own files for ctags.
    async fn keep_sketch_lines(&self, tabs: Vec<PathBuf>) -> Result<(), BuildError> {
        let (from, to) = (self.preprocessed.clone(), self.lines.clone());
        blocking(move || {
            let text = std::fs::read(&from).map_err(|error| match error.kind() {
                ErrorKind::NotFound => BuildError::code(
                    Step::Preprocess,
                    "the preprocessor made no file: the platform's recipe.cpp.o.pattern has no {compiler.cpp.flags}, \
                     behind which arduino-cli adds -E, or its recipe.preproc.macros does not preprocess",
                ),
                _ => BuildError::io(Step::Preprocess, FileAction::Read, &from, &error),
            })?;
            let lines =
                ctags::sketch_lines(&text, |name| tabs.iter().any(|tab| tab.as_os_str() == name.as_os_str()));
            std::fs::write(&to, lines)
                .map_err(|error| BuildError::io(Step::Preprocess, FileAction::Write, &to, &error))
        })
        .await?
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for path in [&self.preprocessed, &self.lines, &self.tags] {
            // The next run empties the directory in any case.
            let _ = std::fs::remove_file(path);
        }
    }
}
