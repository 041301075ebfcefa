//! From units to firmware: compiles missing units, seeds the cell's directory from stage 1, links, converts
//! and measures.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::commands::{Command, Commands};
use super::inputs::Link;
use super::known::found_by_key;
use super::plan::LinkPlan;
use super::{origin, overflow, symbols};
use crate::budget::Urgency;
use crate::event::{Failure, Phase, Sizes, Step, UnitCounts};
use crate::includes::Hash;
use crate::pipeline::cell::{CellCore, Source};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::stored::StoredFailure;
use crate::pipeline::firmware::{self, Firmware};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::{CellArtifacts, CoreArtifacts};
use crate::pipeline::output::size;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::ResultKeys;
use crate::pipeline::unit::Unit;
use crate::platform::Hook;

/// Builds a cell whose units are planned, unless its firmware is up to date or can be restored. The first
/// lookup, before any compile, uses keys over all inputs. The second one uses keys over the contents of the
/// objects, because uncacheable units usually compile to the same bytes. A failure of an earlier run is looked up
/// by sources only: it names lines of sources, and other sources may have the same objects.
///
/// # Errors
/// The cell does not compile, link or fit, or a tool is missing.
pub(in crate::pipeline) async fn build(
    link: &Link<'_>,
    core: &CellCore<'_>,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<CellArtifacts, BuildError> {
    let plan = LinkPlan::new(link, cx, jcx).await?;
    let count = u32::try_from(link.sources().count()).unwrap_or(u32::MAX);
    // Units that hooks have seen are already counted.
    let uncounted = count.saturating_sub(u32::try_from(link.early.placed().len()).unwrap_or(count));
    let by_sources = plan.places.keys(link.key_of_sources(&plan.tail));
    let cacheable_by_sources = plan.is_cacheable && link.uncacheable().is_none();
    if cacheable_by_sources
        && let Some((key, found)) = firmware::find(cx, link.job, &by_sources.all(), link.given).await?
    {
        link.learn(cx, jcx, &key, count);
        return Ok(found_by_key(link.job, found, jcx, uncounted));
    }
    let failures = &cx.stores.failures;
    if cacheable_by_sources
        && let Some(StoredFailure { failure, log }) = failures.find_among(&by_sources, &plan.places).await?
    {
        jcx.units.add(UnitCounts { cached: uncounted, ..UnitCounts::default() });
        jcx.log = log;
        return Err(BuildError::Failed(failure));
    }

    let units = match Source::make_all(cx, jcx, link.sources()).await {
        Ok(units) => units,
        Err(error) => {
            // With a key over all units, the next run need not restore those that compile.
            if cacheable_by_sources {
                failures.settle(&by_sources, &plan.places, Err(&error), &jcx.log).await?;
            }
            return Err(error);
        }
    };
    let own_core = matches!(core, CellCore::Own(_));
    let core = match core {
        CellCore::Shared(handle, _) => jcx.wait_for(cx, handle).await?,
        CellCore::Own(core) => {
            jcx.urgency = Urgency::CellEnd;
            core.clone()
        }
    };
    let compiled = units.iter().map(|unit| unit.printed.as_str());
    let compiled: String = compiled.chain(own_core.then_some(core.printed.as_str())).collect();
    let by_contents = plan.places.keys(link.key_of_contents(&plan.tail, &core, &units));
    let cacheable_by_sources =
        cacheable_by_sources && core.is_cacheable && units.iter().all(|unit| unit.is_cacheable);
    let cacheable_by_contents = plan.is_cacheable;
    let keys: Vec<ResultKeys> =
        [cacheable_by_sources.then_some(by_sources), cacheable_by_contents.then_some(by_contents)]
            .into_iter()
            .flatten()
            .collect();
    let found = if cacheable_by_contents {
        firmware::find(cx, link.job, &by_contents.all(), link.given).await?
    } else {
        None
    };
    let mut made = if let Some((_, found)) = found {
        jcx.log.extend(found.log.iter().cloned());
        found
    } else {
        let places = plan.places.clone();
        let made = Box::pin(make(link, cx, jcx, plan, &core, &units)).await;
        // Where the work directory has vanished, the linker names missing objects as for wrong code.
        if cacheable_by_sources && (made.is_ok() || link.has_objects().await?) {
            failures.settle(&by_sources, &places, made.as_ref().map(|_| ()), &jcx.log).await?;
        }
        made?
    };
    // Equal objects may come from other sources or flags, with other warnings.
    made.compiled = compiled;
    // With the key over the inputs, the next run finds the firmware without a compile.
    let keys = firmware::store(cx, link.job, &keys, &made).await?;
    if let Some(by_sources) = keys.first().filter(|_| cacheable_by_sources) {
        link.learn(cx, jcx, by_sources, count);
    }
    Ok(made.artifacts(&link.job.directory, jcx.units))
}

