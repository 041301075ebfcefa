//! The precompiled prefixes of a run, and the decision when one pays. Starts no process.
//!
//! Nothing is known in advance about the cost of parsing. So units are compiled plainly until enough of them had the same
//! prefix, and a prefix is made if enough others are expected. Meanwhile units are compiled plainly; none waits.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::includes::Hash;
use crate::sync::lock;

/// Number of compiles with the same prefix before it is precompiled.
const SEEN: u32 = 3;

/// Least number of expected further compiles: making and verifying a prefix took the time of 3.5 compiles, and a compile
/// with it took 0.2 to 0.4 of a plain one (decision 0047).
const EXPECTED: u64 = 8;

/// Least mean duration of these compiles: below it the start of the processes takes most of the time.
const WORTHWHILE: Duration = Duration::from_millis(150);

/// Limit of the size of all precompiled headers on the disk. `FastLED` on an STM32 takes 101 MB.
const MOST_BYTES: u64 = 1 << 30;

/// Number of compiles after which a prefix is judged.
const JUDGED: u32 = 3;

/// The precompiled prefixes of a run. Their files are removed with it.
#[derive(Debug)]
pub struct PrefixTable {
    root: PathBuf,
    is_on: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    boards: HashMap<Arc<str>, Board>,
    prefixes: HashMap<Hash, Prefix>,
    /// Size of all files.
    bytes: u64,
}

/// Progress of a board.
#[derive(Debug, Default)]
struct Board {
    cells: u64,
    begun: u64,
}

#[derive(Debug)]
enum Prefix {
    /// Compiled plainly so far.
    Seen {
        units: u32,
        time: Duration,
    },
    Making,
    Ready(Arc<Precompiled>),
    /// Of no use in this run.
    Off,
}

/// A precompiled prefix that was verified.
#[derive(Debug)]
pub(super) struct Precompiled {
    /// Its key.
    pub(super) key: Hash,
    /// The value of `-include`. Only the file with `.gch` behind this name exists: GCC fails where it can't use that file.
    pub(super) header: PathBuf,
    /// Size of the file.
    pub(super) bytes: u64,
    /// Mean duration of the plain compiles before.
    plain: Duration,
    /// The compiles with it.
    uses: Mutex<Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    hits: u32,
    /// Duration of the hits.
    time: Duration,
    misses: u32,
}

impl Precompiled {
    /// Returns a prefix that has no uses yet. `plain` is the mean duration of plain compiles.
    pub(super) fn new(key: Hash, header: PathBuf, bytes: u64, plain: Duration) -> Self {
        Self { key, header, bytes, plain, uses: Mutex::default() }
    }

    /// Records a compile, with its duration if the prefix could be used. Returns whether the prefix is still useful.
    pub(super) fn used(&self, took: Option<Duration>) -> bool {
        let mut uses = lock(&self.uses);
        match took {
            Some(took) => {
                uses.hits += 1;
                uses.time += took;
            }
            None => uses.misses += 1,
        }
        let fails = uses.misses >= JUDGED && uses.misses > uses.hits;
        let is_slow = uses.hits >= JUDGED && uses.time / uses.hits > self.plain;
        !fails && !is_slow
    }
}

impl PrefixTable {
    /// Returns an empty table for a run with these numbers of cells by board. Files are written below `staging`. With
    /// `is_on` unset nothing is precompiled.
    pub fn new(staging: &Path, is_on: bool, cells: impl Iterator<Item = Arc<str>>) -> Self {
        let mut state = State::default();
        for board in cells {
            state.boards.entry(board).or_default().cells += 1;
        }
        Self { root: staging.join("prefixes"), is_on, state: Mutex::new(state) }
    }

    /// Returns the directory of the files.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Whether a prefix may pay for a board: not where it has few cells.
    pub(super) fn may_pay(&self, board: &str) -> bool {
        let cells = lock(&self.state).boards.get(board).map_or(0, |board| board.cells);
        self.is_on && cells >= u64::from(SEEN) + EXPECTED
    }

    /// Records that a cell of a board has begun.
    pub(in crate::pipeline) fn begin(&self, board: &str) {
        if let Some(board) = lock(&self.state).boards.get_mut(board) {
            board.begun += 1;
        }
    }

    /// Returns the first ready prefix of `keys`, which are in the order of preference.
    pub(super) fn ready(&self, keys: impl IntoIterator<Item = Hash>) -> Option<Arc<Precompiled>> {
        let state = lock(&self.state);
        keys.into_iter().find_map(|key| match state.prefixes.get(&key) {
            Some(Prefix::Ready(ready)) => Some(ready.clone()),
            _ => None,
        })
    }

    /// Counts a compile of a unit of `board` with these prefixes, the longest first. Returns the index of one that the caller
    /// must make now, and [settle](Self::settle), with the mean duration of its compiles.
    pub(super) fn count(&self, board: &str, keys: &[Hash], took: Duration) -> Option<(usize, Duration)> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let is_room = state.bytes < MOST_BYTES;
        let board = state.boards.get(board);
        let mut due = None;
        for (at, key) in keys.iter().enumerate() {
            let prefix =
                state.prefixes.entry(*key).or_insert(Prefix::Seen { units: 0, time: Duration::ZERO });
            let (units, time) = match prefix {
                Prefix::Seen { units, time } => (units, time),
                Prefix::Off => continue,
                // The shorter ones behind it are not needed.
                Prefix::Making | Prefix::Ready(_) => break,
            };
            *units += 1;
            *time += took;
            if due.is_none() && is_room && pays(*units, *time, board) {
                due = Some((at, *time / *units));
                *prefix = Prefix::Making;
            }
        }
        due
    }

    /// Ends the making of a prefix: with `None` it is of no use.
    pub(super) fn settle(&self, key: Hash, made: Option<Precompiled>) {
        let mut state = lock(&self.state);
        state.bytes += made.as_ref().map_or(0, |made| made.bytes);
        let settled = made.map_or(Prefix::Off, |made| Prefix::Ready(Arc::new(made)));
        state.prefixes.insert(key, settled);
    }

    /// Records a compile with a prefix: see [`Precompiled::used`]. One that is not useful is not used again.
    pub(super) fn used(&self, prefix: &Precompiled, took: Option<Duration>) {
        if !prefix.used(took) {
            lock(&self.state).prefixes.insert(prefix.key, Prefix::Off);
        }
    }
}

