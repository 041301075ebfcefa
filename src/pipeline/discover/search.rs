//! Discovers the libraries of a sketch, in order, by arduino-cli's rule
//! (`internal/arduino/builder/internal/detector/detector.go`), with as few calls of the preprocessor as
//! possible.
//!
//! arduino-cli preprocesses a source, takes the first missing include, adds the library that offers it, and
//! repeats this: for the sketch's sources, then for those of every added library. It ends with an error at
//! the first missing include that no library resolves. Here a native walk through the includes finds the same
//! first missing include wherever no condition decides. The preprocessor is called only where a condition
//! decides or no library offers the header.

use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::compiler_directories::CompilerDirectories;
use super::missing::Call;
use super::walk::{Candidate, Meaning, Report, Walk};
use super::{libraries, sources};
use crate::event::Step;
use crate::includes::{Disk, FileId, Search};
use crate::library::{Choice, Layout, Library, LibraryIndex, Precompiled};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::prepare::preprocessor;
use crate::pipeline::prepare::preprocessor::{directories, marker, question as preprocess};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::pipeline::unit;
use crate::pipeline::unit::{CoveredCall, Options, forced, include_words, reads};
use crate::pipeline::unit::{OUTPUT, SOURCE};
use crate::plan::Target;
use crate::platform::Value;

/// Input of a discovery.
pub(in crate::pipeline) struct Question<'a> {
    /// The board.
    pub(in crate::pipeline) target: &'a Target,
    /// Properties of the cell for commands.
    pub(in crate::pipeline) values: &'a [(&'a str, Value<'a>)],
    /// Sources of the sketch, the generated C++ first.
    pub(in crate::pipeline) sources: Vec<PathBuf>,
    /// Directories of core and variant.
    pub(in crate::pipeline) core: Vec<Arc<Path>>,
    /// Default search directories of the C++ compiler.
    pub(in crate::pipeline) directories: Arc<CompilerDirectories>,
    /// Identity of the C++ compiler.
    pub(in crate::pipeline) identity: crate::includes::Hash,
    /// Directories that keys replace with placeholders.
    pub(in crate::pipeline) places: &'a Places,
}

/// Result of a discovery.
#[derive(Debug, Clone, Default)]
pub(in crate::pipeline) struct Discovered {
    /// Libraries in the order of discovery, which is the order of include directories and of the link.
    pub(in crate::pipeline) libraries: Vec<Arc<Library>>,
    /// For each library, the include that it was found by.
    pub(in crate::pipeline) headers: Vec<String>,
    /// Whether the preprocessor read files that no key covers.
    pub(in crate::pipeline) is_uncacheable: bool,
}

impl Discovered {
    /// Returns the include directories of every source of the cell: core, variant, libraries.
    pub(in crate::pipeline) fn include(&self, core: &[Arc<Path>]) -> Vec<Arc<Path>> {
        core.iter()
            .cloned()
            .chain(self.libraries.iter().map(|library| library.source_dir.as_path().into()))
            .collect()
    }
}

/// Discovers the libraries of a sketch, and adds them to `found`, also those before an error.
///
/// # Errors
/// A header is missing that no library offers, a library has a format that is no longer supported, the
/// preprocessor can't be run, or a directory can't be read.
pub(in crate::pipeline) async fn discover(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
    found: &mut Discovered,
) -> Result<(), BuildError> {
    // All calls for one cell depend on the same options.
    let command = preprocess(question.target, Path::new(SOURCE), &[], question.values)?;
    let options = unit::options(cx, &command).await?;
    let knows_phase = knows_phase(question.target);
    let discovery = Discovery { cx, jcx, question, options, predefined: OnceCell::new(), knows_phase };
    let mut queue: VecDeque<Source> =
        question.sources.iter().map(|path| Source { path: path.clone(), utility: None }).collect();
    let mut queued: HashSet<Source> = queue.iter().cloned().collect();
    while let Some(source) = queue.pop_front() {
        let mut state = Walked::default();
        while let Some(choice) = discovery.missing(found, &source, &mut state).await? {
            warn_of_chance(cx, &choice);
            let library = choice.library;
            found.libraries.push(library.clone());
            found.headers.push(choice.header);
            let files = cx.files.clone();
            for next in blocking(move || sources_of(files.disk(), &library)).await?? {
                if queued.insert(next.clone()) {
                    queue.push_back(next);
                }
            }
        }
        found.is_uncacheable |= state.is_uncacheable;
    }
    let outdated = found.libraries.iter().find(|library| library.has_arch_directory);
    outdated.map_or(Ok(()), |library| {
        let root = library.root.display();
        let message =
            format!("the library in {root} has a directory `arch`, which Arduino does not support any more");
        Err(BuildError::code(Step::Preprocess, message))
    })
}

