//! Which libraries a sketch needs, and in which order: Arduino's rule, with as few questions to the
//! preprocessor as can be.
//!
//! Arduino preprocesses a source, takes the first include that is missing, adds the library that
//! offers it, and begins again, through the sketch's sources and then those of every library that was
//! added. Here a native walk through the includes finds the same first missing include wherever no
//! condition decides. Only where one does, and a library could be meant, is the preprocessor asked.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::preprocessor::{Folders, SOURCE, first_missing, question as preprocess};
use super::unit::{Key, Options, blocking, forced, include_words, reads};
use super::{BuildContext, BuildError, JobContext, sources};
use crate::board::Value;
use crate::event::Step;
use crate::library::{Layout, Library, LibraryIndex};
use crate::plan::Target;
use crate::source::{Condition, Directive, Disk, FileId, MacroDefinitions, Search, SourceFile, Trait};

/// What discovery begins with.
pub(super) struct Question<'a> {
    /// The board.
    pub(super) target: &'a Target,
    /// What commands know of the cell.
    pub(super) values: &'a [(&'a str, Value<'a>)],
    /// The sketch's sources, the generated C++ first.
    pub(super) sources: Vec<PathBuf>,
    /// The core's and variant's folders.
    pub(super) core: Vec<Arc<Path>>,
    /// The sketch's folder, for `"…"` in the generated C++.
    pub(super) quote: Vec<Arc<Path>>,
    /// The folders that the C++ compiler searches by itself, and its identity.
    pub(super) folders: Arc<Folders>,
    /// The C++ compiler's identity.
    pub(super) identity: crate::source::Hash,
}

/// What a sketch needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Discovered {
    /// In the order in which they were found: that of the include folders and of the link.
    pub(super) libraries: Vec<Arc<Library>>,
    /// Whether the preprocessor was asked about a source of which no key covers what it reads.
    pub(super) is_opaque: bool,
}

impl Discovered {
    /// The include folders of every source of the cell: core, variant, libraries.
    pub(super) fn include(&self, core: &[Arc<Path>]) -> Vec<Arc<Path>> {
        core.iter()
            .cloned()
            .chain(self.libraries.iter().map(|library| library.source_dir.as_path().into()))
            .collect()
    }
}

/// Finds the libraries of a sketch.
///
/// # Errors
/// Where the preprocessor can't be run, or a folder can't be read.
pub(super) async fn discover(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
) -> Result<Discovered, BuildError> {
    let mut found = Discovered::default();
    // All questions of a cell depend on the same options.
    let command = preprocess(question.target, Path::new(SOURCE), &[], question.values)?;
    let options = cx.units.options(cx, &command).await?;
    let mut queue: VecDeque<Source> =
        question.sources.iter().map(|path| Source { path: path.clone(), utility: None }).collect();
    let mut queued: HashSet<PathBuf> = question.sources.iter().cloned().collect();
    while let Some(source) = queue.pop_front() {
        let mut state = Walked::default();
        loop {
            let header = missing(cx, jcx, question, &options, &found, &source, &mut state).await?;
            found.is_opaque |= state.is_opaque;
            let Some(header) = header else { break };
            let Some(library) = pick(&question.target.libraries, &header, &found.libraries) else { break };
            found.libraries.push(library.clone());
            let files = cx.files.clone();
            for next in blocking(move || sources_of(files.disk(), &library)).await?? {
                if queued.insert(next.path.clone()) {
                    queue.push_back(next);
                }
            }
        }
    }
    Ok(found)
}

/// A source that is looked through.
#[derive(Debug, Clone)]
struct Source {
    path: PathBuf,
    /// The folder `utility` of its library, which only its own sources see.
    utility: Option<Arc<Path>>,
}

