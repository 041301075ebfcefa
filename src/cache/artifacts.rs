//! The artifact store of a cache directory: what links, whole cores and light compiles came to, keyed by
//! everything that enters, so that a new work directory starts neither compiler nor linker for what was built before.
//!
//! ```text
//! ROOT/entries/KEY     an entry: the files of a core or a cell, and what is said of them
//! ROOT/blobs/HASH      their contents, each once
//! ```
//!
//! An entry is written when all its blobs are there, and a blob is believed only if its content has the
//! hash that it is named after: what was cut off, altered or swept away is a miss. An entry's
//! modification time says when it was used last.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fs::{Sharing, write_atomically};
use crate::includes::Hash;

/// An artifact store. Cheap to clone; several runs may work on one at the same time.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

/// What the store has under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact<T> {
    /// What its maker says of it.
    pub about: T,
    /// Its files: where they belong, relative to a directory of the caller's, and the hash of each.
    pub files: Vec<(PathBuf, Hash)>,
}

#[derive(Serialize, Deserialize)]
struct Entry<T> {
    /// Its own: an entry under another's name is none.
    key: String,
    about: T,
    files: Vec<(PathBuf, String)>,
}

impl Artifacts {
    /// The store in `root`, which need not be there yet.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Keeps files under a key, each with its path relative to a directory of the caller's. What is there under that key
    /// already is replaced.
    ///
    /// # Errors
    /// Whatever the file system says. Nothing is kept then, and nothing is harmed.
    pub fn keep<T: Serialize>(
        &self,
        key: &Hash,
        files: &[(PathBuf, PathBuf)],
        sharing: Sharing,
        about: &T,
    ) -> io::Result<()> {
        let mut named = Vec::with_capacity(files.len());
        for (path, file) in files {
            let hash = self.keep_blob(file, sharing)?;
            named.push((path.clone(), hash.to_hex().to_string()));
        }
        let bytes = serde_json::to_vec(&Entry { key: key.to_hex().to_string(), about, files: named })
            .map_err(io::Error::other)?;
        let path = self.entry(key);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        write_atomically(&path, &bytes)
    }

    fn keep_blob(&self, file: &Path, sharing: Sharing) -> io::Result<Hash> {
        let hash = hash(file)?;
        let blob = self.blob(&hash);
        if blob.is_file() && self::hash(&blob).is_ok_and(|known| known == hash) {
            return Ok(hash);
        }
        blob.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        sharing.put(file, &blob)?;
        Ok(hash)
    }

    /// What is kept under a key, if it can be read. Its files are not looked at yet.
    pub fn find<T: DeserializeOwned>(&self, key: &Hash) -> Option<Artifact<T>> {
        let path = self.entry(key);
        let entry: Entry<T> = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        if entry.key != key.to_hex().as_str() {
            return None;
        }
        let files = entry.files.into_iter().map(|(path, hash)| {
            // Nothing is written outside the caller's directory, whatever an entry says.
            let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            inside.then_some((path, Hash::from_hex(hash).ok()?))
        });
        let files = files.collect::<Option<_>>()?;
        // It is used: the least recently used go first. Where that can't be noted it goes early.
        if let Ok(file) = std::fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(Artifact { about: entry.about, files })
    }

    /// Puts the files of an artifact into `directory`. Says whether all of them are there and whole; where
    /// they are not, those that were put there are of no use.
    ///
    /// # Errors
    /// Where `directory` can't be written.
    pub fn restore<T>(&self, artifact: &Artifact<T>, directory: &Path, sharing: Sharing) -> io::Result<bool> {
        for (path, expected) in &artifact.files {
            let blob = self.blob(expected);
            if !hash(&blob).is_ok_and(|hash| hash == *expected) {
                // Whoever makes it again puts it there again.
                let _ = std::fs::remove_file(&blob);
                return Ok(false);
            }
            let to = directory.join(path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            match sharing.put(&blob, &to) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && !blob.exists() => return Ok(false),
                other => other?,
            }
        }
        Ok(true)
    }

    pub(super) fn entries(&self) -> PathBuf {
        self.root.join("entries")
    }

    pub(super) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    fn entry(&self, key: &Hash) -> PathBuf {
        self.entries().join(key.to_hex().as_str())
    }

