//! Objects of light units in the artifact store: the embedded cache would take longer over them than the
//! compiler does.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::{BuildContext, BuildError};
use super::blocking;
use crate::event::Step;
use crate::source::Hash;
use crate::store::{Sharing, StoredUnit};

/// What the artifact store says of an object.
#[derive(Serialize, Deserialize)]
struct About {
    printed: String,
}

/// Takes the object with this key out of the artifact store into that of the work folder.
///
/// # Errors
/// Where it is there and can't be put into the work folder.
pub(super) async fn restore(cx: &BuildContext, key: &Hash) -> Result<Option<StoredUnit>, BuildError> {
    let Some(artifacts) = cx.artifacts.clone() else { return Ok(None) };
    let (key, scratch, units) = (*key, cx.layout.staging(), cx.units.store.clone());
    let restored = blocking(move || {
        let Some(found) = artifacts.find::<About>(&key) else { return Ok(None) };
        if !artifacts.restore(&found, &scratch, Sharing::Link)? {
            return Ok(None);
        }
        let Some((object, _)) = found.files.first() else { return Ok(None) };
        units.keep(&key, &scratch.join(object), found.about.printed).map(Some)
    });
    restored
        .await?
        .map_err(|error: std::io::Error| BuildError::io(Step::Compile, "written", cx.layout.root(), &error))
}

/// Keeps an object of the work folder in the artifact store. What can't be kept is lost as a hit, never as a
/// result. To be called where files may be written.
pub(super) fn keep(cx: &BuildContext, key: &Hash, unit: &StoredUnit) {
    let Some(artifacts) = &cx.artifacts else { return };
    let folder = unit.object.parent().unwrap_or(Path::new("/"));
    let name = unit.object.file_name().map(PathBuf::from).into_iter().collect::<Vec<_>>();
    let about = About { printed: unit.printed.clone() };
    if let Err(error) = artifacts.keep(key, folder, &name, Sharing::Link, &about) {
        tracing::warn!(%error, "an object could not be kept in the cache");
    }
}
