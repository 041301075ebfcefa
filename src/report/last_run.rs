//! The last run, as its `events.jsonl` says up to its last line: which cells are to be built again.

use std::path::{Path, PathBuf};

use indexmap::IndexSet;

use super::jsonl::{self, Jsonl};
use super::past::PastError;
use crate::event::{CellId, EventKind, JobId, RunInfo};

/// The last run of a matrix.
#[derive(Debug, Default)]
pub struct LastRun {
    /// The matrix file, as the user named it.
    pub matrix: PathBuf,
    /// The work directory.
    pub work_dir: PathBuf,
    /// Whether its cells are known: a run that was ended during its set-up has no plan, and no cells unless it was a rerun.
    pub is_planned: bool,
    /// The cells that failed, were blocked or did not finish, in it or in a run that it continued.
    pub unfinished: IndexSet<CellId>,
}

impl LastRun {
    /// Reads the events of the run that wrote into `directory`. The run may have been killed.
    ///
    /// # Errors
    /// The file is missing, or has a line that is no event.
    pub fn read(directory: &Path) -> Result<Self, PastError> {
        let path = directory.join(Jsonl::NAME);
        let content =
            std::fs::read(&path).map_err(|source| PastError::Unreadable { path: path.clone(), source })?;
        let malformed = |message: String| PastError::Malformed { path: path.clone(), message };
        let mut run = Self::default();
        let mut is_started = false;
        for event in jsonl::events(&content) {
            match event.map_err(|error| malformed(error.to_string()))?.kind {
                EventKind::RunStarted(RunInfo { matrix, work_dir, .. }) => {
                    is_started = true;
                    (run.matrix, run.work_dir) = (matrix, work_dir);
                }
                EventKind::Unfinished { cells } => {
                    run.is_planned = true;
                    run.unfinished = cells.into_iter().collect();
                }
                EventKind::Planned { cells, .. } => {
                    run.is_planned = true;
                    run.unfinished.extend(cells.into_iter().map(|cell| cell.id));
                }
                EventKind::JobFinished(result) if result.outcome.is_success() => {
                    if let JobId::Cell(id) = &result.job {
                        run.unfinished.shift_remove(id);
                    }
                }
                _ => {}
            }
        }
        if is_started { Ok(run) } else { Err(malformed("it has no beginning of a run".to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{Script, cell_id};

    fn read(text: &str) -> Result<LastRun, PastError> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(Jsonl::NAME), text).unwrap();
        LastRun::read(directory.path())
    }

    fn lines(script: Script) -> Vec<String> {
        script.events().iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect()
    }

    #[test]
    fn what_has_no_firmware_is_to_be_built_again() {
        let run = read(&lines(Script::mixed()).concat()).unwrap();
        assert!(run.is_planned && run.unfinished.contains(&cell_id("uno/Broken")));
        assert!(!run.unfinished.contains(&cell_id("uno/Blink")), "it was built");
        assert!(!run.unfinished.contains(&cell_id("uno/Big")), "the matrix excludes it");
    }

    #[test]
    fn a_killed_run_is_read_up_to_its_last_line() {
        let script = Script::new().plan(&["uno/A", "uno/B"], &[]).built("uno/A", 130, 900);
        let lines = lines(script);
        let end = lines.iter().position(|line| line.contains("job_finished")).unwrap();
        let all = ["uno/A", "uno/B"].map(cell_id);
        let killed = |text: String| read(&text).unwrap().unfinished.into_iter().collect::<Vec<_>>();
        assert_eq!(killed(lines[..=end].concat()), all[1..]);
        assert_eq!(killed(lines[..end].concat() + "{\"at_us\":1,\"event\":\"job_fini"), all);
        let before_plan = lines.iter().position(|line| line.contains("planned")).unwrap();
        assert!(!read(&lines[..before_plan].concat()).unwrap().is_planned);
        assert!(matches!(read("{}\n"), Err(PastError::Malformed { .. })));
    }
}
