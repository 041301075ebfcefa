//! Formats the lines at the bottom of a terminal during a run: downloads, a bar for each stage, the slowest jobs. A
//! pure function of state and time.

use std::time::Duration;

use indexmap::IndexMap;

use super::bars::{bar, fetched};
use super::downloads::Downloads;
use super::lines::{color, word};
use super::paint::Paint;
use crate::event::{CoreId, Event, EventKind, JobId, Phase};
use crate::report::tally::{Counts, Tally, Verdict};
use crate::report::text;

/// Largest number of jobs that are shown by name; fewer on a low terminal.
const NAMED: usize = 6;
/// Duration from which a job is shown by name: shorter ones would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);
/// A bar's width in columns, where there is room.
const BAR: usize = 28;

/// The current state of a run.
#[derive(Debug, Default)]
pub(super) struct Live {
    setup: IndexMap<String, Setup>,
    downloads: Downloads,
    running: IndexMap<JobId, RunningJob>,
    /// The cores of cells, to distinguish a wait for a core from a link.
    core_of: IndexMap<JobId, CoreId>,
    cores_done: std::collections::HashSet<CoreId>,
}

/// An installation, with the download of an installer that reports its own.
#[derive(Debug)]
struct Setup {
    since: Duration,
    done: u64,
    total: Option<u64>,
}

#[derive(Debug)]
struct RunningJob {
    since: Duration,
    /// The phase that ended last.
    ended: Option<Phase>,
}

impl Live {
    pub(super) fn fold(&mut self, event: &Event) {
        match &event.kind {
            EventKind::SetupStarted { what } => {
                self.setup.insert(what.clone(), Setup { since: event.at, done: 0, total: None });
            }
            EventKind::SetupProgress { what, done, total } => {
                if let Some(setup) = self.setup.get_mut(what) {
                    setup.done = *done;
                    setup.total = *total;
                }
            }
            EventKind::SetupFinished { what, .. } => {
                self.setup.shift_remove(what);
            }
            EventKind::DownloadStarted { .. }
            | EventKind::DownloadProgress { .. }
            | EventKind::DownloadFinished { .. }
            | EventKind::DownloadFailed { .. } => self.downloads.fold(event),
            EventKind::Planned { cells, .. } => {
                // An installation without an end has failed.
                self.setup.clear();
                self.downloads = Downloads::default();
                self.core_of =
                    cells.iter().map(|cell| (JobId::Cell(cell.id.clone()), cell.core.clone())).collect();
            }
            EventKind::JobStarted { job } => {
                self.running.insert(job.clone(), RunningJob { since: event.at, ended: None });
            }
            EventKind::JobPhase { job, phase, .. } => {
                if let Some(running) = self.running.get_mut(job) {
                    running.ended = Some(*phase);
                }
            }
            EventKind::JobFinished(result) => {
                self.running.shift_remove(&result.job);
                if let JobId::Core(core) = &result.job {
                    self.cores_done.insert(core.clone());
                }
            }
            EventKind::RunStarted(_)
            | EventKind::Resolved { .. }
            | EventKind::Log { .. }
            | EventKind::BaseRead(_)
            | EventKind::RunPhase { .. }
            | EventKind::StepFinished(_)
            | EventKind::Stopping { .. }
            | EventKind::RunFinished { .. }
            | EventKind::ShardPlanned(_)
            | EventKind::Unfinished { .. }
            | EventKind::Unknown => {}
        }
    }

