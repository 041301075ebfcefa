//! What expressions can know of a cell.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::name_glob::NameGlobs;
use crate::platform::Fqbn;

/// Facts about a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardFacts {
    /// Its name in the matrix.
    pub name: Arc<str>,
    /// The boards of the matrix in whose place it stands for some sketches. It is selected by their names as well.
    pub bases: Vec<Arc<str>>,
    /// Its FQBN as the matrix has it, with the options that are written there.
    pub fqbn: String,
    /// Its core: `vendor:arch`.
    pub core: String,
    /// Its architecture.
    pub arch: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What its core says of it; `None` before the core is installed.
    pub hardware: Option<Hardware>,
}

impl BoardFacts {
    /// Returns the facts that the matrix alone has.
    pub(in crate::matrix) fn new(name: &Arc<str>, fqbn: &Fqbn, tags: &[String]) -> Self {
        Self {
            name: Arc::clone(name),
            bases: Vec::new(),
            fqbn: fqbn.to_string(),
            core: fqbn.core_name(),
            arch: fqbn.architecture.clone(),
            tags: tags.to_vec(),
            hardware: None,
        }
    }

    /// Returns the names that it is selected by.
    pub(in crate::matrix) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.name).chain(self.bases.iter().map(|base| &**base))
    }

    /// Returns whether one of its names is selected.
    pub(in crate::matrix) fn is_named(&self, globs: &NameGlobs) -> bool {
        globs.matches_any(&self.names().collect::<Vec<_>>())
    }
}

/// Properties of a board, with its menu options and overrides applied. A property that the core does not have is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hardware {
    /// `build.mcu`.
    pub mcu: Option<String>,
    /// `upload.maximum_size` in bytes: the space for the program, which a partition scheme can change.
    pub flash: Option<u64>,
    /// `upload.maximum_data_size` in bytes: the space for global variables.
    pub ram: Option<u64>,
    /// The directory of precompiled libraries (`compiler.sdk.path`, of an ESP32), with its `sdkconfig`.
    pub sdk: Option<PathBuf>,
}

/// Facts about a sketch.
#[derive(Debug, Clone, Copy)]
pub struct SketchFacts<'a> {
    /// Its name in the matrix.
    pub name: &'a str,
    /// Its tags.
    pub tags: &'a [String],
}

/// Facts about a cell, or about a board alone.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The board.
    pub board: &'a BoardFacts,
    /// The sketch; `None` where only the board is asked about.
    pub sketch: Option<SketchFacts<'a>>,
}
