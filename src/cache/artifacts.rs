//! The artifact store of a cache directory: results of links, whole cores and light compiles, by a key over all inputs.
//! With it a new work directory starts neither compiler nor linker for a result of an earlier run.
//!
//! ```text
//! ROOT/entries/KEY     an entry: file names and hashes of a core or a cell, with its metadata
//! ROOT/blobs/HASH      the contents, each stored once
//! ```
//!
//! An entry is written after all its blobs. A blob is used only if its content has the hash in its name: a truncated,
//! altered or removed blob is a miss. The modification time of an entry is the time of its last use.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fs::{Sharing, write_atomically};
use crate::includes::Hash;

/// An artifact store. Cheap to clone; several runs may use one at the same time.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

/// An entry of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact<T> {
    /// Metadata from the caller that stored it.
    pub about: T,
    /// Its files: path relative to the caller's directory, and content hash.
    pub files: Vec<(PathBuf, Hash)>,
}

#[derive(Serialize, Deserialize)]
struct Entry<T> {
    /// The key of the entry. An entry under another key's name is ignored.
    key: String,
    about: T,
    files: Vec<(PathBuf, String)>,
}

impl Artifacts {
    /// Returns the store in `root`, which is created when needed.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Stores files under a key, each with its path relative to the caller's directory. Replaces an existing entry.
    ///
    /// # Errors
    /// An error of the file system. Nothing is stored then, and existing entries stay valid.
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

    /// Returns the entry of a key, if it is readable. Does not check its files.
    pub fn find<T: DeserializeOwned>(&self, key: &Hash) -> Option<Artifact<T>> {
        let path = self.entry(key);
        let entry: Entry<T> = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        if entry.key != key.to_hex().as_str() {
            return None;
        }
        let files = entry.files.into_iter().map(|(path, hash)| {
            // No entry may name a file outside the caller's directory.
            let inside = path.components().all(|part| matches!(part, std::path::Component::Normal(_)));
            inside.then_some((path, Hash::from_hex(hash).ok()?))
        });
        let files = files.collect::<Option<_>>()?;
        // Records the use, as the least recently used entries are removed first. If that fails, the entry is removed
        // early.
        if let Ok(file) = std::fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(Artifact { about: entry.about, files })
    }

    /// Restores the files of an artifact into `directory`. Returns whether all were present with the right content; if
    /// not, the files restored so far are unusable.
    ///
    /// # Errors
    /// `directory` can't be written.
    pub fn restore<T>(&self, artifact: &Artifact<T>, directory: &Path, sharing: Sharing) -> io::Result<bool> {
        for (path, expected) in &artifact.files {
            let blob = self.blob(expected);
            if !hash(&blob).is_ok_and(|hash| hash == *expected) {
                // The next store of the same result writes it again.
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

    /// Removes the entry of a key, if there is one.
    pub fn forget(&self, key: &Hash) {
        // An entry that can't be removed stays, as in a store that is read-only.
        let _ = std::fs::remove_file(self.entry(key));
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
        // Also where a blob is damaged between two runs that make the same result.
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
