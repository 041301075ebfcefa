//! Installs the libraries of a matrix, with those that they depend on, and says which boards see which directory.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use futures::future::try_join_all;
use indexmap::{IndexMap, IndexSet};

use super::error::SetupError;
use super::install_set::InstallSet;
use super::lock::LockUse;
use crate::event::{EventKind, Level, UsedPackage};
use crate::library::{EnclosingLibraries, Library, Location, Root, load_root};
use crate::matrix::{LibraryEntry, LibrarySource, Matrix, Span};
use crate::plan::LibraryRoot;
use crate::provide::InstallContext;
use crate::provide::download::Downloader;
use crate::provide::libraries::{
    LibraryGroup, LibraryResolver, WantedLibrary, archive_library, fetch_library, git_library,
};
use crate::provide::locked::LockedLibrary;

/// The libraries of a matrix.
pub(super) struct MatrixLibraries<'a> {
    matrix: &'a Matrix,
    /// The boards whose libraries are installed, by index.
    needed: IndexSet<usize>,
    downloader: &'a Downloader,
    cx: &'a InstallContext,
}

/// A library of the index and the boards that see it.
struct SeenLibrary {
    library: LockedLibrary,
    /// The entry that asks for it, if it is no dependency.
    entry: Option<usize>,
    boards: IndexSet<usize>,
}

/// The resolved libraries of a matrix.
pub(super) struct ResolvedLibraries {
    /// The directories of entries that are installed or on the disk already, by the entry's index.
    placed: BTreeMap<usize, PathBuf>,
    indexed: Vec<SeenLibrary>,
}

impl ResolvedLibraries {
    /// Returns the libraries of the index with the boards that see them and are built.
    pub(super) fn used(&self, matrix: &Matrix, wanted: &InstallSet) -> Vec<UsedPackage> {
        let board = |&index: &usize| {
            let (name, _) = matrix.boards.get_index(index)?;
            wanted.boards.contains(name).then(|| name.clone())
        };
        let used = |seen: &SeenLibrary| UsedPackage {
            kind: "library".to_owned(),
            name: seen.library.name.clone(),
            version: seen.library.version.clone(),
            boards: seen.boards.iter().filter_map(board).collect(),
        };
        self.indexed.iter().map(used).collect()
    }
}

impl<'a> MatrixLibraries<'a> {
    pub(super) fn new(
        matrix: &'a Matrix,
        wanted: &InstallSet,
        downloader: &'a Downloader,
        cx: &'a InstallContext,
    ) -> Self {
        let needed = wanted.boards_of(matrix).map(|(index, _, _)| index).collect();
        Self { matrix, needed, downloader, cx }
    }

    /// Resolves the libraries of the index, for each set of boards that see the same entries and of which one is needed: the
    /// versions do not depend on which boards are needed. Installs libraries of Git repositories and archives: only their
    /// files say what they depend on. With `--locked`, the lock file must answer the other boards, too.
    ///
    /// # Errors
    /// A library is unavailable, or the constraints contradict each other.
    pub(super) async fn resolve(&mut self, lock: &mut LockUse) -> Result<ResolvedLibraries, SetupError> {
        let placed = self.place(lock).await?;
        let on_disk = Self::on_disk(&placed);
        let enclosing = self.enclosing(&on_disk);
        let mut indexed: Vec<SeenLibrary> = Vec::new();
        let mut resolver = LibraryResolver::new(self.downloader, self.cx, lock.max_age());
        for ((is_profile, entries), boards) in self.groups() {
            let enclosing = if is_profile { &[] } else { enclosing.as_slice() };
            let requests = self.requests(&entries, &on_disk, enclosing);
            let direct: IndexMap<String, usize> = entries
                .iter()
                .filter_map(|&index| {
                    Some((name(&self.matrix.libraries.entries[index])?.to_lowercase(), index))
                })
                .collect();
            let is_needed = !boards.is_disjoint(&self.needed);
            if !(is_needed || lock.is_required()) {
                continue;
            }
            let mut resolved = resolver.by_lock(&requests, &lock.known, lock.is_required());
            if resolved.is_none() && !requests.is_empty() {
                if !lock.may_resolve(|lock| LibraryResolver::difference(&requests, &lock.known)) {
                    continue;
                }
                resolved = Some(resolver.by_index(&requests).await?);
            }
            if !is_needed {
                continue;
            }
            for library in resolved.unwrap_or_default() {
                lock.used.libraries.push(library.clone());
                let entry = direct.get(&library.name.to_lowercase()).copied();
                match indexed.iter_mut().find(|seen| seen.library == library && seen.entry == entry) {
                    Some(seen) => seen.boards.extend(&boards),
                    None => indexed.push(SeenLibrary { library, entry, boards: boards.clone() }),
                }
            }
        }
        // The order of a board's libraries does not depend on the other boards.
        indexed.sort_by(|one, another| one.library.name.cmp(&another.library.name));
        Ok(ResolvedLibraries { placed, indexed })
    }

