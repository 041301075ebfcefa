//! Runs a platform's hooks: commands of its own at fixed places of a build.

use std::path::Path;

use super::{BuildContext, BuildError, JobContext};
use crate::board::{Hook, Value};
use crate::event::Step;
use crate::plan::Target;

/// Runs the recipes of a hook one after another, in the build folder.
///
/// # Errors
/// Where one fails or can't be run.
pub(super) async fn run(
    cx: &BuildContext,
    jcx: &mut JobContext,
    target: &Target,
    hook: Hook,
    values: &[(&str, Value<'_>)],
    folder: &Path,
) -> Result<(), BuildError> {
    for argv in commands(target, hook, values)? {
        jcx.command(cx, Step::Hook, hook.prefix(), argv, folder.to_owned()).await?;
    }
    Ok(())
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
/// Where one can't be expanded.
pub(super) fn commands(
    target: &Target,
    hook: Hook,
    values: &[(&str, Value<'_>)],
) -> Result<Vec<Vec<String>>, BuildError> {
    let commands = target.config.hooks(hook).into_iter().map(|recipe| {
        let command = target.config.optional_command(recipe.pattern, values);
        command.map_err(|error| BuildError::board(Step::Hook, &error))
    });
    commands.filter_map(Result::transpose).collect()
}
