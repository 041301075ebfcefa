//! Limits the size of the stores: removes the least recently used entries first.

use std::collections::HashMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::IgnoredAny;
use walkdir::WalkDir;

use super::artifacts::Artifacts;
use super::units::Units;

/// Age below which a file may belong to an entry that is being written.
const SETTLED: Duration = Duration::from_hours(1);

/// Disk usage of a file or directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Number of files.
    pub files: u64,
    /// Sum of their sizes, in bytes. A file with several names counts once for each.
    pub bytes: u64,
}

impl Taken {
    /// Returns the disk usage of a file or directory; zero where it is missing.
    pub fn by(path: &Path) -> Self {
        let mut taken = Self::default();
        for entry in WalkDir::new(path).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
            taken.files += 1;
            taken.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
        }
        taken
    }
}

/// Limits of a store.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// Size in bytes.
    pub size: u64,
    /// Age since the last use above which an entry is removed in any case.
    pub age: Duration,
}

/// Result of a sweep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Number of removed entries.
    pub removed: usize,
    /// Number of remaining entries.
    pub kept: usize,
    /// Removed bytes.
    pub freed: u64,
    /// Remaining bytes.
    pub taken: u64,
}

/// A task for a directory that the first run of each day does.
#[derive(Debug)]
pub struct Daily {
    note: PathBuf,
}

impl Daily {
    /// Returns the daily task of `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { note: directory.join(".swept") }
    }

    /// Returns whether the task was not done within the last day.
    pub fn is_due(&self) -> bool {
        let done = std::fs::metadata(&self.note).and_then(|metadata| metadata.modified());
        !done.is_ok_and(|done| done.elapsed().unwrap_or_default() < Duration::from_hours(24))
    }

    /// Records that the task is done.
    pub fn done(&self) {
        // If that fails, the task is done again.
        let _ = std::fs::write(&self.note, "");
    }
}

struct Used {
    path: PathBuf,
    at: SystemTime,
    size: u64,
    blobs: Vec<String>,
}

#[derive(Deserialize)]
struct Named {
    files: Vec<(IgnoredAny, String)>,
}

impl Artifacts {
    /// Removes the least recently used entries until the rest fits, and all unused blobs. Other runs may use the store
    /// meanwhile: they rebuild what they miss.
    ///
    /// # Errors
    /// The store can't be written.
    pub fn sweep(&self, keep: Keep) -> io::Result<Swept> {
        let now = SystemTime::now();
        let mut entries: Vec<Used> =
            files(&self.entries()).filter_map(|(path, metadata)| used(path, &metadata)).collect();
        entries.sort_by_key(|entry| entry.at);
        let blobs: HashMap<String, (PathBuf, Metadata)> = files(&self.blobs())
            .filter_map(|(path, metadata)| Some((path.file_name()?.to_str()?.to_owned(), (path, metadata))))
            .collect();
        let size_of = |name: &String| blobs.get(name).map_or(0, |(_, metadata)| metadata.len());
        let mut needed: HashMap<&String, usize> = HashMap::new();
        for entry in &entries {
            entry.blobs.iter().for_each(|blob| *needed.entry(blob).or_default() += 1);
        }
        let mut taken = entries.iter().map(|entry| entry.size).sum::<u64>()
            + needed.keys().map(|name| size_of(name)).sum::<u64>();
        let mut swept = Swept::default();
        for entry in &entries {
            let is_old = now.duration_since(entry.at).unwrap_or_default() > keep.age;
            if !is_old && taken <= keep.size {
                swept.kept += 1;
                continue;
            }
            remove(&entry.path)?;
            swept.removed += 1;
            swept.freed += entry.size;
            taken -= entry.size;
            for blob in &entry.blobs {
                let count = needed.entry(blob).or_default();
                *count = count.saturating_sub(1);
                if *count == 0 {
                    taken -= size_of(blob);
                }
            }
        }
        for (name, (path, metadata)) in &blobs {
            let is_needed = needed.get(name).is_some_and(|count| *count > 0);
            // Blobs are written before the entries that need them.
            let was_needed = needed.contains_key(name);
            if !is_needed && (was_needed || is_settled(metadata, now)) {
                remove(path)?;
                swept.freed += metadata.len();
            }
        }
        swept.taken = taken;
        Ok(swept)
    }
}

