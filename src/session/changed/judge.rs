//! Judges which cells a change can affect. A cell is left out only if its record is that of the present checkout, and no
//! file that it can read, or could find, differs from the revision.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::git::{Change, Changes};
use super::places::{Owner, Places, Roots, own_cores};
use super::touched::{Reason, Touched, digest_at};
use crate::cache::inputs::{CellInputs, CellName, Digest, FileSet, InputRecords, Reach, Snapshot};
use crate::plan::CellJob;

/// Everything that judgements depend on.
pub(super) struct Evidence<'a> {
    pub(super) roots: &'a Roots,
    pub(super) changes: &'a Changes,
    /// The files of the checkout.
    pub(super) files: &'a BTreeSet<String>,
    /// Content hashes that changed files which planning reads had at the revision.
    pub(super) before: &'a HashMap<String, Option<Digest>>,
    pub(super) places: &'a Places,
    pub(super) records: &'a InputRecords,
    /// The matrix file, relative to the checkout.
    pub(super) matrix: Arc<str>,
}

/// Judges cells.
pub(super) struct Judge<'a> {
    evidence: &'a Evidence<'a>,
    /// Present content hashes of recorded files.
    digests: HashMap<Arc<str>, Option<Digest>>,
    /// Changes since the revision and since the last build, by the address of the snapshot.
    sides: HashMap<usize, [Touched; 2]>,
    /// Libraries that a cell of the plan is recorded to use.
    used: HashSet<Arc<str>>,
    sets: HashMap<(usize, usize, Side), Option<String>>,
}

/// Which changes are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    /// Since the revision.
    Since,
    /// Since the last build.
    Stale,
    /// Names of files, since the revision.
    NamesSince,
    /// Names of files, since the last build.
    NamesStale,
    /// Contents, since the last build.
    Contents,
}

impl<'a> Judge<'a> {
    /// Prepares for the cells of a plan.
    pub(super) fn new(evidence: &'a Evidence<'a>, cells: &[CellJob]) -> Self {
        let recorded: Vec<&CellInputs> =
            cells.iter().filter_map(|cell| evidence.records.cells.get(&name_of(evidence, cell))).collect();
        let mut sets: HashMap<usize, &FileSet> = HashMap::new();
        let mut snapshots: HashMap<usize, &Arc<Snapshot>> = HashMap::new();
        let mut used = HashSet::new();
        for cell in &recorded {
            let core = evidence.records.cores.get(&cell.core);
            for set in cell.reach.files.iter().chain(core.into_iter().flat_map(|core| &core.files)) {
                sets.insert(set.as_ptr().addr(), set);
            }
            snapshots.insert(Arc::as_ptr(&cell.snapshot).addr(), &cell.snapshot);
            used.extend(cell.libraries.iter().cloned());
        }
        let known: HashSet<Arc<str>> =
            sets.into_values().flat_map(|set| set.iter().map(|file| file.path.clone())).collect();
        let root = evidence.roots.root();
        let digests = known.into_par_iter().map(|path| {
            let digest = digest_at(root, &path);
            (path, digest)
        });
        let digests: HashMap<Arc<str>, Option<Digest>> = digests.collect();
        let sides = snapshots
            .into_iter()
            .map(|(address, snapshot)| (address, sides(evidence, snapshot, &digests)))
            .collect();
        Self { evidence, digests, sides, used, sets: HashMap::new() }
    }

    /// Returns the reason why a change can affect a cell; `None` if no change can.
    pub(super) fn affected(&mut self, cell: &CellJob, definition: Digest) -> Option<Reason> {
        let evidence = self.evidence;
        let Some(record) = evidence.records.cells.get(&name_of(evidence, cell)) else {
            return Some(Reason::of("no build of it is recorded"));
        };
        let Some(core) = evidence.records.cores.get(&record.core) else {
            return Some(Reason::of("no build of its core is recorded"));
        };
        let reaches = [&record.reach, core];
        if let Some(unknown) = reaches.iter().find_map(|reach| reach.unknown.as_ref()) {
            return Some(Reason::of(format!("what it reads can't be known: {unknown}")));
        }
        let since = self.reads(record, reaches, Side::Since);
        if let Some(file) = since {
            return Some(Reason::file(&file, format!("reads {file}")));
        }
        if let Some(reason) = self.planned(record, definition) {
            return Some(reason);
        }
        for (side, names, when) in [(0, Side::NamesSince, ""), (1, Side::NamesStale, " since the last build")]
        {
            let address = Arc::as_ptr(&record.snapshot).addr();
            let touched = &self.sides[&address][side];
            if let Some((file, owner)) = owned(evidence, touched, &self.used, cell, record) {
                let text = format!("{file} is in {}, and no record knows it", shown(&owner));
                return Some(Reason::file(&file, text + when));
            }
            if let Some(file) = self.described(record, reaches, side) {
                let text = format!("{file} describes a library that it uses or could use, and changed{when}");
                return Some(Reason::file(&file, text));
            }
            if let Some(file) = self.named(record, reaches, names) {
                let text = format!("it includes a file of that name, and {file} was added or removed{when}");
                return Some(Reason::file(&file, text));
            }
        }
        for side in [Side::Contents, Side::Stale] {
            if let Some(file) = self.reads(record, reaches, side) {
                let text = format!("{file} is not that of its last recorded build");
                return Some(Reason::file(&file, text));
            }
        }
        None
    }

