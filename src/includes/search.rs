//! Resolves the names in includes along a compiler's search path, as GCC and Clang do
//! (GCC manual, "Search Path"). Starts no compiler.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::HashMap;
use rayon::prelude::*;

use super::{Directive, Disk, FileId, Files, Form, Include, Listing, SourceFile};

/// Where a compiler looks for headers, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SearchPath {
    /// `-iquote`: only for `"name"`, behind the including file's own folder.
    pub quote: Vec<Arc<Path>>,
    /// `-I`, in order.
    pub include: Vec<Arc<Path>>,
    /// `-isystem`, the compiler's own, then `-idirafter`, in order.
    pub system: Vec<Arc<Path>>,
}

/// One folder of a [`SearchPath`]: its index over quote, include and system folders, in this order.
pub type FolderIndex = usize;

/// Where a name leads.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The file.
    pub file: FileId,
    /// The folder of the search path that it was found in; `None` beside the including file.
    pub folder: Option<FolderIndex>,
    /// How the file was named.
    pub directive: Directive,
    /// Index of the include within its file's scan.
    pub include: usize,
}

/// An include that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Index of the include within its file's scan.
    pub include: usize,
}

/// A file's includes, resolved; or one of them.
#[derive(Debug, Default)]
pub struct Edges {
    pub(super) found: Vec<Resolved>,
    pub(super) missing: Vec<Missing>,
    pub(super) computed: Vec<usize>,
    /// Index of each that has needs, which are resolved by themselves: [`Search::needy`].
    pub(super) needy: Vec<usize>,
    pub(super) precompiled: Option<PathBuf>,
}

impl Edges {
    /// Where its includes lead, in the order of the file.
    pub fn found(&self) -> &[Resolved] {
        &self.found
    }

    /// Those that lead nowhere, in the order of the file.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Index of each computed include within the file's scan, in order.
    pub fn computed(&self) -> &[usize] {
        &self.computed
    }
}

/// From so many on things are done at once: fewer are done before another thread has woken up.
const MANY: usize = 8;

/// A search path with everything that was resolved along it so far.
#[derive(Debug)]
pub struct Search {
    files: Arc<Files>,
    path: SearchPath,
    can_be_trimmed: bool,
    /// Of each folder, by index.
    listings: Vec<OnceLock<Arc<Listing>>>,
    edges: Mutex<HashMap<FileId, Arc<Edges>>>,
    needy: Mutex<HashMap<(FileId, usize), Arc<Edges>>>,
}

impl Search {
    /// A search along `path`. Folders that repeat, and include folders that are system folders as
    /// well, are dropped as GCC drops them.
    pub fn new(files: Arc<Files>, path: SearchPath) -> Self {
        let real = |folder: &Arc<Path>| files.real(folder);
        let path = path.normalised(&real);
        let include: HashSet<Arc<Path>> = path.include.iter().map(real).collect();
        let overlap = path.quote.iter().map(real).any(|folder| include.contains(&folder));
        let can_be_trimmed = !overlap && !path.system.is_empty();
        let folders = path.quote.len() + path.include.len() + path.system.len();
        let listings = std::iter::repeat_with(OnceLock::new).take(folders).collect();
        Self { files, path, can_be_trimmed, listings, edges: Mutex::default(), needy: Mutex::default() }
    }

    /// The files that this search looks at.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// The path that is searched, without what GCC drops.
    pub fn path(&self) -> &SearchPath {
        &self.path
    }

    /// Whether folders that nothing is found in may be left out of a command.
    ///
    /// Not where a quote folder is an include folder too: GCC drops it only if it is the last of the
    /// one and the first of the other, and `#include_next` tells the difference. Nor where no system
    /// folder ends the path: GCC makes it an error to ask for more behind the last folder
    /// (`__has_include_next` in a header that was found there).
    pub(super) fn can_be_trimmed(&self) -> bool {
        self.can_be_trimmed
    }

    /// The folder with an index that this search gave out.
    pub fn folder_at(&self, index: FolderIndex) -> &Arc<Path> {
        let quote = self.path.quote.len();
        let include = self.path.include.len();
        if index < quote {
            &self.path.quote[index]
        } else if index < quote + include {
            &self.path.include[index - quote]
        } else {
            &self.path.system[index - quote - include]
        }
    }

