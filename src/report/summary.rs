//! `summary.md`: the run on one page, failures first, within the size that GitHub accepts for a step summary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::causes::{Cause, causes};
use super::copies::ForeignCopies;
use super::failures::{FailureGroups, Trouble};
use super::file::ReportFile;
use super::growth::Growth;
use super::markdown::{Page, code, escape, fence};
use super::notices;
use super::paths::Here;
use super::reporter::Reporter;
use super::tally::{CacheTally, Fullest, Tally, Verdict};
use super::text;
use crate::event::{CellId, CoreId, Event, EventKind, JobId, Outcome};

/// GitHub's limit for each step, in bytes.
pub(super) const SUMMARY_MAX: usize = 1024 * 1024;
/// The longest diagnostic of a failure, in bytes.
const EXCERPT_MAX: usize = 3 * 1024;
/// Number of bytes of a tool's output that are read for it.
const ROOM: usize = 20 * EXCERPT_MAX;
/// Number of failures whose diagnostic is kept: about as many as the page has room for.
const EXCERPTS: usize = 300;
/// Number of boards or sketches that are named in one line.
const NAMES: usize = 12;

/// Writes `summary.md`.
pub(super) struct Summary {
    file: ReportFile,
    fold: SummaryFold,
}

impl Summary {
    /// Paths are shown relative to the directory `current`.
    pub(super) fn new(file: ReportFile, current: &Path) -> Self {
        Self { file, fold: SummaryFold::new(current) }
    }
}

impl Reporter for Summary {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.fold.close();
        self.file.write(|writer| writer.write_all(self.fold.markdown(SUMMARY_MAX).as_bytes()))
    }
}

/// Data of a run.
#[derive(Debug, Default)]
pub(super) struct SummaryFold {
    here: Here,
    name: String,
    tally: Tally,
    groups: FailureGroups,
    /// Other copies of the library under test.
    copies: ForeignCopies,
    /// Numbers of cells that each failed core blocks.
    blocked: BTreeMap<CoreId, usize>,
    /// Sizes against the base.
    growth: Growth,
    /// Numbers of skipped cells by reason.
    skipped: BTreeMap<String, usize>,
    /// The fullest cells by flash over all boards, fullest first.
    fullest: Vec<FullCell>,
}

/// Memory of a cell's firmware, in bytes.
#[derive(Debug)]
struct FullCell {
    id: CellId,
    flash_used: u64,
    flash_max: u64,
    /// In tenths of a percent.
    ram: Option<u64>,
}

/// Number of rows in the table of sizes.
const FULLEST: usize = 10;

impl SummaryFold {
    /// Paths are shown relative to the directory `current`.
    pub(super) fn new(current: &Path) -> Self {
        Self { here: Here::new(current), ..Self::default() }
    }

    /// Counts the cells that did not end.
    pub(super) fn close(&mut self) {
        self.tally.close();
    }

    /// Adds an event.
    pub(super) fn fold(&mut self, event: &Event) {
        self.tally.fold(event);
        self.growth.fold(event);
        match &event.kind {
            EventKind::RunStarted(info) => self.name.clone_from(&info.name),
            EventKind::Planned { skipped, .. } => {
                for cell in skipped {
                    *self.skipped.entry(text::one_line(&cell.reason)).or_default() += 1;
                }
            }
            EventKind::JobFinished(result) => {
                self.copies.fold(result, &self.here);
                if let Outcome::Blocked { by, .. } = &result.outcome {
                    *self.blocked.entry(by.clone()).or_default() += 1;
                }
                if let Some(trouble) = Trouble::of(&result.job, &result.outcome, &self.here, ROOM) {
                    let known = self.groups.iter().len();
                    let log = result.log.as_ref().map(|log| self.here.path(log));
                    self.groups.add(&result.job, &trouble, || {
                        if known < EXCERPTS { excerpt(&trouble, log.as_deref()) } else { String::new() }
                    });
                }
                if let (JobId::Cell(id), Some(sizes)) = (&result.job, &result.sizes) {
                    self.size(id, sizes);
                }
            }
            _ => {}
        }
    }

