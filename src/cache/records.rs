//! The record of a core or a cell: keys of its inputs, and hashes of its outputs. A job is up to date when its key is
//! in the record and every output has the recorded content.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::event::Sizes;
use crate::fs::write_atomically;
use crate::includes::{Files, Hash};

/// The record of one core or cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its keys: hashes over all inputs, by identity or by content.
    pub keys: Vec<String>,
    /// Its outputs, relative to the job's directory.
    pub outputs: Vec<Output>,
    /// The firmware files among the outputs; the first is the one to upload.
    pub artifacts: Vec<PathBuf>,
    /// Files that hooks created before the link and a later step removed, relative to the job's directory.
    #[serde(default)]
    pub removed: Vec<PathBuf>,
    /// Sizes of the firmware.
    pub sizes: Option<Sizes>,
    /// Output of successful compilers of a cell, without the names of the checkout.
    #[serde(default)]
    pub compiled: String,
    /// Output of the tools after the compilers, also without those names. For a core: output of all tools, names
    /// unchanged.
    pub printed: String,
}

/// An output of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Path relative to the job's directory.
    pub path: PathBuf,
    /// Content hash, in hexadecimal.
    pub hash: String,
}

impl Output {
    /// Describes a file below `directory` in its present state.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn of(directory: &Path, path: PathBuf, files: &Files) -> io::Result<Self> {
        let hash = files.hash_now(&directory.join(&path))?.to_hex().to_string();
        Ok(Self { path, hash })
    }
}

impl Record {
    /// File name of the record in the job's directory.
    pub const FILE: &'static str = ".record.json";

    /// Reads the record in a job's directory, if there is a readable one.
    pub fn load(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(directory.join(Self::FILE)).ok()?).ok()
    }

    /// Writes the record. Call it when every output is complete.
    ///
    /// # Errors
    /// An error of the file system.
    pub fn save(&self, directory: &Path) -> io::Result<()> {
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        write_atomically(&directory.join(Self::FILE), &bytes)
    }

    /// Removes the record before any output is changed. If the run is killed after that, the directory counts as out of
    /// date.
    ///
    /// # Errors
    /// An error of the file system. A missing record is none.
    pub fn forget(directory: &Path) -> io::Result<()> {
        match std::fs::remove_file(directory.join(Self::FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns whether the record has this key and every output has the recorded content.
    pub fn holds(&self, key: &Hash, directory: &Path, files: &Files) -> bool {
        self.key_among(&[*key]).is_some() && self.is_whole(directory, files)
    }

    /// Returns the first of these keys that the record has.
    pub fn key_among(&self, keys: &[Hash]) -> Option<Hash> {
        let is_own = |key: &&Hash| self.keys.iter().any(|own| *own == key.to_hex().as_str());
        keys.iter().find(is_own).copied()
    }

    /// Returns whether every output in `directory` has the recorded content.
    pub fn is_whole(&self, directory: &Path, files: &Files) -> bool {
        self.outputs.iter().all(|output| {
            let hash = files.hash_now(&directory.join(&output.path));
            hash.is_ok_and(|hash| hash.to_hex().as_str() == output.hash)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_altered_or_gone_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::default();
        let key = blake3::hash(b"key");
        std::fs::write(directory.path().join("a.hex"), "firmware").unwrap();
        let output = Output::of(directory.path(), "a.hex".into(), &files).unwrap();
        let record =
            Record { keys: vec![key.to_hex().to_string()], outputs: vec![output], ..Record::default() };
        record.save(directory.path()).unwrap();
        let record = Record::load(directory.path()).unwrap();
        assert!(record.holds(&key, directory.path(), &files));
        assert!(!record.holds(&blake3::hash(b"other"), directory.path(), &files));
        std::fs::write(directory.path().join("a.hex"), "firmwarf").unwrap();
        assert!(!record.holds(&key, directory.path(), &files));
        std::fs::remove_file(directory.path().join("a.hex")).unwrap();
        assert!(!record.holds(&key, directory.path(), &files));
        Record::forget(directory.path()).unwrap();
        assert_eq!(Record::load(directory.path()), None);
        Record::forget(directory.path()).unwrap();
    }
}
