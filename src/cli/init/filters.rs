//! The key `filters` of entries: the files and comments of sketches that say for which boards they are built.

use std::path::Path;

use super::place::Place;
use crate::import::{Imported, ImportedBuild, SketchFilter};

/// What the sketches of a directory say themselves, and where they are.
pub(super) struct Filters<'i> {
    imported: &'i Imported,
    pub(super) place: &'i Place,
    /// Whether project files count: a workflow does not read them, and `--board` names the boards.
    has_projects: bool,
}

impl<'i> Filters<'i> {
    /// Returns the filters for the sketches of builds.
    pub(super) fn new(imported: &'i Imported, builds: &[ImportedBuild], place: &'i Place) -> Self {
        let is_own = |build: &ImportedBuild| build.origin != "--board" && !imported.builds.contains(build);
        Self { imported, place, has_projects: builds.iter().all(is_own) }
    }

    /// Returns the filters of the sketches in a directory or below it, in a fixed order. `path` is relative to the described
    /// directory.
    pub(super) fn below(&self, path: &str) -> Vec<SketchFilter> {
        let all =
            [SketchFilter::Fastled, SketchFilter::Esp32Ci, SketchFilter::Adafruit, SketchFilter::SketchYaml];
        let of_sketches = || {
            let sketches = self.imported.sketches.iter();
            // A sketch can be named by its main file.
            sketches.filter(|sketch| {
                let sketch = Path::new(&sketch.path);
                sketch.starts_with(path) || Path::new(path).parent() == Some(sketch)
            })
        };
        let is_used = |filter: &SketchFilter| {
            (*filter != SketchFilter::SketchYaml || self.has_projects)
                && of_sketches().any(|sketch| sketch.filters.contains(filter))
        };
        all.into_iter().filter(is_used).collect()
    }
}

/// Returns the comment that explains a filter.
pub(super) const fn explanation(filter: SketchFilter) -> &'static str {
    match filter {
        SketchFilter::Fastled => {
            "`fastled`: the comment `@filter` of a sketch says for which boards it is built."
        }
        SketchFilter::Esp32Ci => {
            "`esp32-ci`: `ci.yml` beside a sketch says for which ESP32 chips it is built, with which menu options and \
             libraries."
        }
        SketchFilter::Adafruit => {
            "`adafruit`: files like `.uno.test.skip` beside a sketch say for which platforms of Adafruit's CI it is built."
        }
        SketchFilter::SketchYaml => {
            "`sketch-yaml`: `sketch.yaml` beside a sketch says for which boards it is built."
        }
        SketchFilter::ArduinoCi => "`arduino-ci`: `.arduino-ci.yml` says for which boards a sketch is built.",
        SketchFilter::LibraryProperties => {
            "`library-properties`: `architectures` says for which boards a sketch is built."
        }
        SketchFilter::CompileSketches => {
            "`compile-sketches`: the workflows say for which boards a sketch is built."
        }
    }
}
