//! Runs hooks one after another.

use std::path::Path;

use super::commands::commands;
use super::plain::Plain;
use super::replay::Replay;
use super::scope::HookScope;
use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::CommandLine;
use crate::pipeline::output::inputs::absolute_paths;
use crate::pipeline::shared::context::BuildContext;
use crate::platform::{Hook, Value};

/// Runs the recipes of hooks one after another, in the build directory. Restores their earlier outputs
/// instead, if all inputs are known and unchanged.
///
/// # Errors
/// A hook fails or can't be run.
pub(in crate::pipeline) async fn run(
    cx: &BuildContext,
    jcx: &mut JobContext,
    scope: HookScope<'_>,
    hooks: &[Hook],
    values: &[(&str, Value<'_>)],
) -> Result<(), BuildError> {
    let (mut labels, mut all) = (Vec::new(), Vec::new());
    for &hook in hooks {
        for argv in commands(scope.target, hook, values)? {
            labels.push(hook.prefix());
            all.push(argv);
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    note_inputs(cx, jcx, &all, scope);
    let replay = Replay::of(cx, jcx, &all, scope).await?;
    if let Some(replay) = &replay
        && replay.restore(cx).await?
    {
        jcx.log.push("what the hooks made was taken from the artifact store; this is how:".to_owned());
        jcx.log.extend(all.iter().map(|argv| argv.join(" ")));
        return Ok(());
    }
    let is_uncacheable = replay.is_none() && cx.stores.artifacts.is_some();
    for (label, argv) in labels.into_iter().zip(all) {
        let uncacheable = is_uncacheable.then(|| unknown_reads(label, &scope.target.config.platform_dir));
        let line = CommandLine { uncacheable, ..argv.into() };
        jcx.command(cx, Step::Hook, label, line, scope.directory.to_owned()).await?;
    }
    match replay {
        Some(replay) => replay.keep(cx, jcx).await,
        None => Ok(()),
    }
}

/// Notes what hooks can read.
fn note_inputs(cx: &BuildContext, jcx: &JobContext, commands: &[Vec<String>], scope: HookScope<'_>) {
    let (table, job) = (&cx.tables.inputs, jcx.track.job());
    if let Some(plain) = Plain::read(commands, scope.directory) {
        plain.reads.iter().chain(&plain.programs).for_each(|path| table.add_tree(job, path));
    } else if let Some(declared) = &scope.target.hook_inputs {
        let platforms = scope.target.config.platform_dirs().chain(scope.sketch.map(Path::to_owned));
        platforms.chain(declared.iter().cloned()).for_each(|path| table.add_tree(job, &path));
        let words = commands.iter().flatten().flat_map(|word| absolute_paths(word));
        words.for_each(|path| table.add_tree(job, &path));
    } else {
        table.add_unknown(job, "what a hook of the platform reads is unknown");
    }
}

/// Returns the reason why a hook runs in every run, with the remedy.
fn unknown_reads(label: &str, platform: &Path) -> String {
    format!(
        "what {label} reads is unknown; `inputs: []` in the matrix's entry of its core in {} says that it reads nothing \
         but the core, the sketch and the files that its command names",
        platform.display()
    )
}
