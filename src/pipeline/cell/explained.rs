//! Explains errors of a cell by arduino-cli's changes to the sketch and by the libraries that were chosen.

use std::sync::Arc;

use crate::event::UsedLibrary;
use crate::pipeline::discover::library_use;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::{no_library, undeclared, unstaged};
use crate::pipeline::prepare::staged_sketch::Prepared;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::CellJob;
use crate::sketch::Prototypes;

/// Context for explaining the errors of a cell.
pub(super) struct Explained<'a> {
    pub(super) job: &'a CellJob,
    pub(super) cx: &'a BuildContext,
    pub(super) libraries: Arc<Vec<UsedLibrary>>,
    pub(super) prepared: &'a Arc<Prepared>,
}

impl Explained<'_> {
    /// Extends an error with arduino-cli's changes to the sketch and the chosen libraries, where they explain
    /// it.
    pub(super) async fn error(&self, error: BuildError, prototypes: &Arc<Prototypes>) -> BuildError {
        let (prototypes, prepared) = (prototypes.clone(), self.prepared.clone());
        let (job, libraries) = (self.job.clone(), self.libraries.clone());
        let places = self.cx.library_places.clone();
        let explain = move || {
            let tabs = prepared.merged.as_ref().map_or(&[][..], |merged| &merged.tabs);
            let error = undeclared::explain(error, &prototypes, tabs);
            let error = no_library::explain(error, &job, &places, &prepared.dir);
            let error = library_use::explain(error, &libraries);
            unstaged::explain(error, &prepared.dir)
        };
        blocking(explain).await.unwrap_or_else(|cancelled| cancelled)
    }
}
