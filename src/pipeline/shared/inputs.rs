//! Collects the inputs of cores and cells during a run, for `--changed-since`: files of the checkout, names that includes
//! mention, and reasons why a build may read more. Files in the work and the cache directory are not inputs: they follow
//! from others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::checkout::Checkout;
use crate::cache::inputs::{Digest, FileSet, InputFile, Mentions, Reach, digest_of, mention};
use crate::event::{CellId, JobId};
use crate::includes::{FileId, Hash, Inputs, SourceFile};
use crate::sync::lock;

/// The inputs of the jobs of a run.
#[derive(Debug)]
pub struct InputTable {
    /// Names of the checkout's root.
    roots: Vec<PathBuf>,
    /// Directories whose files are not inputs.
    own: Vec<PathBuf>,
    files: Mutex<HashMap<FileId, Entry>>,
    groups: Mutex<HashMap<Vec<FileId>, Group>>,
    sets: Mutex<HashMap<Vec<usize>, FileSet>>,
    mentions: Mutex<HashMap<Vec<u32>, Mentions>>,
    others: Mutex<HashMap<JobId, Others>>,
    cells: Mutex<HashMap<CellId, CellReach>>,
    cores: Mutex<HashMap<Digest, Reach>>,
    /// Files that all jobs may read.
    common: Mutex<BTreeSet<Arc<str>>>,
}

/// The inputs of a built cell.
#[derive(Debug, Clone)]
pub struct CellReach {
    /// What the build can read.
    pub reach: Reach,
    /// Directories of its libraries in the checkout, with links resolved; relative to the checkout.
    pub libraries: Vec<Arc<str>>,
    /// Key of its core.
    pub core: Digest,
}

/// A file of the run.
#[derive(Debug, Clone)]
enum Entry {
    /// A file of the checkout.
    Inside(Arc<InputFile>),
    /// Another file, with the names that its includes mention.
    Outside(Mentions),
}

/// The inputs of compiles that several cells share.
#[derive(Debug, Clone)]
struct Group {
    files: FileSet,
    mentions: Mentions,
}

/// Inputs of a job beside those of its compiles.
#[derive(Debug, Default)]
struct Others {
    sources: BTreeMap<FileId, Arc<SourceFile>>,
    files: BTreeMap<PathBuf, Hash>,
    trees: BTreeSet<Arc<str>>,
    unknown: Option<Arc<str>>,
}

impl InputTable {
    /// Returns an empty table for a checkout. Files below `cache` are not inputs.
    pub fn new(checkout: &Checkout, cache: &Path) -> Self {
        let physical = checkout.physical();
        let roots = std::iter::once(checkout.root()).chain(physical).map(Path::to_owned).collect();
        let own = vec![checkout.work().to_owned(), cache.to_owned()];
        Self {
            roots,
            own,
            files: Mutex::default(),
            groups: Mutex::default(),
            sets: Mutex::default(),
            mentions: Mutex::default(),
            others: Mutex::default(),
            cells: Mutex::default(),
            cores: Mutex::default(),
            common: Mutex::default(),
        }
    }

    /// Returns the inputs of the cells and cores that were planned in this run.
    pub fn take(&self) -> (HashMap<CellId, CellReach>, HashMap<Digest, Reach>) {
        let mut cells = std::mem::take(&mut *lock(&self.cells));
        for common in lock(&self.common).iter() {
            for cell in cells.values_mut() {
                cell.reach.trees.push(common.clone());
            }
        }
        (cells, std::mem::take(&mut lock(&self.cores)))
    }

    /// Adds files that a job can read.
    pub(in crate::pipeline) fn add_sources(
        &self,
        job: &JobId,
        sources: impl IntoIterator<Item = Arc<SourceFile>>,
    ) {
        let mut others = lock(&self.others);
        let others = others.entry(job.clone()).or_default();
        others.sources.extend(sources.into_iter().map(|file| (file.id, file)));
    }

    /// Adds the inputs of a call that a job makes.
    pub(in crate::pipeline) fn add_call(&self, job: &JobId, inputs: &Inputs) {
        self.add_sources(job, inputs.files.iter().cloned());
        if let Some(reason) = &inputs.incomplete {
            self.add_unknown(job, reason);
        }
    }

    /// Adds a file that a job can read, and the hash of its content.
    pub(in crate::pipeline) fn add_file(&self, job: &JobId, path: &Path, hash: Hash) {
        if self.relative(path).is_some() {
            lock(&self.others).entry(job.clone()).or_default().files.insert(path.to_owned(), hash);
        }
    }

