//! Results of earlier runs: the hash of each file by its stamp, the scan of a file by its hash, and answers of tools by
//! key. Ignores a stamp that is too recent to prove that a file is unchanged.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::scan::Scan;
use super::stamp::Stamp;
use crate::fs::{seal, unseal};
use crate::sync::lock;

/// Version of the stored data. A memo of another version is ignored.
const VERSION: u32 = 8;

/// Days after which an unused entry is removed.
const DAYS: u32 = 30;

/// The stored results of all runs with one cache directory or, without a cache, in one work directory.
#[derive(Debug, Default)]
pub struct Memo {
    /// Of files and tools that this run or an earlier one has used.
    all: Part,
    /// Of installed packages. A run without a cache uses them too.
    tools: Part,
    /// Directories of installed packages.
    packages: Vec<PathBuf>,
    /// Read when the first of them is asked for: a run in which nothing has changed needs none.
    texts: OnceLock<Mutex<Texts>>,
    /// Where they are stored.
    stored_texts: Mutex<Option<File>>,
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

/// Paths of a memo.
#[derive(Debug, Clone, Default)]
pub struct MemoPaths {
    /// File of the memo.
    pub memo: PathBuf,
    /// File with what is known of installed packages.
    pub tools: PathBuf,
    /// Directories of installed packages.
    pub packages: Vec<PathBuf>,
}

/// Answers, and whether one of them is new.
#[derive(Debug, Default)]
struct Part {
    answers: Mutex<Answers>,
    changed: AtomicBool,
}

/// Small results, which every run needs.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Answers {
    hashes: Shelf<PathBuf, (Stamp, Key)>,
    facts: Shelf<Key, Arc<str>>,
}

/// Results of reading the contents of files.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Texts {
    scans: Shelf<Key, Arc<Scan>>,
    definitions: Shelf<(Key, String), Arc<[String]>>,
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
    fn get<Q>(&mut self, key: &Q, today: Today, changed: &AtomicBool) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + std::hash::Hash + ?Sized,
    {
        let (value, day) = self.0.get_mut(key)?;
        if *day != today.0 {
            *day = today.0;
            changed.store(true, Ordering::Relaxed);
        }
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

impl Part {
    fn new(answers: Answers) -> Self {
        Self { answers: Mutex::new(answers), changed: AtomicBool::new(false) }
    }

    fn hash(&self, path: &Path, stamp: &Stamp, today: Today) -> Option<Hash> {
        let (known, hash) = lock(&self.answers).hashes.get(path, today, &self.changed)?;
        (known == *stamp).then(|| Hash::from_bytes(hash))
    }

    fn remember_hash(&self, path: &Path, stamp: Stamp, hash: Hash, today: Today) {
        lock(&self.answers).hashes.put(path.to_owned(), (stamp, *hash.as_bytes()), today);
        self.changed.store(true, Ordering::Relaxed);
    }

    fn fact(&self, key: &Hash, today: Today) -> Option<Arc<str>> {
        lock(&self.answers).facts.get(key.as_bytes(), today, &self.changed)
    }

    fn remember_fact(&self, key: Hash, answer: &str, today: Today) {
        lock(&self.answers).facts.put(*key.as_bytes(), answer.into(), today);
        self.changed.store(true, Ordering::Relaxed);
    }

    fn is_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }
}

impl Answers {
    /// Adds what another run has stored meanwhile, and removes entries unused since `oldest`.
    fn merge(&mut self, now: Self, oldest: u32) {
        self.hashes.add(now.hashes);
        self.facts.add(now.facts);
        self.hashes.forget(oldest);
        self.facts.forget(oldest);
    }
}

impl Memo {
    /// Reads a memo. A file that is missing, damaged or of another version gives an empty memo.
    pub fn load(paths: &MemoPaths) -> Self {
        let (answers, stored_texts) = read_answers(&paths.memo);
        Self {
            all: Part::new(answers),
            tools: Part::new(read_tools(&paths.tools)),
            packages: paths.packages.clone(),
            stored_texts: Mutex::new(stored_texts),
            ..Self::default()
        }
    }