/// A library's sources, in the order in which they are looked through.
fn sources_of(disk: &Disk, library: &Library) -> Result<Vec<Source>, BuildError> {
    let walked = |folder: &Path, recurse| {
        sources::as_walked(disk, folder, recurse)
            .map_err(|error| BuildError::io(Step::Preprocess, "read", folder, &error))
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

/// The library that a missing header means. None where no library offers it, or one that does is
/// already there: then its folder is searched and the header is really missing.
fn pick(index: &LibraryIndex, header: &str, already: &[Arc<Library>]) -> Option<Arc<Library>> {
    let offers = index.offers(header);
    if offers.iter().any(|offer| already.iter().any(|library| library.root == offer.root)) {
        return None;
    }
    offers.first().cloned()
}

/// What is known of a source from walking it before.
#[derive(Debug, Default)]
struct Walked {
    /// Includes that the preprocessor showed not to be reached.
    dead: HashSet<(FileId, usize)>,
    /// Whether the preprocessor read what no key covers.
    is_opaque: bool,
}

/// The first include of a source that is missing and that a library offers.
async fn missing(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
    options: &Arc<Options>,
    found: &Discovered,
    source: &Source,
    state: &mut Walked,
) -> Result<Option<String>, BuildError> {
    let mut include = found.include(&question.core);
    include.extend(source.utility.clone());
    let search = cx.units.search(cx, question.folders.with(&question.quote, &include)).await?;
    let index = question.target.libraries.clone();
    let libraries = found.libraries.clone();
    let path = source.path.clone();
    let known = std::mem::take(&mut state.dead);
    let (candidates, dead) = {
        let (search, options, staging) = (search.clone(), options.clone(), cx.staging.clone());
        blocking(move || {
            let offered = |header: &str| pick(&index, header, &libraries).is_some();
            let forced = forced(&search, &staging, &options);
            let walk = Walk::new(&search, &options.macros, &known, offered);
            let candidates = walk.run(forced.iter().map(|(file, _)| file), &path);
            (candidates, known)
        })
        .await?
    };
    state.dead = dead;
    match candidates.as_slice() {
        // What was not reached once could be when its file is included again.
        [] if state.dead.is_empty() => return Ok(None),
        [Candidate { header: Some(header), certain: true, .. }, ..] => return Ok(Some(header.clone())),
        _ => {}
    }
    // A condition or a macro decides: ask.
    // Which macros the compiler has by itself is known of the command that compiles; this is another one.
    let Some(inputs) = reads(cx, &search, &source.path, options, None).await? else { return Ok(None) };
    state.is_opaque |= inputs.opaque.is_some();
    let key = inputs.opaque.is_none().then(|| {
        let mut key = Key::new("discovery");
        key.add(question.identity.as_bytes()).add(inputs.hash().as_bytes()).finish()
    });
    let words = include_words(&question.quote, &include);
    let label = source.path.file_name().unwrap_or_default().to_string_lossy();
    let name = jcx.step(Step::Preprocess, label);
    let argv = preprocess(question.target, &source.path, &words, question.values)?;
    let answer = first_missing(cx, name, jcx, argv, key).await?;
    // Everything that stands before what is missing, and would be missing too, is not reached. Where
    // the answer is none of them a computed include gave it, and nobody knows what stands before that.
    if let Some(at) = candidates.iter().position(|candidate| candidate.header == answer) {
        let before = candidates.into_iter().take(at).filter(|candidate| candidate.header.is_some());
        state.dead.extend(before.map(|candidate| candidate.at));
    }
    Ok(answer)
}

/// An include that is missing and that a library offers, or one that may be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    /// `None` for a computed include.
    header: Option<String>,
    at: (FileId, usize),
    certain: bool,
}

/// Walks the includes of a source in the order in which a preprocessor reads them.
struct Walk<'a, F> {
    search: &'a Search,
    macros: &'a MacroDefinitions,
    dead: &'a HashSet<(FileId, usize)>,
    offered: F,
    seen: HashSet<(FileId, bool)>,
    /// The include guards of the files so far.
    guards: HashMap<String, FileId>,
    /// Other macros that they define and that could be a guard.
    flags: HashSet<String>,
    candidates: Vec<Candidate>,
}

