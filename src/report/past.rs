//! A finished run, read back from its report directory. Keeps results, not the course of the run.

use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value;

use super::jsonl::Jsonl;

/// A finished run.
#[derive(Debug, Default)]
pub struct Past {
    /// All cells of its matrix in the order of the plan, by board and sketch.
    pub cells: IndexMap<(String, String), PastCell>,
    /// Its duration in milliseconds.
    pub wall_ms: u64,
}

/// Result of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastCell {
    /// [`crate::event::Outcome`]'s word, `skipped`, or `not finished`.
    pub outcome: String,
    /// The first error, or the reason why it was skipped; otherwise empty.
    pub reason: String,
    /// Bytes of program memory.
    pub flash: Option<u64>,
    /// Bytes of static data.
    pub ram: Option<u64>,
    /// Number of warnings, each location and text once; 0 where it was not built.
    pub warnings: usize,
    /// The linked program, if there is one.
    pub elf: Option<PathBuf>,
}

impl PastCell {
    /// Whether it has firmware.
    pub fn is_built(&self) -> bool {
        matches!(self.outcome.as_str(), "built" | "up-to-date")
    }

    /// Whether it failed: it has no firmware, was not skipped, and the run did not end before it.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome.as_str(), "failed" | "timed-out" | "blocked" | "crashed")
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
        /// What is wrong.
        message: String,
    },
}

impl Past {
    /// Reads the events of the run that wrote into `folder`. The run may have been killed.
    ///
    /// # Errors
    /// Where the file is missing or has no plan.
    pub fn read(folder: &Path) -> Result<Self, PastError> {
        let path = folder.join(Jsonl::NAME);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| PastError::Unreadable { path: path.clone(), source })?;
        let mut past = Self::default();
        let mut is_planned = false;
        // The last line of a killed run may be incomplete.
        for event in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            past.wall_ms = past.wall_ms.max(event["at_us"].as_u64().unwrap_or_default() / 1000);
            match event["event"].as_str() {
                Some("planned") => {
                    is_planned = true;
                    past.plan(&event);
                }
                Some("job_finished") => past.finished(&event),
                _ => {}
            }
        }
        if is_planned {
            Ok(past)
        } else {
            let message = "the run ended before it had a plan".to_owned();
            Err(PastError::Malformed { path, message })
        }
    }

    fn plan(&mut self, event: &Value) {
        for (list, outcome) in [("cells", "not finished"), ("skipped", "skipped")] {
            for cell in event[list].as_array().into_iter().flatten() {
                let Some(key) = key(&cell["id"]) else { continue };
                let reason = cell["reason"].as_str().unwrap_or_default().to_owned();
                self.cells
                    .insert(key, PastCell { outcome: outcome.to_owned(), reason, ..PastCell::default() });
            }
        }
    }

    fn finished(&mut self, event: &Value) {
        let Some(cell) = key(&event["job"]["cell"]).and_then(|key| self.cells.get_mut(&key)) else { return };
        let outcome = &event["outcome"];
        let word = outcome["outcome"].as_str().unwrap_or_default();
        let used = |memory: &str| event["sizes"][memory]["used"].as_u64();
        let artifacts = event["artifacts"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let is_elf = |path: &&Path| path.extension().is_some_and(|end| end == "elf" || end == "axf");
        *cell = PastCell {
            outcome: word.replace('_', "-"),
            reason: ["message", "reason"]
                .iter()
                .find_map(|field| outcome[*field].as_str())
                .unwrap_or_default()
                .to_owned(),
            flash: used("flash"),
            ram: used("ram"),
            warnings: event["warning_list"].as_array().map_or(0, Vec::len),
            elf: artifacts.map(Path::new).find(is_elf).map(Path::to_owned),
        };
    }
}

fn key(id: &Value) -> Option<(String, String)> {
    Some((id["board"].as_str()?.to_owned(), id["sketch"].as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Script;

    fn past(text: &str) -> Result<Past, PastError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(Jsonl::NAME), text).unwrap();
        Past::read(folder.path())
    }

    #[test]
    fn a_mixed_run_is_read_back() {
        let lines = |events: Vec<crate::event::Event>| -> Vec<String> {
            events.iter().map(|event| serde_json::to_string(event).unwrap()).collect()
        };
        let text = lines(Script::mixed().events()).join("\n");
        // The last line of a run that was killed.
        let past = past(&format!("{text}\n{{\"at_us\":1,\"ev")).unwrap();
        let cell = |board: &str, sketch: &str| &past.cells[&(board.to_owned(), sketch.to_owned())];
        assert_eq!((past.cells.len(), past.wall_ms), (7, 1520));
        assert_eq!(cell("uno", "Blink").outcome, "built");
        assert!(cell("uno", "Blink").flash.is_some());
        let broken = cell("uno", "Broken");
        assert_eq!((broken.outcome.as_str(), broken.flash), ("failed", None));
        assert!(broken.reason.contains("'foo'"), "{broken:?}");
        assert_eq!(cell("uno", "Big").reason, "does not fit");
    }

    #[test]
    fn what_is_no_run_is_told() {
        assert!(matches!(past("{}\n"), Err(PastError::Malformed { .. })));
        let nowhere = Past::read(Path::new("/nowhere")).unwrap_err();
        assert!(nowhere.to_string().contains("/nowhere/events.jsonl"), "{nowhere}");
    }
}
