//! Looks up a cell's firmware in the cell's directory and in the artifact store.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::data::{Firmware, recorded, remove_all};
use super::store::record;
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
    let (store, wanted) = (cx.stores.artifacts.clone(), keys.to_vec());
    let found = blocking(move || {
        if let Some((key, firmware)) = recorded(&directory, &wanted, &files, &checkout) {
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
    let places = Places::of(&cx.checkout, &job.directory);
    // The last key is the one that is valid for these directories only.
    let local = keys.last().copied().unwrap_or(key);
    let (directory, files) = (job.directory.clone(), cx.files.clone());
    // Copies, because users flash, strip and sign their firmware in place.
    let restored = blocking(move || {
        if !store.restore(&found, &directory, Sharing::Copy)? {
            return Ok(None);
        }
        let stored = found.about;
        remove_all(&directory, &stored.removed);
        for text in &stored.texts_with_paths {
            let path = directory.join(text);
            std::fs::write(&path, places.restore(&std::fs::read_to_string(&path)?))?;
        }
        let key = if stored.texts_with_paths.is_empty() { key } else { local };
        record(&directory, &[key], &stored, &files)?;
        let mut firmware = stored;
        firmware.change_names(|text| places.restore(text));
        firmware.fresh = true;
        firmware.log.insert(0, "taken from the artifact store; this is how it was made:".to_owned());
        Ok(Some((key, firmware)))
    });
    restored.await?.map_err(|error: std::io::Error| {
        BuildError::io(Step::Link, FileAction::Write, &job.directory, &error)
    })
}

/// Location of firmware.
enum Found {
    Here(Hash, Box<Firmware>),
    Stored(Hash, Artifacts, Box<Artifact<Firmware>>),
    Nowhere,
}
