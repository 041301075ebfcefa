//! A cell's firmware: whether it is there already, in the cell's folder or in the artifact store, and
//! that it is found again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::unit::blocking;
use super::{BuildContext, BuildError, CellArtifacts, artifacts, folder};
use crate::event::{Sizes, Step, UnitCounts};
use crate::plan::CellJob;
use crate::source::{Files, Hash};
use crate::store::{Output, Record, Sharing};
use crate::symbols::CellSymbols;

/// What a link came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Firmware {
    /// Its files, relative to the cell's folder: the one to upload, then the others by name.
    pub(super) files: Vec<PathBuf>,
    /// What it takes.
    pub(super) sizes: Option<Sizes>,
    /// What compilers and the tools behind them printed although they succeeded.
    pub(super) printed: String,
    /// The commands behind the compiles, and what they printed.
    pub(super) log: Vec<String>,
    /// Whether it had to be put there.
    #[serde(skip)]
    pub(super) fresh: bool,
}

impl Firmware {
    /// As the cell's result.
    pub(super) fn artifacts(self, folder: &Path, units: UnitCounts) -> CellArtifacts {
        CellArtifacts {
            artifacts: self.files.iter().map(|path| folder.join(path)).collect(),
            sizes: self.sizes,
            fresh: self.fresh,
            printed: self.printed,
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
    let (folder, files, key) = (job.folder.clone(), cx.files.clone(), *key);
    let recorded = blocking(move || recorded(&folder, &key, &files));
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
        Ok(whole.then_some(found.about))
    });
    let restored = restored.await?;
    let restored = restored
        .map_err(|error: std::io::Error| BuildError::io(Step::Link, "written", &job.folder, &error))?;
    let Some(mut firmware) = restored else { return Ok(None) };
    firmware.fresh = true;
    record(cx, job, vec![key], &firmware).await?;
    firmware.log.insert(0, "taken from the artifact store; this is how it was made:".to_owned());
    Ok(Some(firmware))
}

/// The firmware that lies in a cell's folder, if it belongs to a key.
pub(super) fn recorded(folder: &Path, key: &Hash, files: &Files) -> Option<Firmware> {
    let record = Record::load(folder).filter(|record| record.holds(key, folder, files))?;
    Some(Firmware {
        files: record.artifacts,
        sizes: record.sizes,
        printed: record.printed,
        log: Vec::new(),
        fresh: false,
    })
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
    let (cx, folder, firmware) = (cx.clone(), job.folder.clone(), firmware.clone());
    blocking(move || {
        let mut files = firmware.files.clone();
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
    let (folder, known, firmware) = (job.folder.clone(), cx.files.clone(), firmware.clone());
    blocking(move || {
        let outputs: Result<Vec<Output>, _> =
            firmware.files.iter().map(|path| Output::of(&folder, path.clone(), &known)).collect();
        outputs
            .and_then(|outputs| {
                let keys = keys.iter().map(|key| key.to_hex().to_string()).collect();
                let Firmware { files: artifacts, sizes, printed, .. } = firmware;
                Record { keys, outputs, artifacts, sizes, printed }.save(&folder)
            })
            .map_err(|error| BuildError::io(Step::Link, "recorded", &folder, &error))
    })
    .await?
}