    /// Whether a folder is one of the compiler's own.
    pub fn is_system(&self, index: FolderIndex) -> bool {
        index >= self.path.quote.len() + self.path.include.len()
    }

    pub(super) fn folders(&self) -> usize {
        self.listings.len()
    }

    /// The names in a folder of the path.
    fn listing(&self, index: FolderIndex) -> &Listing {
        self.listings[index].get_or_init(|| self.files.listing(self.folder_at(index)))
    }

    /// Resolves one name, as `#include` does from `from`.
    pub fn resolve(
        &self,
        from: &SourceFile,
        name: &str,
        form: Form,
    ) -> Option<(Arc<SourceFile>, Option<usize>)> {
        self.candidates(from, name, form).next()
    }

    /// Every file that a name could lead to from `from`, in the order of the search: what is behind
    /// the first may be meant by `#include_next`, or by a tool that searches other folders first.
    pub(super) fn candidates(
        &self,
        from: &SourceFile,
        name: &str,
        form: Form,
    ) -> impl Iterator<Item = (Arc<SourceFile>, Option<usize>)> {
        let absolute = Path::new(name).is_absolute();
        let itself = absolute.then(|| self.files.get(Path::new(name))).flatten();
        let beside = (form == Form::Quote && !absolute)
            .then(|| self.find(from.path.parent()?, self.files.beside(from), name))
            .flatten();
        let first = if form == Form::Quote { 0 } else { self.path.quote.len() };
        let folders = if absolute { 0..0 } else { first..self.folders() };
        itself
            .or(beside)
            .map(|file| (file, None))
            .into_iter()
            .chain(folders.filter_map(move |index| Some((self.at_index(index, name)?, Some(index)))))
    }

    /// Resolves a name that no file spells, as `-include` does.
    pub fn along(&self, name: &str, form: Form) -> Option<(Arc<SourceFile>, Option<usize>)> {
        let first = if form == Form::Quote { 0 } else { self.path.quote.len() };
        (first..self.folders()).find_map(|index| Some((self.at_index(index, name)?, Some(index))))
    }

    /// The file `name` in a folder.
    pub(super) fn at(&self, folder: &Path, name: &str) -> Option<Arc<SourceFile>> {
        self.find(folder, &self.files.listing(folder), name)
    }

    fn at_index(&self, index: FolderIndex, name: &str) -> Option<Arc<SourceFile>> {
        self.find(self.folder_at(index), self.listing(index), name)
    }

    fn find(&self, folder: &Path, listing: &Listing, name: &str) -> Option<Arc<SourceFile>> {
        let first = Path::new(name).components().next()?;
        if let Component::Normal(first) = first
            && !listing.may_hold(first)
        {
            return None;
        }
        let path = folder.join(name);
        self.files.get(&if name.contains("..") { without_detours(&path, self.files.disk()) } else { path })
    }

    /// A precompiled header that GCC would take in place of `name`. It looks in each folder up to the
    /// one with the header, and also in those behind when there is none.
    fn precompiled(&self, from: &SourceFile, name: &str) -> Option<PathBuf> {
        let (parent, last) =
            name.rsplit_once('/').map_or((None, name), |(parent, last)| (Some(parent), last));
        let beside = from.path.parent().map(|folder| (folder, self.files.beside(from))).into_iter();
        let along = (0..self.folders()).map(|index| (&**self.folder_at(index), self.listing(index)));
        beside
            .chain(along)
            // Most often there is nothing of the kind, and the listings know.
            .filter_map(|(folder, listing)| match parent {
                None => listing.may_hold_precompiled().then_some(Cow::Borrowed(folder)),
                Some(parent) => {
                    let first = Path::new(parent).components().next()?;
                    let is_there = !matches!(first, Component::Normal(name) if !listing.may_hold(name));
                    let folder = is_there.then(|| folder.join(parent))?;
                    self.files.listing(&folder).may_hold_precompiled().then_some(Cow::Owned(folder))
                }
            })
            .map(|folder| folder.join(format!("{last}.gch")))
            .find(|path| self.files.disk().exists(path))
    }