    fn size(&mut self, id: &CellId, sizes: &crate::event::Sizes) {
        let Some((used, max)) = sizes.flash.and_then(|flash| Some((flash.used, flash.max?))) else { return };
        let ram = sizes.ram.and_then(|ram| Some(text::per_mille(ram.used, ram.max?)));
        self.fullest.push(FullCell { id: id.clone(), flash_used: used, flash_max: max, ram });
        self.fullest.sort_by_key(|full| {
            (std::cmp::Reverse(text::per_mille(full.flash_used, full.flash_max)), full.id.clone())
        });
        self.fullest.truncate(FULLEST);
    }

    /// Returns the page, at most `max` bytes long.
    pub(super) fn markdown(&self, max: usize) -> String {
        let mut page = Page::new(max);
        page.add(&self.head());
        let mut others = vec![self.boards(), self.tally.notes.markdown(), notices::copies(&self.copies)];
        others.extend(notices::warnings(&self.tally.warnings, &self.here));
        others.extend([self.growth.markdown(), self.sizes(), self.skipped(), self.time()]);
        let room: usize = others.iter().map(String::len).sum();
        self.failures(&mut page, room.min(max / 4));
        for part in others {
            page.add(&part);
        }
        page.end()
    }

    /// Adds all causes of failures, and as many of their diagnostics as leave `others` bytes of room.
    fn failures(&self, page: &mut Page, others: usize) {
        let causes = causes(&self.groups, &self.blocked);
        if causes.is_empty() {
            return;
        }
        page.add("\n### Failures\n\n");
        let entries: Vec<String> = causes.iter().map(failure).collect();
        let mut reserved = others + entries.iter().map(String::len).sum::<usize>();
        for (entry, cause) in entries.iter().zip(&causes) {
            let details = diagnostic(&cause.first.excerpt);
            if reserved + details.len() <= page.room() {
                page.add(&format!("{entry}{details}"));
            } else {
                page.add(entry);
            }
            reserved -= entry.len();
        }
    }

    fn head(&self) -> String {
        let total = self.tally.total();
        let bad = Verdict::ALL.into_iter().any(|verdict| verdict.is_failure() && total.get(verdict) > 0);
        let mark = if self.tally.exit == Some(0) {
            "✅"
        } else if bad || self.tally.exit.is_some_and(|exit| exit < 128) {
            "❌"
        } else {
            "⚠️"
        };
        let mut head = format!("## {mark} {}\n\n{}\n", escape(&self.name), escape(&self.tally.result_line()));
        if let Some(reason) = &self.tally.stopping {
            let _ = writeln!(head, "\nStopped early: {}", escape(reason));
        } else if !self.tally.planned {
            let _ = writeln!(head, "\nThe run ended before its cells were known.");
        }
        head
    }

    fn boards(&self) -> String {
        if self.tally.boards.is_empty() {
            return String::new();
        }
        let total = self.tally.total();
        let shown: Vec<Verdict> = Verdict::ALL
            .into_iter()
            .filter(|verdict| total.get(*verdict) > 0 || *verdict == Verdict::Failed)
            .collect();
        let mut table = String::from("\n### Boards\n\n| board |");
        let mut rule = String::from("|---|");
        for verdict in &shown {
            let _ = write!(table, " {} |", verdict.word());
            rule.push_str("--:|");
        }
        let _ = writeln!(table, " fullest flash | fullest RAM | slot time |\n{rule}---|---|--:|");
        for (board, tally) in &self.tally.boards {
            let _ = write!(table, "| {} |", escape(board));
            for verdict in &shown {
                let _ = write!(table, " {} |", tally.counts.get(*verdict));
            }
            let full = |full: &Option<Fullest>| {
                full.as_ref()
                    .map(|full| format!("{} {}", full.share(), escape(&full.sketch)))
                    .unwrap_or_default()
            };
            let time = text::duration(tally.slot_time);
            let _ = writeln!(table, " {} | {} | {time} |", full(&tally.flash), full(&tally.ram));
        }
        if self.tally.boards.len() > 1 {
            let _ = write!(table, "| **all** |");
            for verdict in &shown {
                let _ = write!(table, " **{}** |", total.get(*verdict));
            }
            let time = self.tally.boards.values().map(|board| board.slot_time).sum();
            let _ = writeln!(table, " | | {} |", text::duration(time));
        }
        table
    }

