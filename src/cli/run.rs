//! `run`: reads the matrix, brings in what it needs, plans, builds, reports.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use super::cache::{self, Parts};
use super::cells::{Cells, Request, warnings};
use super::gone;
use super::leftovers::Running;
use super::options::{Options, colours_on_stderr, reports};
use super::setup::{SetupError, bring_in};
use super::signal::Signals;
use super::space::Watched;
use super::{args, complain, emulators, plan};
use crate::pipeline::{BuildContext, Checkout, Emulators, Known, LazyTool, Tool, sweep_staged};
use crate::cache::{Backend, Direct, Fallback, Lazy};
use crate::process::{Environment, OutputLimit, RunMarker, adopt, end_leftovers, memory_budget};
use crate::toolchain::Identities;
use crate::budget::Slots;
use crate::event::{CellInfo, CoreInfo, EventKind, EventSink, Level, RunInfo, RunPhase, Span, channel};
use crate::exit::Exit;
use crate::provide::{InstallContext, install_program};
use crate::matrix::MatrixError;
use crate::plan::{Layout, Plan, PlanError, Sources, Target, make};
use crate::report::Reports;
use crate::includes::{Disk, Files, Memo};
use crate::schedule;
use crate::cache::{Artifacts, Daily, Units};
use crate::budget::Costs;
use crate::fs::make_own_directory;

/// Why a run ended before anything was built.
#[derive(Debug, thiserror::Error)]
pub(super) enum Early {
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Unwritable(String),
    /// The run went on until a folder could not be written any more; what became of its cells is reported.
    #[error("{message}")]
    Storage { message: String, exit: Exit },
    #[error("nothing is selected: no cell of the matrix matches --board, --sketch and --filter together")]
    NothingSelected,
    #[error("the matrix has no cells: {0}")]
    NoCells(&'static str),
    #[error("interrupted")]
    Cancelled,
}

impl Early {
    fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::Unwritable(format!("{} can't be written: {error}", path.display()))
    }

    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Matrix(_)
            | Self::Setup(SetupError::Matrix(_))
            | Self::Plan(PlanError::Matrix(_))
            | Self::Usage(_) => Exit::Usage,
            Self::Setup(_) | Self::Plan(_) | Self::Unwritable(_) => Exit::Setup,
            Self::NothingSelected | Self::NoCells(_) => Exit::NothingSelected,
            Self::Storage { exit, .. } => *exit,
            Self::Cancelled => Exit::Interrupted,
        }
    }

    /// Tells the user, on standard error.
    pub(super) fn tell(&self, colours: bool) -> Exit {
        match self {
            Self::Matrix(error)
            | Self::Setup(SetupError::Matrix(error))
            | Self::Plan(PlanError::Matrix(error)) => {
                let text = error.render(colours);
                let _ = std::io::Write::write_fmt(&mut anstream::stderr().lock(), format_args!("{text}\n"));
            }
            other => complain(&other.to_string()),
        }
        self.exit()
    }
}

/// Runs the command.
pub(super) async fn run(typed: args::Run) -> Exit {
    let colours = colours_on_stderr(&typed.common.console);
    if typed.dry_run {
        return plan::run(args::Plan { run: typed, format: args::Format::Table }).await;
    }
    let options = match Options::new(typed) {
        Ok(options) => options,
        Err(error) => return Early::Usage(error.to_string()).tell(colours),
    };
    let request = match Request::read(&options) {
        Ok(request) => request,
        Err(early) => return early.tell(colours),
    };
    let work = &options.places.work;
    if let Err(error) = make_own_directory(work) {
        return Early::unwritable(work, &error).tell(colours);
    }
    let reports = match Reports::open(reports(&options.places, &options.console)) {
        Ok(reports) => reports,
        Err(error) => return Early::Unwritable(error.to_string()).tell(colours),
    };
    adopt();
    let (events, heard) = channel();
    let listener = reports.spawn(heard);
    let cancel = CancellationToken::new();
    let signals = Signals::listen(&cancel, &events);
    let result = build(&options, &request, &events, &cancel).await;
    let exit = signals.exit().unwrap_or(match &result {
        Ok(exit) => *exit,
        Err(early) => early.exit(),
    });
    events.say(EventKind::RunFinished { exit: exit.code() });
    drop(events);
    let told = tokio::task::spawn_blocking(move || listener.join()).await;
    if let Err(early) = result
        && signals.exit().is_none()
    {
        return early.tell(colours);
    }
    match told {
        Ok(Ok(outcome)) if outcome.errors.is_empty() => exit,
        // What could not be written has been said; a green result nobody can read is not green.
        Ok(Ok(_)) if exit == Exit::Success => Exit::Setup,
        Ok(Ok(_)) => exit,
        _ => Exit::Defect,
    }
}

