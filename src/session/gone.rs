//! Removes the build directories of cells that a matrix no longer has, so that their firmware is not published by
//! mistake.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fs::write_atomically;
use crate::matrix::{Expansion, NotInstalled};
use crate::plan::{Layout, Plan};

/// The cells that a matrix has built in a work directory. Several matrices may share one; each removes only its own
/// cells.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Manifest {
    /// The matrix file; absolute.
    matrix: PathBuf,
    /// The directories of its cells, below `cells`.
    cells: BTreeSet<PathBuf>,
}

/// The current cells of a matrix, selected or not, and the reasons why it excludes others.
#[derive(Debug, Clone, Default)]
pub(super) struct Current {
    cells: BTreeSet<PathBuf>,
    reasons: HashMap<PathBuf, String>,
    /// What is not installed: its cells are those of the last run.
    unknown: NotInstalled,
}

impl Current {
    /// Collects the cells in `all` that neither `all` nor `plan` skips. `slugs` has each sketch's directory.
    pub(super) fn new(all: &Expansion, plan: &Plan, slugs: &HashMap<&str, PathBuf>) -> Self {
        let dir = |board: &str, sketch: &str| slugs.get(sketch).map(|slug| Path::new(board).join(slug));
        let skipped = all.skipped.iter().map(|cell| (&cell.board, &cell.sketch.name, &cell.reason));
        let skipped =
            skipped.chain(plan.skipped.iter().map(|cell| (&cell.id.board, &cell.id.sketch, &cell.reason)));
        let reasons: HashMap<PathBuf, String> = skipped
            .filter_map(|(board, sketch, reason)| Some((dir(board, sketch)?, reason.to_string())))
            .collect();
        let known = all.cells.iter().filter(|cell| !all.unknown.boards.contains(&cell.board));
        let cells = known.filter_map(|cell| dir(&cell.board, &cell.sketch.name));
        let cells = cells.filter(|dir| !reasons.contains_key(dir)).collect();
        Self { cells, reasons, unknown: all.unknown.clone() }
    }

    /// Adds the cells of the last run that may still exist, because this one does not know them.
    fn with_unknown(mut self, before: &BTreeSet<PathBuf>) -> Self {
        let is_unknown = |dir: &Path| {
            let board = dir.components().next().map(|board| board.as_os_str().to_string_lossy());
            board.is_some_and(|board| self.unknown.boards.contains(&*board))
        };
        let kept = before.iter().filter(|dir| self.unknown.has_roots || is_unknown(dir));
        let kept: Vec<PathBuf> = kept.cloned().collect();
        self.cells.extend(kept);
        self
    }

    /// Returns ` (REASON)` for a cell that is excluded.
    fn reason(&self, dir: &Path) -> String {
        self.reasons.get(dir).map(|reason| format!(" ({reason})")).unwrap_or_default()
    }
}

/// Returns a warning where the last run of the matrix had cells that are no longer built. Part of a matrix that is
/// switched off by mistake is not noticed otherwise: everything that is left passes.
pub(super) fn shrunk(layout: &Layout, matrix: &Path, current: &Current) -> Option<String> {
    let text = std::fs::read(layout.manifest(matrix)).ok()?;
    let before: Manifest = serde_json::from_slice(&text).ok()?;
    let current = current.clone().with_unknown(&before.cells);
    let missing: Vec<String> = before
        .cells
        .difference(&current.cells)
        .map(|dir| format!("{}{}", dir.display(), current.reason(dir)))
        .collect();
    let cells = |number: usize| if number == 1 { "1 cell".to_owned() } else { format!("{number} cells") };
    (!missing.is_empty()).then(|| {
        let before = cells(before.cells.len());
        format!(
            "the matrix had {before} in its last run; {} of them {} no longer built: {}",
            missing.len(),
            if missing.len() == 1 { "is" } else { "are" },
            listed(&missing)
        )
    })
}

