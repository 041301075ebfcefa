//! A finished run, read from its report directory. Has the results, not the course of the run.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::jsonl::{self, Jsonl};
use crate::event::{
    Base, BaseCell, CellId, CellInfo, EventKind, JobId, JobResult, Outcome, Sizes, SkippedCell, WarningOwner,
};

/// A finished run.
#[derive(Debug, Default)]
pub struct Past {
    /// All cells of its matrix in the order of the plan.
    pub cells: IndexMap<CellId, PastCell>,
    /// The matrix file, as the user named it.
    pub matrix: PathBuf,
    /// Its duration in milliseconds.
    pub wall_ms: u64,
    /// Time in which steps held slots, over all jobs, in milliseconds.
    pub slot_ms: u64,
}

/// Result of a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastCell {
    /// How it ended.
    pub outcome: PastOutcome,
    /// Flash, RAM and EEPROM, where they were measured.
    pub sizes: Sizes,
    /// Number of warnings, each location and text once; 0 where it was not built.
    pub warnings: usize,
    /// Those in the sketch and the library under test.
    pub own_warnings: usize,
    /// Time in which its steps held slots, in milliseconds.
    pub slot_ms: u64,
    /// The linked program, if there is one.
    pub elf: Option<PathBuf>,
}

/// How a cell of a finished run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastOutcome {
    /// The run ended before the cell.
    NotFinished,
    /// The matrix excludes the cell.
    Skipped {
        /// The matrix's reason, or the rule that excluded it.
        reason: Arc<str>,
    },
    /// The cell ended with this outcome.
    Finished(Outcome),
}

impl PastOutcome {
    /// Returns [`Outcome::word`], `skipped`, or `not finished`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotFinished => "not finished",
            Self::Skipped { .. } => "skipped",
            Self::Finished(outcome) => outcome.word(),
        }
    }

    /// Returns the first error, or the reason why the cell was skipped or cancelled; otherwise an empty text.
    pub fn reason(&self) -> &str {
        match self {
            Self::Skipped { reason } => reason,
            Self::Finished(Outcome::Failed(failure)) => &failure.message,
            Self::Finished(Outcome::ExpectedFailure { expected, .. }) => expected,
            Self::Finished(Outcome::Blocked { message, .. } | Outcome::Crashed { message }) => message,
            Self::Finished(Outcome::Cancelled { reason, .. }) => reason,
            Self::NotFinished
            | Self::Finished(Outcome::Built | Outcome::UpToDate | Outcome::TimedOut { .. }) => "",
        }
    }

    /// Returns whether the cell has firmware.
    pub const fn is_built(&self) -> bool {
        matches!(self, Self::Finished(outcome) if outcome.is_success())
    }

    /// Returns whether the cell has no firmware, although it was not skipped and the run did not end before it.
    pub const fn has_failed(&self) -> bool {
        match self {
            Self::NotFinished | Self::Skipped { .. } | Self::Finished(Outcome::Cancelled { .. }) => false,
            Self::Finished(outcome) => !outcome.is_success(),
        }
    }
}

impl PastCell {
    /// Returns whether firmware was built, also if it exceeds a budget or fails in an emulator.
    pub fn has_firmware(&self) -> bool {
        self.outcome.is_built() || (self.elf.is_some() && self.sizes != Sizes::default())
    }
}

impl From<PastOutcome> for PastCell {
    /// Returns a cell without firmware.
    fn from(outcome: PastOutcome) -> Self {
        Self { outcome, sizes: Sizes::default(), warnings: 0, own_warnings: 0, slot_ms: 0, elf: None }
    }
}

/// Error of reading a report directory.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// A file is missing or can't be read.
    #[error("{} can't be read: {source}\nname the report directory of a run, `.fbuild-matrix/reports` as a rule", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file has another format.
    #[error("{} is not what a run leaves: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The problem.
        message: String,
    },
}

impl Past {
    /// Reads the events of the run that wrote into `directory`, or into [`reports_in`] it. The run may have been killed.
    ///
    /// # Errors
    /// The file is missing, has a line that is no event, or has no plan.
    pub fn read(directory: &Path) -> Result<Self, PastError> {
        let path = reports_in(directory).join(Jsonl::NAME);
        let content =
            std::fs::read(&path).map_err(|source| PastError::Unreadable { path: path.clone(), source })?;
        let malformed = |message: String| PastError::Malformed { path: path.clone(), message };
        let mut past = Self::default();
        let mut is_planned = false;
        let mut total = Duration::ZERO;
        let mut busy: HashMap<JobId, Duration> = HashMap::new();
        for event in jsonl::events(&content) {
            let event = event.map_err(|error| malformed(error.to_string()))?;
            past.wall_ms = past.wall_ms.max(milliseconds(event.at));
            match event.kind {
                EventKind::Planned { cells, skipped, .. } => {
                    is_planned = true;
                    past.plan(cells, skipped);
                }
                EventKind::RunStarted(info) => past.matrix = info.matrix,
                EventKind::StepFinished(step) => {
                    total += step.span.len();
                    *busy.entry(step.job).or_default() += step.span.len();
                }
                EventKind::JobFinished(result) => {
                    let busy = busy.get(&result.job).copied().unwrap_or_default();
                    past.finished(*result, milliseconds(busy));
                }
                _ => {}
            }
        }
        past.slot_ms = milliseconds(total);
        if is_planned { Ok(past) } else { Err(malformed("the run ended before it had a plan".to_owned())) }
    }

