//! Installs what the matrix needs, plans it, and removes firmware of cells that the matrix no longer has.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::cells::warnings;
use super::changed::{Inputs, Wanted, select};
use super::context::Session;
use super::error::SessionError;
use super::options::Options;
use super::phases::Phases;
use super::setup::{Installed, SetupError, bring_in, bring_in_planned};
use super::{emulators, gone};
use crate::event::{CellId, EventKind, Level, RunPhase};
use crate::matrix::Expansion;
use crate::pipeline::Emulators;
use crate::plan::{Layout, Plan, Sources, make};

/// Returns the path by which the cells of a matrix are stored, however the file was named this time.
fn canonical(matrix: &Path) -> PathBuf {
    std::fs::canonicalize(matrix).unwrap_or_else(|_| matrix.to_owned())
}

/// Returns a warning where the last run of the matrix had cells that the plan does not have.
pub(crate) fn shrunk(
    options: &Options,
    all: &Expansion,
    plan: &Plan,
    slugs: &HashMap<&str, PathBuf>,
) -> Option<String> {
    let layout = Layout::new(options.directories.work.clone());
    gone::shrunk(&layout, &canonical(&options.matrix), &gone::Current::new(all, plan, slugs))
}

/// A run before its jobs start.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) emulators: Emulators,
    /// The checkout and its recorded inputs.
    pub(super) inputs: Inputs,
    /// Cells whose inputs are to be recorded anew.
    pub(super) unrecorded: HashSet<CellId>,
}

impl Session<'_> {
    /// Installs the cores, tools and emulators that the matrix needs, and plans it.
    ///
    /// # Errors
    /// A core, tool or emulator is unavailable, the matrix is wrong, or a directory can't be written.
    pub(super) async fn prepare(&self, phases: &mut Phases) -> Result<Prepared, SessionError> {
        let install = self.install_context();
        let matrix = &self.request.matrix;
        // A missing revision is reported before any installation.
        let inputs = Inputs::of(self.options, matrix);
        let changes = match &self.options.selected.changed {
            Some(changed) => Some(inputs.changes(&changed.revision, self.cancel).await?),
            None => None,
        };
        let mut needed = self.request.needed(self.options)?;
        needed.without_tools = self.request.is_decided_by_plan(self.options);
        let installing = bring_in(matrix, &needed, self.options.locking.clone(), &install);
        let installed = Box::pin(installing).await?;
        if !needed.without_tools {
            self.announce_packages(&installed);
            phases.end(RunPhase::Setup);
        }
        let cells = self.request.cells(self.options, &installed)?;
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
        let current = gone::Current::new(&cells.all, &plan, &slugs);
        if let Some(message) = gone::shrunk(&self.layout, &canonical(&self.options.matrix), &current) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
        self.remove_gone(current).await?;
        let (plan, unrecorded) = match changes {
            Some(changes) => {
                let wanted = Wanted::new(self.options, matrix, &share.cells, changes);
                select(plan, &inputs, wanted, self.events, self.cancel).await?
            }
            None => (plan, HashSet::new()),
        };
        if needed.without_tools {
            // The directories of the tools are known: the plan holds as it is.
            let boards = plan.cells.iter().map(|cell| cell.id.board.clone()).collect();
            let installed = Box::pin(bring_in_planned(matrix, boards, installed, &install)).await?;
            self.announce_packages(&installed);
            phases.end(RunPhase::Setup);
        }
        self.announce_left(&cells.all, &plan);
        if let Some(places) = &share.places {
            if let Some(message) = places.remark(&plan) {
                self.events.say(EventKind::Log { level: Level::Info, message });
            }
            self.events.say(places.event(&plan));
        }
        let emulators = emulators::bring_in(&plan, &install).await.map_err(SetupError::from)?;
        Ok(Prepared { plan, emulators, inputs, unrecorded })
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
            gone::remove(&layout, &canonical(&file), current)
                .map_err(|error| SessionError::unwritable(&layout.cells(), &error))
        });
        let removed = removed.await.map_err(|error| SessionError::Unwritable(error.to_string()))??;
        if let Some(message) = removed {
            self.events.say(EventKind::Log { level: Level::Info, message });
        }
        Ok(())
    }
}
