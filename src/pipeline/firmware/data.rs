//! A cell's firmware as data, and how it is verified in the cell's directory.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cache::Record;
use crate::event::{Sizes, UnitCounts};
use crate::includes::{Files, Hash};
use crate::pipeline::job::product::CellArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::shared::checkout::Checkout;
use crate::pipeline::shared::places::Places;

/// What a link came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::pipeline) struct Firmware {
    /// Its files, relative to the cell's directory: the one to upload, then the others by name.
    pub(in crate::pipeline) files: Vec<PathBuf>,
    /// What else recipes left in the cell's directory, relative to it.
    pub(in crate::pipeline) others: Vec<PathBuf>,
    /// Those of its files that hooks make before the link, in each run.
    pub(in crate::pipeline) given: Vec<PathBuf>,
    /// What hooks left before the link and a later step removed, relative to the cell's directory.
    pub(in crate::pipeline) removed: Vec<PathBuf>,
    /// What it takes.
    pub(in crate::pipeline) sizes: Option<Sizes>,
    /// What compilers printed although they succeeded. Like `printed` it is stored without names of directories.
    pub(in crate::pipeline) compiled: String,
    /// What the tools behind the compiles printed although they succeeded.
    pub(in crate::pipeline) printed: String,
    /// The commands behind the compiles, and what they printed.
    pub(in crate::pipeline) log: Vec<String>,
    /// Texts among its files that name directories of the run: the artifact store has them with stand-ins.
    pub(in crate::pipeline) naming: Vec<PathBuf>,
    /// Whether it had to be put there.
    #[serde(skip)]
    pub(in crate::pipeline) fresh: bool,
}

impl Firmware {
    /// Changes the names of directories in commands and in what tools printed.
    pub(super) fn change_names(&mut self, change: impl Fn(&str) -> String) {
        self.compiled = change(&self.compiled);
        self.printed = change(&self.printed);
        for line in &mut self.log {
            *line = change(line);
        }
    }

    /// As the cell's result.
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

/// The keys that firmware can have.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct FirmwareKeys {
    /// Of firmware without a name of the checkout, the work directory or the build directory: it is the same wherever it
    /// is made.
    pub(in crate::pipeline) general: Hash,
    /// Of firmware with such a name, which belongs to these directories.
    pub(in crate::pipeline) here: Hash,
}

impl FirmwareKeys {
    /// Both, in the order in which firmware is looked for.
    pub(in crate::pipeline) fn both(&self) -> [Hash; 2] {
        [self.general, self.here]
    }
}

/// The firmware that lies in a cell's directory, if it belongs to a key.
pub(in crate::pipeline) fn recorded(
    directory: &Path,
    key: &Hash,
    files: &Files,
    checkout: &Checkout,
) -> Option<Firmware> {
    let record = Record::load(directory)?;
    let places = Places::of(checkout, directory);
    let aside = directory.join(directory::ASIDE);
    if aside.is_dir() {
        if !record.holds(key, &aside, files) {
            return None;
        }
        for output in &record.outputs {
            let to = directory.join(&output.path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all).ok()?;
            std::fs::rename(aside.join(&output.path), to).ok()?;
        }
        let _ = std::fs::remove_dir_all(&aside);
        remove_all(directory, &record.removed);
    } else if !record.holds(key, directory, files) {
        return None;
    }
    let mut others: Vec<PathBuf> = record.outputs.into_iter().map(|output| output.path).collect();
    let given = record.artifacts.iter().filter(|path| !others.contains(path)).cloned().collect();
    others.retain(|path| !record.artifacts.contains(path));
    Some(Firmware {
        files: record.artifacts,
        others,
        given,
        removed: record.removed,
        sizes: record.sizes,
        compiled: places.restore(&record.compiled),
        printed: places.restore(&record.printed),
        log: Vec::new(),
        naming: Vec::new(),
        fresh: false,
    })
}

/// Removes files that a later step of the build removes.
pub(super) fn remove_all(directory: &Path, removed: &[PathBuf]) {
    for path in removed {
        let _ = std::fs::remove_file(directory.join(path));
    }
}
