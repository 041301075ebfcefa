//! The remaining path of a job: expected duration and memory of its steps, and the duration of the jobs that
//! depend on it. Affects only the order of steps.

use std::time::Duration;

use crate::budget::{Ask, Urgency};
use crate::budget::{Cost, CostName, Costs, Subject};
use crate::event::Step;
use crate::includes::Hash;
use crate::plan::{CellJob, CoreJob, Family};

/// Bytes added to the size of every source, for the headers that all sources include.
const HEADERS: u64 = 8 << 10;

/// Expected durations without any measurement: of a compile per byte of source, and of the end of a job.
const BYTE: Duration = Duration::from_micros(5);
const END: Duration = Duration::from_millis(100);

/// Expected memory in bytes without any measurement, for families with light units and for others; `LITTLE`
/// is for steps that neither compile nor link.
const LITTLE: u64 = 64 << 20;
const COMPILE: [u64; 2] = [64 << 20, 256 << 20];
const LINK: [u64; 2] = [128 << 20, 512 << 20];

/// Expected costs of a core or a cell.
#[derive(Debug, Clone, Copy)]
pub struct Ahead {
    board: CostName,
    compile_kind: CostName,
    is_light: bool,
    /// All compiles together: as long as the longest one, or as their sum divided by the number of slots.
    compiles: Subject,
    /// The steps after the compiles: archives, link, conversions, sizes.
    pub end: Subject,
    /// Duration of the dependent jobs: for a core, the longest end of its cells.
    waiting: Duration,
    /// Time that the steps after the compiles have taken so far.
    spent: Duration,
    memory: Option<u64>,
}

/// The part of a job that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Part {
    /// Before the compiles.
    Before,
    /// One of the compiles.
    Compile(Subject),
    /// After the compiles: an archive, the link, or a cheaper step.
    End(Step),
}

impl Ahead {
    /// Returns the expected costs of a cell.
    pub fn of_cell(job: &CellJob) -> Self {
        Self::cell(&job.id.board, &job.id.sketch, &job.target.family)
    }

    /// Returns the expected costs of a cell with these names.
    pub fn cell(board: &str, sketch: &str, family: &Family) -> Self {
        Self::new("cell", board, sketch, family)
    }

    /// Returns the expected costs of a core; `waiting` is the longest end of its cells.
    pub fn of_core(job: &CoreJob, waiting: Duration) -> Self {
        let board = job.boards.first().map_or("", |board| board);
        Self { waiting, ..Self::new("core", board, "", &job.target.family) }
    }

    fn new(what: &str, board: &str, sketch: &str, family: &Family) -> Self {
        let word = family.to_string();
        let subject = |part: &[u8]| Subject {
            name: CostName::new(&[part, what.as_bytes(), board.as_bytes(), sketch.as_bytes()]),
            alias: None,
            kind: CostName::new(&[part, what.as_bytes(), word.as_bytes()]),
            size: 1,
        };
        Self {
            board: CostName::new(&[b"board", board.as_bytes()]),
            compile_kind: CostName::new(&[b"compile", word.as_bytes()]),
            is_light: family.has_light_units(),
            compiles: subject(b"compiles"),
            end: subject(b"end"),
            waiting: Duration::ZERO,
            spent: Duration::ZERO,
            memory: None,
        }
    }

    /// Returns the job's duration from its first compile to its end in an earlier run, if one was measured.
    pub fn known(&self, costs: &Costs) -> Option<Duration> {
        Some(costs.known(&self.compiles).time? + costs.known(&self.end).time?)
    }

    /// Returns the expected duration of the steps after the compiles.
    pub fn end(&self, costs: &Costs) -> Duration {
        costs.expect(&self.end).time.unwrap_or(END)
    }

    /// Returns the subject of one compile: named by the key of its object, also by board and label, and sized
    /// by the bytes of its source.
    pub(in crate::pipeline) fn unit(&self, key: &Hash, label: &str, bytes: u64) -> Subject {
        Subject {
            name: CostName::new(&[b"unit", key.as_bytes()]),
            alias: Some(self.board.with(label.as_bytes())),
            kind: self.compile_kind,
            size: bytes.saturating_add(HEADERS),
        }
    }

    /// Returns the slot request of a step of this job.
    pub(in crate::pipeline) fn ask(&self, costs: &Costs, urgency: Urgency, part: Part) -> Ask {
        let defaults = |of: [u64; 2]| of[usize::from(!self.is_light)];
        let (rest, memory) = match part {
            Part::Before => {
                let compiles = costs.expect(&self.compiles).time.unwrap_or_default();
                (compiles + self.end(costs), LITTLE)
            }
            Part::Compile(subject) => {
                let Cost { time, memory } = costs.expect(&subject);
                (compile_time(&subject, time) + self.end(costs), memory.unwrap_or(defaults(COMPILE)))
            }
            Part::End(step) => {
                let Cost { time, memory } = costs.expect(&self.end);
                let rest = time.unwrap_or(END).saturating_sub(self.spent);
                let is_large = matches!(step, Step::Link | Step::Hook);
                (rest, if is_large { memory.unwrap_or(defaults(LINK)) } else { LITTLE })
            }
        };
        Ask { urgency, rest: rest + self.waiting, memory }
    }

    /// Remembers how long the job's compiles take, including those that were cache hits: the longest one or,
    /// if longer, the sum divided by `slots`.
    pub(in crate::pipeline) fn learn_compiles(
        &self,
        costs: &Costs,
        units: impl Iterator<Item = Subject>,
        slots: usize,
    ) {
        let (mut longest, mut all) = (Duration::ZERO, Duration::ZERO);
        for unit in units {
            let time = compile_time(&unit, costs.expect(&unit).time);
            longest = longest.max(time);
            all += time;
        }
        let slots = u32::try_from(slots).unwrap_or(u32::MAX).max(1);
        costs.learn(&self.compiles, Cost { time: Some(longest.max(all / slots)), memory: None });
    }

    /// Adds the time and the peak memory of a step after the compiles.
    pub fn spent(&mut self, time: Duration, memory: Option<u64>) {
        self.spent += time;
        self.memory = self.memory.max(memory);
    }

    /// Remembers the cost of the steps after the compiles: their time if the job succeeded, their peak memory
    /// in any case.
    pub fn learn_end(&mut self, costs: &Costs, succeeded: bool) {
        let time = Some(std::mem::take(&mut self.spent)).filter(|spent| succeeded && !spent.is_zero());
        costs.learn(&self.end, Cost { time, memory: self.memory.take() });
    }
}

fn compile_time(unit: &Subject, expected: Option<Duration>) -> Duration {
    expected.unwrap_or(BYTE * u32::try_from(unit.size).unwrap_or(u32::MAX))
}
