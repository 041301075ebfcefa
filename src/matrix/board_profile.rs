//! What a board out of a profile has for itself: sketches, platforms in exact versions.

use std::path::PathBuf;

use indexmap::IndexSet;

use super::name_glob::NameGlobs;
use super::source::Span;
use crate::versions::{RelaxedVersion, VersionRange};

/// A profile of sketches' project files as a board. It sees only its own platforms and libraries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardProfile {
    /// The sketches that have it: their directories.
    pub sketches: IndexSet<PathBuf>,
    /// Its platforms, the board's own first; empty for the installed ones.
    pub platforms: Vec<PinnedPlatform>,
}

/// A platform of a package index in exactly one version.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PinnedPlatform {
    /// `vendor:arch`.
    pub name: String,
    /// Its version.
    pub version: RelaxedVersion,
    /// The index that has it, beside Arduino's.
    pub url: Option<String>,
}

impl PinnedPlatform {
    /// Returns what tells it from other versions: `vendor:arch@VERSION`.
    pub fn key(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }

    /// Returns the range of its version alone.
    pub fn range(&self) -> VersionRange {
        VersionRange::exactly(self.version.clone())
    }
}

/// The profiles of sketches that an entry selects.
#[derive(Debug, Clone)]
pub(super) struct ProfileChoice {
    /// The place that selects them.
    pub(super) span: Span,
    /// Their names; `None` for all.
    pub(super) names: Option<NameGlobs>,
}
