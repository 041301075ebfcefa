//! A cell's firmware: whether it is there already, in the cell's folder or in the artifact store, and
//! that it is found again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::data::{Firmware, recorded, remove_all};
use crate::cache::{Output, Record};
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::{artifacts, folder};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::CellJob;
use crate::symbols::CellSymbols;

/// Removes the firmware of an earlier build: the sketch as it is now has none.
pub(in crate::pipeline) async fn remove(folder: &Path) -> Result<(), BuildError> {
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
pub(in crate::pipeline) async fn find(
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

/// Records what a link made under its keys, and keeps it in the artifact store.
///
/// # Errors
/// Where the cell's folder can't be read or written.
pub(in crate::pipeline) async fn keep(
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
