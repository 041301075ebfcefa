//! Stores results of a build in the artifact store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::shared::context::BuildContext;

/// Description of a core or an object in the artifact store.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::pipeline) struct About {
    /// Output of tools that succeeded.
    pub(in crate::pipeline) printed: String,
}

/// Stores files of a directory under a key, if there is a store. A failure is logged and costs only a later
/// cache hit. Blocking: writes files.
pub(in crate::pipeline) fn keep<T: Serialize>(
    cx: &BuildContext,
    key: &Hash,
    directory: &Path,
    files: &[PathBuf],
    sharing: Sharing,
    about: &T,
) {
    let Some(store) = &cx.stores.artifacts else { return };
    let files: Vec<(PathBuf, PathBuf)> =
        files.iter().map(|path| (path.clone(), directory.join(path))).collect();
    if let Err(error) = store.keep(key, &files, sharing, about) {
        tracing::warn!(%error, directory = %directory.display(), "what was made could not be kept in the cache");
    }
}
