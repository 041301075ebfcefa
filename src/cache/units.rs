//! Objects, one for each distinct compile, at paths made from their keys. A note beside each object has its hash, so
//! that a truncated or altered object is recompiled.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::fs::write_atomically;
use crate::includes::{Files, Hash};

/// The object store of one work directory.
#[derive(Debug, Clone)]
pub struct Units {
    root: PathBuf,
}

/// A stored object, verified by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUnit {
    /// Its path. May be hardlinked elsewhere, never written.
    pub object: PathBuf,
    /// Its content hash.
    pub hash: Hash,
    /// Output of the compiler that made it: warnings.
    pub printed: String,
}

#[derive(Serialize, Deserialize)]
struct Note {
    hash: String,
    printed: String,
}

impl Units {
    /// Returns the store in `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn object(&self, key: &Hash) -> PathBuf {
        self.root.join(format!("{}.o", key.to_hex()))
    }

    /// Returns the object of a key, if it exists with the recorded content.
    pub fn find(&self, key: &Hash, files: &Files) -> Option<StoredUnit> {
        let object = self.object(key);
        let path = object.with_extension("json");
        let note: Note = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        let hash = files.hash_now(&object).ok().filter(|hash| hash.to_hex().as_str() == note.hash)?;
        // Records the use: see `sweep`. If that fails, the object is removed early.
        if let Ok(file) = std::fs::File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(StoredUnit { object, hash, printed: note.printed })
    }

    /// Moves a new object from `made` into the store.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn keep(&self, key: &Hash, made: &Path, printed: String) -> io::Result<StoredUnit> {
        let object = self.object(key);
        std::fs::create_dir_all(&self.root)?;
        let hash = blake3::Hasher::new().update_reader(std::fs::File::open(made)?)?.finalize();
        match std::fs::rename(made, &object) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                let temporary = object.with_extension(format!("o.{}.tmp", std::process::id()));
                std::fs::copy(made, &temporary)?;
                std::fs::rename(&temporary, &object)?;
                std::fs::remove_file(made)?;
            }
            other => other?,
        }
        let note = Note { hash: hash.to_hex().to_string(), printed };
        let bytes = serde_json::to_vec(&note).map_err(io::Error::other)?;
        write_atomically(&object.with_extension("json"), &bytes)?;
        Ok(StoredUnit { object, hash, printed: note.printed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_object_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let units = Units::new(directory.path().join("units"));
        let files = Files::default();
        let key = blake3::hash(b"unit");
        assert_eq!(units.find(&key, &files), None);
        let made = directory.path().join("made.o");
        std::fs::write(&made, "object").unwrap();
        let kept = units.keep(&key, &made, "warning".into()).unwrap();
        assert!(!made.exists());
        assert_eq!(units.find(&key, &files), Some(kept.clone()));
        std::fs::write(&kept.object, "objec").unwrap();
        assert_eq!(units.find(&key, &files), None, "a truncated object is no object");
        std::fs::remove_file(&kept.object).unwrap();
        assert_eq!(units.find(&key, &files), None);
    }
}
