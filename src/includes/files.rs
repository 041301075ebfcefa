//! The files of a run: content hash, scan, directory listings, each read once. The first content of a file holds for
//! the whole run.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use foldhash::HashMap;

use super::disk::{Disk, must_end};
use super::hash::Hash;
use super::listing::Listing;
use super::memo::Memo;
use super::mentions::Mentions;
use super::scan::{Scan, definitions, scan};
use super::source_file::{FileId, SourceFile};
use super::stamp::Stamp;
use crate::sync::lock;

/// A file that is read once, also for concurrent callers.
type Slot = Arc<OnceLock<Option<Arc<SourceFile>>>>;

/// All files that a run has read. Shared by all jobs; repeated requests are cheap.
#[derive(Debug, Default)]
pub struct Files {
    memo: Memo,
    disk: Disk,
    by_path: Mutex<HashMap<OsString, Slot>>,
    by_id: RwLock<Vec<Arc<SourceFile>>>,
    listings: Mutex<HashMap<OsString, Arc<Listing>>>,
    trees: Mutex<HashMap<OsString, Hash>>,
    real: Mutex<HashMap<Arc<Path>, Arc<Path>>>,
}

impl Files {
    /// Returns an empty table with the results of earlier runs in `memo`.
    pub fn new(memo: Memo, disk: Disk) -> Self {
        Self { memo, disk, ..Self::default() }
    }

