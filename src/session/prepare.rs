//! Installs what the matrix needs, plans it, and removes firmware of cells that it no longer has.

use tokio_util::sync::CancellationToken;

use super::cells::{Request, warnings};
use super::error::SessionError;
use super::options::Options;
use super::phases::Phases;
use super::setup::{SetupError, bring_in};
use super::{emulators, gone};
use crate::event::{EventKind, EventSink, Level, RunPhase};
use crate::pipeline::{Emulators, LazyTool, Tool};
use crate::plan::{Layout, Plan, Sources, make};
use crate::provide::{InstallContext, install_program};

/// What a run is about: options and matrix, where it works, and how it is heard and ended.
pub(super) struct Session<'a> {
    pub(super) options: &'a Options,
    pub(super) request: &'a Request,
    pub(super) layout: Layout,
    pub(super) events: &'a EventSink,
    pub(super) cancel: &'a CancellationToken,
}

impl Session<'_> {
    /// Installs what the matrix needs and plans it; also the emulators that the plan needs.
    ///
    /// # Errors
    /// Something is unavailable, the matrix is wrong, or a directory can't be written.
    pub(super) async fn prepare(&self, phases: &mut Phases) -> Result<(Plan, Emulators), SessionError> {
        let install = self.install_context();
        let matrix = &self.request.matrix;
        let installed = bring_in(matrix, &install).await?;
        phases.end(RunPhase::Setup);
        let cells = self.request.cells(self.options, &installed.roots)?;
        for message in warnings(&cells.selected) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
        let slugs = Layout::slugs(cells.all.sketch_names());
        let plan = make(Sources {
            matrix,
            slugs: &slugs,
            expansion: &cells.selected,
            cores: &installed.cores,
            layout: &self.layout,
        })?;
        self.remove_gone(gone::Current::new(&cells.all, &plan, &slugs)).await?;
        let emulators = emulators::bring_in(&plan, &install).await.map_err(SetupError::from)?;
        Ok((plan, emulators))
    }

    /// Removes the firmware of cells that the matrix no longer has.
    async fn remove_gone(&self, current: gone::Current) -> Result<(), SessionError> {
        let (layout, file) = (self.layout.clone(), self.options.matrix.clone());
        let removed = tokio::task::spawn_blocking(move || {
            // By its own name, however it was called this time.
            let file = std::fs::canonicalize(&file).unwrap_or(file);
            gone::remove(&layout, &file, current)
                .map_err(|error| SessionError::unwritable(&layout.cells(), &error))
        });
        let removed = removed.await.map_err(|error| SessionError::Unwritable(error.to_string()))??;
        if let Some(message) = removed {
            self.events.say(EventKind::Log { level: Level::Info, message });
        }
        Ok(())
    }

    fn install_context(&self) -> InstallContext {
        InstallContext {
            cache_dir: self.options.directories.cache.clone(),
            offline: self.options.offline,
            events: self.events.clone(),
            cancel: self.cancel.clone(),
        }
    }

    /// Arduino's ctags: installed when the first sketch needs it, which most do not.
    pub(super) fn arduino_ctags(&self) -> LazyTool {
        const NAME: &str = "arduino-ctags";
        let install = self.install_context();
        LazyTool::new(Box::new(move || {
            let install = install.clone();
            // The compiler can't prove that the future of an installation may move between threads, so it stays on one.
            let installing = tokio::task::spawn_blocking(move || {
                tokio::runtime::Handle::current().block_on(install_program(NAME, NAME, "", &install))
            });
            Box::pin(async move {
                let installed = installing.await.map_err(|error| error.to_string())?;
                let installed = installed.map_err(|error| error.to_string())?;
                Ok(Tool { program: installed.program, library_path: installed.library_path })
            })
        }))
    }
}
