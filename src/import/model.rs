//! Values that the descriptions of other tools are read into. Knows no file format.

use crate::platform::Fqbn;

/// Builds of some sketches for one board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedBuild {
    /// The description: `.github/workflows/ci.yml, job build`.
    pub origin: String,
    /// Name of the board in the description, if it has one.
    pub name: Option<String>,
    /// The board.
    pub fqbn: Fqbn,
    /// Cores that the description installs.
    pub cores: Vec<ImportedCore>,
    /// Libraries that the description installs, the library under test among them.
    pub libraries: Vec<ImportedLibrary>,
    /// Paths of sketches or of directories that contain sketches, relative to the directory.
    pub sketches: Vec<String>,
    /// Sketches below `sketches` that are not built.
    pub left_out: Vec<LeftOut>,
    /// Overridden properties, as `--build-property` writes them.
    pub properties: Vec<(String, String)>,
    /// Warning level of arduino-cli: `none`, `default`, `more` or `all`.
    pub warnings: Option<String>,
}

/// Sketches that a build leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// A sketch, or a directory that contains sketches, relative to the directory of the description.
    pub path: String,
    /// The reason.
    pub reason: String,
}

/// A core that a description installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedCore {
    /// `vendor:arch`.
    pub name: String,
    /// The version, if it is fixed.
    pub version: Option<String>,
    /// The source.
    pub source: CoreSource,
}

/// Source of a core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoreSource {
    /// A package index: at this address, or Arduino's.
    Index(Option<String>),
    /// A directory, relative to the directory of the description.
    Path(String),
    /// A Git repository or an archive, by address.
    Download(String),
}

/// A library that a description installs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ImportedLibrary {
    /// A library of Arduino's library index.
    Index {
        /// Its name.
        name: String,
        /// The version, if it is fixed.
        version: Option<String>,
    },
    /// A directory, relative to the directory of the description.
    Path(String),
    /// A Git repository.
    Repository {
        /// Its address.
        url: String,
        /// A commit, a tag or a branch; without it, the default branch.
        revision: Option<String>,
    },
    /// An archive, by address.
    Archive(String),
}
