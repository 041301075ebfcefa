//! Content hashes.

use std::ffi::OsStr;

/// A content hash: BLAKE3, 32 bytes.
pub type Hash = blake3::Hash;

/// Returns the hash of a file's name and of its content's hash.
pub fn digest(name: &OsStr, content: &Hash) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name.as_encoded_bytes()).update(&[0]).update(content.as_bytes());
    hasher.finalize()
}