    /// Returns a remark about each file that differs from the revision, is in a sketch, a library or a core, and is in no
    /// record: how many cells it counts for.
    pub(super) fn unknown(&self, cells: &[CellJob]) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in cells {
            let Some(record) = self.evidence.records.cells.get(&name_of(self.evidence, cell)) else {
                continue;
            };
            let [since, _] = &self.sides[&Arc::as_ptr(&record.snapshot).addr()];
            for (owner, paths) in &since.owners {
                let is_part = is_part(self.evidence, owner, &self.used, cell, record);
                for path in paths {
                    *counts.entry(path).or_default() += usize::from(is_part);
                }
            }
        }
        let cells = |count: usize| if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") };
        let remark = |(file, count): (&&str, &usize)| {
            format!("no record knows {file}; it counts as read by {}", cells(*count))
        };
        counts.iter().filter(|(_, count)| **count > 0).map(remark).collect()
    }

    /// Returns the reason why a file that planning reads affects a cell.
    fn planned(&self, record: &CellInputs, definition: Digest) -> Option<Reason> {
        let [since, _] = &self.sides[&Arc::as_ptr(&record.snapshot).addr()];
        // If the recorded plan was made from the files of the revision, the definitions can be compared.
        let is_comparable = |path: &&String| {
            let before = self.evidence.before.get(*path).and_then(Option::as_ref);
            before == record.snapshot.plan_digest(path)
        };
        if let Some(path) = since.plan.iter().find(|path| !is_comparable(path)) {
            let text = format!("{path} changed, and the last recorded build had another one");
            return Some(Reason::file(path, text));
        }
        if record.definition == definition {
            return None;
        }
        Some(match since.plan.first() {
            Some(path) => {
                Reason::file(path, format!("{path} changed its board, properties, tools or libraries"))
            }
            None => Reason::of(
                "its board, properties, tools or libraries are not those of its last recorded build",
            ),
        })
    }

    /// Returns a changed file that a cell reads.
    fn reads(&mut self, record: &CellInputs, reaches: [&Reach; 2], side: Side) -> Option<String> {
        let snapshot = Arc::as_ptr(&record.snapshot).addr();
        let touched = &self.sides[&snapshot][usize::from(side != Side::Since)];
        let digests = &self.digests;
        for set in reaches.iter().flat_map(|reach| &reach.files) {
            let found = self.sets.entry((set.as_ptr().addr(), snapshot, side)).or_insert_with(|| {
                if side == Side::Contents {
                    let differs = set.iter().find(|file| digests.get(&file.path) != Some(&Some(file.digest)));
                    differs.map(|file| file.path.to_string())
                } else {
                    touched.file_in(set).map(str::to_owned)
                }
            });
            if found.is_some() {
                return found.clone();
            }
        }
        if side == Side::Contents {
            return None;
        }
        reaches.iter().find_map(|reach| touched.file_below(reach)).map(str::to_owned)
    }

    /// Returns a file that was added or deleted, and whose name a file of the cell mentions.
    fn named(&mut self, record: &CellInputs, reaches: [&Reach; 2], side: Side) -> Option<String> {
        let snapshot = Arc::as_ptr(&record.snapshot).addr();
        let touched = &self.sides[&snapshot][usize::from(side == Side::NamesStale)];
        for set in reaches.iter().flat_map(|reach| &reach.files) {
            let found = self.sets.entry((set.as_ptr().addr(), snapshot, side)).or_insert_with(|| {
                let mentions = set.iter().flat_map(|file| file.mentions.iter().copied());
                touched.named(mentions).map(str::to_owned)
            });
            if found.is_some() {
                return found.clone();
            }
        }
        let mentions = reaches.iter().flat_map(|reach| &reach.mentions).flat_map(|list| list.iter().copied());
        touched.named(mentions).map(str::to_owned)
    }

    /// Returns a changed description of a library that a cell uses, or whose headers a file of the cell mentions.
    fn described(&self, record: &CellInputs, reaches: [&Reach; 2], side: usize) -> Option<String> {
        let touched = &self.sides[&Arc::as_ptr(&record.snapshot).addr()][side];
        let is_meant = |(library, (_, headers)): &(&String, &(String, Vec<u32>))| {
            if record.libraries.iter().any(|own| **own == ***library) {
                return true;
            }
            let files = reaches.iter().flat_map(|reach| &reach.files).flat_map(|set| set.iter());
            let inside = files.flat_map(|file| file.mentions.iter());
            let mut all =
                inside.chain(reaches.iter().flat_map(|reach| &reach.mentions).flat_map(|list| list.iter()));
            all.any(|mention| headers.contains(mention))
        };
        touched.descriptions.iter().find(is_meant).map(|(_, (path, _))| path.clone())
    }
}