    /// Returns the lines at the moment `now`, none longer than `width` columns.
    pub(super) fn lines(
        &self,
        paint: Paint,
        tally: &Tally,
        now: Duration,
        (height, width): (usize, usize),
    ) -> Vec<String> {
        let mut lines: Vec<String> =
            self.setup.iter().map(|(what, setup)| setup.line(paint, what, now)).collect();
        lines.extend(self.downloads.lines(paint, now));
        if tally.planned {
            let bar = BAR.min(width / 4);
            let total = tally.total();
            let (done, all) = (total.ended(), tally.cells_planned());
            let digits = all.max(tally.cores.planned).to_string().len();
            let (cores_done, cores) = (tally.cores.counts.ended(), tally.cores.planned);
            if cores_done < cores {
                let words = counts(paint, &tally.cores.counts);
                let stage = Stage { name: "cores", done: cores_done, all: cores, words: &words };
                lines.push(stage.line(paint, bar, digits));
            }
            let mut words = counts(paint, &total);
            if tally.stopping.is_some() {
                words = format!("{words}  {}", paint.warn("stopping"));
            }
            words = format!("{words}  {}", paint.dim(&text::duration(now)));
            lines.push(Stage { name: "sketches", done, all, words: &words }.line(paint, bar, digits));
            lines.extend(self.slowest(paint, now, height));
        }
        lines.into_iter().map(|line| console::truncate_str(&line, width, "…").into_owned()).collect()
    }

    fn slowest(&self, paint: Paint, now: Duration, height: usize) -> Vec<String> {
        // A cell that waits for its core is not slow, and is counted without a name.
        let (waiting, busy): (Vec<_>, Vec<_>) =
            self.running.iter().partition(|(job, running)| self.waits_for_core(job, running));
        let mut jobs: Vec<(&JobId, &RunningJob)> = busy
            .iter()
            .copied()
            .filter(|(_, running)| now.saturating_sub(running.since) >= PATIENCE)
            .collect();
        jobs.sort_by_key(|(_, running)| running.since);
        jobs.truncate(NAMED.min(height / 4));
        let names: Vec<String> = jobs.iter().map(|(job, _)| text::one_line(&job.to_string())).collect();
        let longest = names.iter().map(|name| console::measure_text_width(name)).max().unwrap_or(0);
        let mut lines = Vec::new();
        for ((job, running), name) in jobs.iter().zip(&names) {
            let elapsed = text::duration(now.saturating_sub(running.since));
            let gap = " ".repeat(longest - console::measure_text_width(name));
            let doing = paint.dim(doing(job, running));
            lines.push(format!("{} {name}{gap}  {doing}", word(paint, Paint::dim, &elapsed)));
        }
        let more = busy.len() - lines.len();
        let rest = match (more, waiting.len()) {
            _ if lines.is_empty() => None,
            (0, 0) => None,
            (more, 0) => Some(format!("and {more} more running")),
            (0, waiting) => Some(format!("and {waiting} waiting for their cores")),
            (more, waiting) => Some(format!("and {more} more running, {waiting} waiting for their cores")),
        };
        lines.extend(rest.map(|rest| format!("{} {}", word(paint, Paint::dim, ""), paint.dim(&rest))));
        lines
    }

    /// Returns whether everything of a cell except its link is done, and its core is not.
    fn waits_for_core(&self, job: &JobId, running: &RunningJob) -> bool {
        running.ended == Some(Phase::Compile)
            && self.core_of.get(job).is_some_and(|core| !self.cores_done.contains(core))
    }
}

/// Returns a job's current activity, derived from its last finished phase.
fn doing(job: &JobId, running: &RunningJob) -> &'static str {
    let is_core = matches!(job, JobId::Core(_));
    match running.ended {
        None | Some(Phase::Queue) if !is_core => "finding what to build",
        None | Some(Phase::Queue | Phase::Preprocess) => "compiling",
        Some(Phase::Compile) if is_core => "archiving",
        Some(Phase::Compile | Phase::Wait | Phase::Seed) => "linking",
        Some(Phase::Link) => "measuring",
        Some(Phase::Archive | Phase::Size | Phase::Run) => "finishing",
    }
}