async fn build(
    options: &Options,
    request: &Request,
    events: &EventSink,
    cancel: &CancellationToken,
) -> Result<Exit, Early> {
    let places = &options.places;
    let parts = Parts::new(places.cache.clone());
    let layout = Layout::new(places.work.clone());
    let _lock = lock(&layout, events).await?;
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    events.say(EventKind::RunStarted(RunInfo {
        name: request.matrix.name.clone(),
        matrix: options.matrix.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        jobs: options.jobs,
        started_unix: started,
        work_dir: places.work.clone(),
        report_dir: places.reports.clone(),
        backend: if options.cache { "zccache" } else { "direct" }.to_owned(),
    }));
    let mut phase = Phases { events: events.clone(), since: std::time::Duration::ZERO };
    let prepared = prepare(options, request, &layout, events, cancel, &mut phase);
    let (mut plan, emulators) = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(Early::Cancelled),
        prepared = prepared => prepared?,
    };
    announce(&plan, events);
    let library_places = Arc::new(std::mem::take(&mut plan.library_places));
    phase.end(RunPhase::Plan);

    let running = Running::begin(layout.root()).map_err(|error| Early::unwritable(layout.root(), &error))?;
    let Workshop { backend, staging, _held } = Workshop::open(options, &layout, events);
    // What a run that was killed left there, processes first. Nobody else works in these folders: they go
    // with locks that we hold.
    let (work, scratch) = (layout.root().to_owned(), layout.staging());
    let marker = RunMarker::new(&work, &staging);
    {
        let marker = marker.clone();
        let ended = tokio::task::spawn_blocking(move || end_leftovers(&marker)).await;
        tracing::debug!(?ended, "ended what an earlier run left");
    }
    for folder in [&staging, &scratch, &layout.passing_units()] {
        let _ = std::fs::remove_dir_all(folder);
    }
    for folder in [&staging.join("include-folders"), &scratch, &layout.units()] {
        std::fs::create_dir_all(folder).map_err(|error| Early::unwritable(folder, &error))?;
    }
    let checkout = Checkout::new(Checkout::root_of(&request.matrix.dir), &layout, &staging).linked();
    let artifacts = options.cache.then(|| Artifacts::new(parts.artifacts()));
    let (memo_path, costs_path) =
        if options.cache { (parts.memo(), parts.costs()) } else { (layout.memo(), layout.costs()) };
    let watched = Watched::new(&[(&work, "--work-dir"), (&places.cache, "--cache-dir")]);
    let planned = plan.cores.len() + plan.cells.len();
    let disk = Disk::new(layout.own().into_iter().chain([staging.clone()]).collect());
    let environment = Environment::new(&scratch, None).marked(&marker);
    let read = {
        let (memo, costs, known) = (memo_path.clone(), costs_path.clone(), layout.known());
        let (checkout, environment, staging, caches) =
            (checkout.clone(), environment.clone(), staging.clone(), options.cache);
        move || {
            let files = Files::new(Memo::load(&memo), disk);
            let known = Known::load(known, &[&checkout, &environment, &staging, &caches]);
            known.look_ahead(&plan.cells, &files, &checkout);
            (plan, files, known, Costs::load(&costs), memory_budget())
        }
    };
    let read = tokio::task::spawn_blocking(read).await;
    let (plan, files, known, costs, memory) = read.map_err(|error| Early::Unwritable(error.to_string()))?;
    let (files, known, costs) = (Arc::new(files), Arc::new(known), Arc::new(costs));
    let slots = Slots::new(options.jobs, options.framework_jobs, memory);
    let identities = Arc::new(Identities::new(files.clone(), environment, staging.clone(), cancel.clone()));
    let mut cx = BuildContext::new(
        files.clone(),
        identities,
        backend.clone(),
        slots,
        costs.clone(),
        layout,
        staging,
        checkout,
        known.clone(),
        artifacts,
        Arc::new(arduino_ctags(install_context(options, events, cancel))),
        events.clone(),
        cancel.clone(),
    );
    cx.emulators = Arc::new(emulators);
    cx.library_places = library_places;
    cx.output_limit = request.matrix.defaults.output_limit.map(OutputLimit).unwrap_or_default();
    let limits = schedule::Options { sketch_jobs: options.sketch_jobs, max_failures: options.max_failures };
    let ended = schedule::run(plan, &cx, &limits).await;
    phase.end(RunPhase::Build);

    // Every job has ended: nothing is in flight.
    if !cancel.is_cancelled() {
        sweep(options, &cx.layout, &backend).await;
    }
    backend.shutdown().await;
    if let Err(error) = files.memo().save(&memo_path) {
        let message = format!(
            "{} can't be written: {error}; the next run will look at every file again",
            memo_path.display()
        );
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    // Without these the next run has another order, and looks at more; nothing else.
    let saved =
        tokio::task::spawn_blocking(move || (costs.save(&costs_path), known.save(files.disk()))).await;
    tracing::debug!(?saved, "kept what steps took, and keys");
    phase.end(RunPhase::Finish);
    let exit = if ended.crashed {
        Exit::Defect
    } else if ended.only_storage() {
        Exit::Setup
    } else if ended.failed > 0 {
        Exit::CellsFailed
    } else {
        Exit::Success
    };
    if let Some(message) = watched.complaint(&ended, planned) {
        return Err(Early::Storage { message, exit });
    }
    // What was writing when an interrupt came may still be at it.
    if !cancel.is_cancelled() {
        running.end();
    }
    Ok(exit)
}