    /// Installs the libraries of the index, all at the same time, and returns all directories: those of the entries in
    /// their order, then those of dependencies.
    ///
    /// # Errors
    /// Whatever prevents an installation.
    pub(super) async fn fetch(&self, resolved: &ResolvedLibraries) -> Result<Vec<LibraryRoot>, SetupError> {
        let fetched =
            resolved.indexed.iter().map(|seen| fetch_library(&seen.library, self.downloader, self.cx));
        let dirs = try_join_all(fetched).await?;
        let indexed: Vec<(&SeenLibrary, PathBuf)> = resolved.indexed.iter().zip(dirs).collect();
        let root =
            |span: Span, path: PathBuf, boards: Option<IndexSet<usize>>| LibraryRoot { path, span, boards };
        let mut roots = Vec::new();
        for (index, entry) in self.matrix.libraries.entries.iter().enumerate() {
            if let Some(dir) = resolved.placed.get(&index) {
                roots.push(root(entry.span, dir.clone(), entry.boards.clone()));
            }
            let own = indexed.iter().filter(|(seen, _)| seen.entry == Some(index));
            roots.extend(own.map(|(seen, dir)| root(entry.span, dir.clone(), self.limited(&seen.boards))));
        }
        let dependencies = indexed.iter().filter(|(seen, _)| seen.entry.is_none());
        let span =
            self.matrix.libraries.entries.first().map_or(Span { start: 0, end: 0 }, |entry| entry.span);
        roots.extend(dependencies.map(|(seen, dir)| root(span, dir.clone(), self.limited(&seen.boards))));
        Ok(roots)
    }

    /// Returns `None` for all boards of the matrix.
    fn limited(&self, boards: &IndexSet<usize>) -> Option<IndexSet<usize>> {
        (boards.len() < self.matrix.boards.len()).then(|| boards.clone())
    }

    /// Returns the directories of entries that are no libraries of the index, by their numbers. Fetches them at the same
    /// time.
    async fn place(&self, lock: &mut LockUse) -> Result<BTreeMap<usize, PathBuf>, SetupError> {
        let mut placed = BTreeMap::new();
        let mut fetched = Vec::new();
        for (index, entry) in self.matrix.libraries.entries.iter().enumerate() {
            if let LibrarySource::Path(path) = &entry.source {
                placed.insert(index, path.value.clone());
            } else if !self.is_needed(entry) {
                if lock.is_required() {
                    self.pinned(entry, lock).await?;
                }
            } else if let Some(library) = self.pinned(entry, lock).await? {
                lock.used.libraries.push(library.clone());
                fetched.push((index, library));
            }
        }
        let fetched = fetched.iter().map(async |(index, library)| {
            let dir = fetch_library(library, self.downloader, self.cx).await?;
            Ok::<_, SetupError>((*index, dir))
        });
        placed.extend(try_join_all(fetched).await?);
        Ok(placed)
    }

    /// Returns whether a needed board sees an entry.
    fn is_needed(&self, entry: &LibraryEntry) -> bool {
        let all = || !self.needed.is_empty() || self.matrix.boards.is_empty();
        entry.boards.as_ref().map_or_else(all, |boards| !boards.is_disjoint(&self.needed))
    }

    /// Returns the library of an entry with a repository or an archive, exact to the commit; `None` for other entries, and
    /// where `--locked` forbids it.
    async fn pinned(
        &self,
        entry: &LibraryEntry,
        lock: &mut LockUse,
    ) -> Result<Option<LockedLibrary>, SetupError> {
        match &entry.source {
            LibrarySource::Path(_) | LibrarySource::Index { .. } => Ok(None),
            LibrarySource::Git { url, revision } => {
                let revision = revision.as_ref().map(|revision| revision.value.as_str());
                let is_same = |it: &&LockedLibrary| {
                    it.git.as_deref() == Some(&url.value)
                        && it.rev.as_deref() == revision
                        && it.commit.is_some()
                };
                let known = lock.known.libraries.iter().find(is_same).cloned();
                if known.is_some() {
                    return Ok(known);
                }
                if !lock.may_resolve(|_| format!("library from {} is not in the lock file", url.value)) {
                    return Ok(None);
                }
                Ok(Some(git_library(&url.value, revision, self.cx).await?))
            }
            LibrarySource::Archive { url, checksum } => archive_library(&url.value, &checksum.value)
                .map(Some)
                .map_err(|error| self.matrix.error_at(checksum.span, error, None).into()),
        }
    }

