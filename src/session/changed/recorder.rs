//! Records the inputs of the cells that a run plans, in the cache directory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::definition::Definitions;
use super::git::Git;
use super::places::{Places, Roots};
use super::select::Inputs;
use super::touched::digest_at;
use crate::cache::inputs::{
    CellInputs, CellName, Digest, FileSet, InputFile, InputRecords, Mentions, Reach, Snapshot,
};
use crate::event::CellId;
use crate::pipeline::{CellReach, InputTable};
use crate::plan::{Plan, Target};

/// What a record needs of the checkout and of the plan before the jobs start.
#[derive(Debug)]
pub(in crate::session) struct Recorder {
    inputs: Inputs,
    /// The files of the checkout.
    files: BTreeSet<String>,
    /// Files that planning reads.
    plan: BTreeSet<String>,
    cells: HashMap<CellId, (Digest, Arc<Trees>)>,
}

/// Directories of the checkout with files that every build for a target reads.
#[derive(Debug, Default, PartialEq, Eq)]
struct Trees {
    /// Variants and tools.
    whole: Vec<String>,
    platforms: Vec<String>,
}

impl Recorder {
    /// Lists the files of the checkout; `None` if it is none of Git's, or git can't list it.
    pub(in crate::session) async fn begin(
        inputs: &Inputs,
        plan: &Plan,
        cancel: &CancellationToken,
    ) -> Option<Self> {
        if !inputs.root().join(".git").exists() {
            return None;
        }
        let files = Git { root: inputs.root(), cancel }.files().await;
        let files = files.inspect_err(|error| tracing::debug!(%error, "inputs are not recorded")).ok()?;
        let places = Places::of(plan, &inputs.matrix, &inputs.roots);
        let mut definitions = Definitions::new(&inputs.roots, &inputs.work, &inputs.cache);
        let mut trees: HashMap<usize, Arc<Trees>> = HashMap::new();
        let mut cells = HashMap::new();
        for cell in &plan.cells {
            let target = Arc::as_ptr(&cell.target).addr();
            let trees =
                trees.entry(target).or_insert_with(|| Arc::new(Trees::of(&cell.target, &inputs.roots)));
            cells.insert(cell.id.clone(), (definitions.of(cell), trees.clone()));
        }
        let Places { plan_files: mut plan, descriptions, .. } = places;
        plan.extend(descriptions.into_keys());
        Some(Self { inputs: inputs.clone(), files, plan, cells })
    }

    /// Adds the inputs of the cells that were planned to the file of records.
    ///
    /// # Errors
    /// Any I/O error.
    pub(in crate::session) fn save(self, table: &InputTable) -> io::Result<()> {
        let (cells, cores) = table.take();
        if cells.is_empty() && self.inputs.file.exists() {
            return Ok(());
        }
        let days =
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / (24 * 60 * 60);
        let today = u32::try_from(days).unwrap_or(u32::MAX);
        let mut records = InputRecords::load(&self.inputs.file);
        let matrix: Arc<str> = self.inputs.matrix_name().into();
        let snapshot = Arc::new(self.snapshot(cells.values().map(|cell| &cell.reach).chain(cores.values())));
        let mut trees = TreeSets { root: self.inputs.root(), files: &self.files, sets: BTreeMap::new() };
        records.cores.extend(cores.into_iter().map(|(key, mut core)| {
            trees.complete(&mut core, &Trees::default());
            (key, core)
        }));
        for (id, cell) in cells {
            let Some((definition, own)) = self.cells.get(&id) else { continue };
            let CellReach { mut reach, libraries, core } = cell;
            trees.complete(&mut reach, own);
            let name = CellName { matrix: matrix.clone(), board: id.board, sketch: id.sketch };
            let cell = CellInputs {
                definition: *definition,
                reach,
                libraries,
                core,
                snapshot: snapshot.clone(),
                day: today,
            };
            records.cells.insert(name, cell);
        }
        records.save(&self.inputs.file, today)
    }

