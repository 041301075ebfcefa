//! Which libraries a sketch needs, and in which order: Arduino's rule, with as few questions to the
//! preprocessor as can be.
//!
//! Arduino preprocesses a source, takes the first include that is missing, adds the library that
//! offers it, and begins again, through the sketch's sources and then those of every library that was
//! added. Here a native walk through the includes finds the same first missing include wherever no
//! condition decides. Only where one does, and a library could be meant, is the preprocessor asked.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::preprocessor::{Folders, first_missing};
use super::unit::{blocking, include_words};
use super::{BuildContext, BuildError, JobContext, sources};
use crate::board::Value;
use crate::event::Step;
use crate::library::{Layout, Library, LibraryIndex};
use crate::plan::Target;
use crate::source::{
    Closure, Condition, Directive, FileId, Form, MacroDefinitions, Missing, Search, SourceFile,
};

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
    /// The macros that the C++ compiler is given.
    pub(super) macros: Arc<MacroDefinitions>,
}

/// What a sketch needs.
#[derive(Debug, Clone, Default)]
pub(super) struct Discovered {
    /// In the order in which they were found: that of the include folders and of the link.
    pub(super) libraries: Vec<Arc<Library>>,
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
    let mut queue: VecDeque<Source> =
        question.sources.iter().map(|path| Source { path: path.clone(), utility: None }).collect();
    let mut queued: HashSet<PathBuf> = question.sources.iter().cloned().collect();
    while let Some(source) = queue.pop_front() {
        let mut state = Walked::default();
        while let Some(header) = missing(cx, jcx, question, &found, &source, &mut state).await? {
            let Some(library) = pick(&question.target.libraries, &header, &found.libraries) else { break };
            found.libraries.push(library.clone());
            for next in sources_of(&library)? {
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
fn sources_of(library: &Library) -> Result<Vec<Source>, BuildError> {
    let walked = |folder: &Path, recurse| {
        sources::as_walked(folder, recurse)
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
}

/// The first include of a source that is missing and that a library offers.
async fn missing(
    cx: &BuildContext,
    jcx: &JobContext,
    question: &Question<'_>,
    found: &Discovered,
    source: &Source,
    state: &mut Walked,
) -> Result<Option<String>, BuildError> {
    let mut include = found.include(&question.core);
    include.extend(source.utility.clone());
    let search = cx.units.search(cx, question.folders.with(&question.quote, &include));
    let index = question.target.libraries.clone();
    let libraries = found.libraries.clone();
    let path = source.path.clone();
    let known = std::mem::take(&mut state.dead);
    let macros = question.macros.clone();
    let (candidates, dead) = {
        let search = search.clone();
        blocking(move || {
            let offered = |header: &str| pick(&index, header, &libraries).is_some();
            let candidates = Walk::new(&search, &known, &macros, offered).run(&path);
            (candidates, known)
        })
        .await?
    };
    state.dead = dead;
    match candidates.as_slice() {
        [] => return Ok(None),
        [Candidate { header: Some(header), certain: true, .. }, ..] => return Ok(Some(header.clone())),
        _ => {}
    }
    // A condition decides: ask.
    let inputs = {
        let (path, macros) = (source.path.clone(), question.macros.clone());
        blocking(move || {
            let main = search.files().get(&path)?;
            Some(Closure::new(&search, &macros).of(&[main]))
        })
        .await?
    };
    let Some(inputs) = inputs else { return Ok(None) };
    let key = blake3::Hasher::new()
        .update(question.identity.as_bytes())
        .update(inputs.hash().as_bytes())
        .finalize();
    let words = include_words(&question.quote, &include);
    let label = source.path.file_name().unwrap_or_default().to_string_lossy();
    let name = jcx.step(Step::Preprocess, label);
    let answer =
        first_missing(cx, name, jcx, question.target, &source.path, &words, question.values, &key).await?;
    // Everything that stands before what is missing, and would be missing too, is not reached. An
    // include that nobody can read may be what is missing, or is asked for again.
    let spelt = |candidate: &Candidate| candidate.header.is_some() && candidate.header == answer;
    let readable = candidates.iter().any(spelt);
    for candidate in candidates {
        if spelt(&candidate) || (candidate.header.is_none() && answer.is_some() && !readable) {
            break;
        }
        if candidate.header.is_some() {
            state.dead.insert(candidate.at);
        }
    }
    Ok(answer)
}

/// An include that is missing and that a library offers, or could.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    /// `None` for a computed include of which only the preprocessor can tell what it means.
    header: Option<String>,
    at: (FileId, usize),
    certain: bool,
}

/// Walks the includes of a source in the order in which a preprocessor reads them.
struct Walk<'a, F> {
    search: &'a Search,
    dead: &'a HashSet<(FileId, usize)>,
    macros: &'a MacroDefinitions,
    offered: F,
    seen: HashSet<(FileId, bool)>,
    /// The files so far: whoever defines the macro of a computed include is among them.
    passed: Vec<Arc<SourceFile>>,
    guards: HashSet<String>,
    candidates: Vec<Candidate>,
}

impl<'a, F: Fn(&str) -> bool> Walk<'a, F> {
    fn new(
        search: &'a Search,
        dead: &'a HashSet<(FileId, usize)>,
        macros: &'a MacroDefinitions,
        offered: F,
    ) -> Self {
        Self {
            search,
            dead,
            macros,
            offered,
            seen: HashSet::new(),
            passed: Vec::new(),
            guards: HashSet::new(),
            candidates: Vec::new(),
        }
    }

    /// The candidates up to and with the first that is certain.
    fn run(mut self, path: &Path) -> Vec<Candidate> {
        if let Some(file) = self.search.files().get(path) {
            self.visit(&file, true, 0);
        }
        self.candidates
    }

    /// Says whether to go on behind this file.
    fn visit(&mut self, file: &Arc<SourceFile>, certain: bool, depth: usize) -> bool {
        // As deep as GCC goes.
        if depth > 200 || self.seen.contains(&(file.id, true)) || !self.seen.insert((file.id, certain)) {
            return true;
        }
        // A guard that another file defined leaves this one out, or not: the preprocessor knows.
        let certain =
            certain && file.scan.guard.as_ref().is_none_or(|guard| self.guards.insert(guard.clone()));
        self.passed.push(file.clone());
        let edges = self.search.edges(file);
        let mut found = edges.found().iter().peekable();
        let mut missing = edges.missing().iter().peekable();
        for (index, include) in file.scan.includes.iter().enumerate() {
            let reached = certain && include.condition == Condition::Always;
            let mut goes_on = true;
            while let Some(edge) = found.next_if(|edge| edge.include == index) {
                // No system header includes a library's.
                let own = edge.folder.is_none_or(|folder| !self.search.is_system(folder));
                if own && matches!(edge.directive, Directive::Include | Directive::Next) {
                    let next = self.search.files().by_id(edge.file);
                    goes_on &= self.visit(&next, reached, depth + 1);
                }
            }
            if missing.next_if(|Missing { include }| *include == index).is_some()
                && include.directive == Directive::Include
            {
                goes_on &= self.miss(file.id, index, &include.name, reached);
            }
            if include.form.is_none() && include.directive == Directive::Include {
                self.computed(file, index, &include.name, depth);
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
        self.candidates.push(Candidate { header: Some(header.to_owned()), at: (file, index), certain });
        !certain
    }

    /// A computed include: all that it can mean, as far as that is to be seen.
    fn computed(&mut self, file: &Arc<SourceFile>, index: usize, operand: &str, depth: usize) {
        let Some(names) = self.meanings(operand, 0) else {
            self.candidates.push(Candidate { header: None, at: (file.id, index), certain: false });
            return;
        };
        for (form, name) in names {
            match self.search.resolve(file, &name, form) {
                Some((_, Some(folder))) if self.search.is_system(folder) => {}
                Some((next, _)) => {
                    self.visit(&next, false, depth + 1);
                }
                None => {
                    self.miss(file.id, index, &name, false);
                }
            }
        }
    }

    /// The names that the operand of a computed include can expand to, by every definition that was
    /// passed; `None` where one can't be read. A macro that nobody defines is never included.
    fn meanings(&self, operand: &str, depth: usize) -> Option<Vec<(Form, String)>> {
        let operand = operand.trim();
        for (open, close, form) in [('"', '"', Form::Quote), ('<', '>', Form::Angle)] {
            if let Some(name) = operand.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
                return Some(vec![(form, name.trim().to_owned())]);
            }
        }
        let is_name = operand.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // As deep as anybody goes; also ends what is defined in a circle.
        if !is_name || operand.is_empty() || depth > 8 {
            return None;
        }
        let mut bodies: BTreeSet<String> = self.macros.get(operand).cloned().into_iter().collect();
        for file in &self.passed {
            bodies.extend(self.search.files().definitions(file, operand).iter().cloned());
        }
        let all: Option<Vec<_>> = bodies.iter().map(|body| self.meanings(body, depth + 1)).collect();
        Some(all?.concat())
    }
}
