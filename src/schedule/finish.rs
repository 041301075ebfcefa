//! The end of a job: its log, its warnings, its result.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::outcome::{INTERRUPTED, cancelled};
use crate::event::{Failure, JobNotes, JobResult, Outcome, Sizes};
use crate::pipeline::{
    CellArtifacts, InFlight, JobContext, WarningOwners, find_warnings, log_paragraph, renew_log, write_log,
};

/// The result of a job, and its place among the cells in flight. The place is released only when the result is counted:
/// otherwise the next cell could start before the limit of failures is noticed.
pub(super) type Settled = (JobResult, Option<InFlight>);

/// Result of a job's build.
pub(super) struct Done {
    pub(super) outcome: Outcome,
    sizes: Option<Sizes>,
    artifacts: Vec<PathBuf>,
    /// Output of successful tools; `None` where nothing was built.
    pub(super) warnings: Option<Arc<str>>,
    /// Failures of earlier attempts.
    pub(super) retried: Vec<Failure>,
}

impl Default for Done {
    fn default() -> Self {
        Self {
            outcome: cancelled(INTERRUPTED),
            sizes: None,
            artifacts: Vec::new(),
            warnings: None,
            retried: Vec::new(),
        }
    }
}

impl Done {
    /// Adds the artifacts of a cell, also of one whose run failed.
    pub(super) fn built(&mut self, cell: CellArtifacts) {
        self.sizes = cell.sizes;
        self.artifacts = cell.artifacts;
        self.warnings = Some(cell.printed.into());
    }
}

/// Writes the log of a job and returns its result.
pub(super) async fn finish(
    done: Done,
    mut jcx: JobContext,
    directory: &Path,
    owners: WarningOwners,
) -> Settled {
    match &done.outcome {
        Outcome::Failed(failure) | Outcome::ExpectedFailure { failure, .. } => {
            jcx.log.push(failure.command.join(" "));
            jcx.log.push(failure.diagnostic.clone());
        }
        Outcome::TimedOut { output, .. } | Outcome::Cancelled { output, .. } => jcx.log.push(output.clone()),
        _ => {}
    }
    let paragraph = log_paragraph(&jcx.libraries.list);
    // A log that can't be written changes no result.
    if !matches!(done.outcome, Outcome::UpToDate) {
        jcx.log.extend(done.warnings.iter().filter(|text| !text.is_empty()).map(ToString::to_string));
        let (directory, log) = (directory.to_owned(), std::mem::take(&mut jcx.log));
        let log: Vec<String> = paragraph.into_iter().chain(log).collect();
        let _ = tokio::task::spawn_blocking(move || write_log(&directory, &log)).await;
    } else if let Some(paragraph) = paragraph.filter(|_| jcx.libraries.has_discovered) {
        let directory = directory.to_owned();
        let _ = tokio::task::spawn_blocking(move || renew_log(&directory, &paragraph)).await;
    }
    let log = Some(directory.join("build.log")).filter(|log| log.is_file());
    let warning_list = match done.warnings.clone() {
        Some(printed) => Some(find_warnings(owners, printed).await),
        None => None,
    };
    let (result, place) = finish_unstarted(done, jcx);
    (JobResult { log, warning_list, ..result }, place)
}

/// Returns the result of a job without a log.
pub(super) fn finish_unstarted(done: Done, mut jcx: JobContext) -> Settled {
    let place = jcx.in_flight.take();
    let result = JobResult {
        job: jcx.track.job().clone(),
        outcome: done.outcome,
        span: jcx.track.finish(),
        sizes: done.sizes,
        artifacts: done.artifacts,
        log: None,
        warnings: done.warnings.as_deref().unwrap_or_default().to_owned(),
        warning_list: None,
        libraries: std::mem::take(&mut jcx.libraries.list),
        units: jcx.units,
        notes: JobNotes { retried: done.retried, over_budget: Vec::new() },
    };
    (result, place)
}