    /// Adds a directory that a job can read as a whole.
    pub(in crate::pipeline) fn add_tree(&self, job: &JobId, directory: &Path) {
        if let Some(relative) = self.relative(directory) {
            let tree = relative.into_owned().into();
            lock(&self.others).entry(job.clone()).or_default().trees.insert(tree);
        }
    }

    /// Adds a file that all jobs may read.
    pub(in crate::pipeline) fn add_common(&self, path: &Path) {
        if let Some(relative) = self.relative(path) {
            lock(&self.common).insert(relative.into_owned().into());
        }
    }

    /// Notes the reason why a job may read files that can't be known.
    pub(in crate::pipeline) fn add_unknown(&self, job: &JobId, reason: &str) {
        let mut others = lock(&self.others);
        others.entry(job.clone()).or_default().unknown.get_or_insert_with(|| reason.into());
    }

    /// Notes the inputs of a planned core: those of its compiles and of its other commands.
    pub(in crate::pipeline) fn core(&self, job: &JobId, key: &Hash, units: &[&Inputs]) {
        let mut reach = self.others_of(job);
        self.add_units(&mut reach, units);
        lock(&self.cores).insert(digest_of(key), reach);
    }

    /// Notes the inputs of a built cell: `own` are the compiles of its sketch, `shared` those of its libraries.
    pub(in crate::pipeline) fn cell(
        &self,
        id: &CellId,
        core: &Hash,
        libraries: &[PathBuf],
        own: &[&Inputs],
        shared: &[&Inputs],
    ) {
        let mut reach = self.others_of(&JobId::Cell(id.clone()));
        for inputs in own {
            reach.add(self.group(&inputs.files));
        }
        self.add_units(&mut reach, shared);
        let incomplete = own.iter().find_map(|inputs| inputs.incomplete.as_deref());
        reach.unknown = reach.unknown.or_else(|| incomplete.map(Into::into));
        let libraries = libraries.iter().filter_map(|root| Some(self.relative(root)?.into_owned().into()));
        let cell = CellReach { reach, libraries: libraries.collect(), core: digest_of(core) };
        lock(&self.cells).insert(id.clone(), cell);
    }

    /// Forgets the inputs of a cell whose firmware does not run as expected: it is built again.
    pub(in crate::pipeline) fn forget(&self, id: &CellId) {
        lock(&self.cells).remove(id);
    }

    fn add_units(&self, reach: &mut Reach, units: &[&Inputs]) {
        if let Some(reason) = units.iter().find_map(|inputs| inputs.incomplete.as_ref()) {
            reach.unknown.get_or_insert_with(|| reason.as_str().into());
        }
        for inputs in units {
            let ids: Vec<FileId> = inputs.files.iter().map(|file| file.id).collect();
            let known = lock(&self.groups).get(&ids).cloned();
            let group = known.unwrap_or_else(|| {
                let group = self.group(&inputs.files);
                lock(&self.groups).insert(ids, group.clone());
                group
            });
            reach.add(group);
        }
    }

    /// Returns the inputs of a job beside those of its compiles.
    fn others_of(&self, job: &JobId) -> Reach {
        let others = lock(&self.others).remove(job).unwrap_or_default();
        let mut reach =
            Reach { trees: others.trees.into_iter().collect(), unknown: others.unknown, ..Reach::default() };
        let sources: Vec<Arc<SourceFile>> = others.sources.into_values().collect();
        reach.add(self.group(&sources));
        let files = others.files.iter().filter_map(|(path, hash)| {
            let path = self.relative(path)?.into_owned().into();
            Some(Arc::new(InputFile { path, digest: digest_of(hash), mentions: Mentions::default() }))
        });
        let mut files: Vec<_> = files.collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        if !files.is_empty() {
            reach.files.push(files.into());
        }
        reach
    }

