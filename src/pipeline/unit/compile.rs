//! Compiles a unit in a slot and stores its object.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::planned::{Planned, SOURCE, Unit};
use super::prefix::{Call, Due, Prefixes};
use super::{depfile, kept, prefix};
use crate::cache::{CompileOutput, CompileRequest, StoredUnit, Way};
use crate::event::{CacheOutcome, Failure, Step};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::failure::stored::StoredFailure;
use crate::pipeline::job::step::{Held, StepName, process};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::process::{Environment, ProcessEnd, Transcript};

/// Returns the unit of a stored object.
pub(super) fn unit(cx: &BuildContext, planned: &Planned, stored: StoredUnit, is_cacheable: bool) -> Unit {
    // The output may be stored from another checkout.
    let printed = restore_names(cx, planned, &stored.printed);
    Unit { object: stored.object, hash: stored.hash, printed, is_cacheable }
}

/// Returns compiler output with the names that the user knows.
fn restore_names(cx: &BuildContext, planned: &Planned, printed: &str) -> String {
    let printed = cx.checkout.restore_names(printed);
    match &planned.copy {
        Some(copy) => copy.restore_names(&printed),
        None => printed.replace(SOURCE, &planned.source.to_string_lossy()),
    }
}

/// Returns the failure of the same compile in an earlier run.
pub(super) async fn known_failure(
    cx: &BuildContext,
    planned: &Planned,
) -> Result<Option<Box<Failure>>, BuildError> {
    let found = cx.stores.failures.find(&planned.key, |text| restore_names(cx, planned, text)).await?;
    Ok(found.map(|StoredFailure { mut failure, .. }| {
        // The store has no name for the object.
        failure.command = shown(cx, planned);
        failure
    }))
}

/// Returns the command of a unit with the names that the user knows.
fn shown(cx: &BuildContext, planned: &Planned) -> Vec<String> {
    planned.shown(&planned.object(&cx.staging))
}

/// A compiled unit.
pub(super) struct Compiled {
    pub(super) unit: Unit,
    pub(super) cache: CacheOutcome,
    /// A prefix of the unit that is to be precompiled now.
    pub(super) due: Option<Due>,
}

/// Compiles a unit in a slot and stores its object, or its failure.
///
/// # Errors
/// The unit does not compile, or the object can't be stored.
pub(super) async fn compile(
    cx: &BuildContext,
    name: &StepName,
    environment: &Environment,
    transcript: &Transcript,
    planned: &Arc<Planned>,
) -> Result<Compiled, BuildError> {
    let object = planned.object(&cx.staging);
    let mut named = planned.named.clone();
    let mut way = match &planned.uncacheable {
        Some(reason) => Way::Uncacheable(reason.clone()),
        None if planned.is_light && cx.stores.artifacts.is_some() => Way::Kept,
        None => Way::Cached,
    };
    let mut prefixes = Prefixes::default();
    if let Some(copy) = planned.copy.clone() {
        let checkout = cx.checkout.clone();
        if let Err(error) = blocking(move || copy.write(&checkout)).await? {
            // The firmware is the same, but the object names the directory of its compile.
            way = Way::Uncacheable(format!("{} can't be written: {error}", named.display()));
            named.clone_from(&planned.source);
        } else {
            prefixes = prefix::prefixes(cx, &name.job, environment, planned).await?;
        }
    }
    let call = Call { name, environment, planned, named: &named, object: &object };
    if let Some(ran) = prefixes.apply(cx, call).await? {
        let (context, unit, label) = (cx.clone(), planned.clone(), name.label.clone());
        let way = if cx.stores.artifacts.is_some() { Way::Kept } else { way };
        let stored = blocking(move || store(&context, &unit, &object, String::new(), &way, &label));
        let due = prefixes.count(cx, &name.job, ran);
        return Ok(Compiled { unit: stored.await??, cache: CacheOutcome::Miss, due });
    }
    let request = CompileRequest {
        // The debug information of an assembler source contains the name of a temporary file.
        process: process(
            planned.command(&named, &object),
            cx.staging.clone(),
            environment.with_relative_temporary(),
        ),
        output: object,
        way: way.clone(),
        transcript: transcript.clone(),
        meter: cx.runner.peaks.meter(),
    };
    let (output, took) = in_slot(cx, name, request).await?;
    let printed = forget_names(cx, planned, &output.printed);
    let (context, planned, label) = (cx.clone(), planned.clone(), name.label.clone());
    let object = output.object;
    if !output.end.succeeded() {
        let is_covered = !matches!(way, Way::Uncacheable(_)) && !is_script(cx, &planned).await;
        let failed = blocking(move || {
            // The copy of a staged source may have vanished.
            let is_covered = is_covered && named.is_file();
            failed(&context, &planned, &object, output.end, &printed, is_covered)
        });
        return Err(failed.await?);
    }
    // A unit that prints something is never compiled with a prefix.
    let is_counted = output.cache != CacheOutcome::Hit && printed.is_empty();
    let stored = blocking(move || store(&context, &planned, &object, printed, &way, &label));
    let unit = stored.await??;
    let due = if is_counted { prefixes.count(cx, &name.job, took) } else { None };
    Ok(Compiled { unit, cache: output.cache, due })
}