/// Brings in what the matrix needs and plans it; also the emulators that the plan needs.
async fn prepare(
    options: &Options,
    request: &Request,
    layout: &Layout,
    events: &EventSink,
    cancel: &CancellationToken,
    phase: &mut Phases,
) -> Result<(Plan, Emulators), Early> {
    let install = install_context(options, events, cancel);
    let matrix = &request.matrix;
    let installed = bring_in(matrix, &install).await?;
    phase.end(RunPhase::Setup);
    let Cells { all, selected } = request.cells(options, &installed.roots)?;
    for message in warnings(&selected) {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    let slugs = Layout::slugs(all.sketch_names());
    let sources = Sources { matrix, slugs: &slugs, expansion: &selected, cores: &installed.cores, layout };
    let plan = make(sources)?;
    let (current, layout, file) =
        (gone::Current::new(&all, &plan, &slugs), layout.clone(), options.matrix.clone());
    let removed = tokio::task::spawn_blocking(move || {
        // By its own name, however it was called this time.
        let file = std::fs::canonicalize(&file).unwrap_or(file);
        gone::remove(&layout, &file, current).map_err(|error| Early::unwritable(&layout.cells(), &error))
    });
    let removed = removed.await.map_err(|error| Early::Unwritable(error.to_string()))??;
    if let Some(message) = removed {
        events.say(EventKind::Log { level: Level::Info, message });
    }
    let emulators = emulators::bring_in(&plan, &install).await.map_err(SetupError::from)?;
    Ok((plan, emulators))
}

fn install_context(options: &Options, events: &EventSink, cancel: &CancellationToken) -> InstallContext {
    InstallContext {
        cache_dir: options.places.cache.clone(),
        offline: options.offline,
        events: events.clone(),
        cancel: cancel.clone(),
    }
}

/// Arduino's ctags: installed when the first sketch needs it, which most do not.
fn arduino_ctags(install: InstallContext) -> LazyTool {
    const NAME: &str = "arduino-ctags";
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

/// Says what is planned. Reports keep it all: what cells have in common is there once.
fn announce(plan: &Plan, events: &EventSink) {
    for message in plan.warnings.iter().cloned() {
        events.say(EventKind::Log { level: Level::Warn, message });
    }
    let mut fqbns: HashMap<Arc<str>, Arc<str>> = HashMap::new();
    let mut platforms: HashMap<String, Arc<str>> = HashMap::new();
    let mut files: HashMap<Arc<str>, Arc<Path>> = HashMap::new();
    let mut about = |board: &Arc<str>, target: &Target| {
        let fqbn = fqbns.entry(board.clone()).or_insert_with(|| target.config.fqbn.to_string().into());
        let family = target.family.to_string();
        let platform = platforms.entry(family).or_insert_with_key(|family| family.as_str().into());
        (fqbn.clone(), platform.clone())
    };
    let mut cores = Vec::with_capacity(plan.cores.len());
    for core in &plan.cores {
        // Named after the first of its boards; a core job without one would be nobody's.
        let Some(board) = core.boards.first() else { continue };
        let (fqbn, platform) = about(board, &core.target);
        cores.push(CoreInfo { id: core.id.clone(), boards: core.boards.clone(), fqbn, platform });
    }
    let mut cells = Vec::with_capacity(plan.cells.len());
    for cell in &plan.cells {
        let (fqbn, platform) = about(&cell.id.board, &cell.target);
        let sketch = &cell.sketch;
        let file =
            files.entry(sketch.name.clone()).or_insert_with(|| sketch.main_file.as_path().into()).clone();
        cells.push(CellInfo { id: cell.id.clone(), fqbn, platform, core: cell.core.clone(), file });
    }
    events.say(EventKind::Planned { cores, cells, skipped: plan.skipped.clone() });
}

/// What compiles, and where.
struct Workshop {
    backend: Backend,
    /// The folder that compilers run in.
    staging: PathBuf,
    /// Keeps others out of the folder and of the compiler cache, where these are shared.
    _held: Option<File>,
}

impl Workshop {
    fn open(options: &Options, layout: &Layout, events: &EventSink) -> Self {
        let alone = Self { backend: Arc::new(Direct), staging: layout.staging(), _held: None };
        if !options.cache {
            return alone;
        }
        let parts = Parts::new(options.places.cache.clone());
        let (root, staging) = (parts.zccache(), parts.staging());
        let message = match parts.hold() {
            Ok(Some(held)) => {
                let cache = Lazy::new(root.clone(), cache::SIZE / 2);
                let backend = Fallback::new(cache, root, layout.staging(), events.clone());
                return Self { backend: Arc::new(backend), staging, _held: Some(held) };
            }
            Ok(None) => format!("another run is using the compiler cache in {}", parts.root().display()),
            Err(error) => format!("{} can't be written: {error}", parts.root().display()),
        };
        let message = format!("{message}; this run goes on without it");
        events.say(EventKind::Log { level: Level::Warn, message });
        alone
    }
}

/// Once a day, keeps the stores small.
async fn sweep(options: &Options, layout: &Layout, backend: &Backend) {
    let units = Units::new(layout.units());
    let root = layout.units();
    let daily = Daily::new(&root);
    if daily.is_due() {
        let swept = tokio::task::spawn_blocking(move || units.sweep(cache::AGE)).await;
        tracing::debug!(?swept, "swept the objects of the work folder");
        let sketches = layout.sketches();
        let swept = tokio::task::spawn_blocking(move || sweep_staged(&sketches)).await;
        tracing::debug!(?swept, "swept the staged sketches");
        daily.done();
    }
    if !options.cache {
        return;
    }
    let daily = Daily::new(&options.places.cache);
    if daily.is_due() {
        let store = Artifacts::new(Parts::new(options.places.cache.clone()).artifacts());
        let swept = tokio::task::spawn_blocking(move || store.sweep(cache::KEEP)).await;
        tracing::debug!(?swept, "swept the artifact store");
        backend.maintain().await;
        daily.done();
    }
}

/// Holds the work folder; waits for another run that does.
async fn lock(layout: &Layout, events: &EventSink) -> Result<File, Early> {
    let path = layout.root().join(".lock");
    let unwritable =
        |error: std::io::Error| Early::Unwritable(format!("{} can't be locked: {error}", path.display()));
    let file = File::create(&path).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::Error(error)) => return Err(unwritable(error)),
        Err(TryLockError::WouldBlock) => {}
    }
    let message = format!("another run is working in {}; waiting for it to end", layout.root().display());
    events.say(EventKind::Log { level: Level::Warn, message });
    let waited = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
    waited.map_err(|error| Early::Unwritable(error.to_string()))?.map_err(unwritable)
}

/// The parts of the run, one after another without a gap.
struct Phases {
    events: EventSink,
    since: std::time::Duration,
}

impl Phases {
    fn end(&mut self, phase: RunPhase) {
        let span = Span { start: self.since, end: self.events.now() };
        self.since = span.end;
        self.events.say(EventKind::RunPhase { phase, span });
    }
}
