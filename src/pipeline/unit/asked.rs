//! State that units share: the search along an include path, and the dependencies of a command beside its
//! source.

use std::sync::Arc;

use super::options::Options;
use crate::includes::{Search, SearchPath};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::sync::lock;

/// Returns the search along a path, shared by all units that use it.
pub(in crate::pipeline) async fn search(
    cx: &BuildContext,
    path: SearchPath,
) -> Result<Arc<Search>, BuildError> {
    let searches = &cx.tables.units.searches;
    if let Some(known) = lock(searches).get(&path) {
        return Ok(known.clone());
    }
    // The search lists directories: the lock must not be held meanwhile.
    let (files, along) = (cx.files.clone(), path.clone());
    let search = blocking(move || Arc::new(Search::new(files, along))).await?;
    Ok(lock(searches).entry(path).or_insert(search).clone())
}

/// Returns a command's dependencies beside its source, read once per command.
pub(in crate::pipeline) async fn options(
    cx: &BuildContext,
    argv: &[String],
) -> Result<Arc<Options>, BuildError> {
    let options = &cx.tables.units.options;
    if let Some(known) = lock(options).get(argv) {
        return Ok(known.clone());
    }
    let (words, cwd, files) = (argv.to_vec(), cx.staging.clone(), cx.files.clone());
    let read = Arc::new(blocking(move || Options::read(&words, &cwd, files.disk())).await?);
    Ok(lock(options).entry(argv.to_vec()).or_insert(read).clone())
}
