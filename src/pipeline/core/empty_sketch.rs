//! The empty sketch for which stage 1 compiles a board's shared core.

use std::path::Path;
use std::sync::Arc;

use crate::event::Step;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::core_handle::CorePromise;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CoreArtifacts, CoreOutline};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::key::Key;
use crate::plan::CoreJob;

/// The sketch's main file.
pub(super) const MAIN_FILE: &str = "core.ino";

/// Writes the sketch to `sketch`, and the source that arduino-cli generates from it before hooks run to
/// `generated`.
///
/// # Errors
/// A file can't be written.
pub(super) async fn write(sketch: &Path, generated: &Path) -> Result<(), BuildError> {
    let files = [
        (sketch.join(MAIN_FILE), String::new()),
        (generated.join(format!("{MAIN_FILE}.cpp")), "#include <Arduino.h>\n".to_owned()),
    ];
    blocking(move || {
        for (path, text) in files {
            let directory = path.parent().unwrap_or(&path);
            std::fs::create_dir_all(directory)
                .and_then(|()| std::fs::write(&path, text))
                .map_err(|error| BuildError::io(Step::Hook, FileAction::Write, &path, &error))?;
        }
        Ok(())
    })
    .await?
}

/// Returns a core without objects, for a platform whose hooks fail for the empty sketch. Every cell builds a
/// core of its own then, because no cell's units match it.
pub(super) fn without_core(job: &CoreJob, promise: &CorePromise, jcx: &JobContext) -> CoreArtifacts {
    let none = Key::new("no core").finish();
    let outline = Arc::new(CoreOutline {
        id: job.id.clone(),
        key: none,
        units: none,
        packing: none,
        directory: job.directory.clone(),
        archive: None,
        objects: Vec::new(),
        variant_objects: Vec::new(),
        uncacheable: None,
    });
    promise.outline(outline.clone());
    CoreArtifacts {
        outline,
        has_archive: false,
        contents: none,
        is_cacheable: false,
        fresh: true,
        printed: String::new(),
        units: jcx.units,
    }
}
