//! The native walk through the includes of a source: the missing ones up to the first that is certainly reached.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::includes::{Condition, Directive, FileId, MacroDefinitions, Search, SourceFile, Trait};

/// Effect of a missing header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A library offers the header.
    Library,
    /// No library offers the header, and no added library can provide it: if the include is reached, the
    /// compile of this source fails in the same way.
    Nothing,
    /// No library offers the header; only the preprocessor can decide whether that is an error.
    Unknown,
}

/// Result of a walk.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Candidates up to and including the first certain one.
    pub(super) candidates: Vec<Candidate>,
    /// Whether a condition tests for a header that a library may provide.
    pub(super) asks_for_libraries: bool,
    /// The files that were visited, and whether each is certainly read.
    pub(super) seen: HashSet<(FileId, bool)>,
}

/// A missing include that affects the discovery, or may do so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Name of the header; `None` for a computed include.
    pub(super) header: Option<String>,
    pub(super) at: (FileId, usize),
    pub(super) certain: bool,
}

/// Walks the includes of a source in the order in which a preprocessor reads them.
pub(super) struct Walk<'a, F> {
    search: &'a Search,
    macros: &'a MacroDefinitions,
    dead: &'a HashSet<(FileId, usize)>,
    meaning: F,
    seen: HashSet<(FileId, bool)>,
    /// Include guards of the files so far.
    guards: HashMap<String, FileId>,
    /// Other macros of these files that could be an include guard.
    flags: HashSet<String>,
    /// Headers that conditions test for; `None` for a computed name.
    asked: HashSet<Option<String>>,
    report: Report,
}

impl<'a, F: Fn(&str) -> Meaning> Walk<'a, F> {
    pub(super) fn new(
        search: &'a Search,
        macros: &'a MacroDefinitions,
        dead: &'a HashSet<(FileId, usize)>,
        meaning: F,
    ) -> Self {
        Self {
            search,
            macros,
            dead,
            meaning,
            seen: HashSet::new(),
            guards: HashMap::new(),
            flags: HashSet::new(),
            asked: HashSet::new(),
            report: Report::default(),
        }
    }

    pub(super) fn run<'f>(
        mut self,
        forced: impl IntoIterator<Item = &'f Arc<SourceFile>>,
        path: &Path,
    ) -> Report {
        let goes_on = forced.into_iter().all(|file| self.visit(file, true, 0));
        if let Some(main) = self.search.files().get(path).filter(|_| goes_on) {
            self.visit(&main, true, 0);
        }
        self.report.seen = self.seen;
        self.report
    }

    /// Visits a file; returns whether the walk continues after it.
    fn visit(&mut self, file: &Arc<SourceFile>, certain: bool, depth: usize) -> bool {
        // The limit is GCC's maximum include depth.
        if depth > 200 || self.seen.contains(&(file.id, true)) || !self.seen.insert((file.id, certain)) {
            return true;
        }
        // If another file may have defined the guard, only the preprocessor knows whether this file is
        // skipped.
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
                // No system header includes a library's header.
                let own = edge.directory.is_none_or(|directory| !self.search.is_system(directory));
                if own && matches!(edge.directive, Directive::Include | Directive::Next) {
                    let next = self.search.files().by_id(edge.file);
                    // Only one of the possible targets of `#include_next` is read.
                    let reached = reached && edge.directive == Directive::Include;
                    goes_on &= self.visit(&next, reached, depth + 1);
                }
            }
            match include.directive {
                Directive::Include if !missing.is_empty() => {
                    goes_on &= self.miss(file, index, &include.name, reached);
                }
                // The header may be missing after the directory of the including file, although it is found
                // before that.
                Directive::Next
                    if include.form.is_some()
                        && (!missing.is_empty() || (self.meaning)(&include.name) == Meaning::Library) =>
                {
                    self.miss(file, index, &include.name, false);
                }
                Directive::Has | Directive::HasNext => {
                    self.asked.insert(include.form.map(|_| include.name.clone()));
                    self.report.asks_for_libraries |=
                        include.form.is_none() || (self.meaning)(&include.name) != Meaning::Nothing;
                }
                _ => {}
            }
            if include.form.is_none() && matches!(include.directive, Directive::Include | Directive::Next) {
                self.report.candidates.push(Candidate { header: None, at: (file.id, index), certain: false });
            }
            if !goes_on {
                return false;
            }
        }
        true
    }

    /// Records a missing include; returns whether the walk continues after it.
    fn miss(&mut self, file: &SourceFile, index: usize, header: &str, certain: bool) -> bool {
        let at = (file.id, index);
        if self.dead.contains(&at) {
            return true;
        }
        // GCC 5 skips a header after a condition has tested for it without success.
        let certain =
            certain && !self.asked.contains(&None) && !self.asked.contains(&Some(header.to_owned()));
        let decides = match (self.meaning)(header) {
            Meaning::Library | Meaning::Unknown => true,
            // The result of a condition may change with the libraries.
            Meaning::Nothing => certain || self.report.asks_for_libraries,
        };
        if decides {
            // GCC's message quotes the line, and arduino-cli extracts the name from there.
            let certain = certain && self.is_read_as_spelled(file, header);
            self.report.candidates.push(Candidate { header: Some(header.to_owned()), at, certain });
        }
        !certain
    }

    /// Whether arduino-cli extracts exactly this name from the quoted line of a missing include: it ends the
    /// name at the last `>` or `"` before a blank.
    fn is_read_as_spelled(&self, file: &SourceFile, header: &str) -> bool {
        let is_plain = !header.contains([':', '>', '"']) && !header.contains(char::is_whitespace);
        let Ok(text) = self.search.files().disk().read(&file.path) else { return false };
        let mut places = memchr::memmem::find_iter(&text, header.as_bytes());
        is_plain
            && places.all(|at| {
                let behind = text.get(at + header.len() + 1..).unwrap_or_default();
                let word = behind.split(u8::is_ascii_whitespace).next().unwrap_or_default();
                !word.iter().any(|byte| matches!(byte, b'>' | b'"'))
            })
    }
}

/// Removes and returns the leading items that `belong`.
fn take_while<'a, T>(items: &mut &'a [T], belong: impl Fn(&T) -> bool) -> &'a [T] {
    let (taken, rest) = items.split_at(items.iter().take_while(|item| belong(item)).count());
    *items = rest;
    taken
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod tests;
