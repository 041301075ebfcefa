//! A cell's firmware as data, and its verification in the cell's directory.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::Record;
use crate::event::{Sizes, UnitCounts};
use crate::includes::{Files, Hash};
use crate::pipeline::job::product::CellArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::shared::checkout::Checkout;
use crate::pipeline::shared::places::Places;

/// Result of a link.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::pipeline) struct Firmware {
    /// Firmware files, relative to the cell's directory: the one to upload, then the others by name.
    pub(in crate::pipeline) files: Vec<PathBuf>,
    /// Other files that recipes created in the cell's directory, relative to it.
    pub(in crate::pipeline) others: Vec<PathBuf>,
    /// Those firmware files that hooks create before the link, in each run.
    pub(in crate::pipeline) given: Vec<PathBuf>,
    /// Files that hooks created before the link and a later step removed, relative to the cell's directory.
    pub(in crate::pipeline) removed: Vec<PathBuf>,
    /// Flash and RAM used by the firmware.
    pub(in crate::pipeline) sizes: Option<Sizes>,
    /// Output of compilers that succeeded. Like `printed`, it is stored with placeholders for directories.
    pub(in crate::pipeline) compiled: String,
    /// Output of tools after the compiles that succeeded.
    pub(in crate::pipeline) printed: String,
    /// Commands after the compiles, and their output.
    pub(in crate::pipeline) log: Vec<String>,
    /// Text files among the outputs that name directories of the run: the artifact store has them with
    /// placeholders.
    pub(in crate::pipeline) texts_with_paths: Vec<PathBuf>,
    /// Whether the firmware was linked or restored in this run.
    #[serde(skip)]
    pub(in crate::pipeline) fresh: bool,
}

impl Firmware {
    /// Applies `change` to commands and tool output, to replace the names of directories.
    pub(super) fn change_names(&mut self, change: impl Fn(&str) -> String) {
        self.compiled = change(&self.compiled);
        self.printed = change(&self.printed);
        for line in &mut self.log {
            *line = change(line);
        }
    }

    /// Returns the cell's result.
    pub(in crate::pipeline) fn artifacts(self, directory: &Path, units: UnitCounts) -> CellArtifacts {
        CellArtifacts {
            artifacts: self.files.iter().map(|path| directory.join(path)).collect(),
            sizes: self.sizes,
            fresh: self.fresh,
            printed: format!("{}{}", self.compiled, self.printed),
            units,
            misbehaved: None,
        }
    }
}

/// Returns the firmware in a cell's directory and its key, if it is recorded under one of `keys` and up to date.
pub(in crate::pipeline) fn recorded(
    directory: &Path,
    keys: &[Hash],
    files: &Files,
    checkout: &Checkout,
) -> Option<(Hash, Firmware)> {
    let record = Record::load(directory)?;
    let key = record.key_among(keys)?;
    let aside = directory.join(directory::ASIDE);
    if aside.is_dir() {
        if !record.is_whole(&aside, files) {
            return None;
        }
        for output in &record.outputs {
            let to = directory.join(&output.path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all).ok()?;
            std::fs::rename(aside.join(&output.path), to).ok()?;
        }
        let _ = std::fs::remove_dir_all(&aside);
        remove_all(directory, &record.removed);
    } else if !record.is_whole(directory, files) {
        return None;
    }
    let mut others: Vec<PathBuf> = record.outputs.into_iter().map(|output| output.path).collect();
    let given = record.artifacts.iter().filter(|path| !others.contains(path)).cloned().collect();
    others.retain(|path| !record.artifacts.contains(path));
    let mut firmware = Firmware {
        files: record.artifacts,
        others,
        given,
        removed: record.removed,
        sizes: record.sizes,
        compiled: record.compiled,
        printed: record.printed,
        log: Vec::new(),
        texts_with_paths: Vec::new(),
        fresh: false,
    };
    // Most compilers print nothing, and a run in which nothing has changed comes here for each cell.
    if !firmware.compiled.is_empty() || !firmware.printed.is_empty() {
        let places = Places::of(checkout, directory);
        firmware.change_names(|text| places.restore(text));
    }
    Some((key, firmware))
}

/// Removes files that a later step of the build removes.
pub(super) fn remove_all(directory: &Path, removed: &[PathBuf]) {
    for path in removed {
        let _ = std::fs::remove_file(directory.join(path));
    }
}
