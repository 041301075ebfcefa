//! Builds event sequences for tests, in the order of a run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::event::{
    CacheOutcome, CellId, CellInfo, CoreId, CoreInfo, Event, EventKind, Failure, FailureKind, JobId,
    JobNotes, JobResult, Level, Location, NamedLibrary, Outcome, Phase, RunInfo, RunPhase, Sizes,
    SkippedCell, Span, Step, StepInfo, UnitCounts, Usage, UsedLibrary, Warning, WarningOwner,
};

pub(super) const fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}

pub(super) const fn span(start_ms: u64, end_ms: u64) -> Span {
    Span { start: ms(start_ms), end: ms(end_ms) }
}

/// `board/sketch`.
pub(super) fn cell_id(name: &str) -> CellId {
    let (board, sketch) = name.split_once('/').unwrap_or((name, ""));
    CellId { board: board.into(), sketch: sketch.into() }
}

pub(super) fn cell(name: &str) -> JobId {
    JobId::Cell(cell_id(name))
}

pub(super) fn core(name: &str) -> JobId {
    JobId::Core(CoreId(name.into()))
}

fn core_of(board: &str) -> CoreId {
    CoreId(format!("{board}-1f2e3d4c").into())
}

pub(super) fn cell_info(board: &str, sketch: &str) -> CellInfo {
    CellInfo {
        id: CellId { board: board.into(), sketch: sketch.into() },
        fqbn: format!("arduino:avr:{board}").into(),
        platform: "avr".into(),
        core: core_of(board),
        file: PathBuf::from(format!("/here/examples/{sketch}/{sketch}.ino")).into(),
    }
}

pub(super) fn skipped_cell(board: &str, sketch: &str, reason: &str) -> SkippedCell {
    let CellInfo { id, fqbn, file, .. } = cell_info(board, sketch);
    SkippedCell { id, fqbn, file, reason: reason.into() }
}

pub(super) fn failure(message: &str, line: Option<u32>) -> Failure {
    let diagnostic = line.map_or_else(
        || format!("{message}\n"),
        |line| format!("/here/examples/Broken/Broken.ino:{line}:3: error: {message}\n   foo();\n   ^\n"),
    );
    Failure {
        command: vec!["avr-g++".to_owned(), "-c".to_owned()],
        location: line.map(|line| Location {
            file: "/here/examples/Broken/Broken.ino".into(),
            line,
            column: Some(3),
        }),
        ..Failure::new(FailureKind::Code, Step::Compile, message.to_owned(), diagnostic)
    }
}

pub(super) fn warning(owner: WarningOwner, place: Option<(&str, u32)>, message: &str) -> Warning {
    let location = place.map(|(file, line)| Location { file: file.into(), line, column: Some(7) });
    Warning { owner, location, message: message.to_owned() }
}

/// A library of version 1.0, chosen by its own header.
pub(super) fn library(name: &str, path: &str) -> UsedLibrary {
    UsedLibrary {
        library: NamedLibrary { name: name.to_owned(), version: "1.0".to_owned(), path: path.to_owned() },
        header: format!("{name}.h"),
        not_used: Vec::new(),
        under_test: false,
        made_for: String::new(),
        instead_of: None,
    }
}

pub(super) fn one_of_each_outcome() -> Vec<Outcome> {
    vec![
        Outcome::Built,
        Outcome::UpToDate,
        Outcome::Failed(failure("'foo' was not declared in this scope", Some(5))),
        Outcome::Failed(Failure::new(
            FailureKind::Infrastructure,
            Step::Link,
            "avr-gcc: not found".to_owned(),
            String::new(),
        )),
        Outcome::Blocked { by: core_of("uno"), message: "no variant".to_owned() },
        Outcome::TimedOut { after: Duration::from_mins(10), output: "still at it".to_owned() },
        Outcome::Cancelled {
            reason: "interrupted".to_owned(),
            output: "had begun".to_owned(),
            by_limit: false,
        },
        Outcome::Crashed { message: "index out of bounds".to_owned() },
    ]
}

/// A sequence of events under construction.
pub(super) struct Script {
    events: Vec<Event>,
    now: Duration,
}