    fn snapshot<'r>(&self, reaches: impl Iterator<Item = &'r Reach>) -> Snapshot {
        let root = self.inputs.root();
        let mut paths: Vec<u64> = self.files.iter().map(|path| Snapshot::path_hash(path)).collect();
        paths.sort_unstable();
        let plan = self.plan.iter().filter_map(|path| Some((path.as_str().into(), digest_at(root, path)?)));
        let files: BTreeSet<Arc<str>> = reaches
            .flat_map(|reach| &reach.files)
            .flat_map(|set| set.iter())
            .map(|file| file.path.clone())
            .collect();
        Snapshot { paths, plan: plan.collect(), links: links(&self.inputs.roots, &files) }
    }
}

/// Returns files and directories that builds name through symbolic links: the resolved path, and the name.
fn links(roots: &Roots, files: &BTreeSet<Arc<str>>) -> Vec<(Arc<str>, Arc<str>)> {
    let mut found: BTreeSet<(Arc<str>, Arc<str>)> = BTreeSet::new();
    let mut directories: BTreeSet<&str> = BTreeSet::new();
    let mut add = |name: &str| {
        let real = roots.root().join(name).canonicalize().ok();
        // A link that leads out of the checkout has no other name in it.
        let real = real.and_then(|real| roots.relative(&real)).filter(|real| real != name);
        found.extend(real.map(|real| (real.into(), name.into())));
    };
    for file in files {
        let path = roots.root().join(&**file);
        if path.is_symlink() {
            add(file);
        }
        let parent = file.rsplit_once('/').map_or("", |(parent, _)| parent);
        if directories.insert(parent) {
            add(parent);
        }
    }
    found.into_iter().collect()
}

impl Trees {
    fn of(target: &Target, roots: &Roots) -> Self {
        let config = &target.config;
        let tools = config.properties.iter().filter(|(key, _)| key.starts_with("runtime.tools."));
        let tools = tools.filter_map(|(_, value)| roots.relative(value.as_ref()));
        let variant = config.variant_dir.iter().filter_map(|path| roots.relative(path));
        let whole: BTreeSet<String> = tools.chain(variant).collect();
        let platforms = config.platform_dirs().filter_map(|path| roots.relative(&path));
        Self { whole: whole.into_iter().collect(), platforms: platforms.collect() }
    }
}

/// The files of directories, each listed once.
struct TreeSets<'a> {
    root: &'a std::path::Path,
    files: &'a BTreeSet<String>,
    /// By directory, and whether it is a platform's.
    sets: BTreeMap<(String, bool), FileSet>,
}

impl TreeSets<'_> {
    /// Adds the files of directories to what a build can read.
    fn complete(&mut self, reach: &mut Reach, own: &Trees) {
        let noted = std::mem::take(&mut reach.trees);
        let whole = noted.iter().map(|tree| (tree.to_string(), false));
        let whole: Vec<_> = whole.chain(own.whole.iter().map(|tree| (tree.clone(), false))).collect();
        let platforms = own.platforms.iter().map(|tree| (tree.clone(), true));
        for (tree, is_platform) in whole.iter().cloned().chain(platforms) {
            let set = self.set(tree, is_platform);
            if !set.is_empty() {
                reach.files.push(set);
            }
        }
        reach.trees = whole.into_iter().map(|(tree, _)| tree.into()).collect();
    }

    fn set(&mut self, tree: String, is_platform: bool) -> FileSet {
        if let Some(known) = self.sets.get(&(tree.clone(), is_platform)) {
            return known.clone();
        }
        let root = self.root;
        let belongs = |path: &&String| {
            if is_platform {
                Places::is_of_platform(&tree, path)
            } else {
                let rest = path.strip_prefix(tree.as_str());
                tree.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
        };
        let paths: Vec<&String> = self.files.iter().filter(belongs).collect();
        let file = |path: &&String| {
            let digest = digest_at(root, path)?;
            let mentions = Mentions::default();
            Some(Arc::new(InputFile { path: path.as_str().into(), digest, mentions }))
        };
        let set: Vec<_> = paths.par_iter().filter_map(file).collect();
        let set: FileSet = set.into();
        self.sets.insert((tree, is_platform), set.clone());
        set
    }
}
