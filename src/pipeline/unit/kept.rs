//! Objects of light units in the artifact store: the embedded cache would take longer over them than the
//! compiler does.

use crate::cache::StoredUnit;
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::artifacts::{self, About};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Takes the object with this key out of the artifact store into that of the work directory.
///
/// # Errors
/// Where it is there and can't be put into the work directory.
pub(super) async fn restore(cx: &BuildContext, key: &Hash) -> Result<Option<StoredUnit>, BuildError> {
    let Some(store) = cx.artifacts.clone() else { return Ok(None) };
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

/// Keeps an object of the work directory in the artifact store. To be called where files may be written.
pub(super) fn keep(cx: &BuildContext, key: &Hash, unit: &StoredUnit) {
    let (Some(directory), Some(name)) = (unit.object.parent(), unit.object.file_name()) else { return };
    let about = About { printed: unit.printed.clone() };
    artifacts::keep(cx, key, directory, &[name.into()], Sharing::Link, &about);
}
