//! Opens everything that jobs share (caches, memo, costs, budget), and stores what the next run needs.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::changed::Recorder;
use super::compiler_cache::CompilerCache;
use super::context::Session;
use super::error::SessionError;
use super::prepare::Prepared;
use crate::budget::{Costs, Slots};
use crate::cache::Artifacts;
use crate::event::{CellId, EventKind, Level};
use crate::includes::{Disk, Files, Memo, MemoPaths};
use crate::matrix::Precompile;
use crate::pipeline::{
    BuildContext, Checkout, Helpers, InputTable, Known, PrefixTable, Runner, StoredFailures, Stores, Tables,
};
use crate::plan::{CacheLayout, Plan};
use crate::process::{Environment, OutputLimit, Peaks, RunMarker, memory_budget};
use crate::toolchain::Identities;

/// Paths of memo and costs: in the cache directory, or without a cache in the work directory.
pub(super) struct StatePaths {
    memo: MemoPaths,
    costs: PathBuf,
}

/// An opened run: its plan, what the jobs share, and what is recorded at its end.
pub(super) struct Opened {
    pub(super) plan: Plan,
    pub(super) context: BuildContext,
    /// `None` if every cell is up to date under a remembered key, or the checkout is not one of Git.
    pub(super) recorder: Option<Recorder>,
}

/// State loaded for the run, and the plan that it was read for.
struct Loaded {
    plan: Plan,
    files: Files,
    known: Known,
    costs: Costs,
    memory: u64,
}

impl Session<'_> {
    /// Returns where this run stores memo and costs.
    pub(super) fn state_paths(&self) -> StatePaths {
        let cache = CacheLayout::new(self.options.directories.cache.clone());
        let (memo, scans, costs) = if self.options.cache {
            (cache.memo(), cache.scans(), cache.costs())
        } else {
            (self.layout.memo(), self.layout.scans(), self.layout.costs())
        };
        let memo = MemoPaths { memo, scans, tools: cache.tools(), packages: cache.packages() };
        StatePaths { memo, costs }
    }

    /// Opens what the jobs of the plan share. Verifies in advance which firmware is up to date.
    pub(super) async fn open(
        &self,
        prepared: Prepared,
        cache: &CompilerCache,
        state: &StatePaths,
    ) -> Result<Opened, SessionError> {
        let Prepared { plan, emulators, inputs, unrecorded } = prepared;
        let (layout, staging) = (self.layout.clone(), cache.staging.clone());
        let matrix = &self.request.matrix;
        let checkout =
            Checkout::new(Checkout::root_of(&matrix.dir, &matrix.reach), &layout, &staging).linked();
        let marker = RunMarker::new(layout.root(), &staging);
        let environment = Environment::new(&layout.staging()).marked(&marker);
        // What is remembered of a cell does not say what it reads: without a record every cell is planned.
        let first =
            if inputs.is_unrecorded() { Recorder::begin(&inputs, &plan, self.cancel).await } else { None };
        let passed_over = if first.is_some() { None } else { Some(unrecorded) };
        let loaded = self.load(plan, state, &checkout, (&environment, &staging), passed_over).await?;
        let recorder = match first {
            None if !loaded.known.has_all(&loaded.plan.cells) => {
                Recorder::begin(&inputs, &loaded.plan, self.cancel).await
            }
            first => first,
        };
        let files = Arc::new(loaded.files);
        let identities =
            Identities::new(files.clone(), environment.clone(), staging.clone(), self.cancel.clone());
        let limits = self.options.limits;
        let parts = CacheLayout::new(self.options.directories.cache.clone());
        let artifacts = self.options.cache.then(|| Artifacts::new(parts.artifacts()));
        let library_places = loaded.plan.library_places.clone();
        let boards = loaded.plan.cells.iter().map(|cell| cell.id.board.clone());
        let prefixes = PrefixTable::new(&staging, matrix.settings.precompile == Precompile::Auto, boards);
        let table = InputTable::new(&checkout, &self.options.directories.cache);
        let cx = BuildContext {
            files,
            identities: Arc::new(identities),
            checkout,
            known: Arc::new(loaded.known),
            tables: Arc::new(Tables::new(&layout, prefixes, table)),
            layout,
            staging,
            stores: Stores {
                backend: cache.backend.clone(),
                failures: StoredFailures::new(artifacts.clone(), self.options.retry_failures),
                artifacts,
            },
            helpers: Helpers { emulators: Arc::new(emulators), ctags: Arc::new(self.arduino_ctags()) },
            library_places,
            runner: Runner {
                environment,
                slots: Slots::new(limits.jobs, limits.framework_jobs, loaded.memory),
                costs: Arc::new(loaded.costs),
                peaks: Peaks::start(),
                output_limit: self.request.matrix.defaults.output_limit.map(OutputLimit).unwrap_or_default(),
                events: self.events.clone(),
                cancel: self.cancel.clone(),
                warned: Arc::default(),
            },
        };
        Ok(Opened { plan: loaded.plan, context: cx, recorder })
    }

    /// Loads memo, remembered keys and costs, and verifies the firmware whose keys are remembered.
    async fn load(
        &self,
        plan: Plan,
        state: &StatePaths,
        checkout: &Checkout,
        (environment, staging): (&Environment, &Path),
        passed_over: Option<HashSet<CellId>>,
    ) -> Result<Loaded, SessionError> {
        let disk = Disk::new(self.layout.own().into_iter().chain([staging.to_owned()]).collect());
        let (known, checkout) = (self.layout.known(), checkout.clone());
        let (environment, staging, cache) = (environment.clone(), staging.to_owned(), self.options.cache);
        let (memo, costs) = (state.memo.clone(), state.costs.clone());
        let read = tokio::task::spawn_blocking(move || {
            let files = Files::new(Memo::load(&memo), disk);
            let known = Known::load(known, &[&checkout, &environment, &staging, &cache]).without(passed_over);
            known.look_ahead(&plan.cells, &files, &checkout);
            Loaded { plan, files, known, costs: Costs::load(&costs), memory: memory_budget() }
        });
        read.await.map_err(|error| SessionError::Unwritable(error.to_string()))
    }

    /// Stores memo, costs, keys and recorded inputs for the next run.
    pub(super) async fn close(&self, cx: &BuildContext, state: StatePaths, recorder: Option<Recorder>) {
        let (files, costs, known) = (cx.files.clone(), cx.runner.costs.clone(), cx.known.clone());
        let tables = cx.tables.clone();
        let saving = tokio::task::spawn_blocking(move || {
            let saved = files.memo().save();
            let recorded = recorder.map_or(Ok(()), |recorder| recorder.save(&tables.inputs));
            // Without these the next run orders its jobs differently and reads more files, and a change counts for more
            // cells; nothing else changes.
            let others = (costs.save(&state.costs), known.save(files.disk()), recorded);
            tracing::debug!(?others, "stored what steps took, and keys");
            saved.map_err(|error| {
                let memo = state.memo.memo.display();
                format!("{memo} can't be written: {error}; the next run will look at every file again")
            })
        });
        if let Err(message) = saving.await.unwrap_or_else(|panic| Err(panic.to_string())) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }
}
