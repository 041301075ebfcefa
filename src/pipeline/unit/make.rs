//! Makes a planned unit: finds its object, or compiles it, once for however many cores and cells.

use std::path::Path;
use std::sync::Arc;

use futures::future::join_all;
use tracing::Instrument;

use super::planned::{OUTPUT, SOURCE};
use super::planned::{Planned, Unit};
use super::{depfile, kept};
use crate::budget::Subject;
use crate::cache::StoredUnit;
use crate::cache::{CompileRequest, Way};
use crate::event::{CacheOutcome, FailureKind, Step, UnitCounts};
use crate::pipeline::blocking::blocking;
use crate::pipeline::context::BuildContext;
use crate::pipeline::error::{BuildError, FileAction};
use crate::pipeline::job_context::JobContext;
use crate::pipeline::key::Key;
use crate::pipeline::step::process;
use crate::pipeline::step::{Held, StepName};
use crate::process::{Environment, Transcript};

/// How long a diagnostic, in bytes, is remembered for other cells that want the same unit.
const REMEMBERED: usize = 100_000;

/// Makes units, all at once as far as there are slots, and counts for the job where they came from.
///
/// # Errors
/// Where units do not compile or can't be kept, or the run is interrupted: the error of the first of them in the
/// order of `units`, with a list of the others. Which fails first in time makes no difference, so all are made.
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

/// The units, or the first error with a list of the others; what these printed goes to the job's log.
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

/// Makes sure that an object is there, and counts where it came from.
async fn make(
    cx: &BuildContext,
    jcx: &JobContext,
    planned: &Arc<Planned>,
    subject: Subject,
) -> Result<(Unit, UnitCounts), BuildError> {
    let slot = cx.tables.units.made.cell(planned.key);
    let mut counts = UnitCounts { reused: 1, ..UnitCounts::default() };
    let made = slot
        .get_or_try_init(|| async {
            if planned.opaque.is_none() {
                let (store, files, key) = (cx.tables.units.store.clone(), cx.files.clone(), planned.key);
                if let Some(known) = blocking(move || store.find(&key, &files)).await? {
                    return Ok(Ok(unit(cx, planned, known, true)));
                }
                if planned.is_light
                    && let Some(restored) = kept::restore(cx, &planned.key).await?
                {
                    counts = UnitCounts { cached: 1, ..UnitCounts::default() };
                    return Ok(Ok(unit(cx, planned, restored, true)));
                }
            }
            let name = jcx.compile(subject, &planned.label);
            let compiled = compile(cx, &name, &jcx.environment, &jcx.transcript, planned);
            // tokio-console takes what this span covers for a task: units show up beside the cells.
            let span = tracing::trace_span!("runtime.spawn", kind = "unit", task.name = %planned.label);
            match compiled.instrument(span).await {
                Ok((made, cache)) => {
                    counts = match cache {
                        CacheOutcome::Hit => UnitCounts { cached: 1, ..UnitCounts::default() },
                        _ => UnitCounts { compiled: 1, ..UnitCounts::default() },
                    };
                    Ok(Ok(made))
                }
                Err(BuildError::Failed(failure))
                    if failure.kind == FailureKind::Code && failure.diagnostic.len() <= REMEMBERED =>
                {
                    counts = UnitCounts { compiled: 1, ..UnitCounts::default() };
                    Ok(Err(failure))
                }
                // What may go better next time, or takes too much memory, is not remembered for other cells.
                Err(other) => Err(other),
            }
        })
        .await?;
    match made {
        Ok(unit) => Ok((unit.clone(), counts)),
        Err(failure) => Err(BuildError::Failed(failure.clone())),
    }
}

fn unit(cx: &BuildContext, planned: &Planned, stored: StoredUnit, lasts: bool) -> Unit {
    // It may have been printed for another checkout.
    let printed = restore_names(cx, planned, &stored.printed);
    Unit { object: stored.object, hash: stored.hash, printed, lasts }
}

/// What was printed, with the names that the user knows.
fn restore_names(cx: &BuildContext, planned: &Planned, printed: &str) -> String {
    let printed = cx.checkout.restore_names(printed);
    match &planned.copy {
        Some(copy) => copy.restore_names(&printed),
        None => printed.replace(SOURCE, &planned.source.to_string_lossy()),
    }
}