impl Script {
    /// A run that has started and spent its first 100 ms on set-up.
    pub(super) fn new() -> Self {
        let info = RunInfo {
            name: "avr-examples".to_owned(),
            matrix: "matrix.yml".into(),
            version: "0.1.0".to_owned(),
            jobs: 2,
            started_unix: 1_700_000_000,
            work_dir: ".fbuild-matrix".into(),
            report_dir: ".fbuild-matrix/reports".into(),
            backend: "zccache".to_owned(),
            directory: "/here".into(),
            shard: None,
            commit: None,
        };
        Self { events: Vec::new(), now: Duration::ZERO }
            .say(EventKind::RunStarted(info))
            .say(EventKind::SetupStarted { what: "core arduino:avr from apt".to_owned() })
            .at(100)
            .say(EventKind::SetupFinished {
                what: "core arduino:avr from apt".to_owned(),
                brief: "arduino-core-avr 1.8.6".to_owned(),
                detail: "already installed: arduino-core-avr 1.8.6, gcc-avr 5.4.0".to_owned(),
            })
            .say(EventKind::RunPhase { phase: RunPhase::Setup, span: span(0, 100) })
    }

    /// Sets the clock, in milliseconds since the run began; it never goes back.
    pub(super) fn at(mut self, at_ms: u64) -> Self {
        self.now = self.now.max(ms(at_ms));
        self
    }

    pub(super) fn say(mut self, kind: EventKind) -> Self {
        self.events.push(Event { at: self.now, kind });
        self
    }

    pub(super) fn log(self, level: Level, message: &str) -> Self {
        self.say(EventKind::Log { level, message: message.to_owned() })
    }

    /// Cells and skipped cells as `board/sketch`; one core a board. Planning takes 20 ms.
    pub(super) fn plan(self, cells: &[&str], skipped: &[(&str, &str)]) -> Self {
        let cells: Vec<CellInfo> = cells
            .iter()
            .map(|name| {
                let id = cell_id(name);
                cell_info(&id.board, &id.sketch)
            })
            .collect();
        let mut cores: Vec<CoreInfo> = Vec::new();
        for cell in &cells {
            if !cores.iter().any(|core| core.id == cell.core) {
                cores.push(CoreInfo {
                    id: cell.core.clone(),
                    boards: vec![Arc::clone(&cell.id.board)],
                    fqbn: cell.fqbn.clone(),
                    platform: cell.platform.clone(),
                });
            }
        }
        let skipped = skipped
            .iter()
            .map(|(name, reason)| {
                let id = cell_id(name);
                skipped_cell(&id.board, &id.sketch, reason)
            })
            .collect();
        self.at(120)
            .say(EventKind::RunPhase { phase: RunPhase::Plan, span: span(100, 120) })
            .say(EventKind::Planned { cores, cells, skipped })
    }

    /// The phases of a job, one after the other from the end of planning (120 ms), each with its end.
    pub(super) fn phases(mut self, job: &JobId, ends: &[(Phase, u64)]) -> Self {
        let mut start = 120;
        for (phase, end) in ends {
            self = self.at(*end).say(EventKind::JobPhase {
                job: job.clone(),
                phase: *phase,
                span: span(start, *end),
            });
            start = *end;
        }
        self
    }

    pub(super) fn step(
        self,
        job: &JobId,
        (step, label): (Step, &str),
        slot: usize,
        held: Span,
        cache: Option<CacheOutcome>,
    ) -> Self {
        let process = Some(Span { start: held.start + ms(1).min(held.len()), end: held.end });
        let job = job.clone();
        let label = label.to_owned();
        self.say(EventKind::StepFinished(StepInfo {
            job,
            step,
            label,
            slot,
            span: held,
            process,
            cache,
            cut_short: false,
        }))
    }

    pub(super) fn started(self, job: &JobId) -> Self {
        let job = job.clone();
        self.say(EventKind::JobStarted { job })
    }

    pub(super) fn finished(self, job: &JobId, outcome: Outcome, end_ms: u64) -> Self {
        let built = outcome == Outcome::Built;
        let sizes = (built && matches!(job, JobId::Cell(_))).then_some(Sizes {
            flash: Some(Usage { used: 1_036, max: Some(32_256) }),
            ram: Some(Usage { used: 9, max: Some(2_048) }),
            eeprom: None,
            sections: Vec::new(),
        });
        self.at(end_ms).say(EventKind::JobFinished(Box::new(JobResult {
            job: job.clone(),
            outcome,
            span: span(120, end_ms),
            sizes,
            artifacts: Vec::new(),
            log: Some(format!(".fbuild-matrix/log of {job}").into()),
            warnings: String::new(),
            warning_list: built.then(Vec::new),
            libraries: Arc::default(),
            units: UnitCounts { compiled: u32::from(built), cached: 0, reused: 0 },
            notes: JobNotes::default(),
        })))
    }

    /// A cell that is up to date, with these warnings.
    pub(super) fn warned(self, name: &str, warnings: &[Warning]) -> Self {
        self.up_to_date(name, |result| result.warning_list = Some(warnings.to_vec()))
    }