/// Returns the name of a cell in the records.
pub(super) fn name_of(evidence: &Evidence<'_>, cell: &CellJob) -> CellName {
    CellName { matrix: evidence.matrix.clone(), board: cell.id.board.clone(), sketch: cell.id.sketch.clone() }
}

/// Returns the changes since the revision and since the last build, for the cells of a snapshot.
fn sides(
    evidence: &Evidence<'_>,
    snapshot: &Snapshot,
    digests: &HashMap<Arc<str>, Option<Digest>>,
) -> [Touched; 2] {
    let Evidence { changes, places, files, roots, .. } = evidence;
    let is_known = |path: &str| digests.contains_key(path);
    let listed = changes.files.iter().map(|(path, change)| (path.as_str(), *change));
    let since = Touched::new(listed, &changes.trees, snapshot, places, &is_known);
    let added = files.iter().filter(|path| !snapshot.had(path)).map(|path| (path.as_str(), Change::Added));
    let mut stale = Touched::new(added, &[], snapshot, places, &is_known);
    // The definitions tell whether these matter.
    stale.plan.clear();
    for (path, library) in &places.descriptions {
        if digest_at(roots.root(), path).as_ref() != snapshot.plan_digest(path) {
            stale.describe(library, path, places);
        }
    }
    [since, stale]
}

/// Returns a changed file that no record knows, if it is in something that the cell is made of.
fn owned(
    evidence: &Evidence<'_>,
    touched: &Touched,
    used: &HashSet<Arc<str>>,
    cell: &CellJob,
    record: &CellInputs,
) -> Option<(String, Owner)> {
    let (owner, paths) =
        touched.owners.iter().find(|(owner, _)| is_part(evidence, owner, used, cell, record))?;
    Some((paths.first()?.clone(), owner.clone()))
}

/// Whether a cell is made of an owner of files.
fn is_part(
    evidence: &Evidence<'_>,
    owner: &Owner,
    used: &HashSet<Arc<str>>,
    cell: &CellJob,
    record: &CellInputs,
) -> bool {
    let roots = evidence.roots;
    match owner {
        Owner::Sketch(main) => roots.real(&cell.sketch.main_file).as_ref() == Some(main),
        // A library that no cell uses could replace another one.
        Owner::Library(root) => {
            record.libraries.iter().any(|own| **own == **root)
                || (!used.contains(root.as_str()) && sees(roots, cell, root))
        }
        Owner::Core(directory) => own_cores(&cell.target, roots).contains(directory),
        Owner::Platform(directory) => {
            cell.target.config.platform_dirs().any(|own| roots.real(&own).as_ref() == Some(directory))
        }
        Owner::Libraries(_) => true,
    }
}

/// Whether the sketches of a cell's board can use the library in a directory.
fn sees(roots: &Roots, cell: &CellJob, root: &str) -> bool {
    cell.target
        .libraries
        .libraries()
        .iter()
        .any(|library| roots.relative(&library.real_root).as_deref() == Some(root))
}

fn shown(owner: &Owner) -> String {
    let (what, directory) = match owner {
        Owner::Sketch(main) => {
            ("its sketch", Path::new(main).parent().unwrap_or(Path::new("")).display().to_string())
        }
        Owner::Library(directory) => ("the library", directory.clone()),
        Owner::Core(directory) => ("its core", directory.clone()),
        Owner::Platform(directory) => ("its platform", directory.clone()),
        Owner::Libraries(directory) => ("the directory of libraries", directory.clone()),
    };
    if directory.is_empty() { what.to_owned() } else { format!("{what} {directory}") }
}