/// Warns of libraries that arduino-cli could have chosen instead.
fn warn_of_chance(cx: &BuildContext, choice: &Choice) {
    let paths = |libraries: &[Arc<Library>]| {
        libraries.iter().map(|library| library.root.display().to_string()).collect::<Vec<_>>().join(", ")
    };
    if !choice.equals.is_empty() {
        let message = format!(
            "{} is offered by libraries that fit equally; arduino-cli takes any of them, this run takes {} (first by name) \
             and not {}",
            choice.header,
            choice.library.root.display(),
            paths(&choice.equals)
        );
        cx.runner.warn_once(message);
    }
}

/// A source that is searched for includes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Source {
    path: PathBuf,
    /// Directory `utility` of its library, which is searched only for that library's sources.
    utility: Option<Arc<Path>>,
}

impl Source {
    /// Whether the source is compiled as C++, the language in which every source is searched.
    fn is_cpp(&self) -> bool {
        self.path.extension().is_none_or(|extension| extension != "c" && extension != "S")
    }
}

/// Returns a library's sources, in the order of the search. A library that is precompiled with all
/// dependencies (`precompiled=full`) has none.
fn sources_of(disk: &Disk, library: &Library) -> Result<Vec<Source>, BuildError> {
    if library.link.precompiled == Precompiled::Instead {
        return Ok(Vec::new());
    }
    let walked = |directory: &Path, recurse| {
        sources::as_walked(disk, directory, recurse).map_err(|error| libraries::unreadable(directory, &error))
    };
    let (paths, utility) = match &library.layout {
        Layout::Recursive => (walked(&library.source_dir, true)?, None),
        Layout::Flat { utility: None } => (walked(&library.source_dir, false)?, None),
        Layout::Flat { utility: Some(utility) } => {
            let paths = [walked(&library.source_dir, false)?, walked(utility, false)?].concat();
            (paths, Some(Arc::from(utility.as_path())))
        }
    };
    Ok(paths.into_iter().map(|path| Source { path, utility: utility.clone() }).collect())
}

/// Returns the library that resolves a missing header. Returns `None` if no library offers the header, or if
/// one that offers it is already used: its directory is searched, so the header is really missing.
fn pick(index: &LibraryIndex, header: &str, already: &[Arc<Library>]) -> Option<Choice> {
    is_offered(index, header, already).then(|| index.resolve(header)).flatten()
}

/// Whether a library resolves a missing header.
fn is_offered(index: &LibraryIndex, header: &str, already: &[Arc<Library>]) -> bool {
    let offers = index.offers(header);
    let is_there = |offer| already.iter().any(|library| Arc::ptr_eq(library, offer));
    !offers.is_empty() && !offers.iter().any(is_there)
}

/// State of a source between walks.
#[derive(Debug, Default)]
struct Walked {
    /// Includes that are not reached, as the preprocessor showed.
    dead: HashSet<(FileId, usize)>,
    /// Whether the preprocessor read files that no key covers.
    is_uncacheable: bool,
}

/// Context of all sources of a cell.
struct Discovery<'a> {
    cx: &'a BuildContext,
    jcx: &'a JobContext,
    question: &'a Question<'a>,
    /// Dependencies of every call beside its source.
    options: Arc<Options>,
    /// The compiler's answer for the commands of calls, asked for at the first call.
    predefined: OnceCell<Arc<CompilerDirectories>>,
    /// Whether commands differ in more than their output during library discovery.
    knows_phase: bool,
}

