//! The closure of a translation unit: every file that its compile could read, in any branch except those that need an
//! undefined macro.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use foldhash::HashMap;

use super::header_name::HeaderName;
use super::inputs::Inputs;
use super::macros::{MacroDefinitions, Predefined};
use super::pattern::Pattern;
use super::scan::{Directive, Form, MacroName, Needs, Trait};
use super::search::{Edges, Search};
use super::source_file::{FileId, SourceFile};

/// Finds closures along a search path.
#[derive(Debug)]
pub struct Closure<'a> {
    search: &'a Search,
    macros: &'a MacroDefinitions,
    /// Names of `macros`.
    names: Vec<MacroName>,
    predefined: Option<&'a Predefined>,
    /// What includes name where no definition tells.
    answered: Option<&'a [HeaderName]>,
}

impl<'a> Closure<'a> {
    /// Returns a finder for compiles with this search path and these `-D` macros. Without `predefined` every branch
    /// counts.
    pub fn new(search: &'a Search, macros: &'a MacroDefinitions, predefined: Option<&'a Predefined>) -> Self {
        let names = macros.keys().map(|name| MacroName::of(name)).collect();
        Self { search, macros, names, predefined, answered: None }
    }

    /// Follows every include whose name follows from no definition to all of these names, which the preprocessor has told.
    #[must_use]
    pub fn answered(mut self, names: Option<&'a [HeaderName]>) -> Self {
        self.answered = names;
        self
    }

    /// Returns the closure of a source and of the files included before it (`-include`), each with the index of its
    /// directory.
    pub fn of(&self, source: &Arc<SourceFile>, forced: &[(Arc<SourceFile>, Option<usize>)]) -> Inputs {
        let mut found = Found::default();
        let mut queue: Vec<Arc<SourceFile>> = Vec::new();
        found.reach(self.search, source.id, None, Directive::Include, &mut queue);
        for (file, directory) in forced {
            found.reach(self.search, file.id, *directory, Directive::Include, &mut queue);
        }
        loop {
            while !queue.is_empty() {
                let batch = std::mem::take(&mut queue);
                self.search.look_ahead(&batch);
                for file in batch {
                    self.visit(&file, &mut found, &mut queue);
                    found.scanned.push(file);
                }
            }
            // Any file found so far may define needed macros, and the macros of computed includes.
            self.needy(&mut found, &mut queue);
            if queue.is_empty() && !self.computed(&mut found, &mut queue) {
                break;
            }
        }
        let mut files: Vec<_> = found.seen.keys().map(|id| self.search.files().by_id(*id)).collect();
        files.sort_by_key(|file| (file.id != source.id, file.id));
        let mut unnamed = found.unnamed;
        if self.answered.is_none() && found.incomplete.is_none() {
            found.incomplete = unnamed.values().next().cloned();
        } else if found.incomplete.is_some() {
            unnamed.clear();
        }
        Inputs {
            files,
            directories: found.directories,
            incomplete: found.incomplete,
            unnamed: unnamed.into_keys().collect(),
            clock: found.clock,
        }
    }

    fn visit(&self, file: &Arc<SourceFile>, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        for kind in &file.scan.traits {
            let reason = match kind {
                Trait::OwnName | Trait::BaseName => continue,
                Trait::Date | Trait::Time | Trait::Timestamp => {
                    if let Some(reason) = self.clock(*kind) {
                        found.clock.get_or_insert_with(|| format!("{reason}, in {}", file.path.display()));
                    }
                    continue;
                }
                Trait::OpaqueEmbed => "an .incbin or .include whose file name is computed",
                Trait::OddName => "an include whose name is not UTF-8",
                Trait::FileTimes => "#pragma GCC dependency",
            };
            found.incomplete.get_or_insert_with(|| format!("{reason}, in {}", file.path.display()));
        }
        let edges = self.search.edges(file);
        if !edges.needy.is_empty() {
            found.needy.push((file.clone(), edges.needy.clone()));
        }
        self.follow(file, &edges, found, queue);
    }

