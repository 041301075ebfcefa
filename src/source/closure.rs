//! The closure of a translation unit: every file that its compile could read, in any branch.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::{Directive, FileId, Form, Hash, Search, SourceFile, Trait};

/// Macros given on the command line: name and body.
pub type MacroDefinitions = HashMap<String, String>;

/// Finds closures along one search path.
#[derive(Debug)]
pub struct Closure<'a> {
    search: &'a Search,
    macros: &'a MacroDefinitions,
}

/// What a translation unit's result depends on, as far as files go.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Every file that could be read, the source first.
    pub files: Vec<Arc<SourceFile>>,
    /// The folders of the search path that a name leads to, by index, in order: without the others
    /// every name leads to the same file.
    pub folders: BTreeSet<usize>,
    /// Why the result depends on more than the files, if it does.
    pub opaque: Option<String>,
}

impl<'a> Closure<'a> {
    /// A finder for compiles with this search path and these `-D` macros.
    pub fn new(search: &'a Search, macros: &'a MacroDefinitions) -> Self {
        Self { search, macros }
    }

    /// The closure of `sources`: the translation unit's file and what `-include` names.
    pub fn of(&self, sources: &[Arc<SourceFile>]) -> Inputs {
        let mut found = Found::default();
        let mut queue: Vec<Arc<SourceFile>> = Vec::new();
        for source in sources {
            if found.seen.insert(source.id) {
                queue.push(source.clone());
            }
        }
        loop {
            while let Some(file) = queue.pop() {
                self.visit(&file, &mut found, &mut queue);
                found.files.push(file);
            }
            // The macros of computed includes may be defined in any file that was found.
            if !self.computed(&mut found, &mut queue) {
                break;
            }
        }
        found.files.sort_by_key(|file| (sources.iter().all(|source| source.id != file.id), file.id));
        Inputs { files: found.files, folders: found.folders, opaque: found.opaque }
    }

    fn visit(&self, file: &Arc<SourceFile>, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) {
        for kind in &file.scan.traits {
            let reason = match kind {
                Trait::Time => "the date or time of the compile",
                Trait::OpaqueEmbed => "an .incbin or .include whose file name is computed",
            };
            found.opaque.get_or_insert_with(|| format!("{reason} ({})", file.path.display()));
        }
        let edges = self.search.edges(file);
        for edge in &edges.found {
            found.reach(self.search, edge.file, edge.folder, edge.directive, queue);
        }
        for index in &edges.computed {
            let name = file.scan.includes[*index].name.clone();
            found.computed.insert((file.id, name));
        }
    }

    /// Follows computed includes through every definition of their macros, as patterns. Says whether
    /// anything new turned up.
    fn computed(&self, found: &mut Found, queue: &mut Vec<Arc<SourceFile>>) -> bool {
        let pending: Vec<(FileId, String)> = found.computed.iter().cloned().collect();
        for (from, operand) in pending {
            let from = self.search.files().by_id(from);
            for pattern in self.patterns(&operand, found, 0) {
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

    /// What a computed include's operand can expand to.
    fn patterns(&self, operand: &str, found: &Found, depth: usize) -> Vec<Pattern> {
        if let Some(pattern) = Pattern::literal(operand) {
            return vec![pattern];
        }
        let name_end =
            operand.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(operand.len());
        let (name, rest) = operand.split_at(name_end);
        if name.is_empty() || !rest.trim().is_empty() || depth > 8 {
            return vec![Pattern::Anything];
        }
        let mut bodies: Vec<String> = self.macros.get(name).cloned().into_iter().collect();
        for file in &found.files {
            bodies.extend(self.search.files().definitions(file, name).iter().cloned());
        }
        bodies.sort();
        bodies.dedup();
        // Where no definition is to be seen the include can't be reached, or is an error.
        bodies.iter().flat_map(|body| self.patterns(body, found, depth + 1)).collect()
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
            .iter()
            .filter_map(|name| name.to_str())
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

#[derive(Default)]
struct Found {
    seen: HashSet<FileId>,
    files: Vec<Arc<SourceFile>>,
    folders: BTreeSet<usize>,
    computed: BTreeSet<(FileId, String)>,
    patterns: HashSet<(FileId, String, Form)>,
    opaque: Option<String>,
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
        if self.seen.insert(id) {
            let file = search.files().by_id(id);
            if directive == Directive::Embed {
                // Its bytes enter; what they look like as C does not matter.
                self.files.push(file);
            } else {
                queue.push(file);
            }
        }
    }
}

enum Pattern {
    /// Any name that matches: a header name with at most one `*` in its last part.
    Names { form: Form, glob: String },
    /// Can't be told.
    Anything,
}

impl Pattern {
    /// The pattern of a header name as a macro's body spells it. Identifiers in `<…>` may themselves
    /// be macros: the part of the last component from the first to the last of them is a wildcard, as far as they are not
    /// known folder names.
    fn literal(body: &str) -> Option<Self> {
        let body = body.trim();
        if let Some(inner) = body.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return Some(Self::Names { form: Form::Quote, glob: inner.to_owned() });
        }
        let inner = body.strip_prefix('<')?.strip_suffix('>')?;
        let (parent, last) = inner.rsplit_once('/').map_or(("", inner), |(parent, last)| (parent, last));
        if parent.contains('(') || parent.contains(' ') {
            return Some(Self::Anything);
        }
        // `io.h` may be spelled with macros: only a trailing `.h`-like suffix is certain.
        let suffix = last.rfind(['.', ')']).map_or("", |at| last[at..].trim_start_matches(')'));
        let glob = format!("{parent}{}*{suffix}", if parent.is_empty() { "" } else { "/" });
        Some(Self::Names { form: Form::Angle, glob })
    }
}

impl Inputs {
    /// A hash over path and content of every file.
    pub fn hash(&self) -> Hash {
        let mut lines: Vec<(&Path, &Hash)> =
            self.files.iter().map(|file| (&*file.path, &file.hash)).collect();
        lines.sort_unstable_by_key(|(path, _)| *path);
        let mut hasher = blake3::Hasher::new();
        for (path, hash) in lines {
            hasher.update(path.as_os_str().as_encoded_bytes());
            hasher.update(&[0]);
            hasher.update(hash.as_bytes());
        }
        hasher.finalize()
    }

    /// A file that has changed since it was looked at, if any has.
    pub fn changed(&self) -> Option<&Path> {
        self.files.iter().find(|file| !file.is_unchanged()).map(|file| &*file.path)
    }
}