impl Drop for PrefixTable {
    fn drop(&mut self) {
        // What can't be removed is removed before the next run, with the rest of the staging directory.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// Whether a prefix of which `units` compiles took `time` is worth the effort.
fn pays(units: u32, time: Duration, board: Option<&Board>) -> bool {
    let Some(board) = board else { return false };
    let begun = board.begun.max(u64::from(units));
    // The share of the cells so far that compiled with this prefix is expected of the others.
    let expected = board.cells.saturating_sub(begun).saturating_mul(u64::from(units)) / begun;
    units >= SEEN && expected >= EXPECTED && time / units >= WORTHWHILE
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1);

    fn key(name: &str) -> Hash {
        blake3::hash(name.as_bytes())
    }

    fn table(cells: usize) -> (tempfile::TempDir, PrefixTable) {
        let staging = tempfile::tempdir().unwrap();
        let table = PrefixTable::new(staging.path(), true, std::iter::repeat_n("b".into(), cells));
        (staging, table)
    }

    fn counted(table: &PrefixTable, times: usize, took: Duration) -> Vec<Option<usize>> {
        (0..times)
            .map(|_| {
                table.begin("b");
                table.count("b", &[key("long"), key("short")], took).map(|(at, _)| at)
            })
            .collect()
    }

    #[test]
    fn the_longest_prefix_is_made_once_after_some_compiles() {
        let (_staging, table) = table(100);
        assert_eq!(counted(&table, 6, LONG), [None, None, Some(0), None, None, None]);
        assert!(table.ready([key("long")]).is_none());
        table.settle(key("long"), Some(Precompiled::new(key("long"), "h".into(), 5, LONG)));
        assert!(table.ready([key("other"), key("long")]).is_some());
        assert_eq!(counted(&table, 6, LONG), [None; 6]);
    }

    #[test]
    fn a_longer_prefix_is_made_beside_a_shorter_one() {
        let (_staging, table) = table(100);
        table.settle(key("short"), Some(Precompiled::new(key("short"), "h".into(), 5, LONG)));
        assert_eq!(counted(&table, 4, LONG), [None, None, Some(0), None]);
    }

    #[test]
    fn a_shorter_prefix_is_made_where_the_longer_one_is_off() {
        let (_staging, table) = table(100);
        counted(&table, 3, LONG);
        table.settle(key("long"), None);
        // The shorter one has been counted with it.
        assert_eq!(counted(&table, 1, LONG), [Some(1)]);
    }

    #[test]
    fn nothing_is_made_for_short_compiles_or_few_cells() {
        let (_staging, many) = table(100);
        assert_eq!(counted(&many, 20, Duration::from_millis(20)), [None; 20]);
        let (_staging, few) = table(10);
        assert_eq!(counted(&few, 10, LONG), [None; 10]);
    }

    #[test]
    fn nothing_is_looked_for_in_a_small_run_or_when_off() {
        let (staging, large) = table(100);
        let (_small, small) = table(10);
        assert!(large.may_pay("b") && !large.may_pay("unknown") && !small.may_pay("b"));
        let off = PrefixTable::new(staging.path(), false, std::iter::repeat_n("b".into(), 100));
        assert!(!off.may_pay("b"));
    }

    #[test]
    fn nothing_is_made_where_most_cells_are_up_to_date() {
        let (_staging, table) = table(100);
        for _ in 0..90 {
            table.begin("b");
        }
        assert_eq!(counted(&table, 5, LONG), [None; 5]);
        assert_eq!(table.count("unknown", &[key("x")], LONG), None);
    }

    #[test]
    fn a_prefix_that_does_not_help_is_given_up() {
        let short = Some(LONG / 4);
        let cases: [(&[Option<Duration>], bool); 6] = [
            (&[None, None], true),
            (&[None, None, None], false),
            (&[short, short, short, None, None, None], true),
            (&[Some(LONG * 3), short], true),
            (&[Some(LONG * 3), short, short], false),
            (&[Some(LONG * 2), short, short], true),
        ];
        for (uses, is_left) in cases {
            let (_staging, table) = table(100);
            table.settle(key("a"), Some(Precompiled::new(key("a"), "h".into(), 5, LONG)));
            let ready = table.ready([key("a")]).unwrap();
            for took in uses {
                table.used(&ready, *took);
            }
            assert_eq!(table.ready([key("a")]).is_some(), is_left, "{uses:?}");
            assert_eq!(table.count("b", &[key("a")], LONG), None);
        }
    }

    #[test]
    fn the_disk_is_bounded_and_left_clean() {
        let (staging, table) = table(100);
        std::fs::create_dir_all(table.root().join("x")).unwrap();
        table.settle(key("a"), Some(Precompiled::new(key("a"), "h".into(), MOST_BYTES, LONG)));
        assert_eq!(counted(&table, 5, LONG), [None; 5]);
        drop(table);
        assert_eq!(std::fs::read_dir(staging.path()).unwrap().count(), 0);
    }
}
