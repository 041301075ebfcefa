//! Recorded inputs as values. Sets are shared: the cells of a board read mostly the same files.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::includes::Hash as ContentHash;

/// The first half of a content hash.
pub type Digest = [u8; 16];

/// Files in the order of their paths, each once.
pub type FileSet = Arc<[Arc<InputFile>]>;

/// Hashes of file names that includes mention ([`mention`]), sorted.
pub type Mentions = Arc<[u32]>;

/// A file of the checkout that a build can read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputFile {
    /// Path relative to the checkout.
    pub path: Arc<str>,
    /// Hash of its content.
    pub digest: Digest,
    /// File names that its includes mention, in any branch.
    pub mentions: Mentions,
}

/// Identifies a cell among those of all matrices that share a cache directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellName {
    /// The matrix file, relative to the checkout.
    pub matrix: Arc<str>,
    /// The board's name in the matrix.
    pub board: Arc<str>,
    /// The sketch's name in the matrix.
    pub sketch: Arc<str>,
}

/// The inputs of a cell's last successful build.
#[derive(Debug, Clone)]
pub struct CellInputs {
    /// Hash of everything that the plan says of the cell: properties, tools, libraries outside the checkout.
    pub definition: Digest,
    /// What the build can read.
    pub reach: Reach,
    /// Directories of the libraries that are compiled, with links resolved; relative to the checkout.
    pub libraries: Vec<Arc<str>>,
    /// Key of its core.
    pub core: Digest,
    /// The checkout at that time.
    pub snapshot: Arc<Snapshot>,
    /// Days since the Unix epoch when the record was last confirmed.
    pub day: u32,
}

/// What a build can read.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Files.
    pub files: Vec<FileSet>,
    /// File names that files outside the checkout, or generated ones, mention.
    pub mentions: Vec<Mentions>,
    /// Directories in which every file is an input; relative to the checkout.
    pub trees: Vec<Arc<str>>,
    /// Reason why the build may read other files, if it may.
    pub unknown: Option<Arc<str>>,
}

/// A checkout at the time of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Snapshot {
    /// Hash of the path of each file that Git knows or that is untracked and not ignored, sorted.
    pub paths: Vec<u64>,
    /// Files that planning reads, with the hashes of their contents: the matrix, its lock file, descriptions of platforms
    /// and libraries. Sorted by path.
    pub plan: Vec<(Arc<str>, Digest)>,
    /// Files and directories behind symbolic links: the resolved path, and the path as a build names it.
    pub links: Vec<(Arc<str>, Arc<str>)>,
}

impl Snapshot {
    /// Returns the hash of a path.
    pub fn path_hash(path: &str) -> u64 {
        let hash = blake3::hash(path.as_bytes());
        hash.as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes)
    }

    /// Returns whether the checkout had a file at this path.
    pub fn had(&self, path: &str) -> bool {
        self.paths.binary_search(&Self::path_hash(path)).is_ok()
    }

    /// Returns the content hash of a file that planning reads, if it was there.
    pub fn plan_digest(&self, path: &str) -> Option<&Digest> {
        let at = self.plan.binary_search_by(|(other, _)| (**other).cmp(path)).ok()?;
        Some(&self.plan[at].1)
    }
}

impl Reach {
    /// Returns the file at this path, if the build can read it.
    pub fn file(&self, path: &str) -> Option<&Arc<InputFile>> {
        self.files.iter().find_map(|set| {
            let at = set.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
            Some(&set[at])
        })
    }
}

/// Returns the first half of a hash.
pub fn digest_of(hash: &ContentHash) -> Digest {
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// Returns the hash of the last part of a name in an include. Equal hashes of different names only add affected cells.
pub fn mention(name: &str) -> u32 {
    let last = name.rsplit('/').next().unwrap_or(name);
    blake3::hash(last.as_bytes()).as_bytes().first_chunk().copied().map_or(0, u32::from_le_bytes)
}