    /// Returns the cells that have firmware, as the base of another run.
    pub fn base(&self, name: String) -> Base {
        let built = self.cells.iter().filter(|(_, cell)| cell.has_firmware());
        let cells = built.map(|(id, cell)| BaseCell {
            id: id.clone(),
            sizes: cell.sizes.clone(),
            own_warnings: cell.own_warnings as u64,
            warnings: cell.warnings as u64,
        });
        Base { name, cells: cells.collect() }
    }

    fn plan(&mut self, cells: Vec<CellInfo>, skipped: Vec<SkippedCell>) {
        let cells = cells.into_iter().map(|cell| (cell.id, PastOutcome::NotFinished));
        let skipped = skipped.into_iter().map(|cell| (cell.id, PastOutcome::Skipped { reason: cell.reason }));
        self.cells.extend(cells.chain(skipped).map(|(id, outcome)| (id, outcome.into())));
    }

    /// Adds a job that ended, with the time in which its steps held slots in milliseconds.
    fn finished(&mut self, result: JobResult, slot_ms: u64) {
        let JobId::Cell(id) = &result.job else { return };
        let Some(cell) = self.cells.get_mut(id) else { return };
        let is_elf = |path: &PathBuf| path.extension().is_some_and(|end| end == "elf" || end == "axf");
        let warnings = result.warning_list.unwrap_or_default();
        let own = warnings.iter().filter(|warning| warning.owner == WarningOwner::Own);
        *cell = PastCell {
            outcome: PastOutcome::Finished(result.outcome),
            sizes: result.sizes.unwrap_or_default(),
            warnings: warnings.len(),
            own_warnings: own.count(),
            slot_ms,
            elf: result.artifacts.into_iter().find(is_elf),
        };
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the report directory that `path` means: itself, `reports` or `.fbuild-matrix/reports` in it (a work directory,
/// a checkout, a downloaded artifact), or the only directory in it with reports. Of a report file, its directory.
pub fn reports_in(path: &Path) -> PathBuf {
    let has_events = |directory: &PathBuf| directory.join(Jsonl::NAME).is_file();
    if path.is_file() {
        return path.parent().map_or_else(PathBuf::new, Path::to_owned);
    }
    let known = [path.to_owned(), path.join("reports"), path.join(".fbuild-matrix/reports")];
    if let Some(found) = known.into_iter().find(has_events) {
        return found;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut found = entries.map(|entry| entry.path()).filter(has_events);
    match (found.next(), found.next()) {
        (Some(only), None) => only,
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::report::testing::{Script, cell_id};

    fn past(text: &str) -> Result<Past, PastError> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(Jsonl::NAME), text).unwrap();
        Past::read(directory.path())
    }

    fn lines(events: &[Event]) -> String {
        events.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect()
    }

    #[test]
    fn a_mixed_run_is_read_back() {
        let text = lines(&Script::mixed().events());
        // The last line of a run that was killed.
        let past = past(&format!("{text}{{\"at_us\":1,\"ev")).unwrap();
        let cell = |name: &str| &past.cells[&cell_id(name)];
        assert_eq!((past.cells.len(), past.wall_ms), (7, 1520));
        assert_eq!(cell("uno/Blink").outcome, PastOutcome::Finished(Outcome::Built));
        assert!(cell("uno/Blink").sizes.flash.is_some());
        let broken = cell("uno/Broken");
        assert_eq!((broken.outcome.word(), broken.sizes.flash), ("failed", None));
        assert!(broken.outcome.reason().contains("'foo'"), "{broken:?}");
        assert_eq!(cell("uno/Big").outcome, PastOutcome::Skipped { reason: "does not fit".into() });
    }

    #[test]
    fn events_and_fields_of_later_versions_are_ignored() {
        let text = lines(&Script::new().plan(&["uno/Blink"], &[]).built("uno/Blink", 130, 900).events());
        let later = "{\"at_us\":1,\"event\":\"cell_moved\",\"to\":{\"board\":\"mega\"}}\n";
        let text = format!("{later}{}", text.replace("\"at_us\"", "\"host\":\"a\",\"at_us\""));
        assert_eq!(past(&text).unwrap().cells[&cell_id("uno/Blink")].outcome.word(), "built");
    }

    #[test]
    fn a_directory_without_a_run_is_an_error() {
        assert!(matches!(past("{}\n"), Err(PastError::Malformed { .. })));
        let no_plan = past(&lines(&Script::new().events())).unwrap_err();
        assert!(no_plan.to_string().contains("before it had a plan"), "{no_plan}");
        let nowhere = Past::read(Path::new("/nowhere")).unwrap_err();
        assert!(nowhere.to_string().contains("/nowhere/events.jsonl"), "{nowhere}");
    }

    #[test]
    fn an_unreadable_line_is_named() {
        let text = lines(&Script::mixed().events());
        let line = text.lines().position(|line| line.contains("job_finished")).unwrap() + 1;
        let error = past(&text.replacen("{\"outcome\":\"built\"", "{\"outcome\":\"moved\"", 1)).unwrap_err();
        let expected = format!("at line {line} column");
        assert!(error.to_string().contains("`moved`") && error.to_string().contains(&expected), "{error}");
    }
}
