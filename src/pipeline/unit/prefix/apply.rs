//! Compiles a unit with a precompiled prefix.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::candidate::Prefixes;
use super::due::Due;
use crate::event::{CacheOutcome, JobId};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::step::{Held, StepName, first_option, process};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::planned::Planned;
use crate::process::{Environment, ProcessEnd, Transcript, run};

/// The compile of a unit.
#[derive(Clone, Copy)]
pub(in crate::pipeline::unit) struct Call<'a> {
    pub(in crate::pipeline::unit) name: &'a StepName,
    pub(in crate::pipeline::unit) environment: &'a Environment,
    pub(in crate::pipeline::unit) planned: &'a Arc<Planned>,
    /// The compiler's name for the source.
    pub(in crate::pipeline::unit) named: &'a Path,
    /// Path of the object.
    pub(in crate::pipeline::unit) object: &'a Path,
}

/// Result of a compile with a prefix.
pub(super) enum Outcome {
    /// The object is made. Has the duration of the compiler.
    Compiled(Duration),
    /// The compiler failed, or printed something. No object is left.
    Refused,
    /// The compiler was ended. No object is left.
    Ended,
}

impl Call<'_> {
    /// Compiles the unit with the precompiled header behind `header`.
    pub(super) async fn with(&self, cx: &BuildContext, header: &Path) -> Result<Outcome, BuildError> {
        let mut argv = self.planned.command(self.named, self.object);
        let at = first_option(&argv);
        argv.splice(at..at, ["-include".to_owned(), header.display().to_string()]);
        let process = process(argv, cx.staging.clone(), self.environment.with_relative_temporary());
        let meter = cx.runner.peaks.meter();
        let held = Held::wait(&cx.runner, self.name).await;
        if cx.runner.cancel.is_cancelled() {
            return Err(BuildError::Cancelled);
        }
        // What it prints is never shown.
        let transcript = Transcript::new(cx.runner.output_limit);
        let finished = run(&process, &cx.runner.cancel, &transcript, &meter)
            .await
            .map_err(|error| BuildError::process(self.name.step, &error))?;
        let ran = finished.ended.duration_since(finished.started);
        held.compiled(Some(ran), CacheOutcome::Miss, &meter, finished.end.succeeded());
        if finished.end.succeeded() && finished.printed().is_empty() {
            return Ok(Outcome::Compiled(ran));
        }
        let object = self.object.to_owned();
        blocking(move || {
            // What is left is overwritten by the plain compile.
            let _ = std::fs::remove_file(&object);
            let _ = std::fs::remove_file(object.with_extension("d"));
        })
        .await?;
        let is_refused = matches!(finished.end, ProcessEnd::Exited(_));
        Ok(if is_refused { Outcome::Refused } else { Outcome::Ended })
    }
}

impl Prefixes {
    /// Compiles the unit with the longest prefix that is ready. Returns the duration of the compiler; `None` if there is no
    /// such prefix or it was of no use.
    pub(in crate::pipeline::unit) async fn apply(
        &self,
        cx: &BuildContext,
        call: Call<'_>,
    ) -> Result<Option<Duration>, BuildError> {
        let Some(prefix) = self.ready(cx) else { return Ok(None) };
        let ran = match call.with(cx, &prefix.header).await? {
            Outcome::Compiled(ran) => Some(ran),
            Outcome::Refused | Outcome::Ended => None,
        };
        cx.tables.prefixes.used(&prefix, ran);
        Ok(ran)
    }

    /// Counts a compile of the unit. Returns a prefix that is to be made now.
    pub(in crate::pipeline::unit) fn count(
        mut self,
        cx: &BuildContext,
        job: &JobId,
        took: Duration,
    ) -> Option<Due> {
        let JobId::Cell(cell) = job else { return None };
        let keys: Vec<_> = self.0.iter().map(|candidate| candidate.key).collect();
        let (at, plain) = cx.tables.prefixes.count(&cell.board, &keys, took)?;
        Some(Due { candidate: self.0.swap_remove(at), plain })
    }
}
