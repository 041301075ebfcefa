//! The files of one run, each looked at once: content hash, scan, folder listings. What a file held
//! when it was first looked at is what it holds for the whole run.

use std::ffi::{OsStr, OsString};
use std::fs::DirEntry;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use foldhash::{HashMap, HashSet};

use super::disk::must_end;
use super::{Disk, Hash, MacroName, Memo, Mentions, Scan, Stamp, scan};

/// The names in a folder.
#[derive(Debug, Default)]
pub struct Listing {
    names: HashSet<OsString>,
    /// The same in lower case, for file systems that don't tell the cases apart.
    folded: HashSet<String>,
    /// Whether one of them ends in `.gch`, in any case: seldom.
    precompiled: bool,
}

impl Listing {
    fn of(entries: Vec<DirEntry>) -> Self {
        let names: HashSet<OsString> = entries.into_iter().map(|entry| entry.file_name()).collect();
        let folded = names.iter().filter_map(|name| Some(name.to_str()?.to_ascii_lowercase())).collect();
        let precompiled = names.iter().any(|name| {
            let name = name.as_encoded_bytes();
            name.len() >= 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".gch")
        });
        Self { names, folded, precompiled }
    }

    /// The names, in no order.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.names.iter().map(OsString::as_os_str)
    }

    /// Whether it may hold a precompiled header of an ASCII name.
    pub(super) fn may_hold_precompiled(&self) -> bool {
        self.precompiled
    }

    /// Whether there may be something with this name: false only where there is nothing. Names that
    /// differ only in case, or are not ASCII, may be the same to the file system.
    pub fn may_hold(&self, name: &OsStr) -> bool {
        self.names.contains(name)
            || !name.is_ascii()
            || name.to_str().is_some_and(|name| self.folded.contains(&name.to_ascii_lowercase()))
    }
}

/// Names a file within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// What is known of one file.
#[derive(Debug)]
pub struct SourceFile {
    /// Its name within the run.
    pub id: FileId,
    /// The path as it was asked for; two spellings are two files.
    pub path: Arc<Path>,
    /// Of its content.
    pub hash: Hash,
    /// What it says.
    pub scan: Arc<Scan>,
    stamp: Stamp,
    /// The listing of its folder, and its digests, once they are asked for.
    beside: OnceLock<Arc<Listing>>,
    digest: OnceLock<Hash>,
    keyed: OnceLock<Hash>,
    /// The bodies of macros in it, by name. Few names are asked for, of many files.
    definitions: Mutex<Vec<(String, Arc<[String]>)>>,
    /// How it mentions an identifier, by name.
    mentions: Mutex<Vec<(String, Mentions)>>,
    /// The macros that its includes need, sorted; and which files define one of them.
    needed: OnceLock<Box<[MacroName]>>,
    definers: RwLock<HashMap<FileId, bool>>,
}

impl SourceFile {
    /// Whether `stat` still says what it said when the file was hashed.
    pub fn is_unchanged(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| Stamp::of(&metadata) == self.stamp)
    }

    /// Whether this file defines a macro that an include of the other one needs.
    pub(super) fn defines_any(&self, other: &SourceFile) -> bool {
        let known = other.definers.read().unwrap_or_else(PoisonError::into_inner).get(&self.id).copied();
        known.unwrap_or_else(|| {
            let needed = other.needed.get_or_init(|| {
                let needs = other.scan.includes.iter().flat_map(|include| &include.needs);
                let mut names: Vec<_> = needs.flatten().copied().collect();
                names.sort_unstable();
                names.dedup();
                names.into()
            });
            let (few, many): (&[_], &[_]) = if needed.len() < self.scan.defines.len() {
                (needed, &self.scan.defines)
            } else {
                (&self.scan.defines, needed)
            };
            let does = few.iter().any(|name| many.binary_search(name).is_ok());
            other.definers.write().unwrap_or_else(PoisonError::into_inner).insert(self.id, does);
            does
        })
    }

    /// In bytes, when it was hashed.
    pub fn size(&self) -> u64 {
        self.stamp.size_and_time().0
    }

    /// A hash over path and content.
    pub fn digest(&self) -> Hash {
        *self.digest.get_or_init(|| digest(self.path.as_os_str(), &self.hash))
    }

    /// The hash that `make` gives for this file. Everything that asks in a run makes it in the same way.
    pub fn keyed_digest(&self, make: impl FnOnce() -> Hash) -> Hash {
        *self.keyed.get_or_init(make)
    }
}

/// A hash over a file's name and its content's hash.
pub fn digest(name: &OsStr, content: &Hash) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_encoded_bytes()).update(&[0]).update(content.as_bytes());
    hasher.finalize()
}

/// A file that is looked at once, however many tasks ask for it at once.
type Slot = Arc<OnceLock<Option<Arc<SourceFile>>>>;

