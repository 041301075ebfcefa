//! Looks up a cell's firmware in the cell's directory and in the artifact store.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::data::{Firmware, recorded, remove_all};
use super::keep::record;
use crate::cache::{Artifact, Artifacts, Record};
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::directory;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::Places;
use crate::plan::CellJob;
use crate::symbols::CellSymbols;

/// Removes the firmware of an earlier build, because the current sketch has none.
pub(in crate::pipeline) async fn remove(directory: &Path) -> Result<(), BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        let Some(record) = Record::load(&directory) else { return };
        // A file that can't be removed is in no record any more.
        let _ = Record::forget(&directory);
        let _ = std::fs::remove_dir_all(directory.join(directory::ASIDE));
        for path in record.outputs.into_iter().map(|output| output.path).chain([CellSymbols::FILE.into()]) {
            let _ = std::fs::remove_file(directory.join(path));
        }
    })
    .await
}

/// Returns the firmware with the first matching key, and the key that it is recorded under. Firmware in the
/// cell's directory takes precedence over firmware in the artifact store.
///
/// # Errors
/// The cell's directory can't be written.
pub(in crate::pipeline) async fn find(
    cx: &BuildContext,
    job: &CellJob,
    keys: &[Hash],
    given: &HashSet<PathBuf>,
) -> Result<Option<(Hash, Firmware)>, BuildError> {
    let (directory, files, checkout) = (job.directory.clone(), cx.files.clone(), cx.checkout.clone());
    let (store, wanted) = (cx.artifacts.clone(), keys.to_vec());
    let found = blocking(move || {
        let recorded = |key: &Hash| Some((*key, recorded(&directory, key, &files, &checkout)?));
        if let Some((key, firmware)) = wanted.iter().find_map(recorded) {
            return Found::Here(key, Box::new(firmware));
        }
        let Some(store) = store else { return Found::Nowhere };
        let stored = wanted.iter().find_map(|key| Some((*key, store.find::<Firmware>(key)?)));
        stored.map_or(Found::Nowhere, |(key, artifact)| Found::Stored(key, store, Box::new(artifact)))
    });
    let (key, store, found) = match found.await? {
        Found::Here(key, firmware) => return Ok(Some((key, *firmware))),
        Found::Stored(key, store, artifact) => (key, store, artifact),
        Found::Nowhere => return Ok(None),
    };
    directory::clear(&job.directory, given).await?;
    let (directory, places) = (job.directory.clone(), Places::of(&cx.checkout, &job.directory));
    // Copies, because users flash, strip and sign their firmware in place.
    let restored = blocking(move || {
        if !store.restore(&found, &directory, Sharing::Copy)? {
            return Ok(None);
        }
        let mut firmware = found.about;
        remove_all(&directory, &firmware.removed);
        for text in &firmware.naming {
            let path = directory.join(text);
            std::fs::write(&path, places.restore(&std::fs::read_to_string(&path)?))?;
        }
        firmware.change_names(|text| places.restore(text));
        Ok(Some(firmware))
    });
    let restored = restored.await?.map_err(|error: std::io::Error| {
        BuildError::io(Step::Link, FileAction::Write, &job.directory, &error)
    })?;
    let Some(mut firmware) = restored else { return Ok(None) };
    firmware.fresh = true;
    // The last key is the one that is valid for these directories only.
    let key = if firmware.naming.is_empty() { key } else { keys.last().copied().unwrap_or(key) };
    record(cx, job, vec![key], &firmware).await?;
    firmware.log.insert(0, "taken from the artifact store; this is how it was made:".to_owned());
    Ok(Some((key, firmware)))
}

/// Location of firmware.
enum Found {
    Here(Hash, Box<Firmware>),
    Stored(Hash, Artifacts, Box<Artifact<Firmware>>),
    Nowhere,
}
