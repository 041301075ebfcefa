//! Resolves the names in includes along a search path, as GCC and Clang do (GCC manual, "Search Path"). Starts no
//! compiler.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use foldhash::HashMap;
use rayon::prelude::*;

use super::disk::Disk;
use super::files::Files;
use super::listing::Listing;
use super::scan::{Directive, Form, Include};
use super::search_path::{DirectoryIndex, SearchPath};
use super::source_file::{FileId, SourceFile};
use crate::sync::lock;

/// A resolved include.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The file.
    pub file: FileId,
    /// The directory of the search path; `None` for that of the including file.
    pub directory: Option<DirectoryIndex>,
    /// The directive of the include.
    pub directive: Directive,
    /// Index of the include within its file's scan.
    pub include: usize,
}

/// An include without a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Index of the include within its file's scan.
    pub include: usize,
}

/// Resolution of all includes of a file, or of one of them.
#[derive(Debug, Default)]
pub struct Edges {
    pub(super) found: Vec<Resolved>,
    pub(super) missing: Vec<Missing>,
    pub(super) computed: Vec<usize>,
    /// Index of each include with needs, which [`Search::needy`] resolves.
    pub(super) needy: Vec<usize>,
    pub(super) precompiled: Option<PathBuf>,
}

impl Edges {
    /// Returns the resolved includes, in the order of the file.
    pub fn found(&self) -> &[Resolved] {
        &self.found
    }

    /// Returns the includes without a file, in the order of the file.
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Returns the index of each computed include within the file's scan, in order.
    pub fn computed(&self) -> &[usize] {
        &self.computed
    }
}

/// Number of items from which on they are processed in parallel: fewer are done before another thread has woken up.
const MANY: usize = 8;

/// A search path with a table of resolved includes.
#[derive(Debug)]
pub struct Search {
    files: Arc<Files>,
    path: SearchPath,
    can_be_trimmed: bool,
    /// The listing of each directory, by index.
    listings: Vec<OnceLock<Arc<Listing>>>,
    edges: Mutex<HashMap<FileId, Arc<Edges>>>,
    needy: Mutex<HashMap<(FileId, usize), Arc<Edges>>>,
}

impl Search {
    /// Returns a search along `path`, without the directories that GCC drops.
    pub fn new(files: Arc<Files>, path: SearchPath) -> Self {
        let real = |directory: &Arc<Path>| files.real(directory);
        let path = path.normalised(&real);
        let include: HashSet<Arc<Path>> = path.include.iter().map(real).collect();
        let overlap = path.quote.iter().map(real).any(|directory| include.contains(&directory));
        let can_be_trimmed = !overlap && !path.system.is_empty();
        let directories = path.quote.len() + path.include.len() + path.system.len();
        let listings = std::iter::repeat_with(OnceLock::new).take(directories).collect();
        Self { files, path, can_be_trimmed, listings, edges: Mutex::default(), needy: Mutex::default() }
    }

    /// Returns the table of files.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// Returns the search path, without the directories that GCC drops.
    pub fn path(&self) -> &SearchPath {
        &self.path
    }

    /// Returns whether a command may leave out directories without any found file.
    ///
    /// False where a quote directory is an include directory too: GCC drops it only if it is the last of the quote and
    /// the first of the include directories, and `#include_next` depends on that. False where no system directory ends
    /// the path: `__has_include_next` in a header of the last directory is an error in GCC.
    pub(super) fn can_be_trimmed(&self) -> bool {
        self.can_be_trimmed
    }

    /// Returns the directory with an index of this search.
    pub fn directory_at(&self, index: DirectoryIndex) -> &Arc<Path> {
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

    /// Returns whether a directory is one of the system directories.
    pub fn is_system(&self, index: DirectoryIndex) -> bool {
        index >= self.path.quote.len() + self.path.include.len()
    }

    pub(super) fn directories(&self) -> usize {
        self.listings.len()
    }

    /// Returns the names in a directory of the path.
    fn listing(&self, index: DirectoryIndex) -> &Listing {
        self.listings[index].get_or_init(|| self.files.listing(self.directory_at(index)))
    }

    /// Resolves a name, as `#include` does in the file `from`.
    pub fn resolve(
        &self,
        from: &SourceFile,
        name: &str,
        form: Form,
    ) -> Option<(Arc<SourceFile>, Option<usize>)> {
        self.candidates(from, name, form).next()
    }

    /// Returns every file that a name could mean in the file `from`, in search order. `#include_next`, or a tool that
    /// searches other directories first, may mean a later one.
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
        let directories = if absolute { 0..0 } else { first..self.directories() };
        itself
            .or(beside)
            .map(|file| (file, None))
            .into_iter()
            .chain(directories.filter_map(move |index| Some((self.at_index(index, name)?, Some(index)))))
    }

