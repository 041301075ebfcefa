//! What all descriptions in a directory say. Knows no file format.

use super::filters::DescribedSketch;
use super::library::LibraryFacts;
use super::model::ImportedBuild;

/// Contents of the descriptions in a directory.
#[derive(Debug, Default)]
pub struct Imported {
    /// The library in the directory, if there is one.
    pub library: Option<LibraryFacts>,
    /// Builds of all descriptions.
    pub builds: Vec<ImportedBuild>,
    /// The sketches, with what they say themselves of their boards.
    pub sketches: Vec<DescribedSketch>,
    /// Name of a description that was found, but not used because another one has builds.
    pub unused: Option<String>,
    /// Parts of the descriptions that were not understood, one message each.
    pub warnings: Vec<String>,
}
