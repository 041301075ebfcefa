//! A core's record in its directory, and its entry in the artifact store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::{Output, Record};
use crate::event::{Step, UnitCounts};
use crate::fs::Sharing;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::product::{CoreArtifacts, CoreOutline};
use crate::pipeline::output::artifacts;
use crate::pipeline::output::artifacts::About;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;

/// Removes the record, because the directory is about to change.
pub(super) async fn forget(directory: &Path) -> Result<(), BuildError> {
    let directory = directory.to_owned();
    blocking(move || {
        Record::forget(&directory)
            .map_err(|error| BuildError::io(Step::Archive, FileAction::Change, &directory, &error))
    })
    .await?
}

/// Returns the core in its directory, if it is recorded under this key and up to date.
pub(super) async fn recorded(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    units: UnitCounts,
) -> Result<Option<CoreArtifacts>, BuildError> {
    let (outline, files) = (outline.clone(), cx.files.clone());
    blocking(move || {
        let record = Record::load(&outline.directory)?;
        let holds = record.holds(&outline.key, &outline.directory, &files);
        holds.then(|| made_of(&outline, &record, units, false))
    })
    .await
}

fn made_of(outline: &Arc<CoreOutline>, record: &Record, units: UnitCounts, fresh: bool) -> CoreArtifacts {
    let has_archive = record.outputs.iter().any(|output| Some(&output.path) == outline.archive.as_ref());
    // An archive may contain the time and user of its packing, which do not affect a link; its objects do.
    let mut contents = Key::new("contents");
    contents.add(outline.packing.as_bytes());
    for output in record.outputs.iter().filter(|output| Some(&output.path) != outline.archive.as_ref()) {
        contents.add(output.path.as_os_str().as_encoded_bytes()).add(output.hash.as_bytes());
    }
    CoreArtifacts {
        outline: outline.clone(),
        has_archive,
        contents: contents.finish(),
        is_cacheable: !record.keys.is_empty(),
        fresh,
        printed: record.printed.clone(),
        units,
    }
}

/// Returns the core's files for cells; the archive only if it exists, because recipes may not create it.
fn files(outline: &CoreOutline) -> Vec<PathBuf> {
    let archive = outline.archive.iter().filter(|archive| outline.directory.join(archive).is_file());
    outline.objects.iter().chain(archive).cloned().collect()
}

/// Restores the core from the artifact store. Its objects are hardlinks into the store and must never be
/// written to.
pub(super) async fn restore(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    units: UnitCounts,
) -> Result<Option<CoreArtifacts>, BuildError> {
    let Some(store) = cx.stores.artifacts.clone() else { return Ok(None) };
    let (kept, directory) = (outline.clone(), outline.directory.clone());
    let found = blocking(move || {
        let Some(found) = store.find::<About>(&kept.key) else { return Ok(None) };
        Record::forget(&kept.directory)?;
        let whole = store.restore(&found, &kept.directory, Sharing::Link)?;
        Ok(whole.then_some(found.about))
    });
    let found = found.await?;
    let about = found.map_err(|error: std::io::Error| {
        BuildError::io(Step::Archive, FileAction::Write, &directory, &error)
    })?;
    let Some(about) = about else { return Ok(None) };
    record(cx, outline, about.printed, units, true).await.map(Some)
}

/// Stores the core in the artifact store.
pub(super) async fn keep(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    printed: &str,
) -> Result<(), BuildError> {
    let (cx, outline, about) = (cx.clone(), outline.clone(), About { printed: printed.to_owned() });
    blocking(move || {
        artifacts::keep(&cx, &outline.key, &outline.directory, &files(&outline), Sharing::Link, &about);
    })
    .await
}

/// Records a built core; without a key if it is uncacheable.
pub(super) async fn record(
    cx: &BuildContext,
    outline: &Arc<CoreOutline>,
    printed: String,
    units: UnitCounts,
    is_cacheable: bool,
) -> Result<CoreArtifacts, BuildError> {
    let (outline, known) = (outline.clone(), cx.files.clone());
    blocking(move || {
        let directory = &outline.directory;
        let outputs: Result<_, _> =
            files(&outline).into_iter().map(|path| Output::of(directory, path, &known)).collect();
        outputs
            .and_then(|outputs| {
                let key = is_cacheable.then(|| outline.key.to_hex().to_string());
                let keys = key.into_iter().collect();
                let record = Record { keys, outputs, printed, ..Record::default() };
                record.save(directory).map(|()| made_of(&outline, &record, units, true))
            })
            .map_err(|error| BuildError::io(Step::Archive, FileAction::Record, directory, &error))
    })
    .await?
}
