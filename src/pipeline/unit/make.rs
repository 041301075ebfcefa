//! Provides the object of a planned unit from a store or by a compile, once for all cores and cells that need
//! it.

use std::sync::Arc;

use futures::future::join_all;
use tracing::Instrument;

use super::compile::{compile, known_failure, unit};
use super::planned::{Made, Planned, Unit};
use super::{kept, prefix};
use crate::budget::Subject;
use crate::event::{CacheOutcome, Failure, FailureKind, UnitCounts};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Largest diagnostic, in bytes, that is remembered for other cells with the same unit.
const REMEMBERED: usize = 100_000;

/// Provides the objects of `units`, in parallel as far as slots allow, and adds their sources to the job's
/// counts.
///
/// # Errors
/// A unit does not compile or can't be stored, or the run is interrupted. All units are attempted, so that
/// the result does not depend on timing: the error is that of the first failed unit in the order of `units`,
/// with a list of the others.
pub(in crate::pipeline) async fn make_all(
    cx: &BuildContext,
    jcx: &mut JobContext,
    units: impl Iterator<Item = &Arc<Planned>>,
) -> Result<Vec<Unit>, BuildError> {
    let shared = &*jcx;
    let subject = |planned: &Planned| shared.ahead.unit(&planned.key, &planned.label, planned.bytes());
    let (mut subjects, mut making) = (Vec::new(), Vec::new());
    for planned in units {
        let subject = subject(planned);
        making.push(make(cx, shared, planned, subject));
        subjects.push(subject);
    }
    let made = join_all(making).await;
    let made = first_error(jcx, made)?;
    jcx.ahead.learn_compiles(&cx.runner.costs, subjects.into_iter(), cx.runner.slots.count());
    Ok(made
        .into_iter()
        .map(|(unit, counts)| {
            jcx.units.add(counts);
            unit
        })
        .collect())
}

/// Returns the units, or the first error with a list of the others, whose output goes to the job's log.
fn first_error<T>(jcx: &mut JobContext, made: Vec<Result<T, BuildError>>) -> Result<Vec<T>, BuildError> {
    let mut units = Vec::with_capacity(made.len());
    let mut errors = Vec::new();
    for made in made {
        match made {
            Ok(unit) => units.push(unit),
            Err(BuildError::Cancelled) => return Err(BuildError::Cancelled),
            Err(error) => errors.push(error),
        }
    }
    let mut errors = errors.into_iter();
    match errors.next() {
        Some(first) => Err(first.with_others(errors, &mut jcx.log)),
        None => Ok(units),
    }
}

/// Remembers a failure for the other cells with the same unit, unless it takes too much memory: each sketch may fail with a
/// long diagnostic, and few cells share its units.
fn remembered(planned: &Planned, failure: Box<Failure>) -> Result<Made, BuildError> {
    if planned.copy.is_none() && failure.diagnostic.len() <= REMEMBERED {
        Ok(Err(failure))
    } else {
        Err(BuildError::Failed(failure))
    }
}

/// Provides one object, and counts whether it was reused, restored or compiled.
async fn make(
    cx: &BuildContext,
    jcx: &JobContext,
    planned: &Arc<Planned>,
    subject: Subject,
) -> Result<(Unit, UnitCounts), BuildError> {
    let slot = cx.tables.units.made.cell(planned.key);
    let mut counts = UnitCounts { reused: 1, ..UnitCounts::default() };
    let mut due = None;
    let made = slot
        .get_or_try_init(|| async {
            if planned.uncacheable.is_none() {
                let (store, files, key) = (cx.tables.units.store.clone(), cx.files.clone(), planned.key);
                if let Some(known) = blocking(move || store.find(&key, &files)).await? {
                    return Ok(Ok(unit(cx, planned, known, true)));
                }
                if planned.may_be_kept()
                    && let Some(restored) = kept::restore(cx, &planned.key).await?
                {
                    counts = UnitCounts { cached: 1, ..UnitCounts::default() };
                    return Ok(Ok(unit(cx, planned, restored, true)));
                }
                if let Some(failure) = known_failure(cx, planned).await? {
                    return remembered(planned, failure);
                }
            }
            let name = jcx.compile(subject, &planned.label);
            let compiled = compile(cx, &name, &jcx.environment, &jcx.transcript, planned);
            // tokio-console shows this span as a task, so units are listed beside cells.
            let span = tracing::trace_span!("runtime.spawn", kind = "unit", task.name = %planned.label);
            match compiled.instrument(span).await {
                Ok(compiled) => {
                    due = compiled.due;
                    counts = match compiled.cache {
                        CacheOutcome::Hit => UnitCounts { cached: 1, ..UnitCounts::default() },
                        _ => UnitCounts { compiled: 1, ..UnitCounts::default() },
                    };
                    Ok(Ok(compiled.unit))
                }
                Err(BuildError::Failed(failure)) if failure.kind == FailureKind::Code => {
                    remembered(planned, failure)
                }
                // Errors that may vanish with a retry are not remembered for other cells.
                Err(other) => Err(other),
            }
        })
        .await?;
    match made {
        Ok(unit) => {
            if let Some(due) = due {
                prefix::make(cx, jcx, planned, unit, due).await;
            }
            Ok((unit.clone(), counts))
        }
        Err(failure) => Err(BuildError::Failed(failure.clone())),
    }
}
