//! Installs what the matrix needs, plans it, and removes firmware of cells that the matrix no longer has.

use super::cells::warnings;
use super::context::Session;
use super::error::SessionError;
use super::phases::Phases;
use super::setup::{Installed, SetupError, bring_in};
use super::{emulators, gone};
use crate::event::{EventKind, Level, RunPhase};
use crate::pipeline::Emulators;
use crate::plan::{Layout, Plan, Sources, make};

impl Session<'_> {
    /// Installs the cores, tools and emulators that the matrix needs, and plans it.
    ///
    /// # Errors
    /// A core, tool or emulator is unavailable, the matrix is wrong, or a directory can't be written.
    pub(super) async fn prepare(&self, phases: &mut Phases) -> Result<(Plan, Emulators), SessionError> {
        let install = self.install_context();
        let matrix = &self.request.matrix;
        let installed = bring_in(matrix, self.options.locking.clone(), &install).await?;
        self.announce_packages(&installed);
        phases.end(RunPhase::Setup);
        let cells = self.request.cells(self.options, &installed.roots)?;
        let share = self.options.selected.part.share(matrix, cells.selected)?;
        for message in warnings(&share.cells) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
        let slugs = Layout::slugs(cells.all.sketch_names());
        let plan = make(Sources {
            matrix,
            slugs: &slugs,
            expansion: &share.cells,
            cores: &installed.cores,
            libraries: &installed.libraries,
            layout: &self.layout,
        })?;
        if let Some(places) = &share.places {
            if let Some(message) = places.remark(&plan) {
                self.events.say(EventKind::Log { level: Level::Info, message });
            }
            self.events.say(places.event(&plan));
        }
        self.remove_gone(gone::Current::new(&cells.all, &plan, &slugs)).await?;
        let emulators = emulators::bring_in(&plan, &install).await.map_err(SetupError::from)?;
        Ok((plan, emulators))
    }

    /// Sends the versions of everything that is installed, and says once what the lock file lacks.
    fn announce_packages(&self, installed: &Installed) {
        if !installed.not_locked.is_empty() {
            let lines: Vec<String> = installed.not_locked.iter().map(|line| format!("  {line}")).collect();
            let message = format!(
                "resolved without the lock file:\n{}\n`fbuild-matrix core lock {}` pins these versions",
                lines.join("\n"),
                self.options.matrix.display()
            );
            self.events.say(EventKind::Log { level: Level::Info, message });
        }
        self.events.say(EventKind::Resolved { packages: installed.packages.clone() });
    }

    /// Removes the firmware of cells that the matrix no longer has.
    async fn remove_gone(&self, current: gone::Current) -> Result<(), SessionError> {
        let (layout, file) = (self.layout.clone(), self.options.matrix.clone());
        let removed = tokio::task::spawn_blocking(move || {
            // Manifests are stored by canonical path, however the file was named this time.
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
}
