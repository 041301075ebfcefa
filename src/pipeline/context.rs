//! What the jobs of a run share, and what one job has to itself.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::ahead::{Ahead, Part};
use super::convert::Proofs;
use super::core::OwnCores;
use super::known::Known;
use super::prepare::{Prepared, Sketches};
use super::step::{Held, StepName};
use super::unit::UnitTable;
use super::{BuildError, CellArtifacts, Checkout, CoreArtifacts, CoreHandle, CoreOutline, LazyTool, Track};
use crate::budget::{Costs, Subject};
use crate::budget::{Gate, Place, Rank, Slots, Urgency};
use crate::cache::Artifacts;
use crate::cache::Backend;
use crate::event::{EventKind, EventSink, Level, Phase, Step, UnitCounts, UsedLibrary};
use crate::includes::Files;
use crate::plan::{EmulatorProgram, InstalledEmulator, Layout, LibraryPlaces, Sketch};
use crate::process::{Environment, Finished, OutputLimit, Peaks, Process, RunMarker, Transcript, run};
use crate::toolchain::Identities;

/// The emulators that are there.
pub type Emulators = HashMap<EmulatorProgram, Arc<InstalledEmulator>>;

/// What the jobs of a run share.
#[derive(Clone)]
pub struct BuildContext {
    /// Every file that was looked at.
    pub files: Arc<Files>,
    /// Every tool that was asked what it is.
    pub identities: Arc<Identities>,
    /// Compiles.
    pub backend: Backend,
    /// The process budget.
    pub slots: Slots,
    /// What steps took in earlier runs, and take in this one.
    pub costs: Arc<Costs>,
    /// Measures what memory processes take.
    pub peaks: Peaks,
    /// Where things are.
    pub layout: Layout,
    /// Where compilers run, and put what is not yet kept.
    pub staging: PathBuf,
    /// The checkout, as compilers see it.
    pub checkout: Checkout,
    /// The keys of earlier runs.
    pub known: Arc<Known>,
    /// What earlier runs kept of links and cores; `None` with `--no-cache`.
    pub artifacts: Option<Artifacts>,
    /// What runs firmware, where that is asked for.
    pub emulators: Arc<Emulators>,
    /// Arduino's ctags, for sketches that are not plain.
    pub ctags: Arc<LazyTool>,
    /// How much each process may print.
    pub output_limit: OutputLimit,
    /// Where libraries are looked for.
    pub library_places: Arc<LibraryPlaces>,
    /// Where everything is said.
    pub events: EventSink,
    /// Fires at the first signal.
    pub cancel: CancellationToken,
    /// What tells this run from every other.
    pub(super) nonce: u128,
    /// The objects of this run.
    pub(super) units: Arc<UnitTable>,
    /// The sketches of this run.
    pub(super) sketches: Arc<Sketches>,
    /// The cores of this run that sketches have of their own.
    pub(super) own_cores: Arc<OwnCores>,
    /// Which tools need not be started.
    pub(super) proofs: Arc<Proofs>,
    /// Warnings of this run that cells have in common.
    warned: Arc<Mutex<HashSet<String>>>,
}

impl BuildContext {
    /// A context for one run, on whose runtime it is made.
    #[allow(clippy::too_many_arguments)] // each is a thing of its own; a struct of them would be this struct
    pub fn new(
        files: Arc<Files>,
        identities: Arc<Identities>,
        backend: Backend,
        slots: Slots,
        costs: Arc<Costs>,
        layout: Layout,
        staging: PathBuf,
        checkout: Checkout,
        known: Arc<Known>,
        artifacts: Option<Artifacts>,
        ctags: Arc<LazyTool>,
        events: EventSink,
        cancel: CancellationToken,
    ) -> Self {
        let units = Arc::new(UnitTable::new(&layout));
        let sketches = Arc::new(Sketches::new(layout.sketches()));
        Self {
            files,
            identities,
            backend,
            slots,
            costs,
            peaks: Peaks::start(),
            layout,
            staging,
            checkout,
            known,
            artifacts,
            emulators: Arc::default(),
            ctags,
            output_limit: OutputLimit::default(),
            library_places: Arc::default(),
            events,
            cancel,
            nonce: nonce(),
            units,
            sketches,
            own_cores: Arc::default(),
            proofs: Arc::default(),
            warned: Arc::default(),
        }
    }

    /// Forgets what was seen below a job's directory: a hook has run there.
    pub(super) fn forget_below(&self, directory: &Path) {
        self.files.forget_below(directory);
        self.units.forget_below(directory);
    }

    /// Gives a warning, once however many cells it concerns.
    pub(super) fn warn_once(&self, message: String) {
        // A panic elsewhere leaves the set whole: each change is one insert.
        if self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone()) {
            self.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }

    /// The environment of a job's processes, whose loader finds shared libraries in `library_path` too.
    pub fn environment(&self, library_path: Option<&Path>) -> Environment {
        let marker = RunMarker::new(self.layout.root(), &self.staging);
        Environment::new(&self.layout.staging(), library_path).marked(&marker)
    }

