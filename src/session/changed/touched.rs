//! Changes in the form in which they are compared with the inputs of a cell. Knows no record.

use std::collections::{BTreeMap, HashMap};

use super::git::Change;
use super::places::{Owner, Places};
use crate::cache::inputs::{Digest, FileSet, Reach, Snapshot, mention};

/// A reason why a cell is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// For users, without a full stop.
    pub(super) text: String,
    /// The changed file, relative to the checkout.
    pub(super) file: Option<String>,
}

impl Reason {
    pub(super) fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), file: None }
    }

    pub(super) fn file(file: &str, text: impl Into<String>) -> Self {
        Self { text: text.into(), file: Some(file.to_owned()) }
    }
}

/// Changed files, by what they can affect.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Changed files under each name that a build may have for them.
    files: HashMap<String, String>,
    trees: Vec<String>,
    /// Files that were added or deleted, by the hash of their name.
    names: HashMap<u32, String>,
    /// Files that no record knows, by what they belong to.
    pub(super) owners: BTreeMap<Owner, Vec<String>>,
    /// Descriptions of libraries, by the library's directory, with the hashes of its headers' names.
    pub(super) descriptions: BTreeMap<String, (String, Vec<u32>)>,
    /// Files that planning reads.
    pub(super) plan: Vec<String>,
}

impl Touched {
    /// Sorts changes. `is_known` tells whether a record has the file; `snapshot` is the checkout of the records that are
    /// compared.
    pub(super) fn new<'c>(
        changes: impl Iterator<Item = (&'c str, Change)>,
        trees: &[String],
        snapshot: &Snapshot,
        places: &Places,
        is_known: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut touched = Self { trees: trees.to_vec(), ..Self::default() };
        for (path, change) in changes {
            let names = spellings(path, snapshot);
            let known = names.iter().any(|name| is_known(name));
            for name in names {
                touched.files.insert(name, path.to_owned());
            }
            // A build that had the file, or had it not, is in its record: only another build can be affected.
            if change != Change::Modified && !snapshot.had(path) {
                touched.names.insert(mention(path), path.to_owned());
            }
            if let Some(library) = places.descriptions.get(path) {
                touched.describe(library, path, places);
            } else if places.plan_files.contains(path) {
                touched.plan.push(path.to_owned());
            } else if !known && let Some(owner) = places.owner(path) {
                touched.owners.entry(owner).or_default().push(path.to_owned());
            }
        }
        touched
    }

    /// Adds a changed description of a library.
    pub(super) fn describe(&mut self, library: &str, path: &str, places: &Places) {
        let headers = places.headers(library).iter().map(|name| mention(name)).collect();
        self.descriptions.insert(library.to_owned(), (path.to_owned(), headers));
    }

    /// Returns a changed file of a set.
    pub(super) fn file_in(&self, set: &FileSet) -> Option<&str> {
        let exact = if self.files.len() < set.len() {
            let is_in = |name: &&String| set.binary_search_by(|file| (*file.path).cmp(name.as_str())).is_ok();
            self.files.keys().find(is_in).and_then(|name| self.files.get(name))
        } else {
            set.iter().find_map(|file| self.files.get(&*file.path))
        };
        exact.map(String::as_str).or_else(|| {
            let is_below = |tree: &&String| set.iter().any(|file| is_below(&file.path, tree));
            self.trees.iter().find(is_below).map(String::as_str)
        })
    }

    /// Returns a changed file in one of the directories of a cell that are inputs as a whole.
    pub(super) fn file_below(&self, reach: &Reach) -> Option<&str> {
        let is_below = |path: &str| reach.trees.iter().any(|tree| is_below(path, tree));
        let file = self.files.iter().find(|(name, _)| is_below(name)).map(|(_, path)| path.as_str());
        file.or_else(|| {
            let meets = |changed: &&String| {
                reach.trees.iter().any(|tree| is_below(tree) || self::is_below(tree, changed))
            };
            self.trees.iter().find(meets).map(String::as_str)
        })
    }

    /// Returns a file that was added or deleted, if one of these hashes is that of its name.
    pub(super) fn named(&self, mut mentions: impl Iterator<Item = u32>) -> Option<&str> {
        if self.names.is_empty() {
            return None;
        }
        mentions.find_map(|mention| self.names.get(&mention)).map(String::as_str)
    }
}

/// Returns the names under which a build may know a file: its own, and those through symbolic links.
fn spellings(path: &str, snapshot: &Snapshot) -> Vec<String> {
    let mut names = vec![path.to_owned()];
    for (real, link) in &snapshot.links {
        if let Some(rest) = path.strip_prefix(&**real)
            && (rest.is_empty() || rest.starts_with('/'))
        {
            names.push(format!("{link}{rest}"));
        }
    }
    names
}

/// Whether a path is a directory, or below it.
fn is_below(path: &str, directory: &str) -> bool {
    directory.is_empty()
        || path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns the hash of a file's content; `None` if it can't be read.
pub(super) fn digest_at(root: &std::path::Path, path: &str) -> Option<Digest> {
    let mut hasher = blake3::Hasher::new();
    let path = root.join(path);
    if !path.is_file() {
        return None;
    }
    hasher.update_reader(std::fs::File::open(path).ok()?).ok()?;
    Some(crate::cache::inputs::digest_of(&hasher.finalize()))
}
