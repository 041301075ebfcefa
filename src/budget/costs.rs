//! Time and peak memory of steps in earlier runs, from which priorities and memory requests are made. They affect only
//! the order of steps, so unreadable data counts as unknown, and the last writer wins.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::fs::{seal, unseal, write_atomically};
use crate::sync::lock;

/// Version of the stored data. A file of another version is ignored.
const VERSION: u32 = 1;

/// Days after which an unused entry is removed.
const DAYS: u32 = 30;

/// Limit of stored entries (some 20 bytes each).
const MOST: usize = 20_000;

/// Assumed memory of a step that ended before it was measured: a compile of 80 ms for AVR touches 17 to 22 MiB (GNU
/// time).
const LITTLE: u64 = 64 << 20;

/// Limit of the total size of a kind's measurements, after which the older ones count half.
const ENOUGH: u64 = 1 << 24;

/// Name of a step: a hash of the words that identify it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CostName(u64);

impl CostName {
    /// Returns the name made from these words.
    pub fn new(words: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for word in words {
            hasher.update(&word.len().to_le_bytes()).update(word);
        }
        let mut start = [0; 8];
        start.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(u64::from_le_bytes(start))
    }

    /// Returns the name of a part of this step.
    #[must_use]
    pub fn with(self, word: &[u8]) -> Self {
        Self::new(&[&self.0.to_le_bytes(), word])
    }
}

/// A step with a cost, and everything that identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Its own name.
    pub name: CostName,
    /// Second name, which finds the cost after the own name (made of a key) has changed.
    pub alias: Option<CostName>,
    /// The kind of similar steps.
    pub kind: CostName,
    /// Its size within its kind: bytes, or 1 where all steps of the kind are alike.
    pub size: u64,
}

/// Measured or expected cost of a step, as far as known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Time of its process.
    pub time: Option<Duration>,
    /// Peak memory of its processes together, in bytes; `None` for a step too short to be measured.
    pub memory: Option<u64>,
}

/// Costs of all runs with one cache directory or, without a cache, in one work directory.
#[derive(Debug, Default)]
pub struct Costs {
    state: Mutex<State>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    things: HashMap<CostName, Thing>,
    kinds: HashMap<CostName, Kind>,
    #[serde(skip)]
    changed: bool,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Thing {
    micros: Option<u32>,
    kib: Option<u32>,
    /// Day of the last use, in days since 1970.
    day: u32,
}

/// Sums over all steps of a kind.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Kind {
    micros: u64,
    size: u64,
    kib: Option<u32>,
    /// Whether `kib` was measured in this run.
    #[serde(skip)]
    seen: bool,
    day: u32,
}

impl Costs {
    /// Reads stored costs. A file that is missing, damaged or of another version gives an empty table.
    pub fn load(path: &Path) -> Self {
        Self { state: Mutex::new(read(path)) }
    }