/// Removes firmware that earlier runs built for cells no longer in `matrix`, or for matrix files that no longer exist.
/// Returns a message if something was removed.
///
/// # Errors
/// A directory can't be removed, or a manifest can't be written.
pub(super) fn remove(layout: &Layout, matrix: &Path, current: Current) -> io::Result<Option<String>> {
    let own = layout.manifest(matrix);
    let manifests = manifests(&layout.manifests());
    let before = manifests.iter().find(|(path, _)| *path == own);
    let before = before.map(|(_, manifest)| manifest.cells.clone()).unwrap_or_default();
    let current = current.with_unknown(&before);
    let mut gone = before.clone();
    let mut kept = current.cells.clone();
    for (path, manifest) in manifests {
        if path == own {
            continue;
        }
        if manifest.matrix.exists() {
            kept.extend(manifest.cells);
        } else {
            gone.extend(manifest.cells);
            std::fs::remove_file(path)?;
        }
    }
    let cells = layout.cells();
    let is_below = |dir: &&PathBuf| dir.components().all(|part| matches!(part, Component::Normal(_)));
    let mut removed = Vec::new();
    for dir in gone.difference(&kept).filter(is_below) {
        if cells.join(dir).is_dir() {
            remove_dir(&cells, dir, &kept)?;
            removed.push(format!("{}{}", dir.display(), current.reason(dir)));
        }
    }
    if before != current.cells {
        std::fs::create_dir_all(layout.manifests())?;
        let manifest = Manifest { matrix: matrix.to_owned(), cells: current.cells };
        write_atomically(&own, &serde_json::to_vec(&manifest)?)?;
    }
    Ok((!removed.is_empty()).then(|| told(&removed)))
}

/// Returns the manifests with their paths. Ignores one that can't be read: its cells stay.
fn manifests(dir: &Path) -> Vec<(PathBuf, Manifest)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |path: PathBuf| {
        let manifest = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        Some((path, manifest))
    };
    entries.filter_map(read).collect()
}

/// Removes `root/dir` except the directories in `kept`, and removes its parent directories that are empty then.
fn remove_dir(root: &Path, dir: &Path, kept: &BTreeSet<PathBuf>) -> io::Result<()> {
    let is_needed =
        |dir: &Path| kept.range(dir.to_owned()..).next().is_some_and(|next| next.starts_with(dir));
    if is_needed(dir) {
        for entry in std::fs::read_dir(root.join(dir))? {
            let entry = entry?;
            let path = dir.join(entry.file_name());
            if kept.contains(&path) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                remove_dir(root, &path, kept)?;
            } else {
                std::fs::remove_file(entry.path())?;
            }
        }
        return Ok(());
    }
    std::fs::remove_dir_all(root.join(dir))?;
    for above in dir.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()) {
        if std::fs::remove_dir(root.join(above)).is_err() {
            break;
        }
    }
    Ok(())
}

fn told(removed: &[String]) -> String {
    let cells = if removed.len() == 1 { "1 cell".to_owned() } else { format!("{} cells", removed.len()) };
    format!("removed what was built for {cells} that the matrix no longer has: {}", listed(removed))
}

