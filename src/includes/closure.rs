//! The closure of a translation unit: every file that its compile could read, in any branch but those that
//! need a macro which nobody defines.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use foldhash::HashMap;

use super::{Directive, Edges, FileId, Form, Hash, MacroName, Search, SourceFile, Trait};

/// Macros given on the command line: name and body.
pub type MacroDefinitions = std::collections::HashMap<String, String>;

/// The macros that a compiler defines by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predefined(foldhash::HashSet<MacroName>);

impl Predefined {
    /// Whether the compiler defines this macro; a name that only seems to be one of them counts as well.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&MacroName::of(name))
    }
}

impl<'n> FromIterator<&'n str> for Predefined {
    fn from_iter<T: IntoIterator<Item = &'n str>>(names: T) -> Self {
        Self(names.into_iter().map(MacroName::of).collect())
    }
}

/// Finds closures along one search path.
#[derive(Debug)]
pub struct Closure<'a> {
    search: &'a Search,
    macros: &'a MacroDefinitions,
    predefined: Option<&'a Predefined>,
}

/// What a translation unit's result depends on, as far as files go.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Every file that could be read, the source first.
    pub files: Vec<Arc<SourceFile>>,
    /// The folders of the search path that a name leads to, by index, in order: without the others
    /// every name leads to the same file.
    pub folders: BTreeSet<usize>,
    /// Why the compile may read other files than these, if it may.
    pub opaque: Option<String>,
    /// Why the result depends on the clock, if it does. Which files are read does not.
    pub clock: Option<String>,
}

impl<'a> Closure<'a> {
    /// A finder for compiles with this search path and these `-D` macros. Without `predefined` every branch
    /// counts.
    pub fn new(search: &'a Search, macros: &'a MacroDefinitions, predefined: Option<&'a Predefined>) -> Self {
        Self { search, macros, predefined }
    }

    /// The closure of a translation unit's file and of what is included before it (`-include`): those
    /// with the index of the folder that they were found in.
    pub fn of(&self, source: &Arc<SourceFile>, forced: &[(Arc<SourceFile>, Option<usize>)]) -> Inputs {
        let mut found = Found::default();
        let mut queue: Vec<Arc<SourceFile>> = Vec::new();
        found.reach(self.search, source.id, None, Directive::Include, &mut queue);
        for (file, folder) in forced {
            found.reach(self.search, file.id, *folder, Directive::Include, &mut queue);
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
            // What is needed, and the macros of computed includes, may be defined in any file that was found.
            self.needy(&mut found, &mut queue);
            if queue.is_empty() && !self.computed(&mut found, &mut queue) {
                break;
            }
        }
        let mut files: Vec<_> = found.seen.keys().map(|id| self.search.files().by_id(*id)).collect();
        files.sort_by_key(|file| (file.id != source.id, file.id));
        Inputs { files, folders: found.folders, opaque: found.opaque, clock: found.clock }
    }

