//! What a build keeps in the artifact store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::shared::context::BuildContext;

/// What the artifact store says of a core or an object.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::pipeline) struct About {
    /// What the tools printed although they succeeded.
    pub(in crate::pipeline) printed: String,
}

/// Keeps files of a directory under a key, if there is a store. What can't be kept is lost as a hit, never as a
/// result. To be called where files may be written.
pub(in crate::pipeline) fn keep<T: Serialize>(
    cx: &BuildContext,
    key: &Hash,
    directory: &Path,
    files: &[PathBuf],
    sharing: Sharing,
    about: &T,
) {
    let Some(store) = &cx.artifacts else { return };
    let files: Vec<(PathBuf, PathBuf)> =
        files.iter().map(|path| (path.clone(), directory.join(path))).collect();
    if let Err(error) = store.keep(key, &files, sharing, about) {
        tracing::warn!(%error, directory = %directory.display(), "what was made could not be kept in the cache");
    }
}