    fn sizes(&self) -> String {
        if self.fullest.is_empty() {
            return String::new();
        }
        let mut table =
            String::from("\n### Fullest firmware\n\n| cell | flash | | RAM |\n|---|--:|--:|--:|\n");
        for FullCell { id, flash_used, flash_max, ram } in &self.fullest {
            let share = text::percent(text::per_mille(*flash_used, *flash_max));
            let ram = ram.map(text::percent).unwrap_or_default();
            let _ = writeln!(
                table,
                "| {} | {flash_used} of {flash_max} bytes | {share} | {ram} |",
                escape(&id.to_string())
            );
        }
        table
    }

    fn skipped(&self) -> String {
        if self.skipped.is_empty() {
            return String::new();
        }
        let mut list = String::from("\n### Skipped\n\n");
        for (reason, cells) in &self.skipped {
            let _ = writeln!(list, "- {}: {}", text::count(*cells, "cell"), escape(reason));
        }
        list
    }

    fn time(&self) -> String {
        let Tally { cache, units, cores, .. } = &self.tally;
        let CacheTally { hits, misses, bypassed, uncacheable } = cache;
        let mut list = format!(
            "\n### Time and cache\n\n- wall time: {}; {}\n",
            text::duration(self.tally.wall),
            text::count(cores.planned, "core")
        );
        let _ = writeln!(
            list,
            "- objects: {} compiled, {} from the compiler cache, {} from the work directory",
            units.compiled, units.cached, units.reused
        );
        let all: usize = bypassed.values().sum();
        let _ = writeln!(list, "- compiler cache: hits {hits}, misses {misses}, bypassed {all}");
        for (reason, number) in bypassed.iter().take(NAMES) {
            let _ = writeln!(list, "  - {number} bypassed: {}", escape(reason));
        }
        if let Some(title) = uncacheable.title() {
            let _ = writeln!(list, "- {title}, repeated in every run");
            for line in uncacheable.lines() {
                let _ = writeln!(list, "  - {}", escape(&line));
            }
        }
        list
    }
}

/// Returns the entry of a cause without its diagnostic.
fn failure(cause: &Cause<'_>) -> String {
    let first = cause.first;
    let place = first.place.as_ref().map(|place| format!("{}: ", code(place))).unwrap_or_default();
    let who = escape(&cause.who(NAMES));
    let mut entry = format!("- **{who}**: {place}{} ({})", escape(&cause.message()), first.what);
    if cause.blocked > 0 {
        let _ = write!(entry, "; it blocks {}", text::count(cause.blocked, "cell"));
    }
    entry.push('\n');
    for (board, message) in first.each().into_iter().take(NAMES) {
        let _ = writeln!(entry, "  - {}: {}", escape(board), escape(message));
    }
    if let Some(elsewhere) = cause.elsewhere(NAMES) {
        let _ = writeln!(entry, "  - also: {}", escape(&elsewhere));
    }
    entry
}

/// Returns a folded diagnostic; empty for a failure without one.
fn diagnostic(excerpt: &str) -> String {
    if excerpt.trim().is_empty() {
        return String::new();
    }
    let fence = fence(excerpt);
    let mut details = format!("\n  <details><summary>diagnostic</summary>\n\n  {fence}text\n");
    for line in excerpt.lines() {
        let _ = writeln!(details, "  {line}");
    }
    let _ = writeln!(details, "  {fence}\n\n  </details>\n");
    details
}