    /// Writes the memo under temporary names and renames it, if anything in it is new. Keeps what other runs have added
    /// meanwhile; removes entries unused for a month.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn save(&self, paths: &MemoPaths) -> std::io::Result<()> {
        let oldest = self.today.0.saturating_sub(DAYS);
        if self.tools.is_changed() {
            // A run without a cache may not be able to write there, and does not need it.
            let saved = self.save_tools(&paths.tools, oldest);
            tracing::debug!(?saved, "stored what is known of installed packages");
        }
        if !self.all.is_changed() {
            return Ok(());
        }
        let _guard = guard(&paths.memo)?;
        let (mut texts, mut answers) = (self.texts(), lock(&self.all.answers));
        let (answers_now, stored_now) = read_answers(&paths.memo);
        let texts_now = stored_now.map(read_texts).unwrap_or_default();
        answers.merge(answers_now, oldest);
        texts.scans.add(texts_now.scans);
        texts.definitions.add(texts_now.definitions);
        texts.scans.forget(oldest);
        texts.definitions.forget(oldest);
        let (answers, texts) = (seal(VERSION, &*answers), seal(VERSION, &*texts));
        let lengths = [answers.len() as u64, texts.len() as u64].map(u64::to_le_bytes);
        replace(&paths.memo, &[&lengths.concat(), &answers, &texts])
    }

    fn save_tools(&self, path: &Path, oldest: u32) -> std::io::Result<()> {
        let _guard = guard(path)?;
        let mut tools = lock(&self.tools.answers);
        tools.merge(read_tools(path), oldest);
        replace(path, &[&seal(VERSION, &*tools)])
    }

    pub(super) fn hash(&self, path: &Path, stamp: &Stamp) -> Option<Hash> {
        self.part_of(path).hash(path, stamp, self.today)
    }

    pub(super) fn remember_hash(&self, path: &Path, stamp: Stamp, hash: Hash) {
        if !stamp.is_young() {
            self.part_of(path).remember_hash(path, stamp, hash, self.today);
        }
    }

    fn part_of(&self, path: &Path) -> &Part {
        let is_package = self.packages.iter().any(|packages| path.starts_with(packages));
        if is_package { &self.tools } else { &self.all }
    }

    pub(super) fn scan(&self, hash: &Hash) -> Option<Arc<Scan>> {
        self.texts().scans.get(hash.as_bytes(), self.today, &self.all.changed)
    }

    pub(super) fn remember_scan(&self, hash: Hash, scan: Arc<Scan>) {
        self.texts().scans.put(*hash.as_bytes(), scan, self.today);
        self.all.changed.store(true, Ordering::Relaxed);
    }

    pub(super) fn definitions(&self, hash: &Hash, name: &str) -> Option<Arc<[String]>> {
        let key = (*hash.as_bytes(), name.to_owned());
        self.texts().definitions.get(&key, self.today, &self.all.changed)
    }

    pub(super) fn remember_definitions(&self, hash: Hash, name: &str, bodies: Arc<[String]>) {
        self.texts().definitions.put((*hash.as_bytes(), name.to_owned()), bodies, self.today);
        self.all.changed.store(true, Ordering::Relaxed);
    }

    /// Returns the earlier answer of a tool to the question with this key. The key covers all inputs of the answer.
    pub fn fact(&self, key: &Hash) -> Option<Arc<str>> {
        self.all.fact(key, self.today)
    }

    /// Remembers a tool's answer.
    pub fn remember_fact(&self, key: Hash, answer: &str) {
        self.all.remember_fact(key, answer, self.today);
    }

    /// Returns the earlier answer of a tool to a question that names no source. The key covers all inputs of the answer.
    pub fn tool_fact(&self, key: &Hash) -> Option<Arc<str>> {
        self.tools.fact(key, self.today)
    }

    /// Remembers a tool's answer to a question that names no source.
    pub fn remember_tool_fact(&self, key: Hash, answer: &str) {
        self.tools.remember_fact(key, answer, self.today);
    }

    fn texts(&self) -> MutexGuard<'_, Texts> {
        lock(self.texts.get_or_init(|| {
            let stored = lock(&self.stored_texts).take();
            Mutex::new(stored.map(read_texts).unwrap_or_default())
        }))
    }
}

/// Locks a file for writing: concurrent writers would lose each other's entries.
fn guard(path: &Path) -> std::io::Result<File> {
    let guard = File::create(path.with_extension("lock"))?;
    guard.lock()?;
    Ok(guard)
}

/// Replaces a file as a whole.
fn replace(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, parts.concat())?;
    std::fs::rename(&temporary, path)
}

fn read_tools(path: &Path) -> Answers {
    std::fs::read(path).ok().and_then(|bytes| unseal(VERSION, &bytes)).unwrap_or_default()
}

/// Reads the first part of a memo. Returns the file too, from which [`read_texts`] reads the rest.
///
/// ```text
/// length of the answers: u64, little-endian
/// length of the texts: u64
/// the answers, sealed
/// the texts, sealed
/// ```
fn read_answers(path: &Path) -> (Answers, Option<File>) {
    let read = || {
        let mut file = File::open(path).ok()?;
        let mut lengths = [[0; 8]; 2];
        for length in &mut lengths {
            file.read_exact(length).ok()?;
        }
        let [answers, texts] = lengths.map(u64::from_le_bytes);
        // A truncated file is not read at all.
        let whole = answers.checked_add(texts)?.checked_add(16)?;
        if file.metadata().ok()?.len() != whole {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(answers).ok()?];
        file.read_exact(&mut bytes).ok()?;
        Some((unseal(VERSION, &bytes)?, Some(file)))
    };
    read().unwrap_or_default()
}