    /// Returns the file system.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Forgets everything below a directory, whose content a hook may have changed.
    pub fn forget_below(&self, directory: &Path) {
        lock(&self.by_path).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.listings).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.trees).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.real).retain(|path, _| !path.starts_with(directory));
    }

    /// Returns the memo.
    pub fn memo(&self) -> &Memo {
        &self.memo
    }

    /// Returns the file at `path`, `None` where no readable regular file exists.
    pub fn get(&self, path: &Path) -> Option<Arc<SourceFile>> {
        let name = path.as_os_str();
        let known = lock(&self.by_path).get(name).cloned();
        let slot = known.unwrap_or_else(|| lock(&self.by_path).entry(name.to_owned()).or_default().clone());
        slot.get_or_init(|| {
            let (hash, scan, stamp) = self.look_at(path)?;
            let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
            let id = FileId(u32::try_from(by_id.len()).unwrap_or(u32::MAX));
            let file = Arc::new(SourceFile::new(id, path, hash, scan, stamp));
            by_id.push(file.clone());
            Some(file)
        })
        .clone()
    }

    /// Returns the file with an id of this table.
    pub fn by_id(&self, id: FileId) -> Arc<SourceFile> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner)[id.0 as usize].clone()
    }

    /// Returns the names in a directory, none where it can't be read.
    pub fn listing(&self, directory: &Path) -> Arc<Listing> {
        if let Some(known) = lock(&self.listings).get(directory.as_os_str()) {
            return known.clone();
        }
        let listing = Listing::of(self.disk.list(directory).unwrap_or_default());
        lock(&self.listings)
            .entry(directory.as_os_str().to_owned())
            .or_insert_with(|| Arc::new(listing))
            .clone()
    }

    /// Returns a directory with links resolved, or unchanged where it is missing. Resolves each once in a run.
    pub(super) fn real(&self, directory: &Arc<Path>) -> Arc<Path> {
        if let Some(known) = lock(&self.real).get(directory) {
            return known.clone();
        }
        let real = self.disk.real(directory).map_or_else(|_| directory.clone(), Into::into);
        lock(&self.real).entry(directory.clone()).or_insert(real).clone()
    }

    /// Returns the names in the directory of a file.
    pub(super) fn beside<'f>(&self, file: &'f SourceFile) -> &'f Listing {
        file.beside(|directory| self.listing(directory))
    }

    /// Returns the current content hash of any file, source or not: read again, unless the memo has it for the file's
    /// stamp. The run keeps no copy, as outputs change during it.
    ///
    /// # Errors
    /// A file that can't be read.
    pub fn hash_now(&self, path: &Path) -> io::Result<Hash> {
        let metadata = self.disk.metadata(path)?;
        must_end(&metadata)?;
        let stamp = Stamp::of(&metadata);
        if let Some(hash) = self.memo.hash(path, &stamp) {
            return Ok(hash);
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(path)?)?;
        let hash = hasher.finalize();
        self.memo.remember_hash(path, stamp, hash);
        Ok(hash)
    }

    /// Returns a hash of all files below a directory, computed once in a run: of their paths and contents. A file
    /// larger than 1 MiB counts by size and modification time.
    pub fn tree(&self, directory: &Path) -> Hash {
        const LARGE: u64 = 1 << 20;
        if let Some(known) = lock(&self.trees).get(directory.as_os_str()) {
            return *known;
        }
        let mut hasher = blake3::Hasher::new();
        for entry in self.disk.walk(directory, false, |_| true).into_iter().flatten() {
            // A link counts as its target.
            let metadata = self.disk.metadata(entry.path());
            let Some(metadata) = metadata.ok().filter(std::fs::Metadata::is_file) else { continue };
            hasher.update(entry.path().as_os_str().as_encoded_bytes()).update(&[0]);
            let small = metadata.len() <= LARGE;
            match small.then(|| self.hash_now(entry.path())) {
                Some(Ok(hash)) => hasher.update(hash.as_bytes()),
                _ => hasher.update(format!("{:?}", Stamp::of(&metadata).size_and_time()).as_bytes()),
            };
        }
        let hash = hasher.finalize();
        *lock(&self.trees).entry(directory.as_os_str().to_owned()).or_insert(hash)
    }

    /// Returns the bodies of every `#define name …` in a file, object-like or not, in any branch.
    pub fn definitions(&self, file: &SourceFile, name: &str) -> Arc<[String]> {
        file.definitions(name, || {
            self.memo.definitions(&file.hash, name).unwrap_or_else(|| {
                let text = std::fs::read(&file.path).unwrap_or_default();
                let bodies: Arc<[String]> = definitions(&text, name).into();
                // The text of a file that has changed since does not belong to its hash.
                if blake3::hash(&text) == file.hash {
                    self.memo.remember_definitions(file.hash, name, bodies.clone());
                }
                bodies
            })
        })
    }

    /// Returns the words of a file that could make up the identifier `name`; all words for a file that has changed
    /// since it was read.
    pub fn mentions(&self, file: &SourceFile, name: &str) -> Mentions {
        file.mentions(name, || {
            let text = std::fs::read(&file.path).unwrap_or_default();
            let is_current = blake3::hash(&text) == file.hash;
            if is_current { Mentions::of(&text, name) } else { Mentions::ANY }
        })
    }

    fn look_at(&self, path: &Path) -> Option<(Hash, Arc<Scan>, Stamp)> {
        let metadata = self.disk.metadata(path).ok()?;
        if !metadata.is_file() {
            return None;
        }
        let stamp = Stamp::of(&metadata);
        if let Some(hash) = self.memo.hash(path, &stamp)
            && let Some(scan) = self.memo.scan(&hash)
        {
            return Some((hash, scan, stamp));
        }
        let text = std::fs::read(path).ok()?;
        let hash = blake3::hash(&text);
        self.memo.remember_hash(path, stamp, hash);
        let scan = self.memo.scan(&hash).unwrap_or_else(|| {
            let scan = Arc::new(scan(&text));
            self.memo.remember_scan(hash, scan.clone());
            scan
        });
        Some((hash, scan, stamp))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs::{FileTimes, OpenOptions};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn files() -> Files {
        Files::default()
    }

    #[test]
    fn a_change_that_keeps_size_and_time_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.h");
        let old = SystemTime::now() - Duration::from_hours(1);
        let write = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_times(FileTimes::new().set_modified(old)).unwrap();
        };
        write("one");
        let stamp = Stamp::of(&std::fs::metadata(&path).unwrap());
        let memo = Memo::default();
        let first = Files::new(memo, Disk::default());
        let file = first.get(&path).unwrap();
        assert!(file.is_unchanged());
        // A new `ctime` requires a tick of the file system's clock.
        while {
            write("two");
            Stamp::of(&std::fs::metadata(&path).unwrap()) == stamp
        } {}
        assert!(!file.is_unchanged(), "within a run");
        assert_ne!(first.hash_now(&path).unwrap(), file.hash, "in a hash that is asked for anew");
        assert_eq!(first.get(&path).unwrap().hash, file.hash, "what it held at first it holds for the run");
        assert_ne!(files().get(&path).unwrap().hash, file.hash, "in the next run");
    }

    #[test]
    fn only_readable_files_are_files() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("directory.h")).unwrap();
        std::fs::write(at("real.h"), "#include <x.h>").unwrap();
        std::os::unix::fs::symlink(at("real.h"), at("link.h")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("dangling.h")).unwrap();
        let files = files();
        for name in ["directory.h", "dangling.h", "missing.h", "a\0b"] {
            assert!(files.get(&at(name)).is_none(), "{name}");
        }
        let (real, link) = (files.get(&at("real.h")).unwrap(), files.get(&at("link.h")).unwrap());
        assert_eq!((real.hash, real.scan.includes.len()), (link.hash, 1));
        assert_ne!(real.id, link.id, "two spellings are two files");
        assert!(Arc::ptr_eq(&files.by_id(real.id), &real));
        assert!(Arc::ptr_eq(&files.get(&at("real.h")).unwrap(), &real));
    }

    #[test]
    fn a_listing_never_denies_what_a_file_system_may_have() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("Arduino.h"), "").unwrap();
        let listing = files().listing(directory.path());
        for (name, expected) in
            [("Arduino.h", true), ("arduino.h", true), ("Servo.h", false), ("Üben.h", true)]
        {
            assert_eq!(listing.may_hold(OsStr::new(name)), expected, "{name}");
        }
        assert!(!files().listing(&directory.path().join("nowhere")).may_hold(OsStr::new("x")));
    }

    #[test]
    fn definitions_of_a_file_that_changed_are_not_remembered_for_what_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.h");
        std::fs::write(&path, "#define H \"one.h\"").unwrap();
        let files = files();
        let file = files.get(&path).unwrap();
        std::fs::write(&path, "#define H \"two.h\"\n#define I").unwrap();
        files.definitions(&file, "H");
        assert_eq!(files.memo().definitions(&file.hash, "H"), None);
        std::fs::write(&path, "#define H \"one.h\"").unwrap();
        assert!(files.definitions(&file, "I").is_empty());
        assert!(files.memo().definitions(&file.hash, "I").is_some());
    }
}