impl Setup {
    fn line(&self, paint: Paint, what: &str, now: Duration) -> String {
        let what = text::one_line(what);
        let elapsed = text::duration(now.saturating_sub(self.since));
        match fetched(paint, self.done, self.total, &what, now.saturating_sub(self.since)) {
            Some(line) => line,
            None => format!("{} {what}  {}", word(paint, Paint::bold, "set-up"), paint.dim(&elapsed)),
        }
    }
}

/// Line of a stage: `  sketches ━━━━━━━━━━╸────────── 12/30  10 built  1 failed`.
struct Stage<'a> {
    name: &'a str,
    done: usize,
    all: usize,
    words: &'a str,
}

impl Stage<'_> {
    /// Returns the line, with `columns` for the bar and `digits` for each number, so that stages are aligned.
    fn line(&self, paint: Paint, columns: usize, digits: usize) -> String {
        let Self { name, done, all, words } = self;
        let name = word(paint, Paint::bold, name);
        format!("{name} {} {done:>digits$}/{all:<digits$}{words}", bar(paint, (*done, *all), columns))
    }
}

/// Returns `  10 built  1 failed`.
fn counts(paint: Paint, counts: &Counts) -> String {
    let mut words = String::new();
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Skipped) {
        let number = counts.get(verdict);
        if number > 0 {
            words.push_str("  ");
            words.push_str(&color(verdict)(paint, &format!("{number} {}", verdict.word())));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{Script, cell, core, ms};

    const PLAIN: Paint = Paint { styled: false };

    fn shown(script: Script, now: u64, size: (usize, usize)) -> String {
        let (mut live, mut tally) = (Live::default(), Tally::default());
        for event in script.events() {
            live.fold(&event);
            tally.fold(&event);
        }
        live.lines(PLAIN, &tally, ms(now), size).join("\n")
    }

    #[test]
    fn downloads() {
        let progress = |done, total| EventKind::SetupProgress { what: "gcc-avr".to_owned(), done, total };
        let script = || Script::new().say(EventKind::SetupStarted { what: "gcc-avr".to_owned() });
        insta::assert_snapshot!(shown(script(), 1_100, (24, 80)), @r"    set-up gcc-avr  1.00s");
        insta::assert_snapshot!(shown(script().say(progress(5_500_000, Some(22_000_000))), 1_100, (24, 80)), @r"  fetching ━━━━──────────── gcc-avr  5.5 MB of 22.0 MB");
        insta::assert_snapshot!(shown(script().say(progress(5_500_000, None)), 1_100, (24, 80)), @r"  fetching gcc-avr  5.5 MB, 1.00s");
    }

    #[test]
    fn stages_and_the_slowest() {
        let script = || {
            Script::new()
                .plan(&["uno/A", "uno/B", "mega/LongName", "mega/B"], &[])
                .started(&core("uno-1f2e3d4c"))
                .started(&core("mega-1f2e3d4c"))
                .finished(&core("uno-1f2e3d4c"), crate::event::Outcome::Built, 500)
                .built("uno/A", 400, 900)
                .started(&cell("mega/LongName"))
                .phases(&cell("mega/LongName"), &[(Phase::Queue, 900), (Phase::Compile, 950)])
                .at(1_800)
                .started(&cell("uno/B"))
        };
        insta::assert_snapshot!(shown(script(), 2_000, (24, 80)), @r"
           cores ━━━━━━━━━━────────── 1/2  1 built
        sketches ━━━━━─────────────── 1/4  1 built  2.00s
           1.88s core mega-1f2e3d4c  compiling
                 and 1 more running, 1 waiting for their cores
        ");
        // Neither width nor height suffices for everything.
        insta::assert_snapshot!(shown(script(), 2_200, (8, 40)), @r"
           cores ━━━━━───── 1/2  1 built
        sketches ━━╸─────── 1/4  1 built  2.2…
           2.08s core mega-1f2e3d4c  compiling
           0.40s uno/B               finding …
                 and 1 waiting for their cores
        ");
    }
}
