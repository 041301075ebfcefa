//! The written entries of `libraries`. Knows only shapes.

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::{RawNames, RawScalar};

/// A library: a path, or the long form.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Library")]
pub(in crate::matrix) enum RawLibrary {
    /// A library, or a directory of libraries.
    Path(String),
    /// The long form.
    Long(RawLongLibrary),
}

/// The long form of a library: one of `path`, `name`, `git` and `url`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "LongLibrary")]
pub(in crate::matrix) struct RawLongLibrary {
    /// A library, or a directory of libraries, relative to this file.
    pub(in crate::matrix) path: Option<String>,
    /// A library of Arduino's library index, by its name.
    #[schemars(example = &"ArduinoJson")]
    pub(in crate::matrix) name: Option<String>,
    /// With `name`, an exact version or a range of versions: `7.1.0`, `7.*`, `^1.2`, `>=1.0 && <2.0`. Without it, the
    /// newest. The lock file pins it.
    #[schemars(example = &"7.*")]
    pub(in crate::matrix) version: Option<RawScalar>,
    /// The address of a Git repository with one library in its root directory.
    #[schemars(example = &"https://github.com/me/Thing.git")]
    pub(in crate::matrix) git: Option<String>,
    /// With `git`, a commit, a tag or a branch. Without it, the default branch. The lock file pins the commit.
    #[schemars(example = &"v1.2.0")]
    pub(in crate::matrix) rev: Option<String>,
    /// The address of an archive (`.zip`, `.tar.gz`, `.tar.bz2`, `.tar.xz`, `.tar.zst`) with one library.
    #[schemars(example = &"https://example.org/Thing-1.2.0.zip")]
    pub(in crate::matrix) url: Option<String>,
    /// With `url`, the archive's checksum.
    #[schemars(example = &"SHA-256:0f2ff3…")]
    pub(in crate::matrix) checksum: Option<String>,
    /// Only for these boards: a name or a glob, or several; with `!` in front, all but these.
    pub(in crate::matrix) boards: Option<RawNames>,
    /// Whether the libraries that this one depends on are installed from the library index, too. Without it, the key
    /// `dependencies` of the matrix.
    pub(in crate::matrix) dependencies: Option<bool>,
}
