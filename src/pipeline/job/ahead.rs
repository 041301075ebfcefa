//! What is still ahead of a job: how long its steps are expected to take, how much memory, and what waits for
//! them. Decides nothing but the order of things.

use std::time::Duration;

use crate::budget::{Ask, Urgency};
use crate::budget::{Cost, CostName, Costs, Subject};
use crate::event::Step;
use crate::includes::Hash;
use crate::plan::{CellJob, CoreJob, Family};

/// What a source weighs beside its own bytes: the headers that everything includes.
const HEADERS: u64 = 8 << 10;

/// What is not known at all is expected to take this long: a compile for each byte, the end of a job.
const BYTE: Duration = Duration::from_micros(5);
const END: Duration = Duration::from_millis(100);

/// And this much memory, for a family of light units and for others; what neither compiles nor links takes little.
const LITTLE: u64 = 64 << 20;
const COMPILE: [u64; 2] = [64 << 20, 256 << 20];
const LINK: [u64; 2] = [128 << 20, 512 << 20];

/// What is ahead of a core or a cell.
#[derive(Debug, Clone, Copy)]
pub struct Ahead {
    board: CostName,
    compile_kind: CostName,
    is_light: bool,
    /// Its compiles as a whole: as long as the longest, or as all of them over all slots.
    compiles: Subject,
    /// What comes behind them: archives, link, conversions, sizes.
    pub end: Subject,
    /// What waits for its end: of a core, the longest end of its cells.
    waiting: Duration,
    /// What its end has taken so far.
    spent: Duration,
    memory: Option<u64>,
}

/// What a step is to the job that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Part {
    /// It comes before the compiles.
    Before,
    /// One of the compiles.
    Compile(Subject),
    /// It comes behind them: an archive, the link, or something that takes less.
    End(Step),
}

impl Ahead {
    /// Of a cell.
    pub fn of_cell(job: &CellJob) -> Self {
        Self::cell(&job.id.board, &job.id.sketch, &job.target.family)
    }

    /// The same by its names.
    pub fn cell(board: &str, sketch: &str, family: &Family) -> Self {
        Self::new("cell", board, sketch, family)
    }

    /// Of a core for whose end so much time of cells waits.
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

    /// How long the job took from its first compile to its end in an earlier run, if that is known.
    pub fn known(&self, costs: &Costs) -> Option<Duration> {
        Some(costs.known(&self.compiles).time? + costs.known(&self.end).time?)
    }

    /// How long what comes behind the compiles is expected to take.
    pub fn end(&self, costs: &Costs) -> Duration {
        costs.expect(&self.end).time.unwrap_or(END)
    }

    /// A compile of this job: by the key of its object, by the board and what it is called there, by the bytes of
    /// its source.
    pub(in crate::pipeline) fn unit(&self, key: &Hash, label: &str, bytes: u64) -> Subject {
        Subject {
            name: CostName::new(&[b"unit", key.as_bytes()]),
            alias: Some(self.board.with(label.as_bytes())),
            kind: self.compile_kind,
            size: bytes.saturating_add(HEADERS),
        }
    }

    /// What a step of this job asks of the slots.
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

    /// Remembers how long the job's compiles take, whoever made their objects: with one slot for each, or with
    /// `slots` for all of them, whichever is longer.
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

    /// A step behind the compiles took this.
    pub fn spent(&mut self, time: Duration, memory: Option<u64>) {
        self.spent += time;
        self.memory = self.memory.max(memory);
    }

    /// Remembers what came behind the compiles: how long it took where it came to its end, what memory it took in
    /// any case.
    pub fn learn_end(&mut self, costs: &Costs, succeeded: bool) {
        let time = Some(std::mem::take(&mut self.spent)).filter(|spent| succeeded && !spent.is_zero());
        costs.learn(&self.end, Cost { time, memory: self.memory.take() });
    }
}

fn compile_time(unit: &Subject, expected: Option<Duration>) -> Duration {
    expected.unwrap_or(BYTE * u32::try_from(unit.size).unwrap_or(u32::MAX))
}
