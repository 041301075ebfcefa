//! Objects of light units in the artifact store: the embedded cache would take longer than the compiler.

use crate::cache::StoredUnit;
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::artifacts::{self, About};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Restores the object with this key from the artifact store into the store of the work directory.
///
/// # Errors
/// The stored object can't be written into the work directory.
pub(super) async fn restore(cx: &BuildContext, key: &Hash) -> Result<Option<StoredUnit>, BuildError> {
    let Some(store) = cx.stores.artifacts.clone() else { return Ok(None) };
    let (key, scratch, units) = (*key, cx.layout.staging(), cx.tables.units.store.clone());
    let restored = blocking(move || {
        let Some(found) = store.find::<About>(&key) else { return Ok(None) };
        if !store.restore(&found, &scratch, Sharing::Link)? {
            return Ok(None);
        }
        let Some((object, _)) = found.files.first() else { return Ok(None) };
        units.keep(&key, &scratch.join(object), found.about.printed).map(Some)
    });
    restored.await?.map_err(|error: std::io::Error| {
        BuildError::io(Step::Compile, FileAction::Write, cx.layout.root(), &error)
    })
}

/// Stores an object of the work directory in the artifact store. Blocking: writes files.
pub(super) fn keep(cx: &BuildContext, key: &Hash, unit: &StoredUnit) {
    let (Some(directory), Some(name)) = (unit.object.parent(), unit.object.file_name()) else { return };
    let about = About { printed: unit.printed.clone() };
    artifacts::keep(cx, key, directory, &[name.into()], Sharing::Link, &about);
}
