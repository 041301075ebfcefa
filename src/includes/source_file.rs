//! A source file of a run. Reads nothing but its own `stat`.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use super::hash::{Hash, digest};
use super::listing::Listing;
use super::mentions::Mentions;
use super::scan::Scan;
use super::stamp::Stamp;
use crate::sync::lock;

/// Identifies a file within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub(super) u32);

/// A file with its content hash, its scan, and tables of answers about it.
#[derive(Debug)]
pub struct SourceFile {
    /// Its id within the run.
    pub id: FileId,
    /// Its path as requested; two spellings are two files.
    pub path: Arc<Path>,
    /// Hash of its content.
    pub hash: Hash,
    /// Its scan.
    pub scan: Arc<Scan>,
    stamp: Stamp,
    /// The listing of its directory, and its digests, computed on first use.
    beside: OnceLock<Arc<Listing>>,
    digest: OnceLock<Hash>,
    keyed: OnceLock<Hash>,
    /// The bodies of macros in it, by name. A list, as few names are requested of many files.
    definitions: Mutex<Vec<(String, Arc<[String]>)>>,
    /// Its mentions of identifiers, by name.
    mentions: Mutex<Vec<(String, Mentions)>>,
}

impl SourceFile {
    /// Returns a file with empty tables.
    pub(super) fn new(id: FileId, path: &Path, hash: Hash, scan: Arc<Scan>, stamp: Stamp) -> Self {
        Self {
            id,
            path: path.into(),
            hash,
            scan,
            stamp,
            beside: OnceLock::new(),
            digest: OnceLock::new(),
            keyed: OnceLock::new(),
            definitions: Mutex::default(),
            mentions: Mutex::default(),
        }
    }

    /// Returns whether `stat` still returns what it returned when the file was hashed.
    pub fn is_unchanged(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| Stamp::of(&metadata) == self.stamp)
    }

    /// Returns its size in bytes when it was hashed.
    pub fn size(&self) -> u64 {
        self.stamp.size_and_time().0
    }

    /// Returns the hash of path and content.
    pub fn digest(&self) -> Hash {
        *self.digest.get_or_init(|| digest(self.path.as_os_str(), &self.hash))
    }

    /// Returns the hash that `make` returns for this file. All callers in a run use the same `make`.
    pub fn keyed_digest(&self, make: impl FnOnce() -> Hash) -> Hash {
        *self.keyed.get_or_init(make)
    }

    /// Returns the names in its directory, listed by `list` on first use.
    pub(super) fn beside(&self, list: impl FnOnce(&Path) -> Arc<Listing>) -> &Listing {
        self.beside.get_or_init(|| list(self.path.parent().unwrap_or(Path::new("/"))))
    }

    /// Returns the bodies of the macro `name`, found by `find` on first use. Concurrent callers wait for one search.
    pub(super) fn definitions(&self, name: &str, find: impl FnOnce() -> Arc<[String]>) -> Arc<[String]> {
        once_per_name(&self.definitions, name, find)
    }

    /// Returns the mentions of the identifier `name`, found by `find` on first use.
    pub(super) fn mentions(&self, name: &str, find: impl FnOnce() -> Mentions) -> Mentions {
        once_per_name(&self.mentions, name, find)
    }
}

/// Returns the entry of `name`, made by `make` where it is missing.
fn once_per_name<T: Clone>(table: &Mutex<Vec<(String, T)>>, name: &str, make: impl FnOnce() -> T) -> T {
    // A panic elsewhere leaves the table valid: each change is one push.
    let mut table = lock(table);
    if let Some((_, known)) = table.iter().find(|(known, _)| known == name) {
        return known.clone();
    }
    let made = make();
    table.push((name.to_owned(), made.clone()));
    made
}