    /// A sketch's sources, its C++ generated once for all its cells.
    pub(super) async fn prepared(&self, sketch: &Arc<Sketch>) -> Result<Arc<Prepared>, BuildError> {
        self.sketches.prepare(self, sketch).await
    }
}

fn nonce() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    (now.as_nanos() << 32) | u128::from(std::process::id())
}

/// What one job has to itself.
#[derive(Debug)]
pub struct JobContext {
    /// Its phases.
    pub track: Track,
    /// How urgent its steps are.
    pub urgency: Urgency,
    /// What is ahead of it.
    pub ahead: Ahead,
    /// The environment of its processes.
    pub environment: Environment,
    /// What its processes had printed when they were cut short.
    pub transcript: Transcript,
    /// What goes into its `build.log`.
    pub log: Vec<String>,
    /// Where its objects came from.
    pub units: UnitCounts,
    /// The libraries that it is built with.
    pub libraries: Arc<Vec<UsedLibrary>>,
    /// Whether these were looked for in this run.
    pub has_discovered: bool,
    /// How many hooks have run since its first compile was planned: what was planned before one may be another thing
    /// behind it.
    pub round: u32,
    /// How long it has been at work, without its waits.
    pub stopwatch: Stopwatch,
    /// Its place among the cells in flight; `None` for a core.
    pub in_flight: Option<InFlight>,
    /// What was built before its firmware did not do what it should.
    pub misbehaved: Option<Box<CellArtifacts>>,
}

/// Measures how long a job has been at work. Clones share it. It stands still while the job is paused, and
/// while all that the job does is to wait for slots that others hold.
#[derive(Debug, Clone)]
pub struct Stopwatch(Arc<Mutex<Ticks>>);

#[derive(Debug)]
struct Ticks {
    before: Duration,
    running_since: Option<Instant>,
    paused: bool,
    /// Steps that wait for a slot, and steps that have one.
    waiting: usize,
    holding: usize,
}

impl Stopwatch {
    /// Runs from now on.
    pub fn started() -> Self {
        Self(Arc::new(Mutex::new(Ticks {
            before: Duration::ZERO,
            running_since: Some(Instant::now()),
            paused: false,
            waiting: 0,
            holding: 0,
        })))
    }

    /// The time at work so far.
    pub fn elapsed(&self) -> Duration {
        let ticks = self.lock();
        ticks.before + ticks.running_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until the job has been at work for `limit`.
    pub async fn reaches(&self, limit: Duration) {
        while let Some(rest) = limit.checked_sub(self.elapsed()).filter(|rest| !rest.is_zero()) {
            // Not less than a tick of the clock: it may stand still right before the limit.
            tokio::time::sleep(rest.max(Duration::from_millis(1))).await;
        }
    }

    fn pause(&self) {
        self.change(|ticks| ticks.paused = true);
    }

    fn resume(&self) {
        self.change(|ticks| ticks.paused = false);
    }

    /// A step of the job waits for a slot until what is returned is granted or dropped.
    pub(super) fn waits_for_slot(&self) -> WaitsForSlot<'_> {
        self.change(|ticks| ticks.waiting += 1);
        WaitsForSlot(self)
    }

    /// A step whose wait was granted gives its slot back.
    pub(super) fn left_slot(&self) {
        self.change(|ticks| ticks.holding -= 1);
    }

    fn change(&self, how: impl FnOnce(&mut Ticks)) {
        let mut ticks = self.lock();
        how(&mut ticks);
        let runs = !ticks.paused && (ticks.holding > 0 || ticks.waiting == 0);
        if runs {
            ticks.running_since.get_or_insert_with(Instant::now);
        } else if let Some(since) = ticks.running_since.take() {
            ticks.before += since.elapsed();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ticks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A step that waits for a slot.
pub(super) struct WaitsForSlot<'a>(&'a Stopwatch);

impl WaitsForSlot<'_> {
    /// It has one now, until [`Stopwatch::left_slot`].
    pub(super) fn granted(self) {
        self.0.change(|ticks| ticks.holding += 1);
    }
}

impl Drop for WaitsForSlot<'_> {
    fn drop(&mut self) {
        self.0.change(|ticks| ticks.waiting -= 1);
    }
}

/// A place among the cells in flight (`--sketch-jobs`).
#[derive(Debug)]
pub struct InFlight {
    gate: Gate,
    place: Option<Place>,
}

impl InFlight {
    /// A cell that begins waits behind those that come back from waiting for their core.
    const BEGIN: u32 = 1;
    const RETURN: u32 = 0;

    /// Waits for a place, in the order of asking.
    pub fn enter(gate: Gate) -> impl Future<Output = Self> + Send + use<> {
        let place = gate.enter(Rank::new(Self::BEGIN, Duration::ZERO), 0);
        async move { Self { place: Some(place.await), gate } }
    }

    fn leave(&mut self) {
        self.place = None;
    }

