//! Runs a recipe by its own tool.

use std::path::Path;

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::shared::context::BuildContext;

/// Output of a successful recipe.
#[derive(Debug)]
pub(in crate::pipeline) struct Done {
    /// Standard output.
    pub(in crate::pipeline) stdout: Vec<u8>,
    /// Standard output and standard error.
    pub(in crate::pipeline) printed: Vec<u8>,
}

/// Runs the tool.
///
/// # Errors
/// The tool fails or can't be run.
pub(super) async fn by_tool(
    cx: &BuildContext,
    jcx: &mut JobContext,
    step: Step,
    label: &str,
    argv: Vec<String>,
    cwd: &Path,
) -> Result<Done, BuildError> {
    let finished = jcx.command(cx, step, label, argv, cwd.to_owned()).await?;
    Ok(Done { printed: finished.printed(), stdout: finished.stdout })
}