    fn blob(&self, hash: &Hash) -> PathBuf {
        self.blobs().join(hash.to_hex().as_str())
    }
}

fn hash(path: &Path) -> io::Result<Hash> {
    Ok(blake3::Hasher::new().update_reader(std::fs::File::open(path)?)?.finalize())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    struct Fixture {
        directory: tempfile::TempDir,
        store: Artifacts,
        key: Hash,
    }

    impl Fixture {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let store = Artifacts::new(directory.path().join("store"));
            let fixture = Self { directory, store, key: blake3::hash(b"key") };
            for (name, text) in [("made/a.hex", "firmware"), ("made/sub/a.elf", "elf")] {
                let path = fixture.at(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            fixture
        }

        fn at(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        fn keep(&self, sharing: Sharing) {
            let files = ["a.hex", "sub/a.elf"].map(|name| (name.into(), self.at("made").join(name)));
            self.store.keep(&self.key, &files, sharing, &"about").unwrap();
        }

        fn restore(&self, sharing: Sharing) -> bool {
            let found = self.store.find::<String>(&self.key).unwrap();
            assert_eq!(found.about, "about");
            self.store.restore(&found, &self.at("new"), sharing).unwrap()
        }

        fn blobs(&self) -> Vec<PathBuf> {
            let walk = walkdir::WalkDir::new(self.at("store/blobs")).sort_by_file_name().into_iter();
            walk.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file()).collect()
        }
    }

    #[test]
    fn what_is_kept_comes_back() {
        let fixture = Fixture::new();
        assert_eq!(fixture.store.find::<String>(&fixture.key), None);
        fixture.keep(Sharing::Copy);
        assert!(fixture.restore(Sharing::Copy));
        assert_eq!(std::fs::read_to_string(fixture.at("new/sub/a.elf")).unwrap(), "elf");
        assert_eq!(std::fs::metadata(fixture.at("new/a.hex")).unwrap().nlink(), 1, "a file of its own");
        assert_eq!(fixture.store.find::<String>(&blake3::hash(b"other")), None);
    }

    #[test]
    fn what_nobody_writes_into_is_shared() {
        let fixture = Fixture::new();
        fixture.keep(Sharing::Link);
        assert!(fixture.restore(Sharing::Link));
        let inode = |name: &str| std::fs::metadata(fixture.at(name)).unwrap().ino();
        assert_eq!(inode("new/a.hex"), inode("made/a.hex"));
    }

    #[test]
    fn a_blob_that_is_altered_or_gone_is_a_miss_and_made_anew() {
        let fixture = Fixture::new();
        for harm in [|path: &Path| std::fs::write(path, "firmwarf"), |path: &Path| std::fs::remove_file(path)]
        {
            fixture.keep(Sharing::Copy);
            assert!(fixture.restore(Sharing::Copy));
            for blob in fixture.blobs() {
                harm(&blob).unwrap();
            }
            assert!(!fixture.restore(Sharing::Copy));
        }
        fixture.keep(Sharing::Copy);
        // Also where it is harmed between two runs that make the same.
        std::fs::write(&fixture.blobs()[0], "harmed").unwrap();
        fixture.keep(Sharing::Copy);
        assert!(fixture.restore(Sharing::Copy));
        assert_eq!(std::fs::read_to_string(fixture.at("new/a.hex")).unwrap(), "firmware");
    }

    #[test]
    fn an_entry_under_anothers_name_is_a_miss() {
        let fixture = Fixture::new();
        fixture.keep(Sharing::Copy);
        let other = blake3::hash(b"other");
        let path = fixture.store.entry(&other);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(fixture.store.entry(&fixture.key), path).unwrap();
        assert_eq!(fixture.store.find::<String>(&other), None);
    }

    #[test]
    fn an_entry_that_is_torn_or_leads_elsewhere_is_a_miss() {
        let fixture = Fixture::new();
        fixture.keep(Sharing::Copy);
        let path = fixture.store.entry(&fixture.key);
        let whole = std::fs::read_to_string(&path).unwrap();
        for text in [&whole[..whole.len() / 2], &whole.replace("sub/a.elf", "../a.elf"), ""] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(fixture.store.find::<String>(&fixture.key), None, "{text}");
        }
    }
}
