//! Remembers, from run to run, the hash of each file by what `stat` says of it, and what files with
//! a given hash say. Never decides that a file is unchanged when `stat` could not have told.

use std::collections::HashMap;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Hash, Scan};

/// Raised when the meaning of the stored data changes; another version's memo is not read.
const VERSION: u32 = 3;

/// A file whose times are younger than this when it is hashed is hashed again next time: the clock of
/// a file system is coarse, and a second write within one tick would leave the same stamp.
const RACY_NS: i128 = 2_000_000_000;

/// What `stat` says of a file: a change of content changes it, unless it happens within one tick of
/// the file system's clock (`ctime` can't be set back by a user).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    mtime_ns: i128,
    ctime_ns: i128,
}

impl Stamp {
    /// The stamp of a file.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            mtime_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
            ctime_ns: i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()),
        }
    }

    /// What two copies of a file share, if the copier minds the time.
    pub(super) fn size_and_time(&self) -> (u64, i128) {
        (self.size, self.mtime_ns)
    }

    fn is_racy(&self, now_ns: i128) -> bool {
        now_ns - self.mtime_ns.max(self.ctime_ns) < RACY_NS
    }
}

/// The memo of one work folder.
#[derive(Debug, Default)]
pub struct Memo {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hashes: HashMap<PathBuf, (Stamp, Hash)>,
    scans: HashMap<Hash, Arc<Scan>>,
    definitions: HashMap<(Hash, String), Arc<[String]>>,
    facts: HashMap<Hash, Arc<str>>,
    changed: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    hashes: Vec<(PathBuf, Stamp, [u8; 32])>,
    scans: Vec<([u8; 32], Scan)>,
    definitions: Vec<([u8; 32], String, Vec<String>)>,
    facts: Vec<([u8; 32], String)>,
}

impl Memo {
    /// Reads a memo. One that is missing, torn or of another version is an empty one.
    pub fn load(path: &Path) -> Self {
        let state = std::fs::read(path).ok().and_then(|bytes| decode(&bytes)).unwrap_or_default();
        Self { state: Mutex::new(state) }
    }

    /// Writes the memo to a temporary name and renames it, if anything in it is new.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let bytes = {
            let mut state = self.lock();
            if !std::mem::take(&mut state.changed) {
                return Ok(());
            }
            encode(&state)
        };
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::write(&temporary, bytes)?;
        std::fs::rename(&temporary, path)
    }

    pub(super) fn hash(&self, path: &Path, stamp: &Stamp) -> Option<Hash> {
        let state = self.lock();
        let (known, hash) = state.hashes.get(path)?;
        (known == stamp).then_some(*hash)
    }

    pub(super) fn remember_hash(&self, path: &Path, stamp: Stamp, hash: Hash) {
        if stamp.is_racy(now_ns()) {
            return;
        }
        let mut state = self.lock();
        state.hashes.insert(path.to_owned(), (stamp, hash));
        state.changed = true;
    }

    pub(super) fn scan(&self, hash: &Hash) -> Option<Arc<Scan>> {
        self.lock().scans.get(hash).cloned()
    }

    pub(super) fn remember_scan(&self, hash: Hash, scan: Arc<Scan>) {
        let mut state = self.lock();
        state.scans.insert(hash, scan);
        state.changed = true;
    }

    pub(super) fn definitions(&self, hash: &Hash, name: &str) -> Option<Arc<[String]>> {
        self.lock().definitions.get(&(*hash, name.to_owned())).cloned()
    }

    pub(super) fn remember_definitions(&self, hash: Hash, name: &str, bodies: Arc<[String]>) {
        let mut state = self.lock();
        state.definitions.insert((hash, name.to_owned()), bodies);
        state.changed = true;
    }

    /// What a tool answered earlier to a question with this key. The key holds everything that the
    /// answer depends on.
    pub fn fact(&self, key: &Hash) -> Option<Arc<str>> {
        self.lock().facts.get(key).cloned()
    }

    /// Remembers a tool's answer.
    pub fn remember_fact(&self, key: Hash, answer: &str) {
        let mut state = self.lock();
        state.facts.insert(key, answer.into());
        state.changed = true;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic elsewhere leaves the maps whole: each change is one insert.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now_ns() -> i128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| i128::try_from(now.as_nanos()).unwrap_or(0))
}