    /// Resolves a name without an including file, as `-include` does.
    pub fn along(&self, name: &str, form: Form) -> Option<(Arc<SourceFile>, Option<usize>)> {
        let first = if form == Form::Quote { 0 } else { self.path.quote.len() };
        (first..self.directories()).find_map(|index| Some((self.at_index(index, name)?, Some(index))))
    }

    /// Returns the file `name` in a directory.
    pub(super) fn at(&self, directory: &Path, name: &str) -> Option<Arc<SourceFile>> {
        self.find(directory, &self.files.listing(directory), name)
    }

    fn at_index(&self, index: DirectoryIndex, name: &str) -> Option<Arc<SourceFile>> {
        self.find(self.directory_at(index), self.listing(index), name)
    }

    fn find(&self, directory: &Path, listing: &Listing, name: &str) -> Option<Arc<SourceFile>> {
        let first = Path::new(name).components().next()?;
        if let Component::Normal(first) = first
            && !listing.may_hold(first)
        {
            return None;
        }
        let path = directory.join(name);
        self.files.get(&if name.contains("..") { without_detours(&path, self.files.disk()) } else { path })
    }

    /// Returns a precompiled header that GCC may use instead of `name`. Considers all directories, of which GCC
    /// searches those up to the header's.
    fn precompiled(&self, from: &SourceFile, name: &str) -> Option<PathBuf> {
        let (parent, last) =
            name.rsplit_once('/').map_or((None, name), |(parent, last)| (Some(parent), last));
        let beside = from.path.parent().map(|directory| (directory, self.files.beside(from))).into_iter();
        let along = (0..self.directories()).map(|index| (&**self.directory_at(index), self.listing(index)));
        beside
            .chain(along)
            // The listings rule out most directories.
            .filter_map(|(directory, listing)| match parent {
                None => listing.may_hold_precompiled().then_some(Cow::Borrowed(directory)),
                Some(parent) => {
                    let first = Path::new(parent).components().next()?;
                    let is_there = !matches!(first, Component::Normal(name) if !listing.may_hold(name));
                    let directory = is_there.then(|| directory.join(parent))?;
                    self.files.listing(&directory).may_hold_precompiled().then_some(Cow::Owned(directory))
                }
            })
            .map(|directory| directory.join(format!("{last}.gch")))
            .find(|path| self.files.disk().exists(path))
    }

    /// Resolves the includes of a file, without those with needs.
    pub fn edges(&self, file: &SourceFile) -> Arc<Edges> {
        if let Some(known) = lock(&self.edges).get(&file.id) {
            return known.clone();
        }
        if file.scan.includes.len() >= MANY {
            // The first read of a file takes most of the time.
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

    /// Resolves an include with needs.
    pub fn needy(&self, file: &SourceFile, index: usize) -> Arc<Edges> {
        if let Some(known) = lock(&self.needy).get(&(file.id, index)) {
            return known.clone();
        }
        let mut edges = Edges::default();
        self.edge(file, index, &file.scan.includes[index], &mut edges);
        lock(&self.needy).entry((file.id, index)).or_insert_with(|| Arc::new(edges)).clone()
    }

    /// Resolves the includes of several files, in parallel.
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
        let resolved = |(found, directory): (Arc<SourceFile>, Option<usize>)| Resolved {
            file: found.id,
            directory,
            directive: include.directive,
            include: index,
        };
        let before = edges.found.len();
        let every = match include.directive {
            // The search starts after the directory of the including file, which may be any, for both forms.
            Directive::Next | Directive::HasNext => Some(Form::Quote),
            // The assembler searches the directory that it runs in and the include directories.
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

/// Returns `a/c` for `a/b/../c`, where `b` is a directory; resolves `b` where it is a link. Without this, files that
/// include each other by such names would be found under ever longer names.
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