/// Returns the first names, and the number of the others.
fn listed(names: &[String]) -> String {
    const MOST: usize = 3;
    let more = names.len().checked_sub(MOST).filter(|more| *more > 0);
    let more = more.map(|more| format!(" and {more} more")).unwrap_or_default();
    format!("{}{more}", names[..names.len().min(MOST)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current(cells: &[&str]) -> Current {
        Current { cells: cells.iter().map(PathBuf::from).collect(), ..Current::default() }
    }

    #[test]
    fn what_a_run_does_not_need_is_not_gone() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path().join("work"));
        let matrix = directory.path().join("m.yml");
        std::fs::write(&matrix, "").unwrap();
        let all = ["esp/A", "esp/builtin/B", "uno/A", "uno/builtin/B"];
        for cell in all {
            std::fs::create_dir_all(layout.cells().join(cell)).unwrap();
        }
        let without = |boards: &[&str], has_roots: bool| {
            let boards = boards.iter().map(|&board| board.into()).collect();
            Current { unknown: NotInstalled { boards, has_roots }, ..current(&["uno/A"]) }
        };
        assert_eq!(remove(&layout, &matrix, current(&all)).unwrap(), None);
        assert_eq!(shrunk(&layout, &matrix, &without(&[], true)), None);
        assert_eq!(remove(&layout, &matrix, without(&[], true)).unwrap(), None);
        // The hardware of esp is unknown; the built-in examples are known to have no such sketch.
        let told = remove(&layout, &matrix, without(&["esp"], false)).unwrap().unwrap();
        assert!(told.ends_with(": uno/builtin/B"), "{told}");
        let told = remove(&layout, &matrix, current(&["uno/A"])).unwrap().unwrap();
        assert!(told.contains("2 cells") && !layout.cells().join("esp").exists(), "{told}");
    }

    #[test]
    fn each_matrix_removes_its_own_and_what_is_nobodys() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path().join("work"));
        let [one, other] = ["one.yml", "other.yml"].map(|name| directory.path().join(name));
        std::fs::write(&one, "").unwrap();
        std::fs::write(&other, "").unwrap();
        let build = |cells: &[&str]| {
            for cell in cells {
                std::fs::create_dir_all(layout.cells().join(cell)).unwrap();
                std::fs::write(layout.cells().join(cell).join("x.hex"), "").unwrap();
            }
        };
        let there = |cell: &str| layout.cells().join(cell).join("x.hex").exists();
        let run = |matrix: &Path, cells: &[&str]| {
            let told = remove(&layout, matrix, current(cells)).unwrap();
            build(cells);
            told
        };
        assert_eq!(shrunk(&layout, &one, &current(&[])), None, "there is no record");
        assert_eq!(run(&one, &["uno/a/A", "uno/a/B", "mega/C"]), None);
        let reasons = HashMap::from([(PathBuf::from("mega/C"), "no LED".to_owned())]);
        assert_eq!(
            shrunk(&layout, &one, &Current { reasons, ..current(&["uno/a/B", "new/D"]) }).unwrap(),
            "the matrix had 3 cells in its last run; 2 of them are no longer built: mega/C (no LED), uno/a/A"
        );
        assert_eq!(shrunk(&layout, &one, &current(&["uno/a/A", "uno/a/B", "mega/C", "new/D"])), None);
        assert_eq!(run(&other, &["uno/a/B", "due/D"]), None);
        // A is no longer in the matrix, and the other matrix has B as well.
        let told = run(&one, &["mega/C"]).unwrap();
        assert_eq!(told, "removed what was built for 1 cell that the matrix no longer has: uno/a/A");
        assert!(!there("uno/a/A") && there("uno/a/B") && there("mega/C"));
        // A directory of sketches has replaced a sketch.
        let told = run(&one, &["mega/C/E"]).unwrap();
        assert!(told.ends_with(": mega/C"), "{told}");
        assert!(!there("mega/C") && there("mega/C/E"));
        // The other matrix file is removed.
        std::fs::remove_file(other).unwrap();
        let reasons = HashMap::from([(PathBuf::from("due/D"), "needs WiFi".to_owned())]);
        let told = remove(&layout, &one, Current { reasons, ..current(&["mega/C/E"]) }).unwrap().unwrap();
        assert!(
            told.ends_with("2 cells that the matrix no longer has: due/D (needs WiFi), uno/a/B"),
            "{told}"
        );
        assert!(!layout.cells().join("due").exists() && there("mega/C/E"));
        assert_eq!(run(&one, &["mega/C/E"]), None);
    }

    #[test]
    fn long_lists_are_cut_and_nothing_outside_is_touched() {
        let names: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert!(told(&names).ends_with("a, b, c and 2 more"));
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path().join("work"));
        std::fs::create_dir_all(directory.path().join("mine")).unwrap();
        let matrix = directory.path().join("m.yml");
        std::fs::create_dir_all(layout.manifests()).unwrap();
        let forged = Manifest { matrix: matrix.clone(), cells: ["../../mine".into()].into() };
        std::fs::write(layout.manifest(&matrix), serde_json::to_vec(&forged).unwrap()).unwrap();
        assert_eq!(remove(&layout, &matrix, current(&[])).unwrap(), None);
        assert!(directory.path().join("mine").is_dir());
    }
}