    /// Returns the expected cost: the measured one, by name or alias; else the average time of its kind for its size,
    /// and the kind's recent peak memory.
    pub fn expect(&self, subject: &Subject) -> Cost {
        let own = self.known(subject);
        if own.time.is_some() {
            return Cost { memory: own.memory.or(Some(LITTLE)), ..own };
        }
        let state = self.lock();
        let kind = state.kinds.get(&subject.kind).copied().unwrap_or_default();
        let micros = u128::from(kind.micros) * u128::from(subject.size) / u128::from(kind.size.max(1));
        let time = (kind.size > 0).then(|| Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)));
        Cost { time, memory: own.memory.or(bytes(kind.kib)) }
    }

    /// Returns the measured cost of the step itself, by name or alias.
    pub fn known(&self, subject: &Subject) -> Cost {
        let mut state = self.lock();
        let State { things, changed, .. } = &mut *state;
        let mut cost = Cost::default();
        for name in std::iter::once(&subject.name).chain(&subject.alias) {
            let Some(thing) = things.get_mut(name) else { continue };
            *changed |= std::mem::replace(&mut thing.day, today()) != today();
            cost.time = cost.time.or(thing.micros.map(|micros| Duration::from_micros(micros.into())));
            cost.memory = cost.memory.or(bytes(thing.kib));
        }
        cost
    }

    /// Stores a measured cost. Values missing in it stay unchanged.
    pub fn learn(&self, subject: &Subject, cost: Cost) {
        let micros = cost.time.map(|time| u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
        let kib = cost.memory.map(|bytes| u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX));
        if micros.is_none() && kib.is_none() {
            return;
        }
        let mut state = self.lock();
        state.changed = true;
        for name in std::iter::once(subject.name).chain(subject.alias) {
            let thing = state.things.entry(name).or_default();
            *thing = Thing { micros: micros.or(thing.micros), kib: kib.or(thing.kib), day: today() };
        }
        let kind = state.kinds.entry(subject.kind).or_default();
        kind.day = today();
        if let Some(micros) = micros {
            kind.micros = kind.micros.saturating_add(micros.into());
            kind.size = kind.size.saturating_add(subject.size);
            if kind.size > ENOUGH {
                kind.micros /= 2;
                kind.size /= 2;
            }
        }
        if let Some(kib) = kib {
            // The peak of this run: that of a step in an earlier run is stored under the step's own name.
            kind.kib = kind.kib.filter(|_| kind.seen).max(Some(kib));
            kind.seen = true;
        }
    }

    /// Writes the table under a temporary name and renames it, if anything is new. Keeps entries that another run has
    /// added meanwhile, and removes entries unused for a month. Above the limit, the entries unused for the longest
    /// time go first, then the shortest steps, for which an estimate is as good.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        if !std::mem::take(&mut state.changed) {
            return Ok(());
        }
        let other = read(path);
        for (name, thing) in other.things {
            state.things.entry(name).or_insert(thing);
        }
        for (name, kind) in other.kinds {
            state.kinds.entry(name).or_insert(kind);
        }
        let oldest = today().saturating_sub(DAYS);
        state.things.retain(|_, thing| thing.day >= oldest);
        state.kinds.retain(|_, kind| kind.day >= oldest);
        bound(&mut state.things, MOST, |thing| (thing.day, thing.micros));
        bound(&mut state.kinds, MOST / 10, |kind| kind.day);
        write_atomically(path, &seal(VERSION, &*state))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Reduces `map` to the `most` entries with the highest `worth`.
fn bound<T: Copy, W: Ord>(map: &mut HashMap<CostName, T>, most: usize, worth: impl Fn(&T) -> W) {
    if map.len() > most {
        let mut all: Vec<(CostName, T)> = map.drain().collect();
        all.sort_by_key(|(name, entry)| std::cmp::Reverse((worth(entry), *name)));
        map.extend(all.into_iter().take(most));
    }
}

fn bytes(kib: Option<u32>) -> Option<u64> {
    kib.map(|kib| u64::from(kib) * 1024)
}

/// Returns the current day, in days since 1970.
fn today() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs() / (24 * 60 * 60)).unwrap_or(0)
}

