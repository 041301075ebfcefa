//! What may happen to the work directory and the cache directory between two runs.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};

use super::dice::Dice;
use super::{checkout, tree};
use crate::support::Workspace;

/// What a file in the directories that the program keeps is.
const KINDS: [(&str, &str); 13] = [
    ("", ".o"),
    ("", ".json"),
    ("", ".a"),
    ("", ".elf"),
    ("", ".hex"),
    ("", "memo"),
    ("", "scans"),
    ("/cache/", "tools"),
    ("", "known"),
    ("", ".cpp"),
    ("/cache/zccache", ""),
    ("/cache/", ""),
    ("", ""),
];

/// Directories that go as a whole.
const DIRECTORIES: [&str; 9] = [
    "project/.fbuild-matrix",
    "project/.fbuild-matrix/units",
    "project/.fbuild-matrix/cores",
    "project/.fbuild-matrix/cells",
    "project/.fbuild-matrix/cells/one/s/A",
    "project/.fbuild-matrix/sketches",
    "project/.fbuild-matrix/reports",
    "cache/zccache",
    "cache",
];

/// Does some damage, and says what.
pub(super) fn damage(workspace: &Workspace, dice: &mut Dice) -> String {
    let root = workspace.path("..");
    if dice.one_in(8) {
        return checkout::lead_elsewhere(workspace, dice.one_in(2));
    }
    if dice.one_in(5) {
        let directory = *dice.pick(&DIRECTORIES).unwrap();
        for path in kept(&root).into_iter().filter(|path| path.starts_with(root.join(directory))) {
            tree::remove(&path);
        }
        return format!("removed what is in {directory}");
    }
    let all = kept(&root);
    let mut done = Vec::new();
    let (part, end) = *dice.pick(&KINDS).unwrap();
    let files: Vec<PathBuf> = all
        .into_iter()
        .filter(|path| {
            let text = path.to_str().unwrap();
            text.contains(part) && text.ends_with(end) && path.file_name().is_some_and(|name| name != ".lock")
        })
        .collect();
    // One, or every one of them.
    let every = dice.one_in(6);
    let how = dice.below(6);
    for _ in 0..if every { files.len() } else { 1 } {
        let Some(path) = dice.pick(&files) else { continue };
        let Some(what) = harm(path, &files, how, dice) else { continue };
        done.push(format!("{what} {}", path.strip_prefix(&root).unwrap().display()));
    }
    let more = done.len().saturating_sub(3);
    done.truncate(3);
    if more > 0 {
        done.push(format!("and {more} more"));
    }
    if done.is_empty() { "found nothing to damage".to_owned() } else { done.join(", ") }
}

fn harm(path: &Path, others: &[PathBuf], how: usize, dice: &mut Dice) -> Option<&'static str> {
    let bytes = fs::read(path).ok()?;
    let modified = fs::metadata(path).unwrap().modified().unwrap();
    match how {
        0 => {
            fs::remove_file(path).unwrap();
            return Some("deleted");
        }
        1 => {
            File::options().write(true).open(path).unwrap().set_len(bytes.len() as u64 / 2).unwrap();
            return Some("cut");
        }
        2 => {
            fs::write(path, "").unwrap();
            return Some("emptied");
        }
        3 => {
            // Whole, and another's.
            let other = dice.pick(others)?;
            let bytes = fs::read(other).ok()?;
            fs::remove_file(path).unwrap();
            fs::write(path, bytes).unwrap();
            return Some("put another's content into");
        }
        _ => {}
    }
    if bytes.is_empty() {
        return None;
    }
    let mut altered = bytes;
    let at = dice.below(altered.len());
    altered[at] ^= 1 << dice.below(8);
    // In place, for all its names, or under a new inode.
    let what = if how == 4 {
        "altered"
    } else {
        fs::remove_file(path).unwrap();
        "replaced, altered,"
    };
    fs::write(path, altered).unwrap();
    File::open(path).unwrap().set_times(FileTimes::new().set_modified(modified)).unwrap();
    Some(what)
}

/// The files that the program keeps.
fn kept(root: &Path) -> Vec<PathBuf> {
    ["project/.fbuild-matrix", "cache"]
        .iter()
        .flat_map(|directory| walkdir::WalkDir::new(root.join(directory)).sort_by_file_name())
        // The first run has not been yet, or the directory was removed.
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}