    fn visit(&self, file: &Arc<SourceFile>, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        for kind in &file.scan.traits {
            let reason = match kind {
                Trait::OwnName => continue,
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
            found.opaque.get_or_insert_with(|| format!("{reason}, in {}", file.path.display()));
        }
        let edges = self.search.edges(file);
        if !edges.needy.is_empty() {
            found.needy.push((file.clone(), edges.needy.clone()));
        }
        self.follow(file, &edges, found, queue);
    }

    /// Says what a macro from the clock does to the unit, unless the command gives it a value of its own.
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
            found.opaque.get_or_insert_with(|| format!("a precompiled header, {}", header.display()));
        }
        for edge in &edges.found {
            found.reach(self.search, edge.file, edge.folder, edge.directive, queue);
        }
        for index in &edges.computed {
            let name = file.scan.includes[*index].name.clone();
            found.computed.insert((file.id, name));
        }
    }

    /// Follows those of the includes with needs whose needs may be met by what was found so far.
    fn needy(&self, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        let waiting = std::mem::take(&mut found.needy);
        for (file, indices) in waiting {
            let defined = self.predefined.map(|predefined| Defined {
                predefined,
                macros: self.macros.keys().map(|name| MacroName::of(name)).collect(),
                files: found.scanned.iter().filter(|other| other.defines_any(&file)).collect(),
            });
            let (met, unmet): (Vec<_>, Vec<_>) = indices.into_iter().partition(|index| {
                let needs = &file.scan.includes[*index].needs;
                defined.as_ref().is_none_or(|defined| defined.may_meet(needs))
            });
            for index in met {
                self.follow(&file, &self.search.needy(&file, index), found, queue);
            }
            if !unmet.is_empty() {
                found.needy.push((file, unmet));
            }
        }
    }

    /// Follows computed includes through every definition of their macros, as patterns. Says whether
    /// anything new turned up.
    fn computed(&self, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) -> bool {
        let pending: Vec<(FileId, String)> = found.computed.iter().cloned().collect();
        for (from, operand) in pending {
            let from = self.search.files().by_id(from);
            for pattern in self.patterns(&operand, found, &mut Vec::new()) {
                match pattern {
                    Pattern::Names { form, glob } => {
                        if found.patterns.insert((from.id, glob.clone(), form)) {
                            self.reach_pattern(&from, &glob, form, found, queue);
                        }
                    }
                    Pattern::Anything => {
                        found.opaque.get_or_insert_with(|| {
                            format!(
                                "an include that is computed ({}: #include {operand})",
                                from.path.display()
                            )
                        });
                    }
                }
            }
        }
        !queue.is_empty()
    }

    /// What a computed include's operand can expand to. `path` has the macros on the way there.
    fn patterns(&self, operand: &str, found: &Found, path: &mut Vec<String>) -> Vec<Pattern> {
        if let Some(pattern) = Pattern::literal(operand, |name| !self.bodies(name, found).is_empty()) {
            return vec![pattern];
        }
        let is_name = operand.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if operand.is_empty() || !is_name || path.len() > 8 {
            return vec![Pattern::Anything];
        }
        if path.iter().any(|name| name == operand) {
            // A macro is not expanded within itself: no header name comes of that.
            return Vec::new();
        }
        let bodies = self.bodies(operand, found);
        if bodies.is_empty() && operand.starts_with("__") {
            // `__FILE__` and whatever else a compiler defines by itself.
            return vec![Pattern::Anything];
        }
        path.push(operand.to_owned());
        // Where no definition is to be seen the include can't be reached, or is an error.
        let patterns = bodies.iter().flat_map(|body| self.patterns(body, found, path)).collect();
        path.pop();
        patterns
    }

    /// Every body that a macro can have.
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
        for index in 0..self.search.folders() {
            let folder = self.search.folder_at(index).clone();
            for name in self.matches(&folder, glob) {
                if let Some(file) = self.search.at(&folder, &name) {
                    found.reach(self.search, file.id, Some(index), Directive::Include, queue);
                }
            }
        }
    }

    /// The names below `folder` that match a pattern whose only wildcard, `*`, stands in its last part.
    fn matches(&self, folder: &Path, glob: &str) -> Vec<String> {
        let (parent, last) = glob.rsplit_once('/').unwrap_or(("", glob));
        let (head, tail) = last.split_once('*').unwrap_or((last, ""));
        let mut names: Vec<String> = self
            .search
            .files()
            .listing(&folder.join(parent))
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

/// Where a macro may be defined.
struct Defined<'a> {
    predefined: &'a Predefined,
    macros: Vec<MacroName>,
    files: Vec<&'a Arc<SourceFile>>,
}

impl Defined<'_> {
    fn may_meet(&self, needs: &[Vec<MacroName>]) -> bool {
        needs.iter().all(|any| any.iter().any(|name| self.has(*name)))
    }

    fn has(&self, name: MacroName) -> bool {
        self.predefined.0.contains(&name)
            || self.macros.contains(&name)
            || self.files.iter().any(|file| file.scan.defines.binary_search(&name).is_ok())
    }
}