    async fn come_back(&mut self, way: Duration) {
        self.place = Some(self.gate.enter(Rank::new(Self::RETURN, way), 0).await);
    }
}

impl JobContext {
    /// A step of this job.
    pub(super) fn step(&self, step: Step, label: impl Into<String>) -> StepName {
        let is_end = self.urgency == Urgency::CellEnd || step == Step::Archive;
        let part = if is_end { Part::End(step) } else { Part::Before };
        StepName {
            job: self.track.job().clone(),
            urgency: self.urgency,
            step,
            label: label.into(),
            part,
            ahead: self.ahead,
            stopwatch: self.stopwatch.clone(),
        }
    }

    /// The compile of a unit for this job: see [`Ahead::unit`].
    pub(super) fn compile(&self, unit: Subject, label: &str) -> StepName {
        StepName { part: Part::Compile(unit), ..self.step(Step::Compile, label) }
    }

    /// Notes the libraries that were looked for and found in this run.
    pub(super) fn discovered(&mut self, libraries: Vec<UsedLibrary>) {
        self.libraries = Arc::new(libraries);
        self.has_discovered = true;
    }

    /// Waits until it is known what a core is going to be.
    pub(super) async fn outline_of(&mut self, core: &CoreHandle) -> Result<Arc<CoreOutline>, BuildError> {
        if !core.is_outlined() {
            self.track.enter(Phase::Wait);
        }
        // It keeps its place: this takes no longer than its own planning did.
        self.stopwatch.pause();
        let outline = core.outline().await;
        self.stopwatch.resume();
        outline
    }

    /// Waits for a core; what follows finishes the cell. Meanwhile the job gives up its place, and its
    /// time does not count.
    pub(super) async fn wait_for(
        &mut self,
        cx: &BuildContext,
        core: &CoreHandle,
    ) -> Result<Arc<CoreArtifacts>, BuildError> {
        self.urgency = Urgency::CellEnd;
        if core.is_ready() {
            return core.ready().await;
        }
        self.track.enter(Phase::Wait);
        self.stopwatch.pause();
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.leave();
        }
        let ready = core.ready().await;
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.come_back(self.ahead.end(&cx.costs)).await;
        }
        self.stopwatch.resume();
        ready
    }

    /// Runs a command of this job in a slot of its own; an exit code other than 0 is an error.
    pub(super) async fn command(
        &mut self,
        cx: &BuildContext,
        step: Step,
        label: impl Into<String>,
        argv: Vec<String>,
        cwd: PathBuf,
    ) -> Result<Finished, BuildError> {
        let name = self.step(step, label);
        let process = process(argv, cwd, self.environment.clone());
        let finished = run_in_slot(cx, &name, &process, &self.transcript).await?;
        if let Part::End(_) = name.part {
            self.ahead.spent(finished.ended.duration_since(finished.started), finished.peak);
        }
        self.log.push(process.argv().join(" "));
        let printed = cx.checkout.with_own_names(&String::from_utf8_lossy(&finished.printed()));
        if finished.end.succeeded() {
            if !printed.is_empty() && step != Step::Size {
                self.log.push(printed);
            }
            Ok(finished)
        } else {
            Err(BuildError::command(step, process.argv(), finished.end, printed.as_bytes()))
        }
    }
}

/// A process from an argv, which is never empty.
pub(super) fn process(mut argv: Vec<String>, cwd: PathBuf, environment: Environment) -> Process {
    let args = argv.split_off(argv.len().min(1));
    Process { program: argv.pop().unwrap_or_default().into(), args, cwd, environment }
}

/// Runs a process in a slot and says so.
pub(super) async fn run_in_slot(
    cx: &BuildContext,
    name: &StepName,
    process: &Process,
    transcript: &Transcript,
) -> Result<Finished, BuildError> {
    let held = Held::wait(cx, name).await;
    let finished = run(process, &cx.cancel, transcript, &cx.peaks.meter())
        .await
        .map_err(|error| BuildError::process(name.step, &error))?;
    held.done(Some(finished.ended.duration_since(finished.started)), None);
    Ok(finished)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until a moment on the watch would show.
    fn pass() {
        std::thread::sleep(Duration::from_millis(3));
    }

    #[track_caller]
    fn runs(watch: &Stopwatch, expected: bool) {
        let before = watch.elapsed();
        pass();
        assert_eq!(watch.elapsed() > before, expected);
    }

    #[test]
    fn waiting_for_slots_is_no_work_unless_another_step_is_at_work() {
        let watch = Stopwatch::started();
        runs(&watch, true);
        let first = watch.waits_for_slot();
        runs(&watch, false);
        let second = watch.waits_for_slot();
        first.granted();
        runs(&watch, true);
        watch.left_slot();
        runs(&watch, false);
        // A step that is dropped while it waits.
        drop(second);
        runs(&watch, true);
        watch.pause();
        runs(&watch, false);
        watch.resume();
        runs(&watch, true);
    }
}