/// All files that a run has looked at. Shared by every job; cheap to ask again.
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
    /// No file looked at yet; `memo` says what earlier runs found.
    pub fn new(memo: Memo, disk: Disk) -> Self {
        Self { memo, disk, ..Self::default() }
    }

    /// Where they are.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Forgets what is below a directory: a hook has run there, and what it holds now is another matter.
    pub fn forget_below(&self, directory: &Path) {
        lock(&self.by_path).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.listings).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.trees).retain(|path, _| !Path::new(path).starts_with(directory));
        lock(&self.real).retain(|path, _| !path.starts_with(directory));
    }

    /// What earlier runs and this one remember.
    pub fn memo(&self) -> &Memo {
        &self.memo
    }

    /// The file at `path`, or `None` where there is no readable regular file.
    pub fn get(&self, path: &Path) -> Option<Arc<SourceFile>> {
        let name = path.as_os_str();
        let known = lock(&self.by_path).get(name).cloned();
        let slot = known.unwrap_or_else(|| lock(&self.by_path).entry(name.to_owned()).or_default().clone());
        slot.get_or_init(|| {
            let (hash, scan, stamp) = self.look_at(path)?;
            let mut by_id = self.by_id.write().unwrap_or_else(PoisonError::into_inner);
            let id = FileId(u32::try_from(by_id.len()).unwrap_or(u32::MAX));
            let file = Arc::new(SourceFile {
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
                needed: OnceLock::new(),
                definers: RwLock::default(),
            });
            by_id.push(file.clone());
            Some(file)
        })
        .clone()
    }

    /// The file with an id that this value gave out.
    pub fn by_id(&self, id: FileId) -> Arc<SourceFile> {
        self.by_id.read().unwrap_or_else(PoisonError::into_inner)[id.0 as usize].clone()
    }

    /// The names in a folder; none where it can't be read.
    pub fn listing(&self, folder: &Path) -> Arc<Listing> {
        if let Some(known) = lock(&self.listings).get(folder.as_os_str()) {
            return known.clone();
        }
        let listing = Listing::of(self.disk.list(folder).unwrap_or_default());
        lock(&self.listings).entry(folder.as_os_str().to_owned()).or_insert_with(|| Arc::new(listing)).clone()
    }

    /// A folder as it is really called, or as it was asked for where it is not there. Asked of the system once
    /// in a run.
    pub(super) fn real(&self, folder: &Arc<Path>) -> Arc<Path> {
        if let Some(known) = lock(&self.real).get(folder) {
            return known.clone();
        }
        let real = self.disk.real(folder).map_or_else(|_| folder.clone(), Into::into);
        lock(&self.real).entry(folder.clone()).or_insert(real).clone()
    }

    /// The names in the folder of a file.
    pub(super) fn beside<'f>(&self, file: &'f SourceFile) -> &'f Listing {
        file.beside.get_or_init(|| self.listing(file.path.parent().unwrap_or(Path::new("/"))))
    }

    /// The content hash of any file, source or not, read anew unless the memo vouches for it. Not
    /// cached within the run: outputs change while it lasts.
    ///
    /// # Errors
    /// Where the file can't be read.
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

    /// A hash over everything below a folder, taken once in a run: of each file its path and content, of
    /// one larger than a megabyte its size and modification time.
    pub fn tree(&self, folder: &Path) -> Hash {
        const LARGE: u64 = 1 << 20;
        if let Some(known) = lock(&self.trees).get(folder.as_os_str()) {
            return *known;
        }
        let mut hasher = blake3::Hasher::new();
        for entry in self.disk.walk(folder, false, |_| true).into_iter().flatten() {
            // A link counts as what it leads to.
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
        *lock(&self.trees).entry(folder.as_os_str().to_owned()).or_insert(hash)
    }

    /// The bodies of every `#define name …` in a file, object-like or not, in any branch.
    pub fn definitions(&self, file: &SourceFile, name: &str) -> Arc<[String]> {
        // Whoever asks for the same file meanwhile waits for the same answer.
        let mut known = lock(&file.definitions);
        if let Some((_, bodies)) = known.iter().find(|(known, _)| known == name) {
            return bodies.clone();
        }
        let bodies = self.memo.definitions(&file.hash, name).unwrap_or_else(|| {
            let text = std::fs::read(&file.path).unwrap_or_default();
            let bodies: Arc<[String]> = scan::definitions(&text, name).into();
            // Where it has changed since, what it says now is not what a file with that hash says.
            if blake3::hash(&text) == file.hash {
                self.memo.remember_definitions(file.hash, name, bodies.clone());
            }
            bodies
        });
        known.push((name.to_owned(), bodies.clone()));
        bodies
    }

    /// Which words of a file could make up the identifier `name`. A file that has changed since it was looked at could
    /// hold any.
    pub fn mentions(&self, file: &SourceFile, name: &str) -> Mentions {
        let mut known = lock(&file.mentions);
        if let Some((_, mentions)) = known.iter().find(|(known, _)| known == name) {
            return *mentions;
        }
        let text = std::fs::read(&file.path).unwrap_or_default();
        let is_current = blake3::hash(&text) == file.hash;
        let mentions = if is_current { Mentions::of(&text, name) } else { Mentions::ANY };
        known.push((name.to_owned(), mentions));
        mentions
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic elsewhere leaves the maps whole: each change is one insert.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs::{FileTimes, OpenOptions};
    use std::time::{Duration, SystemTime};

    use super::*;

    fn files() -> Files {
        Files::default()
    }

    #[test]
    fn a_change_that_keeps_size_and_time_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h");
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
        // The clock of the file system has to move on for `ctime` to tell.
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
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("folder.h")).unwrap();
        std::fs::write(at("real.h"), "#include <x.h>").unwrap();
        std::os::unix::fs::symlink(at("real.h"), at("link.h")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("dangling.h")).unwrap();
        let files = files();
        for name in ["folder.h", "dangling.h", "missing.h", "a\0b"] {
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
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Arduino.h"), "").unwrap();
        let listing = files().listing(folder.path());
        for (name, expected) in
            [("Arduino.h", true), ("arduino.h", true), ("Servo.h", false), ("Üben.h", true)]
        {
            assert_eq!(listing.may_hold(OsStr::new(name)), expected, "{name}");
        }
        assert!(!files().listing(&folder.path().join("nowhere")).may_hold(OsStr::new("x")));
    }

    #[test]
    fn definitions_of_a_file_that_changed_are_not_remembered_for_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.h");
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
