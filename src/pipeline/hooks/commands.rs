//! The commands of hooks.

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::plan::Target;
use crate::platform::{Hook, Value};

/// Whether there are commands for any of these hooks.
///
/// # Errors
/// A command can't be expanded.
pub(in crate::pipeline) fn any(
    target: &Target,
    hooks: &[Hook],
    values: &[(&str, Value<'_>)],
) -> Result<bool, BuildError> {
    let mut any = false;
    for hook in hooks {
        any |= !commands(target, *hook, values)?.is_empty();
    }
    Ok(any)
}

/// Returns the commands of a hook.
///
/// # Errors
/// A command can't be expanded, or is empty after that.
pub(in crate::pipeline) fn commands(
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
