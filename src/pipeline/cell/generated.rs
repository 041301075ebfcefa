//! Files that hooks create among those of the sketch.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks::Early;
use crate::pipeline::prepare::staged_sketch::{OwnFiles, Prepared};
use crate::pipeline::shared::context::BuildContext;

/// Returns the files that hooks created in a directory, sorted.
pub(super) async fn left_in(directory: &Path, early: &Early<'_>) -> Result<Vec<PathBuf>, BuildError> {
    let given = early.given().await?.into_iter();
    let mut left: Vec<PathBuf> = given.filter(|path| path.starts_with(directory)).collect();
    left.sort();
    Ok(left)
}

/// Returns the sketch with the files that hooks created in its build directory (stm32's
/// `requiredLibraries.cpp`). Where hooks can see the build directory, the sketch is placed there.
pub(super) async fn with_generated(
    cx: &BuildContext,
    prepared: &Arc<Prepared>,
    made: &Path,
    early: &Early<'_>,
) -> Result<Arc<Prepared>, BuildError> {
    let generated = left_in(made, early).await?;
    let mut prepared = prepared.clone();
    if prepared.merged.is_some() {
        if !generated.is_empty() {
            prepared = Arc::new(
                prepared
                    .with_left(&cx.files, &cx.tables.sketches.staging, made, generated, OwnFiles::Stay)
                    .await?,
            );
        }
        if early.is_visible() {
            prepared.place(made).await?;
        }
    }
    Ok(prepared)
}
