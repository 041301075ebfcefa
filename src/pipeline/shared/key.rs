//! Keys: hashes over all inputs of a result.

use crate::includes::Hash;
use crate::process::Environment;

/// Hash over parts, each with its length, so that different parts never give the same bytes.
pub(in crate::pipeline) struct Key(blake3::Hasher);

impl Key {
    /// Returns an empty key of a kind; a kind whose meaning changes gets another name.
    pub(in crate::pipeline) fn new(kind: &str) -> Self {
        let mut key = Self(blake3::Hasher::new());
        key.add(kind.as_bytes());
        key
    }

    pub(in crate::pipeline) fn add(&mut self, part: &[u8]) -> &mut Self {
        self.0.update(&part.len().to_le_bytes()).update(part);
        self
    }

    /// Adds a command with its environment.
    pub(in crate::pipeline) fn command(&mut self, argv: &[String], environment: &Environment) -> &mut Self {
        for (name, value) in environment.keyed() {
            self.add(name.as_bytes()).add(value.as_bytes());
        }
        self.add(b"");
        for word in argv {
            self.add(word.as_bytes());
        }
        self.add(b"")
    }

    pub(in crate::pipeline) fn finish(&self) -> Hash {
        self.0.finalize()
    }
}
