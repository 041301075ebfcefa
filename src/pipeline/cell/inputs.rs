//! Notes what the build of a cell can read, for `--changed-since`.

use std::path::PathBuf;
use std::sync::Arc;

use super::parts::Source;
use crate::event::JobId;
use crate::library::Library;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::link::Link;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Notes the inputs of a cell that was built, or whose firmware was up to date.
///
/// # Errors
/// The run is interrupted.
pub(super) async fn note(
    link: &Link<'_>,
    libraries: &[Arc<Library>],
    cx: &BuildContext,
) -> Result<(), BuildError> {
    let units = |sources: &[Source]| sources.iter().map(|source| source.unit.clone()).collect::<Vec<_>>();
    let own = units(link.sketch);
    let shared: Vec<_> = link.libraries.iter().flat_map(|library| units(&library.sources)).collect();
    let descriptions = libraries.iter().map(|library| library.root.join("library.properties"));
    let embedded = link.job.embed.iter().map(|embed| embed.path.clone());
    let files: Vec<PathBuf> =
        link.prepared.own_files().into_iter().chain(descriptions).chain(embedded).collect();
    let libraries: Vec<PathBuf> = libraries.iter().map(|library| library.real_root.clone()).collect();
    let (cx, id, core) = (cx.clone(), link.job.id.clone(), link.core.key);
    blocking(move || {
        let job = JobId::Cell(id.clone());
        for path in files {
            if let Ok(hash) = cx.files.hash_now(&path) {
                cx.tables.inputs.add_file(&job, &path, hash);
            }
        }
        let own: Vec<_> = own.iter().map(|unit| unit.inputs()).collect();
        let shared: Vec<_> = shared.iter().map(|unit| unit.inputs()).collect();
        cx.tables.inputs.cell(&id, &core, &libraries, &own, &shared);
    })
    .await
}
