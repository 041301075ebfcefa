//! The libraries that a cell is built with, and the include that chose each.

use serde::{Deserialize, Serialize};

/// A library as reports name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLibrary {
    /// `name` of its `library.properties`, or its directory's name.
    pub name: String,
    /// `version` of its `library.properties`; empty where there is none.
    pub version: String,
    /// Its directory.
    pub path: String,
}

/// A library that a cell is built with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedLibrary {
    /// The library.
    pub library: NamedLibrary,
    /// The header whose include chose it.
    pub header: String,
    /// Other libraries with this header.
    pub not_used: Vec<NamedLibrary>,
    /// Whether it is the library under test.
    pub under_test: bool,
    /// Its architectures, where the board's is not among them; empty otherwise.
    pub made_for: String,
    /// The library under test, where this one replaces it.
    pub instead_of: Option<Replaced>,
}

/// The library under test, where a cell is built with another copy of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The library under test.
    pub library: NamedLibrary,
    /// A header that both have.
    pub header: String,
    /// How the matrix lists the library under test.
    pub listed: Listed,
    /// The library under test as an entry of `libraries`: a path relative to the matrix file's directory.
    pub entry: String,
}

/// How a matrix lists a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Not listed.
    No,
    /// Within a directory of libraries, or with the platform.
    InDirectory,
    /// By its own entry.
    Itself,
}

impl std::fmt::Display for NamedLibrary {
    /// Writes `Servo 1.2.1 in /libs/Servo`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, version, path } = self;
        let gap = if version.is_empty() { "" } else { " " };
        write!(f, "{name}{gap}{version} in {path}")
    }
}