/// `version · checksum · postcard`: a memo that was cut off or altered is not believed.
fn encode(state: &State) -> Vec<u8> {
    let stored = Stored {
        hashes: state
            .hashes
            .iter()
            .map(|(path, (stamp, hash))| (path.clone(), *stamp, *hash.as_bytes()))
            .collect(),
        scans: state.scans.iter().map(|(hash, scan)| (*hash.as_bytes(), (**scan).clone())).collect(),
        definitions: state
            .definitions
            .iter()
            .map(|((hash, name), bodies)| (*hash.as_bytes(), name.clone(), bodies.to_vec()))
            .collect(),
        facts: state.facts.iter().map(|(key, answer)| (*key.as_bytes(), answer.to_string())).collect(),
    };
    let body = postcard::to_stdvec(&stored).unwrap_or_default();
    let mut bytes = VERSION.to_le_bytes().to_vec();
    bytes.extend_from_slice(blake3::hash(&body).as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

fn decode(bytes: &[u8]) -> Option<State> {
    let (version, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, body) = rest.split_first_chunk::<32>()?;
    if u32::from_le_bytes(*version) != VERSION || blake3::hash(body).as_bytes() != checksum {
        return None;
    }
    let stored: Stored = postcard::from_bytes(body).ok()?;
    Some(State {
        hashes: stored
            .hashes
            .into_iter()
            .map(|(path, stamp, hash)| (path, (stamp, Hash::from_bytes(hash))))
            .collect(),
        scans: stored
            .scans
            .into_iter()
            .map(|(hash, scan)| (Hash::from_bytes(hash), Arc::new(scan)))
            .collect(),
        definitions: stored
            .definitions
            .into_iter()
            .map(|(hash, name, bodies)| ((Hash::from_bytes(hash), name), bodies.into()))
            .collect(),
        facts: stored.facts.into_iter().map(|(key, answer)| (Hash::from_bytes(key), answer.into())).collect(),
        changed: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_a_round_trip_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memo");
        let memo = Memo::default();
        memo.remember_fact(blake3::hash(b"question"), "answer");
        memo.save(&path).unwrap();
        assert_eq!(Memo::load(&path).fact(&blake3::hash(b"question")).as_deref(), Some("answer"));

        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(Memo::load(&path).fact(&blake3::hash(b"question")), None, "a torn memo is not believed");
        let mut altered = whole.clone();
        *altered.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &altered).unwrap();
        assert_eq!(
            Memo::load(&path).fact(&blake3::hash(b"question")),
            None,
            "an altered memo is not believed"
        );
    }

    #[test]
    fn a_file_that_was_just_written_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.h");
        std::fs::write(&file, "x").unwrap();
        let stamp = Stamp::of(&std::fs::metadata(&file).unwrap());
        let memo = Memo::default();
        memo.remember_hash(&file, stamp, blake3::hash(b"x"));
        assert_eq!(memo.hash(&file, &stamp), None);

        let old = Stamp { mtime_ns: 1, ctime_ns: 1, ..stamp };
        memo.remember_hash(&file, old, blake3::hash(b"x"));
        assert_eq!(memo.hash(&file, &old), Some(blake3::hash(b"x")));
        assert_eq!(memo.hash(&file, &Stamp { ctime_ns: 2, ..old }), None, "ctime alone decides too");
    }

    #[test]
    fn only_a_file_that_has_been_still_for_a_while_is_not_racy() {
        let stamp = Stamp { device: 1, inode: 1, size: 1, mtime_ns: 10, ctime_ns: 20 };
        assert!(stamp.is_racy(20 + RACY_NS - 1), "the younger of the two times counts");
        assert!(!stamp.is_racy(20 + RACY_NS));
        let future = Stamp { mtime_ns: i128::from(u64::MAX), ..stamp };
        assert!(future.is_racy(20 + 2 * RACY_NS), "a time in the future says nothing");
    }
}