/// Reads the second part of a memo.
fn read_texts(mut file: File) -> Texts {
    let mut bytes = Vec::new();
    let read = file.read_to_end(&mut bytes);
    read.ok().and_then(|_| unseal(VERSION, &bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn paths(directory: &Path) -> MemoPaths {
        let at = |name: &str| directory.join(name);
        MemoPaths { memo: at("memo"), tools: at("tools"), packages: vec![at("packages")] }
    }

    #[test]
    fn survives_a_round_trip_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let path = paths.memo.clone();
        let memo = Memo::default();
        memo.remember_fact(blake3::hash(b"question"), "answer");
        memo.save(&paths).unwrap();
        assert_eq!(Memo::load(&paths).fact(&blake3::hash(b"question")).as_deref(), Some("answer"));

        let hash = blake3::hash(b"text");
        memo.remember_scan(hash, Arc::new(scan(b"#include <a.h>\n")));
        memo.save(&paths).unwrap();
        assert_eq!(Memo::load(&paths).scan(&hash), memo.scan(&hash));

        let whole = std::fs::read(&path).unwrap();
        let knows = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let memo = Memo::load(&paths);
            [memo.fact(&blake3::hash(b"question")).is_some(), memo.scan(&hash).is_some()]
        };
        assert_eq!(knows(&whole[..whole.len() - 1]), [false, false], "a torn memo is not believed");
        let altered = |at: usize| {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            altered
        };
        let answers = usize::try_from(u64::from_le_bytes(*whole.first_chunk().unwrap())).unwrap();
        for at in 0..whole.len() {
            // Each part has its own checksum.
            let expected = if at < 16 + answers { [false, at >= 16] } else { [true, false] };
            let [fact, scan] = knows(&altered(at));
            assert!(fact <= expected[0] && scan <= expected[1], "an altered byte {at} is believed");
        }
    }

    #[test]
    fn what_two_runs_learn_at_a_time_both_stays() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let path = paths.memo.clone();
        let (one, two) = (Memo::load(&paths), Memo::load(&paths));
        for (memo, name) in [(&one, "one"), (&two, "two")] {
            memo.remember_fact(blake3::hash(name.as_bytes()), name);
            memo.save(&paths).unwrap();
        }
        let both = Memo::load(&paths);
        for name in ["one", "two"] {
            assert_eq!(both.fact(&blake3::hash(name.as_bytes())).as_deref(), Some(name));
        }
        std::fs::remove_file(&path).unwrap();
        both.save(&paths).unwrap();
        assert!(!path.exists(), "nothing is new");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_month() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let memo = Memo::default();
        let age = |name: &str, days| {
            let key = blake3::hash(name.as_bytes());
            memo.remember_fact(key, name);
            lock(&memo.all.answers).facts.0.get_mut(key.as_bytes()).unwrap().1 -= days;
        };
        age("old", DAYS + 1);
        age("used", DAYS + 1);
        age("young", DAYS);
        memo.fact(&blake3::hash(b"used"));
        memo.save(&paths).unwrap();
        let saved = Memo::load(&paths);
        let knows = |name: &str| saved.fact(&blake3::hash(name.as_bytes())).is_some();
        assert_eq!([knows("old"), knows("used"), knows("young")], [false, true, true]);
    }

    #[test]
    fn a_file_that_was_just_written_is_not_remembered() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.h");
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
    fn what_is_known_of_packages_is_stored_apart() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let question = blake3::hash(b"question");
        let stamp =
            Stamp { mtime_ns: 1, ctime_ns: 1, ..Stamp::of(&std::fs::metadata(directory.path()).unwrap()) };
        let [tool, own] = ["packages/bin/gcc", "a.h"].map(|name| directory.path().join(name));
        let memo = Memo::load(&paths);
        memo.remember_tool_fact(question, "answer");
        for path in [&tool, &own] {
            memo.remember_hash(path, stamp, blake3::hash(b"x"));
        }
        memo.save(&paths).unwrap();
        let knows = || {
            let memo = Memo::load(&paths);
            [
                memo.tool_fact(&question).is_some(),
                memo.hash(&tool, &stamp).is_some(),
                memo.hash(&own, &stamp).is_some(),
            ]
        };
        assert_eq!(knows(), [true; 3]);
        std::fs::remove_file(&paths.memo).unwrap();
        assert_eq!(knows(), [true, true, false]);
        std::fs::write(&paths.tools, "damaged").unwrap();
        assert_eq!(knows(), [false; 3]);
    }
}
