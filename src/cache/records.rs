//! A record says what a core's or a cell's outputs were made from, and what they are. A job is up to
//! date when its key is the record's and every output still has the recorded content.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::event::Sizes;
use crate::fs::write_atomically;
use crate::includes::{Files, Hash};

/// What is kept of one core or cell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its keys: hashes over everything that enters, by what it is or by its bytes.
    pub keys: Vec<String>,
    /// What was made, relative to the job's directory.
    pub outputs: Vec<Output>,
    /// The firmware files among them, first the one to upload.
    pub artifacts: Vec<PathBuf>,
    /// What hooks left before the link and a later step removed, relative to the job's directory.
    #[serde(default)]
    pub removed: Vec<PathBuf>,
    /// What the firmware takes.
    pub sizes: Option<Sizes>,
    /// Of a cell, what compilers printed although they succeeded, without the names of the checkout.
    #[serde(default)]
    pub compiled: String,
    /// What the tools behind them printed, in the same way; of a core, compilers too, and with all names.
    pub printed: String,
}

/// One file that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Relative to the job's directory.
    pub path: PathBuf,
    /// Of its content, in hexadecimal.
    pub hash: String,
}

impl Output {
    /// Describes a file below `directory` as it is now.
    ///
    /// # Errors
    /// Where it can't be read.
    pub fn of(directory: &Path, path: PathBuf, files: &Files) -> io::Result<Self> {
        let hash = files.hash_now(&directory.join(&path))?.to_hex().to_string();
        Ok(Self { path, hash })
    }
}

impl Record {
    /// The record's name in the job's directory.
    pub const FILE: &'static str = ".record.json";

    /// The record of a job's directory, if there is a readable one.
    pub fn load(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(directory.join(Self::FILE)).ok()?).ok()
    }

    /// Keeps the record. To be called when every output is there.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn save(&self, directory: &Path) -> io::Result<()> {
        let bytes = serde_json::to_vec(self).map_err(io::Error::other)?;
        write_atomically(&directory.join(Self::FILE), &bytes)
    }

    /// Forgets the record, before any output is touched: a run that is killed from here on leaves a
    /// directory that nobody believes.
    ///
    /// # Errors
    /// Whatever the file system says, except that there is none.
    pub fn forget(directory: &Path) -> io::Result<()> {
        match std::fs::remove_file(directory.join(Self::FILE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether the record has this key and every output still has its content.
    pub fn holds(&self, key: &Hash, directory: &Path, files: &Files) -> bool {
        self.keys.iter().any(|known| *known == key.to_hex().as_str())
            && self.outputs.iter().all(|output| {
                files
                    .hash_now(&directory.join(&output.path))
                    .is_ok_and(|hash| hash.to_hex().as_str() == output.hash)
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