    /// A cell that is up to date, with these libraries.
    pub(super) fn with_libraries(self, name: &str, libraries: &[UsedLibrary]) -> Self {
        self.up_to_date(name, |result| result.libraries = Arc::new(libraries.to_vec()))
    }

    /// A cell that is up to date, with these remarks.
    pub(super) fn noted(self, name: &str, change: impl FnOnce(&mut JobNotes)) -> Self {
        self.up_to_date(name, |result| change(&mut result.notes))
    }

    fn up_to_date(self, name: &str, change: impl FnOnce(&mut JobResult)) -> Self {
        let mut script = self.finished(&cell(name), Outcome::UpToDate, 130);
        if let Some(Event { kind: EventKind::JobFinished(result), .. }) = script.events.last_mut() {
            change(result);
        }
        script
    }

    /// A cell that queues until `start`, compiles for most of the time and links.
    pub(super) fn built(self, name: &str, start: u64, end: u64) -> Self {
        let job = cell(name);
        let start = start.max(120);
        let end = end.max(start);
        let compiled = start + (end - start) / 2;
        self.at(start)
            .started(&job)
            .phases(&job, &[(Phase::Queue, start), (Phase::Compile, compiled)])
            .step(&job, (Step::Compile, "Blink.ino.cpp"), 0, span(start, compiled), Some(CacheOutcome::Miss))
            .phases_after(&job, compiled, &[(Phase::Wait, compiled), (Phase::Link, end)])
            .step(&job, (Step::Link, "Blink.ino.elf"), 0, span(compiled, end), None)
            .finished(&job, Outcome::Built, end)
    }

    fn phases_after(mut self, job: &JobId, mut start: u64, ends: &[(Phase, u64)]) -> Self {
        for (phase, end) in ends {
            self = self.at(*end).say(EventKind::JobPhase {
                job: job.clone(),
                phase: *phase,
                span: span(start, *end),
            });
            start = *end;
        }
        self
    }

    pub(super) fn end(self, at_ms: u64, exit: u8) -> Self {
        let build_end = at_ms.saturating_sub(10);
        self.at(build_end)
            .say(EventKind::RunPhase { phase: RunPhase::Build, span: span(120, build_end) })
            .at(at_ms)
            .say(EventKind::RunPhase { phase: RunPhase::Finish, span: span(build_end, at_ms) })
            .say(EventKind::RunFinished { exit })
    }

    pub(super) fn events(self) -> Vec<Event> {
        self.events
    }

    /// Two boards, and a third whose core does not compile; includes every usual outcome.
    pub(super) fn mixed() -> Self {
        let (uno, mega, due) = (core("uno-1f2e3d4c"), core("mega-1f2e3d4c"), core("due-1f2e3d4c"));
        let broken = || Outcome::Failed(failure("'foo' was not declared in this scope", Some(5)));
        let bypassed = || Some(CacheOutcome::Bypassed { reason: "the compile failed".to_owned() });
        Self::new()
            .plan(
                &["uno/Blink", "uno/Broken", "mega/Blink", "mega/Broken", "due/Blink"],
                &[("uno/Big", "does not fit"), ("mega/Esp", "needs WiFi")],
            )
            .started(&uno)
            .step(&uno, (Step::Compile, "main.cpp"), 0, span(121, 400), Some(CacheOutcome::Miss))
            .step(&uno, (Step::Archive, "core.a"), 0, span(400, 450), None)
            .phases(&uno, &[(Phase::Queue, 121), (Phase::Compile, 400), (Phase::Archive, 450)])
            .finished(&uno, Outcome::Built, 450)
            .started(&mega)
            .step(&mega, (Step::Compile, "main.cpp"), 1, span(121, 500), Some(CacheOutcome::Hit))
            .phases(&mega, &[(Phase::Queue, 121), (Phase::Compile, 500)])
            .finished(&mega, Outcome::Built, 500)
            .built("uno/Blink", 450, 900)
            .started(&cell("uno/Broken"))
            .step(&cell("uno/Broken"), (Step::Compile, "Broken.ino.cpp"), 1, span(500, 950), bypassed())
            .phases(&cell("uno/Broken"), &[(Phase::Queue, 460), (Phase::Compile, 950)])
            .finished(&cell("uno/Broken"), broken(), 950)
            .built("mega/Blink", 900, 1_400)
            .started(&cell("mega/Broken"))
            .step(&cell("mega/Broken"), (Step::Compile, "Broken.ino.cpp"), 1, span(1_000, 1_450), bypassed())
            .phases(&cell("mega/Broken"), &[(Phase::Queue, 950), (Phase::Compile, 1_450)])
            .finished(&cell("mega/Broken"), broken(), 1_450)
            .started(&due)
            .phases(&due, &[(Phase::Queue, 1_400), (Phase::Compile, 1_500)])
            .finished(&due, Outcome::Failed(failure("no variant 'due'", None)), 1_500)
            .finished(
                &cell("due/Blink"),
                Outcome::Blocked {
                    by: CoreId("due-1f2e3d4c".into()),
                    message: "no variant 'due'".to_owned(),
                },
                1_500,
            )
            .end(1_520, 1)
    }
}