/// Returns the diagnostic of a failure, its errors first, and the number of warnings.
fn excerpt(trouble: &Trouble, log: Option<&str>) -> String {
    if trouble.text.lines.len() < 2 && trouble.text.warnings == 0 {
        // The first line of the entry is complete.
        return String::new();
    }
    let mut excerpt = text::cut_middle(&trouble.text.lines.join("\n"), EXCERPT_MAX).into_owned();
    if let Some(warnings) = trouble.text.and_warnings() {
        let log = log.map(|log| format!(" in {log}")).unwrap_or_default();
        let _ = write!(excerpt, "\n\n{warnings}{log}");
    }
    text::for_xml(&excerpt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Failure;
    use crate::report::testing::{Script, cell, failure};

    fn render(events: &[Event], max: usize) -> String {
        let mut fold = SummaryFold::new(Path::new("/here"));
        for event in events {
            fold.fold(event);
        }
        fold.close();
        fold.markdown(max)
    }

    #[test]
    fn a_mixed_run() {
        insta::assert_snapshot!(render(&Script::mixed().events(), SUMMARY_MAX), @r"
        ## ❌ avr-examples

        5 cells: 2 built, 2 failed, 1 blocked, 2 skipped in 1.52s (4 compiled)

        ### Failures

        - **core due-1f2e3d4c**: no variant 'due' (compile); it blocks 1 cell
        - **Broken on mega, uno**: `examples/Broken/Broken.ino:5:3`: 'foo' was not declared in this scope (compile)

          <details><summary>diagnostic</summary>

          ```text
          examples/Broken/Broken.ino:5:3: error: 'foo' was not declared in this scope
             foo();
             ^
          ```

          </details>


        ### Boards

        | board | built | failed | blocked | skipped | fullest flash | fullest RAM | slot time |
        |---|--:|--:|--:|--:|---|---|--:|
        | uno | 1 | 1 | 0 | 1 | 3.2% Blink | 0.4% Blink | 1.23s |
        | mega | 1 | 1 | 0 | 1 | 3.2% Blink | 0.4% Blink | 1.33s |
        | due | 0 | 0 | 1 | 0 |  |  | 0.00s |
        | **all** | **2** | **2** | **1** | **2** | | | 2.56s |

        ### Fullest firmware

        | cell | flash | | RAM |
        |---|--:|--:|--:|
        | mega/Blink | 1036 of 32256 bytes | 3.2% | 0.4% |
        | uno/Blink | 1036 of 32256 bytes | 3.2% | 0.4% |

        ### Skipped

        - 1 cell: does not fit
        - 1 cell: needs WiFi

        ### Time and cache

        - wall time: 1.52s; 3 cores
        - objects: 4 compiled, 0 from the compiler cache, 0 from the work directory
        - compiler cache: hits 1, misses 3, bypassed 2
          - 2 bypassed: the compile failed
        ");
    }

    #[test]
    fn a_run_that_was_interrupted() {
        let script = Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 130, 400);
        let script = script.say(EventKind::Stopping { reason: "SIGINT".to_owned() });
        let page = render(&script.say(EventKind::RunFinished { exit: 130 }).events(), SUMMARY_MAX);
        assert!(page.starts_with("## ⚠️ avr-examples\n\n2 cells: 1 built, 1 cancelled in 0.40s"), "{page}");
        assert!(page.contains("Stopped early: SIGINT"), "{page}");
    }

    #[test]
    fn a_run_without_a_plan() {
        let page = render(&Script::new().say(EventKind::RunFinished { exit: 3 }).events(), SUMMARY_MAX);
        assert!(
            page.starts_with("## ❌ avr-examples") && page.contains("before its cells were known"),
            "{page}"
        );
    }

    #[test]
    fn too_much_is_left_out_with_a_note() {
        let names: Vec<String> = (0..200).map(|n| format!("uno/S{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut script = Script::new().plan(&names, &[]);
        for (n, name) in names.iter().enumerate() {
            let failed = Failure { diagnostic: "x\n".repeat(4000), ..failure(&format!("error {n}"), None) };
            script = script.finished(&cell(name), Outcome::Failed(failed), 200);
        }
        let events = script.end(300, 1).events();
        let whole = render(&events, SUMMARY_MAX);
        assert!(whole.len() < SUMMARY_MAX && whole.contains("error 199") && !whole.contains("left out"));
        assert!((100..names.len()).contains(&whole.matches("<details>").count()));
        // Every cause before any diagnostic.
        let cut = render(&events, 60_000);
        assert!(cut.len() <= 60_000 && cut.contains("error 199") && !cut.contains("left out"), "{cut}");
        assert!((1..names.len()).contains(&cut.matches("<details>").count()));
        assert_eq!(cut.matches("<details>").count(), cut.matches("</details>").count());
        let cut = render(&events, 5_000);
        assert!(cut.len() <= 5_000 && cut.contains("parts left out"), "{}", cut.len());
    }
}