    /// Returns the reason for a macro of the clock, unless the command defines the macro.
    fn clock(&self, kind: Trait) -> Option<String> {
        let name = match kind {
            Trait::Date => "__DATE__",
            Trait::Time => "__TIME__",
            _ => "__TIMESTAMP__",
        };
        let is_fixed = self.macros.contains_key(name);
        (!is_fixed).then(|| format!("{name} (a property with -D{name}=… fixes its value)"))
    }

    fn follow(&self, file: &SourceFile, edges: &Edges, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        if let Some(header) = &edges.precompiled {
            found.incomplete.get_or_insert_with(|| format!("a precompiled header, {}", header.display()));
        }
        for edge in &edges.found {
            found.reach(self.search, edge.file, edge.directory, edge.directive, queue);
        }
        for index in &edges.computed {
            let include = &file.scan.includes[*index];
            found.computed.insert((file.id, include.name.clone(), include.directive));
        }
    }

    /// Follows the includes with needs that files found so far may meet.
    fn needy(&self, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        let waiting = std::mem::take(&mut found.needy);
        if !waiting.is_empty() && self.predefined.is_some() {
            found.learn_defined();
        }
        for (file, indices) in waiting {
            let (met, unmet): (Vec<_>, Vec<_>) = indices
                .into_iter()
                .partition(|index| self.may_be_met(&file.scan.includes[*index].needs, found));
            for index in met {
                self.follow(&file, &self.search.needy(&file, index), found, queue);
            }
            if !unmet.is_empty() {
                found.needy.push((file, unmet));
            }
        }
    }

    /// Returns whether a condition with these needs can hold after the files found so far.
    fn may_be_met(&self, needs: &Needs, found: &Found) -> bool {
        let Some(predefined) = self.predefined else { return true };
        let is_defined = |name: &MacroName| {
            predefined.has_name(*name) || self.names.contains(name) || found.defined.contains(name)
        };
        needs.iter().all(|any| any.iter().any(is_defined))
    }

    /// Follows computed includes through every definition of their macros, as patterns. Returns whether a new file was
    /// found.
    fn computed(&self, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) -> bool {
        let pending: Vec<(FileId, String, Directive)> = found.computed.iter().cloned().collect();
        for (from, operand, directive) in pending {
            let from = self.search.files().by_id(from);
            for pattern in self.patterns(&operand, found, &mut Vec::new()) {
                match pattern {
                    Pattern::Names { form, glob } => self.follow_pattern(&from, &glob, form, found, queue),
                    Pattern::Anything => self.unnamed(&from, &operand, directive, found, queue),
                }
            }
        }
        !queue.is_empty()
    }

    /// Follows an include whose name follows from no definition to the names that the preprocessor told.
    fn unnamed(
        &self,
        from: &SourceFile,
        operand: &str,
        directive: Directive,
        found: &mut Found,
        queue: &mut Vec<Arc<SourceFile>>,
    ) {
        let reason = format!("an include that is computed ({}: #include {operand})", from.path.display());
        // The preprocessor tells what it includes, and not what it only looks for.
        if !matches!(directive, Directive::Include | Directive::Next) {
            found.incomplete.get_or_insert(reason);
            return;
        }
        found.unnamed.entry(from.id).or_insert(reason);
        for HeaderName { form, name } in self.answered.unwrap_or_default() {
            self.follow_pattern(from, name, *form, found, queue);
        }
    }

    fn follow_pattern(
        &self,
        from: &SourceFile,
        glob: &str,
        form: Form,
        found: &mut Found,
        queue: &mut Vec<Arc<SourceFile>>,
    ) {
        if found.patterns.insert((from.id, glob.to_owned(), form)) {
            self.reach_pattern(from, glob, form, found, queue);
        }
    }

    /// Returns the patterns that a computed include's operand can expand to. `path` has the macros being expanded.
    fn patterns(&self, operand: &str, found: &Found, path: &mut Vec<String>) -> Vec<Pattern> {
        if let Some(pattern) = Pattern::literal(operand, |name| !self.bodies(name, found).is_empty()) {
            return vec![pattern];
        }
        let is_name = operand.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if operand.is_empty() || !is_name || path.len() > 8 {
            return vec![Pattern::Anything];
        }
        if path.iter().any(|name| name == operand) {
            // A macro is not expanded within itself, which gives no header name.
            return Vec::new();
        }
        let bodies = self.bodies(operand, found);
        if bodies.is_empty() && operand.starts_with("__") {
            // `__FILE__` and other predefined macros.
            return vec![Pattern::Anything];
        }
        path.push(operand.to_owned());
        // Without a definition the include is unreachable or an error.
        let patterns = bodies.iter().flat_map(|body| self.patterns(body, found, path)).collect();
        path.pop();
        patterns
    }

