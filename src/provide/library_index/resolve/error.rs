//! Errors of the resolution of libraries.

use std::fmt;

/// Error of the resolution of libraries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveLibrariesError {
    /// A library is not in the index.
    #[error("library `{name}`, which {required_by} requires, is not in the library index\n{hint}")]
    UnknownLibrary {
        /// Name of the library.
        name: String,
        /// The requirer.
        required_by: String,
        /// How to fix it.
        hint: String,
    },
    /// A library has no version in a range.
    #[error(
        "library `{name}` has no version `{range}`, which {required_by} requires\nthe index has {versions}"
    )]
    NoVersion {
        /// Name of the library.
        name: String,
        /// The range.
        range: String,
        /// The requirer.
        required_by: String,
        /// The newest versions, comma-separated.
        versions: String,
    },
    /// No versions of the required libraries fit together.
    #[error(
        "no versions of the required libraries fit together:{}\nchange a version that you require, or remove a library",
        lines(.requirements, .versions)
    )]
    Conflict {
        /// The requirements that exclude each other: no solution keeps all of them.
        requirements: Vec<RequiredRange>,
        /// Names of the libraries with several of these requirements, and their newest versions, comma-separated.
        versions: Vec<(String, String)>,
    },
    /// The limit of steps was reached.
    #[error(
        "no versions of the required libraries were found to fit together within {steps} steps, over {releases} \
         releases\nrequire exact versions of some of them"
    )]
    TooManySteps {
        /// Number of releases that were considered.
        releases: usize,
        /// The limit.
        steps: usize,
    },
}

/// A requirement of one library on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredRange {
    /// The requirer as the subject of a sentence.
    pub required_by: String,
    /// Name of the required library.
    pub name: String,
    /// The range of versions; empty for every version.
    pub range: String,
}

impl fmt::Display for RequiredRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requires `{}`", self.required_by, self.name)?;
        if self.range.is_empty() { Ok(()) } else { write!(f, " ({})", self.range) }
    }
}

/// Returns the requirements and versions, each on a line of its own, the first few.
fn lines(requirements: &[RequiredRange], versions: &[(String, String)]) -> String {
    const MAX_LINES: usize = 12;
    let more = requirements.len().saturating_sub(MAX_LINES);
    let shown = requirements.iter().take(MAX_LINES).map(|it| format!("\n  {it}"));
    let more = (more > 0).then(|| format!("\n  and {more} more requirements"));
    let versions = versions.iter().take(MAX_LINES);
    let versions = versions.map(|(name, versions)| format!("\n  the index has `{name}` {versions}"));
    shown.chain(more).chain(versions).collect()
}