    /// Returns the libraries in each placed directory. One that can't be read is reported when the run is planned.
    fn on_disk(placed: &BTreeMap<usize, PathBuf>) -> BTreeMap<usize, Vec<Library>> {
        let load = |path: &Path| load_root(&Root { path: path.to_owned(), location: Location::User });
        let libraries = |path: &PathBuf| load(path).map(|loaded| loaded.libraries).unwrap_or_default();
        placed.iter().map(|(&index, path)| (index, libraries(path))).collect()
    }

    /// Returns the libraries that contain sketches of the matrix and that no entry names: a sketch sees its own library.
    fn enclosing(&self, on_disk: &BTreeMap<usize, Vec<Library>>) -> Vec<Library> {
        let mut known: HashSet<PathBuf> = on_disk.values().flatten().map(|it| it.real_root.clone()).collect();
        let mut libraries = EnclosingLibraries::default();
        let all = self.matrix.sketch_directories().filter_map(|dir| libraries.of(&dir));
        all.map(|it| it.library.clone()).filter(|it| known.insert(it.real_root.clone())).collect()
    }

    /// Returns each set of entries that the same boards see, with these boards. Boards of profiles do not see the library
    /// that contains a sketch, so they are apart (`true`).
    fn groups(&self) -> IndexMap<(bool, Vec<usize>), IndexSet<usize>> {
        let mut groups: IndexMap<(bool, Vec<usize>), IndexSet<usize>> = IndexMap::new();
        for (board, profile) in self.matrix.boards.values().map(|board| &board.profile).enumerate() {
            let sees =
                |entry: &LibraryEntry| entry.boards.as_ref().is_none_or(|boards| boards.contains(&board));
            let entries = self.matrix.libraries.entries.iter().enumerate();
            let entries = entries.filter(|(_, entry)| sees(entry)).map(|(index, _)| index).collect();
            groups.entry((profile.is_some(), entries)).or_default().insert(board);
        }
        groups
    }

    /// Returns what a set of entries asks the library index for.
    fn requests(
        &self,
        entries: &[usize],
        on_disk: &BTreeMap<usize, Vec<Library>>,
        enclosing: &[Library],
    ) -> LibraryGroup {
        let mut group = LibraryGroup::default();
        let there = entries.iter().filter_map(|index| on_disk.get(index)).flatten().chain(enclosing);
        group.provided = there.map(|library| library.name.clone()).collect();
        let there: IndexSet<String> = group.provided.iter().map(|name| name.to_lowercase()).collect();
        for &index in entries {
            let entry = &self.matrix.libraries.entries[index];
            if let LibrarySource::Index { name, version } = &entry.source {
                if entry.wanted_by.is_some() && there.contains(&name.value.to_lowercase()) {
                    continue;
                }
                group.wanted.push(WantedLibrary {
                    name: name.value.clone(),
                    version: version.as_ref().map(|version| version.value.clone()),
                    required_by: entry.wanted_by.as_deref().unwrap_or("the matrix").to_owned(),
                    is_optional: false,
                });
                if !entry.dependencies {
                    group.without_dependencies.insert(name.value.to_lowercase());
                }
            }
        }
        let of_entries = entries.iter().filter(|&&index| self.matrix.libraries.entries[index].dependencies);
        let of_entries = of_entries.filter_map(|index| on_disk.get(index)).flatten();
        let of_sketches = enclosing.iter().filter(|_| self.matrix.libraries.dependencies);
        for library in of_entries.chain(of_sketches) {
            let (dependencies, wrong) = WantedLibrary::of_depends(&library.depends, &library.name);
            for error in wrong {
                let message = format!("`depends` of library {} is ignored in part: {error}", library.name);
                self.cx.events.say(EventKind::Log { level: Level::Warn, message });
            }
            let missing = dependencies.into_iter().filter(|it| !there.contains(&it.name.to_lowercase()));
            group.wanted.extend(missing);
        }
        group
    }
}

/// Returns the name of a library of the index.
fn name(entry: &LibraryEntry) -> Option<&str> {
    match &entry.source {
        LibrarySource::Index { name, .. } => Some(&name.value),
        _ => None,
    }
}
