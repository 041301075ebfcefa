//! The memory of runs: the hash of each file by its stamp, the scan of a file by its hash, and answers of tools by
//! their key. Ignores a stamp that is too recent to prove that a file is unchanged.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::scan::Scan;
use super::stamp::Stamp;
use crate::fs::{seal, unseal};
use crate::sync::lock;

/// Version of the stored data. A memo of another version is ignored.
const VERSION: u32 = 7;

/// Days after which an unused entry is removed.
const DAYS: u32 = 30;

/// The memory of all runs with one cache directory or, without a cache, in one work directory.
#[derive(Debug, Default)]
pub struct Memo {
    state: Mutex<State>,
    /// The day on which the run began, also after midnight.
    today: Today,
}

/// A day, in days since 1970.
#[derive(Debug, Clone, Copy)]
struct Today(u32);

impl Default for Today {
    fn default() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u32::try_from(since.as_secs() / (24 * 60 * 60)).unwrap_or(0))
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    hashes: Shelf<PathBuf, (Stamp, Key)>,
    scans: Shelf<Key, Arc<Scan>>,
    definitions: Shelf<(Key, String), Arc<[String]>>,
    facts: Shelf<Key, Arc<str>>,
    #[serde(skip)]
    changed: bool,
}

/// A stored hash.
type Key = [u8; 32];

/// Values by key, each with the day of its last use, since 1970.
#[derive(Debug, Serialize, Deserialize)]
struct Shelf<K: Eq + std::hash::Hash, V>(HashMap<K, (V, u32)>);

impl<K: Eq + std::hash::Hash, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + std::hash::Hash, V: Clone> Shelf<K, V> {
    /// Returns the value of `key`. Sets `changed` where the day of its last use changes.
    fn get<Q>(&mut self, key: &Q, today: Today, changed: &mut bool) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + std::hash::Hash + ?Sized,
    {
        let (value, day) = self.0.get_mut(key)?;
        *changed |= *day != today.0;
        *day = today.0;
        Some(value.clone())
    }

    fn put(&mut self, key: K, value: V, today: Today) {
        self.0.insert(key, (value, today.0));
    }

    /// Adds the entries that only `other` has.
    fn add(&mut self, other: Self) {
        for (key, entry) in other.0 {
            self.0.entry(key).or_insert(entry);
        }
    }

    fn forget(&mut self, before: u32) {
        self.0.retain(|_, (_, day)| *day >= before);
    }
}

impl Memo {
    /// Reads a memo. A file that is missing, damaged or of another version gives an empty memo.
    pub fn load(path: &Path) -> Self {
        Self { state: Mutex::new(read(path)), today: Today::default() }
    }

    /// Writes the memo under a temporary name and renames it, if anything in it is new. Keeps what other runs have added
    /// meanwhile; removes entries unused for a month.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let mut state = self.lock();
        if !std::mem::take(&mut state.changed) {
            return Ok(());
        }
        // Concurrent writers would lose each other's entries.
        let guard = std::fs::File::create(path.with_extension("lock"))?;
        guard.lock()?;
        let now = read(path);
        state.hashes.add(now.hashes);
        state.scans.add(now.scans);
        state.definitions.add(now.definitions);
        state.facts.add(now.facts);
        let oldest = self.today.0.saturating_sub(DAYS);
        state.hashes.forget(oldest);
        state.scans.forget(oldest);
        state.definitions.forget(oldest);
        state.facts.forget(oldest);
        let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::write(&temporary, seal(VERSION, &*state))?;
        std::fs::rename(&temporary, path)
    }

    pub(super) fn hash(&self, path: &Path, stamp: &Stamp) -> Option<Hash> {
        let State { hashes, changed, .. } = &mut *self.lock();
        let (known, hash) = hashes.get(path, self.today, changed)?;
        (known == *stamp).then(|| Hash::from_bytes(hash))
    }

    pub(super) fn remember_hash(&self, path: &Path, stamp: Stamp, hash: Hash) {
        if stamp.is_young() {
            return;
        }
        self.remember(|state| state.hashes.put(path.to_owned(), (stamp, *hash.as_bytes()), self.today));
    }

    pub(super) fn scan(&self, hash: &Hash) -> Option<Arc<Scan>> {
        let State { scans, changed, .. } = &mut *self.lock();
        scans.get(hash.as_bytes(), self.today, changed)
    }

    pub(super) fn remember_scan(&self, hash: Hash, scan: Arc<Scan>) {
        self.remember(|state| state.scans.put(*hash.as_bytes(), scan, self.today));
    }

    pub(super) fn definitions(&self, hash: &Hash, name: &str) -> Option<Arc<[String]>> {
        let State { definitions, changed, .. } = &mut *self.lock();
        definitions.get(&(*hash.as_bytes(), name.to_owned()), self.today, changed)
    }

    pub(super) fn remember_definitions(&self, hash: Hash, name: &str, bodies: Arc<[String]>) {
        self.remember(|state| state.definitions.put((*hash.as_bytes(), name.to_owned()), bodies, self.today));
    }

    /// Returns the earlier answer of a tool to the question with this key. The key covers all inputs of the answer.
    pub fn fact(&self, key: &Hash) -> Option<Arc<str>> {
        let State { facts, changed, .. } = &mut *self.lock();
        facts.get(key.as_bytes(), self.today, changed)
    }

    /// Remembers a tool's answer.
    pub fn remember_fact(&self, key: Hash, answer: &str) {
        self.remember(|state| state.facts.put(*key.as_bytes(), answer.into(), self.today));
    }

    fn remember(&self, put: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        put(&mut state);
        state.changed = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn read(path: &Path) -> State {
    std::fs::read(path).ok().and_then(|bytes| unseal(VERSION, &bytes)).unwrap_or_default()
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
    fn what_two_runs_learn_at_a_time_both_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memo");
        let (one, two) = (Memo::load(&path), Memo::load(&path));
        for (memo, name) in [(&one, "one"), (&two, "two")] {
            memo.remember_fact(blake3::hash(name.as_bytes()), name);
            memo.save(&path).unwrap();
        }
        let both = Memo::load(&path);
        for name in ["one", "two"] {
            assert_eq!(both.fact(&blake3::hash(name.as_bytes())).as_deref(), Some(name));
        }
        std::fs::remove_file(&path).unwrap();
        both.save(&path).unwrap();
        assert!(!path.exists(), "nothing is new");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_month() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memo");
        let memo = Memo::default();
        let age = |name: &str, days| {
            let key = blake3::hash(name.as_bytes());
            memo.remember_fact(key, name);
            memo.lock().facts.0.get_mut(key.as_bytes()).unwrap().1 -= days;
        };
        age("old", DAYS + 1);
        age("used", DAYS + 1);
        age("young", DAYS);
        memo.fact(&blake3::hash(b"used"));
        memo.save(&path).unwrap();
        let saved = Memo::load(&path);
        let knows = |name: &str| saved.fact(&blake3::hash(name.as_bytes())).is_some();
        assert_eq!([knows("old"), knows("used"), knows("young")], [false, true, true]);
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
}