impl Units {
    /// Removes objects that were not used for longer than `age`.
    ///
    /// # Errors
    /// The store can't be written.
    pub fn sweep(&self, age: Duration) -> io::Result<()> {
        let now = SystemTime::now();
        for (path, metadata) in files(self.root()) {
            // The modification time of the note is the last use of its object.
            let note = path.with_extension("json");
            let used = note.metadata().unwrap_or(metadata).modified()?;
            if now.duration_since(used).unwrap_or_default() > age {
                remove(&path.with_extension("o"))?;
                remove(&note)?;
            }
        }
        Ok(())
    }
}

fn files(directory: &Path) -> impl Iterator<Item = (PathBuf, Metadata)> {
    WalkDir::new(directory).into_iter().flatten().filter(|entry| entry.file_type().is_file()).filter_map(
        |entry| {
            let metadata = entry.metadata().ok()?;
            Some((entry.into_path(), metadata))
        },
    )
}

/// Returns the last use of an entry. An unreadable entry counts as never used; `None` while it may still be written.
fn used(path: PathBuf, metadata: &Metadata) -> Option<Used> {
    let bytes = std::fs::read(&path).ok()?;
    let (at, blobs) = match serde_json::from_slice::<Named>(&bytes) {
        Ok(named) => (metadata.modified().ok()?, named.files.into_iter().map(|(_, hash)| hash).collect()),
        Err(_) if !is_settled(metadata, SystemTime::now()) => return None,
        Err(_) => (SystemTime::UNIX_EPOCH, Vec::new()),
    };
    Some(Used { path, at, size: metadata.len(), blobs })
}