fn read(path: &Path) -> State {
    std::fs::read(path).ok().and_then(|bytes| unseal(VERSION, &bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn name(text: &str) -> CostName {
        CostName::new(&[text.as_bytes()])
    }

    fn subject(text: &str, alias: &str, kind: &str, size: u64) -> Subject {
        Subject { name: name(text), alias: Some(name(alias)), kind: name(kind), size }
    }

    fn cost(millis: u64, mebibytes: u64) -> Cost {
        Cost { time: Some(Duration::from_millis(millis)), memory: Some(mebibytes * MIB) }
    }

    #[test]
    fn names_are_told_apart_by_where_words_end() {
        assert_ne!(CostName::new(&[b"ab", b"c"]), CostName::new(&[b"a", b"bc"]));
    }

    #[test]
    fn its_own_name_counts_then_its_alias_then_its_kind_by_size() {
        let costs = Costs::default();
        assert_eq!(costs.expect(&subject("a", "at a", "avr", 10)), Cost::default());
        costs.learn(&subject("a", "at a", "avr", 10), cost(100, 50));
        costs.learn(&subject("b", "at b", "avr", 30), cost(700, 200));
        assert_eq!(costs.expect(&subject("a", "at b", "avr", 1)), cost(100, 50));
        assert_eq!(costs.expect(&subject("a, edited", "at a", "avr", 99)), cost(100, 50));
        // The kind took 800 ms for a size of 40.
        assert_eq!(costs.expect(&subject("c", "at c", "avr", 5)), cost(100, 200));
        assert_eq!(costs.known(&subject("c", "at c", "avr", 5)), Cost::default());
        // A step too short to be measured: no reason to expect the memory of the largest of its kind.
        costs.learn(&subject("d", "at d", "avr", 1), Cost { time: Some(Duration::ZERO), memory: None });
        assert_eq!(costs.expect(&subject("d", "at d", "avr", 1)).memory, Some(LITTLE));
        assert_eq!(costs.expect(&subject("c", "at c", "esp32", 5)), Cost::default());
    }

    #[test]
    fn what_is_not_known_this_time_stays_as_it_was() {
        let costs = Costs::default();
        let it = subject("a", "at a", "avr", 1);
        costs.learn(&it, cost(100, 50));
        costs.learn(&it, Cost { time: Some(Duration::from_millis(40)), memory: None });
        assert_eq!(costs.known(&it), cost(40, 50));
        costs.learn(&it, Cost { time: None, memory: Some(60 * MIB) });
        assert_eq!(costs.known(&it), cost(40, 60));
    }

    #[test]
    fn a_kind_takes_the_most_that_the_last_run_saw() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("costs");
        let (small, large, other) =
            (subject("s", "s", "k", 1), subject("l", "l", "k", 1), subject("o", "o", "k", 1));
        let costs = Costs::load(&path);
        costs.learn(&large, cost(1, 900));
        costs.learn(&small, cost(1, 100));
        assert_eq!(costs.expect(&other).memory, Some(900 * MIB));
        costs.save(&path).unwrap();
        let costs = Costs::load(&path);
        assert_eq!(costs.expect(&other).memory, Some(900 * MIB));
        costs.learn(&small, cost(1, 100));
        assert_eq!(costs.expect(&other).memory, Some(100 * MIB));
        assert_eq!(costs.expect(&large).memory, Some(900 * MIB));
    }

    #[test]
    fn runs_remember_and_what_is_torn_is_not_believed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("costs");
        let (one, two) = (Costs::load(&path), Costs::load(&path));
        let it = |text| subject(text, text, "k", 1);
        one.learn(&it("one"), cost(1, 1));
        one.save(&path).unwrap();
        two.learn(&it("two"), cost(2, 2));
        two.save(&path).unwrap();
        let both = Costs::load(&path);
        assert_eq!((both.known(&it("one")), both.known(&it("two"))), (cost(1, 1), cost(2, 2)));

        let whole = std::fs::read(&path).unwrap();
        let mut other_version = whole.clone();
        other_version[0] ^= 1;
        let mut altered = whole.clone();
        *altered.last_mut().unwrap() ^= 1;
        for damaged in [&whole[..whole.len() - 1], &altered, &other_version, b""] {
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(Costs::load(&path).known(&it("one")), Cost::default());
        }
        // Nor does it prevent writing.
        one.learn(&it("one"), cost(1, 1));
        one.save(&path).unwrap();
        assert_eq!(Costs::load(&path).known(&it("one")), cost(1, 1));

        std::fs::remove_file(&path).unwrap();
        one.known(&it("one"));
        one.save(&path).unwrap();
        assert!(!path.exists(), "nothing is new");
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten_after_a_month() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("costs");
        let it = |text| subject(text, text, text, 1);
        let costs = Costs::default();
        for (text, days) in [("old", DAYS + 1), ("asked for", DAYS + 1), ("young", DAYS)] {
            costs.learn(&it(text), cost(1, 1));
            costs.lock().things.get_mut(&name(text)).unwrap().day -= days;
            costs.lock().kinds.get_mut(&name(text)).unwrap().day -= days;
        }
        costs.known(&it("asked for"));
        costs.save(&path).unwrap();
        let saved = Costs::load(&path);
        let knows = |text| saved.known(&it(text)) != Cost::default();
        assert_eq!([knows("old"), knows("asked for"), knows("young")], [false, true, true]);
        assert_eq!(saved.lock().kinds.len(), 1);
    }

    #[test]
    fn the_file_stays_small_and_keeps_what_took_long() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("costs");
        let it = |number: u64| subject(&number.to_string(), &number.to_string(), &format!("k{number}"), 1);
        let costs = Costs::default();
        let most = MOST as u64;
        for number in 0..=most {
            costs.learn(&it(number), cost(number, 1000));
        }
        costs.save(&path).unwrap();
        assert!(std::fs::metadata(&path).unwrap().len() < 1_000_000);
        let saved = Costs::load(&path);
        assert_eq!(saved.known(&it(0)), Cost::default());
        assert_eq!(saved.known(&it(most)), cost(most, 1000));
        assert_eq!(saved.lock().things.len(), MOST);
    }
}
