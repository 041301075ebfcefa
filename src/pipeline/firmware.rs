//! A cell's firmware: whether it is there already, in the cell's folder or in the artifact store, and
//! that it is found again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::unit::blocking;
use super::{BuildContext, BuildError, CellArtifacts, Checkout, FileAction, artifacts, folder};
use crate::cache::{Output, Record};
use crate::event::{Sizes, Step, UnitCounts};
use crate::fs::Sharing;
use crate::includes::{Files, Hash};
use crate::plan::CellJob;
use crate::symbols::CellSymbols;

/// What a link came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Firmware {
    /// Its files, relative to the cell's folder: the one to upload, then the others by name.
    pub(super) files: Vec<PathBuf>,
    /// What else recipes left in the cell's folder, relative to it.
    pub(super) others: Vec<PathBuf>,
    /// Those of its files that hooks make before the link, in each run.
    pub(super) given: Vec<PathBuf>,
    /// What hooks left before the link and a later step removed, relative to the cell's folder.
    pub(super) removed: Vec<PathBuf>,
    /// What it takes.
    pub(super) sizes: Option<Sizes>,
    /// What compilers printed although they succeeded. Like `printed` it is kept without the names of the checkout.
    pub(super) compiled: String,
    /// What the tools behind the compiles printed although they succeeded.
    pub(super) printed: String,
    /// The commands behind the compiles, and what they printed.
    pub(super) log: Vec<String>,
    /// Whether it had to be put there.
    #[serde(skip)]
    pub(super) fresh: bool,
}

impl Firmware {
    /// Changes the names in what tools printed.
    fn change_printed(&mut self, change: impl Fn(&str) -> String) {
        self.compiled = change(&self.compiled);
        self.printed = change(&self.printed);
    }

    /// As the cell's result.
    pub(super) fn artifacts(self, folder: &Path, units: UnitCounts) -> CellArtifacts {
        CellArtifacts {
            artifacts: self.files.iter().map(|path| folder.join(path)).collect(),
            sizes: self.sizes,
            fresh: self.fresh,
            printed: format!("{}{}", self.compiled, self.printed),
            units,
        }
    }
}

/// Removes the firmware of an earlier build: the sketch as it is now has none.
pub(super) async fn remove(folder: &Path) -> Result<(), BuildError> {
    let folder = folder.to_owned();
    blocking(move || {
        let Some(record) = Record::load(&folder) else { return };
        // What can't be removed is in nobody's record any more.
        let _ = Record::forget(&folder);
        let _ = std::fs::remove_dir_all(folder.join(folder::ASIDE));
        for path in record.outputs.into_iter().map(|output| output.path).chain([CellSymbols::FILE.into()]) {
            let _ = std::fs::remove_file(folder.join(path));
        }
    })
    .await
}

/// The firmware with this key: what is in the cell's folder, or else what the artifact store has.
///
/// # Errors
/// Where the cell's folder can't be written.
pub(super) async fn find(
    cx: &BuildContext,
    job: &CellJob,
    key: &Hash,
    given: &HashSet<PathBuf>,
) -> Result<Option<Firmware>, BuildError> {
    let (folder, files, key, checkout) = (job.folder.clone(), cx.files.clone(), *key, cx.checkout.clone());
    let recorded = blocking(move || recorded(&folder, &key, &files, &checkout));
    if let Some(recorded) = recorded.await? {
        return Ok(Some(recorded));
    }
    let Some(store) = cx.artifacts.clone() else { return Ok(None) };
    let found = blocking(move || store.find::<Firmware>(&key).map(|found| (store, found)));
    let Some((store, found)) = found.await? else { return Ok(None) };
    folder::clear(&job.folder, given).await?;
    let folder = job.folder.clone();
    // Users flash, strip and sign their firmware in place: it is theirs.
    let restored = blocking(move || {
        let whole = store.restore(&found, &folder, Sharing::Copy)?;
        if whole {
            remove_all(&folder, &found.about.removed);
        }
        Ok(whole.then_some(found.about))
    });
    let restored = restored.await?;
    let restored = restored.map_err(|error: std::io::Error| {
        BuildError::io(Step::Link, FileAction::Write, &job.folder, &error)
    })?;
    let Some(mut firmware) = restored else { return Ok(None) };
    firmware.change_printed(|text| cx.checkout.restore_names(text));
    firmware.fresh = true;
    record(cx, job, vec![key], &firmware).await?;
    firmware.log.insert(0, "taken from the artifact store; this is how it was made:".to_owned());
    Ok(Some(firmware))
}

/// The firmware that lies in a cell's folder, if it belongs to a key.
pub(super) fn recorded(folder: &Path, key: &Hash, files: &Files, checkout: &Checkout) -> Option<Firmware> {
    let record = Record::load(folder)?;
    let aside = folder.join(folder::ASIDE);
    if aside.is_dir() {
        if !record.holds(key, &aside, files) {
            return None;
        }
        for output in &record.outputs {
            let to = folder.join(&output.path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all).ok()?;
            std::fs::rename(aside.join(&output.path), to).ok()?;
        }
        let _ = std::fs::remove_dir_all(&aside);
        remove_all(folder, &record.removed);
    } else if !record.holds(key, folder, files) {
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
        compiled: checkout.restore_names(&record.compiled),
        printed: checkout.restore_names(&record.printed),
        log: Vec::new(),
        fresh: false,
    })
}

/// Removes files that a later step of the build removes.
fn remove_all(folder: &Path, removed: &[PathBuf]) {
    for path in removed {
        let _ = std::fs::remove_file(folder.join(path));
    }
}

/// Records what a link made under its keys, and keeps it in the artifact store.
///
/// # Errors
/// Where the cell's folder can't be read or written.
pub(super) async fn keep(
    cx: &BuildContext,
    job: &CellJob,
    keys: Vec<Hash>,
    firmware: &Firmware,
) -> Result<(), BuildError> {
    record(cx, job, keys.clone(), firmware).await?;
    let (cx, folder, mut firmware) = (cx.clone(), job.folder.clone(), firmware.clone());
    blocking(move || {
        firmware.change_printed(|text| cx.checkout.forget_real_names(text));
        let mut files = [&*firmware.files, &firmware.others].concat();
        // Hooks make them anew.
        files.retain(|path| !firmware.given.contains(path));
        files.extend(folder.join(CellSymbols::FILE).is_file().then(|| CellSymbols::FILE.into()));
        for key in keys {
            artifacts::keep(&cx, &key, &folder, &files, Sharing::Copy, &firmware);
        }
    })
    .await
}

async fn record(
    cx: &BuildContext,
    job: &CellJob,
    keys: Vec<Hash>,
    firmware: &Firmware,
) -> Result<(), BuildError> {
    let (folder, known, mut firmware) = (job.folder.clone(), cx.files.clone(), firmware.clone());
    firmware.change_printed(|text| cx.checkout.forget_real_names(text));
    blocking(move || {
        let files =
            firmware.files.iter().filter(|path| !firmware.given.contains(path)).chain(&firmware.others);
        let outputs: Result<Vec<Output>, _> =
            files.map(|path| Output::of(&folder, path.clone(), &known)).collect();
        outputs
            .and_then(|outputs| {
                let keys = keys.iter().map(|key| key.to_hex().to_string()).collect();
                let Firmware { files: artifacts, removed, sizes, compiled, printed, .. } = firmware;
                Record { keys, outputs, artifacts, removed, sizes, compiled, printed }.save(&folder)
            })
            .map_err(|error| BuildError::io(Step::Link, FileAction::Record, &folder, &error))
    })
    .await?
}
