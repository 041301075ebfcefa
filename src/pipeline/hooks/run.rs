//! Runs hooks one after another.

use std::path::Path;

use super::commands::commands;
use super::replay::Replay;
use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::Target;
use crate::platform::{Hook, Value};

/// Runs the recipes of hooks one after another, in the build directory. Restores their earlier outputs
/// instead, if all inputs are known and unchanged.
///
/// # Errors
/// A hook fails or can't be run.
pub(in crate::pipeline) async fn run(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    hooks: &[Hook],
    values: &[(&str, Value<'_>)],
    directory: &Path,
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
    let replay = Replay::of(cx, jcx, &all, directory).await?;
    if let Some(replay) = &replay
        && replay.restore(cx).await?
    {
        jcx.log.push("what the hooks made was taken from the artifact store; this is how:".to_owned());
        jcx.log.extend(all.iter().map(|argv| argv.join(" ")));
        return Ok(());
    }
    for (label, argv) in labels.into_iter().zip(all) {
        jcx.command(cx, Step::Hook, label, argv, directory.to_owned()).await?;
    }
    match replay {
        Some(replay) => replay.keep(cx, jcx).await,
        None => Ok(()),
    }
}