    /// Returns every body that a macro can have.
    fn bodies(&self, name: &str, found: &Found) -> BTreeSet<String> {
        let mut bodies: BTreeSet<String> = self.macros.get(name).cloned().into_iter().collect();
        for file in &found.scanned {
            bodies.extend(self.search.files().definitions(file, name).iter().cloned());
        }
        bodies
    }

    fn reach_pattern(
        &self,
        from: &SourceFile,
        glob: &str,
        form: Form,
        found: &mut Found,
        queue: &mut Vec<Arc<SourceFile>>,
    ) {
        let beside = (form == Form::Quote).then(|| from.path.parent()).flatten();
        if let Some(beside) = beside {
            for name in self.matches(beside, glob) {
                if let Some(file) = self.search.at(beside, &name) {
                    found.reach(self.search, file.id, None, Directive::Include, queue);
                }
            }
        }
        for index in 0..self.search.directories() {
            let directory = self.search.directory_at(index).clone();
            for name in self.matches(&directory, glob) {
                if let Some(file) = self.search.at(&directory, &name) {
                    found.reach(self.search, file.id, Some(index), Directive::Include, queue);
                }
            }
        }
    }

    /// Returns the names below `directory` that match a pattern with at most one `*`, in its last part.
    fn matches(&self, directory: &Path, glob: &str) -> Vec<String> {
        let (parent, last) = glob.rsplit_once('/').unwrap_or(("", glob));
        let (head, tail) = last.split_once('*').unwrap_or((last, ""));
        let mut names: Vec<String> = self
            .search
            .files()
            .listing(&directory.join(parent))
            .names()
            .filter_map(OsStr::to_str)
            .filter(|name| {
                if last.contains('*') {
                    name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
                } else {
                    *name == last
                }
            })
            .map(|name| if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") })
            .collect();
        names.sort();
        names
    }
}

/// State of the search for a closure.
#[derive(Default)]
struct Found {
    /// Every file, and whether it is scanned.
    seen: HashMap<FileId, bool>,
    /// The scanned files, which may define macros.
    scanned: Vec<Arc<SourceFile>>,
    /// Macros that the first [`Self::learned`] of them define.
    defined: foldhash::HashSet<MacroName>,
    learned: usize,
    directories: BTreeSet<usize>,
    /// Files with the indices of their includes with unmet needs.
    needy: Vec<(Arc<SourceFile>, Vec<usize>)>,
    computed: BTreeSet<(FileId, String, Directive)>,
    /// Files with an include whose name follows from no definition, with the reason.
    unnamed: BTreeMap<FileId, String>,
    patterns: HashSet<(FileId, String, Form)>,
    incomplete: Option<String>,
    clock: Option<String>,
}

impl Found {
    /// Adds the macros of the files that were scanned since the last call.
    fn learn_defined(&mut self) {
        for file in &self.scanned[self.learned..] {
            self.defined.extend(&file.scan.defines);
        }
        self.learned = self.scanned.len();
    }

    fn reach(
        &mut self,
        search: &Search,
        id: FileId,
        directory: Option<usize>,
        directive: Directive,
        queue: &mut Vec<Arc<SourceFile>>,
    ) {
        self.directories.extend(directory);
        // An embedded file is an input, but not scanned, unless it is included elsewhere.
        let embedded = matches!(directive, Directive::Embed | Directive::EmbedAnywhere);
        let scanned = self.seen.entry(id).or_insert(false);
        if !embedded && !std::mem::replace(scanned, true) {
            queue.push(search.files().by_id(id));
        }
    }
}

#[cfg(test)]
#[path = "closure_tests.rs"]
mod tests;
