//! Runs a recipe that converts or measures, in process if its tool was verified byte-identical.

use std::path::Path;

use super::product::Product;
use super::proof::{self, Answer, Recipe};
use super::tool::{Done, by_tool};
use super::unsupported::Unsupported;
use super::verdict::Verdict;
use super::words::Request;
use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::Held;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Log line after a command whose process was not started.
const REMARK: &str = "(done in process: this tool was seen to write the same bytes)";

/// Runs a recipe of a job that converts or measures, in process or by its tool.
///
/// # Errors
/// The errors of the tool's own process.
pub(in crate::pipeline) async fn command(
    cx: &BuildContext,
    jcx: &mut JobContext,
    step: Step,
    label: &str,
    argv: Vec<String>,
    cwd: &Path,
) -> Result<Done, BuildError> {
    let Some(request) = Request::read(&argv, cwd) else {
        return by_tool(cx, jcx, step, label, argv, cwd).await;
    };
    let recipe = Recipe { step, label, request: &request, cwd };
    let verdict = match proof::ask(cx, jcx, &recipe).await? {
        Answer::Known(verdict) => verdict,
        Answer::Ran(done) => return Ok(done),
    };
    if verdict == Verdict::Same {
        let name = jcx.step(step, label);
        let held = Held::wait(&cx.runner, &name).await;
        let made = blocking(move || {
            let made = Product::make(&request)?;
            made.put(request.output.as_deref()).map(|()| made)
        });
        let made: Result<Product, Unsupported> = made.await?;
        held.done(None, None);
        match made {
            Ok(made) => {
                jcx.log.extend([argv.join(" "), REMARK.to_owned()]);
                let stdout = made.printed;
                return Ok(Done { printed: stdout.clone(), stdout });
            }
            Err(reason) => tracing::debug!(?argv, %reason, "left to the tool"),
        }
    }
    by_tool(cx, jcx, step, label, argv, cwd).await
}