/// Adds six downloads, four at once, for manual viewing.
fn downloads(mut script: Script) -> Script {
    let name = |number: u64| format!("tool-{number}.tar.bz2");
    let total = |number: u64| (number != 2).then_some(number * 3_000_000);
    for number in 1..=6 {
        script = script.say(EventKind::DownloadStarted { what: name(number), total: total(number) });
    }
    for step in 1..=18 {
        script = script.at(2_200 + step * 100);
        let done = |number: u64| step.saturating_sub(if number > 4 { 6 } else { 0 }) * 1_500_000;
        for number in (1..=6).filter(|number| *number <= 4 || step > 6) {
            let (what, size) = (name(number), number * 3_000_000);
            script = match done(number) {
                done if done < size => {
                    script.say(EventKind::DownloadProgress { what, done, total: total(number) })
                }
                done if done == size => script.say(EventKind::DownloadFinished { what, size }),
                _ => script,
            };
        }
    }
    script
}

/// Twelve sketches on three boards with downloads, two broken sketches and a broken core, for manual viewing.
pub(super) fn long_run() -> Vec<Event> {
    let what = "core arduino:avr from apt";
    let mut script = Script::new().at(110).say(EventKind::SetupStarted { what: what.to_owned() });
    for step in 0..20 {
        script = script.at(150 + step * 100).say(EventKind::SetupProgress {
            what: what.to_owned(),
            done: step * 1_100_000,
            total: (step > 3).then_some(22_000_000),
        });
    }
    script = downloads(script);
    let ready =
        "gcc-avr 1:5.4.0, avr-libc 1:2.0.0, arduino-core-avr 1.8.6; -DDECIMAL_DIG=__DECIMAL_DIG__ set";
    script = script.at(4_200).say(EventKind::SetupFinished {
        what: what.to_owned(),
        brief: "gcc-avr 1:5.4.0".to_owned(),
        detail: ready.to_owned(),
    });
    let boards = ["uno", "mega", "leonardo", "due"];
    let names: Vec<String> =
        (0..12).flat_map(|n| boards.map(|board| format!("{board}/examples/Sketch{n}"))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    script = script.plan(&names, &[("uno/examples/Esp", "needs WiFi")]);
    let mut now = 4_300;
    for board in boards {
        script = script.at(now).started(&core(&core_of(board).0));
    }
    // Two at once, as with two slots: the second starts halfway through the first.
    let mut pending: Option<(&str, u64)> = None;
    for (place, name) in names.iter().enumerate() {
        let job = cell(name);
        script = script.at(now).started(&job);
        let next = now + 150 + (place as u64 * 7 % 11) * 90;
        for (phase, start, end) in [(Phase::Queue, 120, now), (Phase::Preprocess, now, now + 40)] {
            script = script.say(EventKind::JobPhase { job: job.clone(), phase, span: span(start, end) });
        }
        if let Some((last, started)) = pending.replace((name, now)) {
            script = end_of(script, last, started, next);
        }
        now = next;
        if let Some(board) = (place % 6 == 2).then(|| boards.get(place / 6)).flatten() {
            let outcome = if *board == "due" {
                Outcome::Failed(failure("no variant 'arduino_due_x' in this core", None))
            } else {
                Outcome::Built
            };
            script = script.finished(&core(&core_of(board).0), outcome, now);
        }
    }
    if let Some((last, started)) = pending {
        script = end_of(script, last, started, now + 300);
    }
    script.end(now + 400, 1).events()
}

fn end_of(script: Script, name: &str, started: u64, end: u64) -> Script {
    let job = cell(name);
    let outcome = match name {
        _ if name.starts_with("due") => Outcome::Blocked {
            by: core_of("due"),
            message: "no variant 'arduino_due_x' in this core".to_owned(),
        },
        _ if name.ends_with("Sketch4") => {
            Outcome::Failed(failure("'foo' was not declared in this scope", Some(5)))
        }
        _ => Outcome::Built,
    };
    script
        .at(end)
        .step(&job, (Step::Compile, "Sketch.ino.cpp"), 0, span(started, end), Some(CacheOutcome::Miss))
        .finished(&job, outcome, end)
}