/// Runs a compile in a slot. Returns its duration too: that of the compiler, if it is known.
async fn in_slot(
    cx: &BuildContext,
    name: &StepName,
    request: CompileRequest,
) -> Result<(CompileOutput, Duration), BuildError> {
    let meter = request.meter.clone();
    let held = Held::wait(&cx.runner, name).await;
    if cx.runner.cancel.is_cancelled() {
        return Err(BuildError::Cancelled);
    }
    let start = cx.runner.events.now();
    let output = cx.stores.backend.compile(request, &cx.runner.cancel).await;
    let output = output.map_err(|error| BuildError::backend(Step::Compile, &error))?;
    let ran = output.ran.map(|(from, to)| to.duration_since(from));
    let took = ran.unwrap_or_else(|| cx.runner.events.now().saturating_sub(start));
    held.compiled(ran, output.cache.clone(), &meter, output.end.succeeded());
    Ok((output, took))
}

/// Returns the output of a compiler with placeholders for directories.
fn forget_names(cx: &BuildContext, planned: &Planned, printed: &[u8]) -> String {
    let printed = cx.checkout.forget_names(&String::from_utf8_lossy(printed));
    match &planned.copy {
        Some(copy) => copy.forget_names(&printed),
        None => printed.replace(&*planned.named.to_string_lossy(), SOURCE),
    }
}

/// Whether a unit is compiled by a script around a compiler, which may read files that only a depfile names. A compile that
/// fails writes none.
async fn is_script(cx: &BuildContext, planned: &Planned) -> bool {
    let program = Path::new(planned.argv.first().map_or("", String::as_str));
    cx.identities.of(program).await.is_ok_and(|identity| identity.is_script)
}

/// Returns the error of a compile, and stores it if the key covers it.
fn failed(
    cx: &BuildContext,
    planned: &Planned,
    object: &Path,
    end: ProcessEnd,
    printed: &str,
    is_covered: bool,
) -> BuildError {
    let _ = std::fs::remove_file(object);
    if let Some(changed) = planned.inputs.changed() {
        return BuildError::changed(changed);
    }
    let command = shown(cx, planned);
    let stored = BuildError::command(Step::Compile, command.clone(), end, printed.as_bytes());
    if let BuildError::Failed(failure) = &stored
        && is_covered
    {
        // The text has its placeholders already.
        cx.stores.failures.keep(&planned.key, failure, &[], str::to_owned);
    }
    let printed = restore_names(cx, planned, printed);
    let mut error = BuildError::command(Step::Compile, command, end, printed.as_bytes());
    if let BuildError::Failed(failure) = &mut error {
        failure.is_reproducible &= is_covered;
    }
    error
}

/// Stores the object of a compile. An object whose key does not cover all inputs is uncacheable.
fn store(
    cx: &BuildContext,
    planned: &Planned,
    object: &Path,
    printed: String,
    way: &Way,
    label: &str,
) -> Result<Unit, BuildError> {
    // The content in the key must be the content that the compiler read.
    if let Some(changed) = planned.inputs.changed() {
        return Err(BuildError::changed(changed));
    }
    let (mut key, mut is_cacheable) = (planned.key, !matches!(way, Way::Uncacheable(_)));
    let depfile = object.with_extension("d");
    if let Some(path) =
        depfile::unforeseen(&depfile, &cx.staging, &planned.inputs, |path| match &planned.copy {
            Some(copy) => cx.checkout.restore_name(copy.original(path)),
            None if path == planned.named => planned.source.clone(),
            None => cx.checkout.restore_name(path),
        })
    {
        tracing::warn!(%label, path = %path.display(), "an include that the scan did not find: compiled in every run");
        is_cacheable = false;
        key = Key::new("unforeseen").add(key.as_bytes()).add(&cx.tables.nonce.to_le_bytes()).finish();
    }
    let _ = std::fs::remove_file(depfile);
    let units = &cx.tables.units;
    let stored = if is_cacheable { &units.store } else { &units.passing }
        .keep(&key, object, printed)
        .map_err(|error| BuildError::io(Step::Compile, FileAction::Keep, object, &error))?;
    if is_cacheable {
        cx.stores.failures.forget(&key);
    }
    if is_cacheable && *way == Way::Kept {
        kept::keep(cx, &key, &stored);
    }
    Ok(unit(cx, planned, stored, is_cacheable))
}
