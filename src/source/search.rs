//! Resolves the names in includes along a compiler's search path, as GCC and Clang do
//! (GCC manual, "Search Path"). Starts no compiler.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Directive, FileId, Files, Form, Include, SourceFile};

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

/// A file's includes, resolved.
#[derive(Debug, Default)]
pub struct Edges {
    pub(super) found: Vec<Resolved>,
    pub(super) missing: Vec<Missing>,
    pub(super) computed: Vec<usize>,
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
}

/// A search path with everything that was resolved along it so far.
#[derive(Debug)]
pub struct Search {
    files: Arc<Files>,
    path: SearchPath,
    edges: Mutex<HashMap<FileId, Arc<Edges>>>,
}

impl Search {
    /// A search along `path`. Folders that repeat, and include folders that are system folders as
    /// well, are dropped as GCC drops them.
    pub fn new(files: Arc<Files>, path: SearchPath) -> Self {
        Self { files, path: path.normalised(), edges: Mutex::default() }
    }

    /// The files that this search looks at.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// The path that is searched, without what GCC drops.
    pub fn path(&self) -> &SearchPath {
        &self.path
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
        self.path.quote.len() + self.path.include.len() + self.path.system.len()
    }

    /// Resolves one name, as `#include` does from `from`.
    pub fn resolve(
        &self,
        from: &SourceFile,
        name: &str,
        form: Form,
    ) -> Option<(Arc<SourceFile>, Option<usize>)> {
        if Path::new(name).is_absolute() {
            return self.files.get(Path::new(name)).map(|file| (file, None));
        }
        if form == Form::Quote
            && let Some(beside) = from.path.parent()
            && let Some(file) = self.at(beside, name)
        {
            return Some((file, None));
        }
        let first = if form == Form::Quote { 0 } else { self.path.quote.len() };
        (first..self.folders()).find_map(|index| Some((self.at(self.folder_at(index), name)?, Some(index))))
    }

    /// Every file that a name could lead to behind any folder: what `#include_next` may reach.
    fn resolve_all(&self, name: &str) -> impl Iterator<Item = (Arc<SourceFile>, Option<usize>)> {
        (0..self.folders())
            .filter_map(move |index| Some((self.at(self.folder_at(index), name)?, Some(index))))
    }

    pub(super) fn at(&self, folder: &Path, name: &str) -> Option<Arc<SourceFile>> {
        let first = Path::new(name).components().next()?;
        if let Component::Normal(first) = first
            && !self.files.listing(folder).contains::<OsStr>(first)
        {
            return None;
        }
        self.files.get(&folder.join(name))
    }

    /// The includes of a file, resolved.
    pub fn edges(&self, file: &SourceFile) -> Arc<Edges> {
        if let Some(known) = self.lock().get(&file.id) {
            return known.clone();
        }
        let mut edges = Edges::default();
        for (index, include) in file.scan.includes.iter().enumerate() {
            self.edge(file, index, include, &mut edges);
        }
        self.lock().entry(file.id).or_insert_with(|| Arc::new(edges)).clone()
    }

    fn edge(&self, file: &SourceFile, index: usize, include: &Include, edges: &mut Edges) {
        let Some(form) = include.form else {
            edges.computed.push(index);
            return;
        };
        let before = edges.found.len();
        let resolved = |(found, folder): (Arc<SourceFile>, Option<usize>)| Resolved {
            file: found.id,
            folder,
            directive: include.directive,
            include: index,
        };
        if include.directive == Directive::Next {
            edges.found.extend(self.resolve_all(&include.name).map(resolved));
        } else {
            edges.found.extend(self.resolve(file, &include.name, form).map(resolved));
        }
        if edges.found.len() == before {
            edges.missing.push(Missing { include: index });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<FileId, Arc<Edges>>> {
        // A panic elsewhere leaves the map whole: each change is one insert.
        self.edges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SearchPath {
    /// Without folders that repeat; an include folder that is a system folder too keeps only its
    /// place among the system folders (GCC manual, `-I`).
    fn normalised(self) -> Self {
        let mut system = Vec::new();
        let mut seen_system = Vec::new();
        for folder in self.system {
            let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
            if !seen_system.contains(&real) {
                seen_system.push(real);
                system.push(folder);
            }
        }
        let unique = |folders: Vec<Arc<Path>>, against: &[std::path::PathBuf]| {
            let mut seen = against.to_vec();
            let mut kept = Vec::new();
            for folder in folders {
                let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
                if !seen.contains(&real) {
                    seen.push(real);
                    kept.push(folder);
                }
            }
            kept
        };
        Self { quote: unique(self.quote, &[]), include: unique(self.include, &seen_system), system }
    }
}