impl Discovery<'_> {
    /// Returns the library that resolves the first missing include of a source; `None` if no include is
    /// missing.
    ///
    /// # Errors
    /// The preprocessor's error, if no library resolves a missing include.
    async fn missing(
        &self,
        found: &Discovered,
        source: &Source,
        state: &mut Walked,
    ) -> Result<Option<Choice>, BuildError> {
        let Self { cx, question, .. } = self;
        let mut include = found.include(&question.core);
        include.extend(source.utility.clone());
        let search = unit::search(cx, question.directories.with(&include)).await?;
        let Report { candidates, asks_for_libraries, .. } = self.walk(&search, found, source, state).await?;
        let index = &question.target.libraries;
        match candidates.as_slice() {
            // An include that was not reached once may be reached when its file is included again.
            [] if state.dead.is_empty() => return Ok(None),
            [Candidate { header: Some(header), certain: true, .. }, ..] => {
                if let Some(choice) = pick(index, header, &found.libraries) {
                    return Ok(Some(choice));
                }
            }
            _ => {}
        }
        // A condition or a macro decides, or the failure is certain: the preprocessor is called.
        let predefined = self.predefined().await?;
        let inputs = reads(cx, &search, &source.path, &self.options, Some(predefined), None).await?;
        let Some(inputs) = inputs else { return Ok(None) };
        let words = include_words(&include);
        let into_file = preprocessor::command(question.target, SOURCE, &words, OUTPUT, question.values)?;
        let reading = unit::Reading {
            source: &source.path,
            argv: &into_file,
            identity: &question.identity,
            places: question.places,
            search: &search,
            options: &self.options,
            directories: predefined,
        };
        let inputs = unit::completed(cx, self.jcx, &reading, inputs).await?;
        state.is_uncacheable |= inputs.incomplete.is_some();
        if let Some(reason) = &inputs.incomplete {
            tracing::debug!(source = %source.path.display(), reason, "the preprocessor is asked in every run");
        }
        let argv = preprocess(question.target, &source.path, &words, question.values)?;
        let mut key = Key::new("missing 4");
        key.add(question.identity.as_bytes());
        let covered = CoveredCall::new(cx, self.jcx, key, &argv, question.places, inputs).await?;
        let label = source.path.file_name().unwrap_or_default().to_string_lossy();
        let call = Call { cx, jcx: self.jcx, name: self.jcx.step(Step::Preprocess, label), argv, covered };
        let answer = call.first_missing().await?;
        // Every missing include before the answer is not reached. If the answer is none of the candidates, it
        // comes from a computed include, and nothing is known about the includes before it. If a condition
        // tests for a header of a library, another library changes which includes are reached.
        if !asks_for_libraries
            && let Some(at) = candidates.iter().position(|candidate| candidate.header == answer.missing)
        {
            let before = candidates.into_iter().take(at).filter(|candidate| candidate.header.is_some());
            state.dead.extend(before.map(|candidate| candidate.at));
        }
        let Some(header) = answer.missing else { return Ok(None) };
        if let Some(choice) = pick(index, &header, &found.libraries) {
            return Ok(Some(choice));
        }
        let failure = match answer.failure {
            Some(failure) => Some(failure),
            // The answer was remembered, without the preprocessor's output.
            None => call.failure().await?,
        };
        Err(failure.unwrap_or_else(|| {
            BuildError::infrastructure(Step::Preprocess, format!("{header} appeared during the build"))
        }))
    }

    /// Returns the macros that the compiler predefines in calls.
    async fn predefined(&self) -> Result<&Arc<CompilerDirectories>, BuildError> {
        let Self { cx, jcx, question, .. } = self;
        let asked = self.predefined.get_or_try_init(async || {
            let include = include_words(&[marker(cx).into()]);
            let argv = preprocess(question.target, Path::new(SOURCE), &include, question.values)?;
            directories(cx, jcx, &argv, "c++", &question.identity).await
        });
        asked.await
    }

    /// Walks through the includes of a source, with the state of earlier walks.
    async fn walk(
        &self,
        search: &Arc<Search>,
        found: &Discovered,
        source: &Source,
        state: &mut Walked,
    ) -> Result<Report, BuildError> {
        let (search, options, staging) = (search.clone(), self.options.clone(), self.cx.staging.clone());
        let (index, libraries) = (self.question.target.libraries.clone(), found.libraries.clone());
        let path = source.path.clone();
        let compile_decides = source.is_cpp() && !self.knows_phase;
        let known = std::mem::take(&mut state.dead);
        let (report, known) = blocking(move || {
            let meaning = |header: &str| {
                if is_offered(&index, header, &libraries) {
                    Meaning::Library
                } else if compile_decides && !index.may_provide(header) {
                    Meaning::Nothing
                } else {
                    Meaning::Unknown
                }
            };
            let forced = forced(&search, &staging, &options);
            let walk = Walk::new(&search, &options.macros, &known, meaning);
            let report = walk.run(forced.iter().map(|(file, _)| file), &path);
            (report, known)
        })
        .await?;
        state.dead = known;
        if !compile_decides {
            // Other files than in the compile: the command, or the language, is another.
            let files = report.seen.iter().map(|(file, _)| self.cx.files.by_id(*file));
            self.cx.tables.inputs.add_sources(self.jcx.track.job(), files);
        }
        Ok(report)
    }
}

/// Whether commands of this board differ in more than their output during library discovery.
fn knows_phase(target: &Target) -> bool {
    target.config.properties.iter().any(|(_, value)| value.contains("{build.library_discovery_phase}"))
}
