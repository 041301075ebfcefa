//! Results of earlier runs: the hash of each file by its stamp, the scan of a file by its hash, and answers of tools by
//! key. Ignores a stamp that is too recent to prove that a file is unchanged.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::scan::Scan;
use super::stamp::Stamp;
use super::stored::{Stored, Table};

/// Days after which an unused entry is removed.
const DAYS: u32 = 30;

/// The stored results of all runs with one cache directory or, without a cache, in one work directory.
#[derive(Debug, Default)]
pub struct Memo {
    /// Hashes of files, and answers about sources.
    answers: Stored<Answers>,
    /// Hashes of installed files, and answers that concern no source. A run without a cache uses them too.
    tools: Stored<Answers>,
    /// Contents of files. A run in which nothing has changed does not read them.
    texts: Stored<Texts>,
    /// Beginnings of the paths of installed files.
    packages: Vec<Vec<u8>>,
    /// The day on which the run began, also after midnight.
    today: Today,
}

/// Paths of a memo.
#[derive(Debug, Clone)]
pub struct MemoPaths {
    /// File with the hashes of files and the answers about sources.
    pub memo: PathBuf,
    /// File with the scans of files.
    pub scans: PathBuf,
    /// File with facts about installed packages.
    pub tools: PathBuf,
    /// Directories of installed packages.
    pub packages: [PathBuf; 3],
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
    /// Returns the value of `key`. Calls `renewed` if the day of its last use changes.
    fn get<Q>(&mut self, key: &Q, today: Today, renewed: impl FnOnce()) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + std::hash::Hash + ?Sized,
    {
        let (value, day) = self.0.get_mut(key)?;
        if *day != today.0 {
            *day = today.0;
            renewed();
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

impl Table for Answers {
    fn add(&mut self, other: Self) {
        self.hashes.add(other.hashes);
        self.facts.add(other.facts);
    }

    fn forget(&mut self, before: u32) {
        self.hashes.forget(before);
        self.facts.forget(before);
    }
}

impl Table for Texts {
    fn add(&mut self, other: Self) {
        self.scans.add(other.scans);
        self.definitions.add(other.definitions);
    }

    fn forget(&mut self, before: u32) {
        self.scans.forget(before);
        self.definitions.forget(before);
    }
}

impl Stored<Answers> {
    fn fact(&self, key: &Hash, today: Today) -> Option<Arc<str>> {
        self.get().facts.get(key.as_bytes(), today, || self.set_changed())
    }
}

impl Memo {
    /// Reads a memo. A file that is missing, damaged or of another version counts as empty.
    pub fn load(paths: &MemoPaths) -> Self {
        // Compilers name their files without symbolic links.
        let physical = paths.packages.iter().filter_map(|packages| packages.canonicalize().ok());
        let mut packages: Vec<PathBuf> = paths.packages.iter().cloned().chain(physical).collect();
        packages.sort();
        packages.dedup();
        let memo = Self {
            answers: Stored::new(paths.memo.clone()),
            tools: Stored::new(paths.tools.clone()),
            texts: Stored::new(paths.scans.clone()),
            packages: packages
                .iter()
                .map(|path| path.join("").into_os_string().into_encoded_bytes())
                .collect(),
            today: Today::default(),
        };
        // Now, because the threads of the runtime ask for them.
        drop((memo.answers.get(), memo.tools.get()));
        memo
    }

    /// Writes what is new. Keeps what other runs have added meanwhile; removes entries unused for a month.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn save(&self) -> std::io::Result<()> {
        let oldest = self.today.0.saturating_sub(DAYS);
        // A run without a cache may not be able to write there, and does not need it.
        let saved = self.tools.save(oldest);
        tracing::debug!(?saved, "stored facts about installed packages");
        self.answers.save(oldest)?;
        self.texts.save(oldest)
    }

    pub(super) fn hash(&self, path: &Path, stamp: &Stamp) -> Option<Hash> {
        let stored = self.with_hash_of(path);
        let (known, hash) = stored.get().hashes.get(path, self.today, || stored.set_changed())?;
        (known == *stamp).then(|| Hash::from_bytes(hash))
    }

    pub(super) fn remember_hash(&self, path: &Path, stamp: Stamp, hash: Hash) {
        if !stamp.is_young() {
            let mut table = self.with_hash_of(path).change();
            table.hashes.put(path.to_owned(), (stamp, *hash.as_bytes()), self.today);
        }
    }

    /// Returns the table that has the hash of a file.
    fn with_hash_of(&self, path: &Path) -> &Stored<Answers> {
        let path = path.as_os_str().as_encoded_bytes();
        let is_installed = self.packages.iter().any(|packages| path.starts_with(packages));
        if is_installed { &self.tools } else { &self.answers }
    }

    pub(super) fn scan(&self, hash: &Hash) -> Option<Arc<Scan>> {
        self.texts.get().scans.get(hash.as_bytes(), self.today, || self.texts.set_changed())
    }

    pub(super) fn remember_scan(&self, hash: Hash, scan: Arc<Scan>) {
        self.texts.change().scans.put(*hash.as_bytes(), scan, self.today);
    }

    pub(super) fn definitions(&self, hash: &Hash, name: &str) -> Option<Arc<[String]>> {
        let key = (*hash.as_bytes(), name.to_owned());
        self.texts.get().definitions.get(&key, self.today, || self.texts.set_changed())
    }

    pub(super) fn remember_definitions(&self, hash: Hash, name: &str, bodies: Arc<[String]>) {
        self.texts.change().definitions.put((*hash.as_bytes(), name.to_owned()), bodies, self.today);
    }

    /// Returns the earlier answer of a tool to the question with this key. The key covers all inputs of the answer.
    pub fn fact(&self, key: &Hash) -> Option<Arc<str>> {
        self.answers.fact(key, self.today)
    }

    /// Remembers a tool's answer.
    pub fn remember_fact(&self, key: Hash, answer: &str) {
        self.answers.change().facts.put(*key.as_bytes(), answer.into(), self.today);
    }

    /// Returns the earlier answer of a tool to a question that names no source. The key covers all inputs of the answer.
    pub fn tool_fact(&self, key: &Hash) -> Option<Arc<str>> {
        self.tools.fact(key, self.today)
    }

    /// Remembers a tool's answer to a question that names no source.
    pub fn remember_tool_fact(&self, key: Hash, answer: &str) {
        self.tools.change().facts.put(*key.as_bytes(), answer.into(), self.today);
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn paths(directory: &Path) -> MemoPaths {
        let at = |name: &str| directory.join(name);
        MemoPaths {
            memo: at("memo"),
            scans: at("scans"),
            tools: at("tools"),
            packages: [at("packages"), at("python"), at("arduino")],
        }
    }

    #[test]
    fn survives_a_round_trip_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let (question, text) = (blake3::hash(b"question"), blake3::hash(b"text"));
        let memo = Memo::load(&paths);
        memo.remember_fact(question, "answer");
        memo.remember_scan(text, Arc::new(scan(b"#include <a.h>\n")));
        memo.save().unwrap();
        let saved = Memo::load(&paths);
        assert_eq!(saved.fact(&question).as_deref(), Some("answer"));
        assert_eq!(saved.scan(&text), memo.scan(&text));

        let knows = || {
            let memo = Memo::load(&paths);
            [memo.fact(&question).is_some(), memo.scan(&text).is_some()]
        };
        for (path, expected) in [(&paths.memo, [false, true]), (&paths.scans, [true, false])] {
            let whole = std::fs::read(path).unwrap();
            for at in 0..whole.len() {
                std::fs::write(path, &whole[..at]).unwrap();
                assert_eq!(knows(), expected, "{at} bytes of a torn file are believed");
                let mut altered = whole.clone();
                altered[at] ^= 1;
                std::fs::write(path, &altered).unwrap();
                assert_eq!(knows(), expected, "an altered byte {at} is believed");
            }
            std::fs::write(path, whole).unwrap();
        }
        assert_eq!(knows(), [true, true]);
    }

    #[test]
    fn what_two_runs_learn_at_a_time_both_stays() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let path = paths.memo.clone();
        let (one, two) = (Memo::load(&paths), Memo::load(&paths));
        for (memo, name) in [(&one, "one"), (&two, "two")] {
            memo.remember_fact(blake3::hash(name.as_bytes()), name);
            memo.save().unwrap();
        }
        let both = Memo::load(&paths);
        for name in ["one", "two"] {
            assert_eq!(both.fact(&blake3::hash(name.as_bytes())).as_deref(), Some(name));
        }
        std::fs::remove_file(&path).unwrap();
        both.save().unwrap();
        assert!(!path.exists(), "nothing is new");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_month() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let memo = Memo::load(&paths);
        let age = |name: &str, days| {
            let key = blake3::hash(name.as_bytes());
            memo.remember_fact(key, name);
            memo.answers.get().facts.0.get_mut(key.as_bytes()).unwrap().1 -= days;
        };
        age("old", DAYS + 1);
        age("used", DAYS + 1);
        age("young", DAYS);
        memo.fact(&blake3::hash(b"used"));
        memo.save().unwrap();
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
        memo.save().unwrap();
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