/// Returns whether a file is older than [`SETTLED`]. A hardlink shares the times of its first name, but each new name
/// changes `ctime`.
fn is_settled(metadata: &Metadata, now: SystemTime) -> bool {
    use std::os::unix::fs::MetadataExt;
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or(0));
    let at = metadata.modified().map_or(changed, |modified| modified.max(changed));
    now.duration_since(at).is_ok_and(|age| age > SETTLED)
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::Sharing;
    use crate::includes::{Files, Hash};

    const DAY: Duration = Duration::from_hours(24);

    /// Returns a store of three entries, used three, two and one days ago; the first two share a file.
    fn store(directory: &Path) -> (Artifacts, [Hash; 3]) {
        let store = Artifacts::new(directory.join("store"));
        let keys = ["a", "b", "c"].map(|name| blake3::hash(name.as_bytes()));
        std::fs::write(directory.join("shared"), vec![0; 1000]).unwrap();
        for (index, key) in (0_u8..).zip(&keys) {
            let own = format!("own{index}");
            std::fs::write(directory.join(&own), vec![index + 1; 10_000]).unwrap();
            let names = if index < 2 { vec![own, "shared".to_owned()] } else { vec![own] };
            let files: Vec<_> = names.iter().map(|name| (name.into(), directory.join(name))).collect();
            store.keep(key, &files, Sharing::Copy, &()).unwrap();
            let used = SystemTime::now() - DAY * (3 - u32::from(index));
            let entry = files_named(&store, key);
            std::fs::File::options().append(true).open(entry).unwrap().set_modified(used).unwrap();
        }
        (store, keys)
    }

    fn files_named(store: &Artifacts, key: &Hash) -> PathBuf {
        let name = key.to_hex();
        files(&store.entries()).find(|(path, _)| path.ends_with(name.as_str())).unwrap().0
    }

    /// Returns the complete entries. Does not ask the store, as that would count as a use.
    fn left(directory: &Path, store: &Artifacts, keys: &[Hash; 3]) -> Vec<usize> {
        let is_there = |index: &usize| {
            let found = store.find::<()>(&keys[*index]);
            found.is_some_and(|found| store.restore(&found, &directory.join("out"), Sharing::Copy).unwrap())
        };
        (0..3).filter(is_there).collect()
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let directory = tempfile::tempdir().unwrap();
        let (store, keys) = store(directory.path());
        let keep = |size| Keep { size, age: DAY * 30 };
        let swept = store.sweep(keep(1 << 20)).unwrap();
        assert_eq!((swept.removed, swept.kept, swept.freed), (0, 3, 0));
        assert_eq!(swept.taken, Taken::by(&directory.path().join("store")).bytes);
        let swept = store.sweep(keep(swept.taken - 1)).unwrap();
        assert_eq!((swept.removed, swept.kept), (1, 2), "{swept:?}");
        assert_eq!(swept.taken, Taken::by(&directory.path().join("store")).bytes);
        assert_eq!(left(directory.path(), &store, &keys), [1, 2], "what they share stays");
    }

    #[test]
    fn what_was_used_is_not_the_least_recently_used() {
        let directory = tempfile::tempdir().unwrap();
        let (store, keys) = store(directory.path());
        store.find::<()>(&keys[0]).unwrap();
        store.sweep(Keep { size: 12_000, age: DAY * 30 }).unwrap();
        assert_eq!(left(directory.path(), &store, &keys), [0]);
    }

    #[test]
    fn what_is_old_goes_in_any_case() {
        let directory = tempfile::tempdir().unwrap();
        let (store, keys) = store(directory.path());
        let swept = store.sweep(Keep { size: u64::MAX, age: DAY * 3 / 2 }).unwrap();
        assert_eq!(swept.removed, 2);
        assert_eq!(left(directory.path(), &store, &keys), [2]);
        let swept = store.sweep(Keep { size: 0, age: DAY }).unwrap();
        assert_eq!(swept.taken, 0);
        assert_eq!(Taken::by(&directory.path().join("store")), Taken::default());
    }

    #[test]
    fn what_another_run_is_writing_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (store, _) = store(directory.path());
        let young = store.blobs().join("00").join("0".repeat(64));
        std::fs::create_dir_all(young.parent().unwrap()).unwrap();
        std::fs::write(&young, "a blob whose entry comes next").unwrap();
        let half = store.entries().join("half");
        std::fs::write(&half, "{").unwrap();
        store.sweep(Keep { size: 0, age: DAY * 30 }).unwrap();
        assert!(young.exists() && half.exists());
    }

    #[test]
    fn what_is_done_daily_is_due_the_next_day() {
        let directory = tempfile::tempdir().unwrap();
        let daily = Daily::new(directory.path());
        assert!(daily.is_due());
        daily.done();
        assert!(!daily.is_due());
        let note = std::fs::File::options().append(true).open(&daily.note).unwrap();
        note.set_modified(SystemTime::now() - DAY).unwrap();
        assert!(daily.is_due());
    }

    #[test]
    fn objects_that_nobody_uses_go() {
        let directory = tempfile::tempdir().unwrap();
        let units = Units::new(directory.path().join("units"));
        let files = Files::default();
        let keys = ["old", "used"].map(|name| blake3::hash(name.as_bytes()));
        for key in &keys {
            let made = directory.path().join("made.o");
            std::fs::write(&made, key.as_bytes()).unwrap();
            let object = units.keep(key, &made, String::new()).unwrap().object;
            let old = SystemTime::now() - DAY * 40;
            for path in [object.with_extension("json"), object] {
                std::fs::File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
            }
        }
        units.find(&keys[1], &files).unwrap();
        units.sweep(DAY * 30).unwrap();
        assert!(units.find(&keys[0], &files).is_none());
        assert!(units.find(&keys[1], &files).is_some());
        assert_eq!(Taken::by(&directory.path().join("units")).files, 2);
    }
}