impl<'a, F: Fn(&str) -> bool> Walk<'a, F> {
    fn new(
        search: &'a Search,
        macros: &'a MacroDefinitions,
        dead: &'a HashSet<(FileId, usize)>,
        offered: F,
    ) -> Self {
        Self {
            search,
            macros,
            dead,
            offered,
            seen: HashSet::new(),
            guards: HashMap::new(),
            flags: HashSet::new(),
            candidates: Vec::new(),
        }
    }

    /// The candidates up to and with the first that is certain.
    fn run<'f>(
        mut self,
        forced: impl IntoIterator<Item = &'f Arc<SourceFile>>,
        path: &Path,
    ) -> Vec<Candidate> {
        let goes_on = forced.into_iter().all(|file| self.visit(file, true, 0));
        if let Some(main) = self.search.files().get(path).filter(|_| goes_on) {
            self.visit(&main, true, 0);
        }
        self.candidates
    }

    /// Says whether to go on behind this file.
    fn visit(&mut self, file: &Arc<SourceFile>, certain: bool, depth: usize) -> bool {
        // As deep as GCC goes.
        if depth > 200 || self.seen.contains(&(file.id, true)) || !self.seen.insert((file.id, certain)) {
            return true;
        }
        // A guard that something else defined leaves this file out, or not: the preprocessor knows.
        let guarded = file.scan.guard.as_ref().is_some_and(|guard| {
            *self.guards.entry(guard.clone()).or_insert(file.id) != file.id
                || self.flags.contains(guard)
                || self.macros.contains_key(guard)
        });
        let certain = certain && !guarded && !file.scan.traits.contains(&Trait::OddName);
        self.flags.extend(file.scan.flags.iter().cloned());
        let edges = self.search.edges(file);
        let (mut all_found, mut all_missing) = (edges.found(), edges.missing());
        for (index, include) in file.scan.includes.iter().enumerate() {
            let reached = certain && include.condition == Condition::Always;
            let mut goes_on = true;
            let alone = (!include.needs.is_empty()).then(|| self.search.needy(file, index));
            let (found, missing) = match &alone {
                Some(edges) => (edges.found(), edges.missing()),
                None => (
                    take_while(&mut all_found, |edge| edge.include == index),
                    take_while(&mut all_missing, |missing| missing.include == index),
                ),
            };
            for edge in found {
                // No system header includes a library's.
                let own = edge.folder.is_none_or(|folder| !self.search.is_system(folder));
                if own && matches!(edge.directive, Directive::Include | Directive::Next) {
                    let next = self.search.files().by_id(edge.file);
                    // Only one of those that `#include_next` could mean is read.
                    let reached = reached && edge.directive == Directive::Include;
                    goes_on &= self.visit(&next, reached, depth + 1);
                }
            }
            if !missing.is_empty() && include.directive == Directive::Include {
                goes_on &= self.miss(file.id, index, &include.name, reached);
            }
            if include.form.is_none() && matches!(include.directive, Directive::Include | Directive::Next) {
                self.candidates.push(Candidate { header: None, at: (file.id, index), certain: false });
            }
            if !goes_on {
                return false;
            }
        }
        true
    }

    fn miss(&mut self, file: FileId, index: usize, header: &str, certain: bool) -> bool {
        if self.dead.contains(&(file, index)) {
            return true;
        }
        if !(self.offered)(header) {
            // Where it is certain the compile ends here; nothing behind it counts.
            return !certain;
        }
        let header = Some(header.to_owned());
        self.candidates.push(Candidate { header, at: (file, index), certain });
        !certain
    }
}

/// Takes the items at the beginning that `belong`.
fn take_while<'a, T>(items: &mut &'a [T], belong: impl Fn(&T) -> bool) -> &'a [T] {
    let (taken, rest) = items.split_at(items.iter().take_while(|item| belong(item)).count());
    *items = rest;
    taken
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