/// Compiles a unit in a slot and takes its object into the store.
async fn compile(
    cx: &BuildContext,
    name: &StepName,
    environment: &Environment,
    transcript: &Transcript,
    planned: &Arc<Planned>,
) -> Result<(Unit, CacheOutcome), BuildError> {
    let object = cx.staging.join(format!("{}.o", planned.key.to_hex()));
    let object_text = object.to_string_lossy();
    let filled = |argv: &[String], source: &Path| -> Vec<String> {
        let source = source.to_string_lossy();
        argv.iter().map(|word| word.replace(SOURCE, &source).replace(OUTPUT, &object_text)).collect()
    };
    let mut named = planned.named.clone();
    let mut way = match &planned.opaque {
        Some(reason) => Way::Uncacheable(reason.clone()),
        None if planned.is_light && cx.artifacts.is_some() => Way::Kept,
        None => Way::Cached,
    };
    if let Some(copy) = planned.copy.clone() {
        let checkout = cx.checkout.clone();
        if let Err(error) = blocking(move || copy.write(&checkout)).await? {
            // The firmware is the same, but the object says where it was made.
            way = Way::Uncacheable(format!("{} can't be written: {error}", named.display()));
            named.clone_from(&planned.source);
        }
    }
    let argv = filled(&planned.argv, &named);
    let shown = filled(&planned.shown, &planned.source);
    let request = CompileRequest {
        process: process(argv, cx.staging.clone(), environment.clone()),
        output: object.clone(),
        way: way.clone(),
        transcript: transcript.clone(),
        meter: cx.runner.peaks.meter(),
    };
    let meter = request.meter.clone();
    let held = Held::wait(&cx.runner, name).await;
    if cx.runner.cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    let output = cx.backend.compile(request, &cx.runner.cancel).await;
    let output = output.map_err(|error| BuildError::backend(Step::Compile, &error))?;
    let ran = output.ran.map(|(from, to)| to.duration_since(from));
    held.compiled(ran, output.cache.clone(), &meter, output.end.succeeded());
    let object = output.object;
    let printed = cx.checkout.forget_names(&String::from_utf8_lossy(&output.printed));
    let printed = match &planned.copy {
        Some(copy) => copy.forget_names(&printed),
        None => printed.replace(&*planned.named.to_string_lossy(), SOURCE),
    };
    if !output.end.succeeded() {
        let inputs = planned.inputs.clone();
        let changed = blocking(move || {
            let _ = std::fs::remove_file(&object);
            inputs.changed().map(Path::to_owned)
        });
        if let Some(changed) = changed.await? {
            return Err(BuildError::changed(&changed));
        }
        let printed = restore_names(cx, planned, &printed);
        return Err(BuildError::command(Step::Compile, shown, output.end, printed.as_bytes()));
    }
    let mut key = planned.key;
    let (context, planned) = (cx.clone(), planned.clone());
    let (staging, nonce, label) = (cx.staging.clone(), cx.tables.nonce, name.label.clone());
    let kept = blocking(move || {
        let mut lasts = !matches!(way, Way::Uncacheable(_));
        // What the key says must be what the compiler read.
        if let Some(changed) = planned.inputs.changed() {
            return Err(BuildError::changed(changed));
        }
        let depfile = object.with_extension("d");
        if let Some(path) = depfile::unforeseen(&depfile, &staging, &planned.inputs, |path| {
            match &planned.copy {
                Some(copy) => context.checkout.restore_name(copy.original(path)),
                None if path == planned.named => planned.source.clone(),
                None => context.checkout.restore_name(path),
            }
        }) {
            tracing::warn!(%label, path = %path.display(), "an include that the scan did not find: compiled in every run");
            lasts = false;
            key = Key::new("unforeseen").add(key.as_bytes()).add(&nonce.to_le_bytes()).finish();
        }
        let _ = std::fs::remove_file(depfile);
        let store = if lasts { &context.tables.units.store } else { &context.tables.units.passing };
        let stored = store
            .keep(&key, &object, printed)
            .map_err(|error| BuildError::io(Step::Compile, FileAction::Keep, &object, &error))?;
        if lasts && way == Way::Kept {
            kept::keep(&context, &key, &stored);
        }
        Ok(unit(&context, &planned, stored, lasts))
    })
    .await??;
    Ok((kept, output.cache))
}