#[derive(Default)]
struct Found {
    /// Every file, and whether it is scanned.
    seen: HashMap<FileId, bool>,
    /// Those that were scanned: where macros may be defined.
    scanned: Vec<Arc<SourceFile>>,
    folders: BTreeSet<usize>,
    /// Files with the indices of those of their includes whose needs are not met so far.
    needy: Vec<(Arc<SourceFile>, Vec<usize>)>,
    computed: BTreeSet<(FileId, String)>,
    patterns: HashSet<(FileId, String, Form)>,
    opaque: Option<String>,
    clock: Option<String>,
}

impl Found {
    fn reach(
        &mut self,
        search: &Search,
        id: FileId,
        folder: Option<usize>,
        directive: Directive,
        queue: &mut Vec<Arc<SourceFile>>,
    ) {
        self.folders.extend(folder);
        // Of an embedded file the bytes enter; what they look like as C does not matter, unless it is
        // included elsewhere.
        let embedded = matches!(directive, Directive::Embed | Directive::EmbedAnywhere);
        let scanned = self.seen.entry(id).or_insert(false);
        if !embedded && !std::mem::replace(scanned, true) {
            queue.push(search.files().by_id(id));
        }
    }
}

#[derive(Debug, PartialEq)]
enum Pattern {
    /// Any name that matches: a header name with at most one `*`, in its last part.
    Names { form: Form, glob: String },
    /// Can't be told.
    Anything,
}

impl Pattern {
    /// The pattern of a header name as a macro's body spells it. In `<…>` identifiers are expanded
    /// before the parts are put together: the last part is a wildcard but for its suffix, and where
    /// one `is_macro` in what remains nothing can be told.
    fn literal(body: &str, is_macro: impl Fn(&str) -> bool) -> Option<Self> {
        let body = body.trim();
        if let Some(inner) = body.strip_prefix('"') {
            let inner = inner.strip_suffix('"').filter(|name| !name.contains(['"', '*']));
            return Some(
                inner.map_or(Self::Anything, |name| Self::Names { form: Form::Quote, glob: name.to_owned() }),
            );
        }
        let inner = body.strip_prefix('<')?;
        let Some(inner) = inner.strip_suffix('>').filter(|name| !name.contains(['<', '>', '*'])) else {
            return Some(Self::Anything);
        };
        let (parent, last) = inner.rsplit_once('/').unwrap_or(("", inner));
        let suffix = last.rfind(['.', ')']).map_or("", |at| last[at..].trim_start_matches(')'));
        let words = |text: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .any(|word| !word.is_empty() && is_macro(word))
        };
        if parent.contains(['(', ' ', '"']) || suffix.contains(' ') || words(parent) || words(suffix) {
            return Some(Self::Anything);
        }
        let glob = format!("{parent}{}*{suffix}", if parent.is_empty() { "" } else { "/" });
        Some(Self::Names { form: Form::Angle, glob })
    }
}

impl Inputs {
    /// Why no key covers the result of a compile, if none does.
    pub fn uncacheable(&self) -> Option<&str> {
        self.opaque.as_deref().or(self.clock.as_deref())
    }

    /// A hash over path and content of every file.
    pub fn hash(&self) -> Hash {
        self.hash_by(SourceFile::digest)
    }

    /// A hash over what `digest` says of every file, whatever the order of the files.
    pub fn hash_by(&self, digest: impl Fn(&SourceFile) -> Hash) -> Hash {
        let mut digests: Vec<_> = self.files.iter().map(|file| *digest(file).as_bytes()).collect();
        digests.sort_unstable();
        blake3::hash(digests.as_flattened())
    }

    /// Whether a compile needs `folder` of the search path: without those that it does not need every
    /// name leads to the same file.
    pub fn needs(&self, search: &Search, folder: &Path) -> bool {
        self.opaque.is_some()
            || !search.can_be_trimmed()
            || self.folders.iter().any(|index| **search.folder_at(*index) == *folder)
    }

    /// A file that has changed since it was looked at, if any has.
    pub fn changed(&self) -> Option<&Path> {
        self.files.iter().find(|file| !file.is_unchanged()).map(|file| &*file.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may
#[path = "closure_tests.rs"]
mod tests;
