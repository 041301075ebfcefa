//! Runs a platform's hooks: commands of its own at fixed places of a build.

mod early;
mod plain;
mod replay;

use std::path::Path;

pub(super) use early::{Early, place};
use replay::Replay;

use super::context::BuildContext;
use super::error::BuildError;
use super::job_context::JobContext;
use crate::event::Step;
use crate::plan::Target;
use crate::platform::{Hook, Value};

/// Runs the recipes of hooks one after another, in the build folder; or puts in place what
/// they made the last time, where all that they read is known and as it was.
///
/// # Errors
/// Where one fails or can't be run.
pub(super) async fn run(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    hooks: &[Hook],
    values: &[(&str, Value<'_>)],
    folder: &Path,
) -> Result<(), BuildError> {
    let (mut labels, mut all) = (Vec::new(), Vec::new());
    for &hook in hooks {
        for argv in commands(target, hook, values)? {
            labels.push(hook.prefix());
            all.push(argv);
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    let replay = Replay::of(cx, jcx, &all, folder).await?;
    if let Some(replay) = &replay
        && replay.restore(cx).await?
    {
        jcx.log.push("what the hooks made was taken from the artifact store; this is how:".to_owned());
        jcx.log.extend(all.iter().map(|argv| argv.join(" ")));
        return Ok(());
    }
    for (label, argv) in labels.into_iter().zip(all) {
        jcx.command(cx, Step::Hook, label, argv, folder.to_owned()).await?;
    }
    match replay {
        Some(replay) => replay.keep(cx, jcx).await,
        None => Ok(()),
    }
}

/// Whether there are commands for any of these hooks.
///
/// # Errors
/// Where one can't be expanded.
pub(super) fn any(target: &Target, hooks: &[Hook], values: &[(&str, Value<'_>)]) -> Result<bool, BuildError> {
    let mut any = false;
    for hook in hooks {
        any |= !commands(target, *hook, values)?.is_empty();
    }
    Ok(any)
}

/// The commands of a hook.
///
/// # Errors
/// Where one can't be expanded, or nothing is left of it.
pub(super) fn commands(
    target: &Target,
    hook: Hook,
    values: &[(&str, Value<'_>)],
) -> Result<Vec<Vec<String>>, BuildError> {
    let commands = target.config.hooks(hook).into_iter().map(|recipe| {
        let command = target.config.command(recipe.pattern, values);
        command.map_err(|error| BuildError::board(Step::Hook, &error))
    });
    commands.collect()
}
