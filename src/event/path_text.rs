//! Paths as text in events. Serde refuses a path that is not UTF-8; an event can always be written, so such a
//! path is written as it is displayed.

use std::path::{Path, PathBuf};

use serde::Serializer;

/// Writes a path.
pub(super) fn one<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// Writes a list of paths.
pub(super) fn all<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.display().to_string()))
}

/// Writes a path, or null.
#[allow(clippy::ref_option)] // the shape that serde asks for
pub(super) fn optional<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => one(path, serializer),
        None => serializer.serialize_none(),
    }
}