    /// The includes of a file, resolved, but for those that have needs.
    pub fn edges(&self, file: &SourceFile) -> Arc<Edges> {
        if let Some(known) = lock(&self.edges).get(&file.id) {
            return known.clone();
        }
        if file.scan.includes.len() >= MANY {
            // To look at a file for the first time takes longer than everything else about it.
            file.scan.includes.par_iter().for_each(|include| {
                if let Some(form) = include.form.filter(|_| include.needs.is_empty()) {
                    self.resolve(file, &include.name, form);
                }
            });
        }
        let mut edges = Edges::default();
        for (index, include) in file.scan.includes.iter().enumerate() {
            if include.needs.is_empty() {
                self.edge(file, index, include, &mut edges);
            } else {
                edges.needy.push(index);
            }
        }
        lock(&self.edges).entry(file.id).or_insert_with(|| Arc::new(edges)).clone()
    }

    /// An include that has needs, resolved.
    pub fn needy(&self, file: &SourceFile, index: usize) -> Arc<Edges> {
        if let Some(known) = lock(&self.needy).get(&(file.id, index)) {
            return known.clone();
        }
        let mut edges = Edges::default();
        self.edge(file, index, &file.scan.includes[index], &mut edges);
        lock(&self.needy).entry((file.id, index)).or_insert_with(|| Arc::new(edges)).clone()
    }

    /// Resolves the includes of several files, at once as far as there are CPUs.
    pub(super) fn look_ahead(&self, files: &[Arc<SourceFile>]) {
        let new: Vec<_> = {
            let known = lock(&self.edges);
            files.iter().filter(|file| !known.contains_key(&file.id)).collect()
        };
        if new.len() >= MANY {
            new.par_iter().for_each(|file| {
                self.edges(file);
            });
        }
    }

    fn edge(&self, file: &SourceFile, index: usize, include: &Include, edges: &mut Edges) {
        let Some(form) = include.form else {
            edges.computed.push(index);
            return;
        };
        let resolved = |(found, folder): (Arc<SourceFile>, Option<usize>)| Resolved {
            file: found.id,
            folder,
            directive: include.directive,
            include: index,
        };
        let before = edges.found.len();
        let every = match include.directive {
            // It goes on behind the folder of the including file, whatever the brackets: that may be
            // any of them.
            Directive::Next | Directive::HasNext => Some(Form::Quote),
            // The assembler searches the folder that it runs in and the include folders.
            Directive::EmbedAnywhere | Directive::IncludeAnywhere => Some(form),
            Directive::Include | Directive::Has | Directive::Embed => None,
        };
        if let Some(form) = every {
            edges.found.extend(self.candidates(file, &include.name, form).map(resolved));
        } else {
            edges.found.extend(self.resolve(file, &include.name, form).map(resolved));
        }
        if edges.found.len() == before {
            edges.missing.push(Missing { include: index });
        }
        if edges.precompiled.is_none() {
            edges.precompiled = self.precompiled(file, &include.name);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves the maps whole: each change is one insert.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// `a/b/../c` as `a/c`, where `b` is a folder; where it is a link, by where it leads. Files that include
/// each other by such names would else be found under ever longer ones.
fn without_detours(path: &Path, disk: &Disk) -> PathBuf {
    let mut shorter = PathBuf::new();
    for part in path.components() {
        let behind_name = matches!(shorter.components().next_back(), Some(Component::Normal(_)));
        if part != Component::ParentDir || !behind_name {
            shorter.push(part);
        } else if disk.is_dir(&shorter) && !shorter.is_symlink() {
            shorter.pop();
        } else {
            shorter.push(part);
            shorter = disk.real(&shorter).unwrap_or(shorter);
        }
    }
    shorter
}

impl SearchPath {
    /// Without the folders that GCC drops (`remove_duplicates` in its `incpath.c`): of a repeated
    /// folder the first is kept, but an include or quote folder that is a system folder too has only
    /// its place among those. A quote folder before the same include folder stays: it is found there
    /// first either way.
    fn normalised(self, real: &impl Fn(&Arc<Path>) -> Arc<Path>) -> Self {
        let mut seen = HashSet::new();
        let system = unique(self.system, real, &mut seen);
        let include = unique(self.include, real, &mut seen.clone());
        let quote = unique(self.quote, real, &mut seen);
        Self { quote, include, system }
    }
}

/// The folders that are not `seen` yet, whatever they are called; they are from then on.
fn unique(
    folders: Vec<Arc<Path>>,
    real: &impl Fn(&Arc<Path>) -> Arc<Path>,
    seen: &mut HashSet<Arc<Path>>,
) -> Vec<Arc<Path>> {
    folders.into_iter().filter(|folder| seen.insert(real(folder))).collect()
}