/// Links, converts and measures.
async fn make(
    link: &Link<'_>,
    cx: &BuildContext,
    jcx: &mut JobContext,
    mut plan: LinkPlan<'_>,
    core: &Arc<CoreArtifacts>,
    units: &[Unit],
) -> Result<Firmware, BuildError> {
    let left = std::mem::take(&mut plan.left);
    let mut printed = link.run(cx, jcx, plan, core, units).await?;
    jcx.track.enter(Phase::Size);
    let (files, others) = link.artifacts(cx).await?;
    let elf = link.elf(&files);
    let job = link.job;
    let measured = match size::measure(cx, jcx, &job.target, link.values, &job.directory).await {
        Ok(measured) => measured,
        Err(error) => return Err(overflow::explain_size(link, elf.as_deref(), error).await),
    };
    printed.push_str(&measured.said);
    let sections = match &elf {
        Some(elf) => symbols::list(link, elf).await?,
        None => Vec::new(),
    };
    // A firmware file with another hash was rewritten by a later step.
    let now: HashMap<PathBuf, Hash> = link.left_by_hooks(cx).await?.into_iter().collect();
    let given = left.iter().filter(|(path, hash)| files.contains(path) && now.get(path) == Some(hash));
    let given = given.map(|(path, _)| path.clone()).collect();
    let removed =
        left.iter().map(|(path, _)| path).filter(|path| !now.contains_key(*path)).cloned().collect();
    let sizes = measured.sizes.map(|sizes| Sizes { sections, ..sizes });
    let log = jcx.log.clone();
    let (compiled, texts_with_paths) = (String::new(), Vec::new());
    Ok(Firmware {
        files,
        others,
        given,
        removed,
        sizes,
        compiled,
        printed,
        log,
        texts_with_paths,
        fresh: true,
    })
}

impl Link<'_> {
    /// Runs the commands on the objects of the core and the cell; returns their output.
    async fn run(
        &self,
        cx: &BuildContext,
        jcx: &mut JobContext,
        plan: LinkPlan<'_>,
        core: &Arc<CoreArtifacts>,
        units: &[Unit],
    ) -> Result<String, BuildError> {
        let cell = &self.job.directory;
        let mut printed = String::new();
        let LinkPlan { commands, embedding, bootloader, .. } = plan;
        let Commands { library_archives, main, postbuild, .. } = commands;
        jcx.track.enter(Phase::Seed);
        self.seed(units).await?;
        let is_hook = |command: &Command| command.step == Step::Hook;
        if !self.early.is_visible() && main.iter().chain(&postbuild).any(is_hook) {
            self.prepared.place(&cell.join("sketch")).await?;
        }
        for command in library_archives {
            command.run(cx, jcx, cell, &mut printed).await?;
        }
        self.seed_core(core).await?;
        jcx.track.enter(Phase::Link);
        if let (Some(embedding), Some(first)) = (embedding, self.sources().next()) {
            embedding.make(cx, jcx, &cell.join(&first.path), cell).await?;
        }
        for command in main {
            if command.step == Step::Objcopy || command.label == Hook::ObjcopyPreobjcopy.prefix() {
                jcx.track.enter(Phase::Size);
            }
            let step = command.step;
            match command.run(cx, jcx, cell, &mut printed).await {
                Err(BuildError::Failed(failure)) if step == Step::Link => {
                    return Err(self.refused(cx, jcx, failure).await);
                }
                other => other?,
            }
        }
        if let Some(bootloader) = bootloader {
            bootloader.merge(cell, self.project_name).await?;
        }
        for command in postbuild {
            command.run(cx, jcx, cell, &mut printed).await?;
        }
        Ok(printed)
    }

    /// Returns the failure of a link, explained in terms of the user's sources.
    async fn refused(&self, cx: &BuildContext, jcx: &JobContext, failure: Box<Failure>) -> BuildError {
        match overflow::explain_link(self, cx, jcx, failure).await {
            BuildError::Failed(failure) if failure.overflow.is_none() => origin::explain(self, failure).await,
            explained => explained,
        }
    }
}