    fn group(&self, sources: &[Arc<SourceFile>]) -> Group {
        let (mut files, mut mentions) = (Vec::new(), BTreeSet::new());
        for source in sources {
            match self.entry(source) {
                Entry::Inside(file) => files.push(file),
                Entry::Outside(names) => mentions.extend(names.iter().copied()),
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files.dedup_by(|one, other| one.path == other.path);
        Group { files: self.set(files), mentions: self.interned(mentions.into_iter().collect()) }
    }

    /// Returns the one set of these files.
    fn set(&self, files: Vec<Arc<InputFile>>) -> FileSet {
        let addresses = files.iter().map(|file| Arc::as_ptr(file).addr()).collect();
        lock(&self.sets).entry(addresses).or_insert_with(|| files.into()).clone()
    }

    /// Returns the one list of these hashes.
    fn interned(&self, mentions: Vec<u32>) -> Mentions {
        lock(&self.mentions).entry(mentions).or_insert_with_key(|mentions| mentions.as_slice().into()).clone()
    }

    fn entry(&self, source: &SourceFile) -> Entry {
        if let Some(entry) = lock(&self.files).get(&source.id) {
            return entry.clone();
        }
        let names = source.scan.includes.iter().filter(|include| include.form.is_some());
        let names: BTreeSet<u32> = names.map(|include| mention(&include.name)).collect();
        let mentions = self.interned(names.into_iter().collect());
        let entry = match self.relative(&source.path) {
            Some(path) => Entry::Inside(Arc::new(InputFile {
                path: path.into_owned().into(),
                digest: digest_of(&source.hash),
                mentions,
            })),
            None => Entry::Outside(mentions),
        };
        lock(&self.files).entry(source.id).or_insert(entry).clone()
    }

    /// Returns a path relative to the checkout; `None` for a path that is not an input of the checkout.
    fn relative<'p>(&self, path: &'p Path) -> Option<Cow<'p, str>> {
        if self.own.iter().any(|directory| path.starts_with(directory)) {
            return None;
        }
        let relative = self.roots.iter().find_map(|root| path.strip_prefix(root).ok())?;
        Some(relative.to_string_lossy())
    }
}

impl Reach {
    fn add(&mut self, group: Group) {
        let has_set = self.files.iter().any(|set| Arc::ptr_eq(set, &group.files));
        if !group.files.is_empty() && !has_set {
            self.files.push(group.files);
        }
        let has_mentions = self.mentions.iter().any(|list| Arc::ptr_eq(list, &group.mentions));
        if !group.mentions.is_empty() && !has_mentions {
            self.mentions.push(group.mentions);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::includes::Files;
    use crate::plan::Layout;

    #[test]
    fn files_of_the_checkout_are_inputs_and_others_only_mention_names() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let files = Files::default();
        let source = |path: &str, text: &str| files.get(&write(path, text)).unwrap();
        let one = source("repo/src/a.cpp", "#include <deep/b.h>\n#if 0\n#include \"../c.h\"\n#endif\n");
        let staged = source("repo/.work/sketches/x/A.ino.cpp", "#include <Lib.h>");
        let system = source("opt/Arduino.h", "#if __has_include(<d.h>)\n#endif\n");
        let checkout = Checkout::new(root.join("repo"), &Layout::new(root.join("repo/.work")), &root);
        let table = InputTable::new(&checkout, &root.join("repo/.cache"));
        let inputs = |files: &[&Arc<SourceFile>]| Inputs {
            files: files.iter().map(|file| (*file).clone()).collect(),
            directories: BTreeSet::new(),
            incomplete: None,
            unnamed: BTreeSet::new(),
            clock: None,
        };
        let id = CellId { board: "uno".into(), sketch: "A".into() };
        table.add_file(&JobId::Cell(id.clone()), &root.join("repo/x.ld"), one.hash);
        table.add_tree(&JobId::Cell(id.clone()), &root.join("opt"));
        let core = blake3::hash(b"core");
        let (own, shared) = (inputs(&[&staged, &system]), inputs(&[&one, &system]));
        table.cell(&id, &core, &[root.join("repo"), root.join("opt")], &[&own], &[&shared]);
        let (cells, _) = table.take();
        let CellReach { reach, libraries, .. } = &cells[&id];
        assert_eq!(libraries.as_slice(), ["".into()]);
        assert!(reach.trees.is_empty() && reach.unknown.is_none());
        let file = reach.file("src/a.cpp").unwrap();
        assert_eq!(file.digest, digest_of(&one.hash));
        assert!(file.mentions.contains(&mention("b.h")) && file.mentions.contains(&mention("c.h")));
        assert!(reach.file("x.ld").is_some());
        let mentions: Vec<u32> = reach.mentions.iter().flat_map(|list| list.to_vec()).collect();
        assert!(mentions.contains(&mention("Lib.h")) && mentions.contains(&mention("d.h")));
        assert!(!mentions.contains(&mention("b.h")));
    }
}
