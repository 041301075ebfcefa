//! Asks the preprocessor whether a unit uses the time of its compile (`__DATE__`, `__TIME__`, `__TIMESTAMP__`).
//!
//! The closure of a unit has every file that a compile could read, and a library often has a file with such a macro that
//! is read for another processor only, or defines a macro that nobody uses. The preprocessor gets a marker as the value of
//! these macros: without the marker in its output, the object does not depend on the clock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::covered::CoveredCall;
use super::depfile;
use super::planned::{OUTPUT, SOURCE, Wanted};
use crate::event::Step;
use crate::includes::{Hash, Inputs};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;

/// The value of the macros. A source that contains it counts as one that uses the clock.
const MARKER: &str = "fbuild_matrix_time_of_compile";

/// The macros of the clock.
const MACROS: [&str; 3] = ["__DATE__", "__TIME__", "__TIMESTAMP__"];

/// Answers as the memo has them.
const USED: &str = "used";
const UNUSED: &str = "unused";

/// Returns the reason why a compile depends on the clock, if it does. `argv` is the command of the compile with
/// placeholders.
///
/// # Errors
/// The preprocessor can't be run, or an input has changed meanwhile.
pub(super) async fn clock(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: &Wanted<'_>,
    identity: &Hash,
    argv: &[String],
    inputs: &Inputs,
) -> Result<Option<String>, BuildError> {
    let Some(reason) = inputs.clock.clone() else { return Ok(None) };
    let source = wanted.source.to_string_lossy();
    let argv: Vec<String> = preprocessing(argv).map(|word| word.replace(SOURCE, &source)).collect();
    let mut key = Key::new("clock 1");
    key.add(identity.as_bytes());
    let places = Places::of(&cx.checkout, cx.layout.root()).with_staged(&cx.checkout, &wanted.source);
    let Some(covered) = CoveredCall::new(cx, jcx, key, &argv, &places, inputs.clone()).await? else {
        return Ok(Some(reason));
    };
    let key = covered.keys.portable;
    let known = cx.files.memo().fact(&key);
    let is_used = if let Some(known) = known {
        *known != *UNUSED
    } else {
        let Some(is_used) = ask(cx, jcx, wanted, argv).await? else { return Ok(Some(reason)) };
        covered.settle(cx, Ok(())).await?;
        cx.files.memo().remember_fact(key, if is_used { USED } else { UNUSED });
        is_used
    };
    Ok(is_used.then_some(reason))
}

/// Returns whether the preprocessor's output has the marker; `None` if there is no output, as the source is wrong.
async fn ask(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: &Wanted<'_>,
    argv: Vec<String>,
) -> Result<Option<bool>, BuildError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Units with other labels may ask the same at the same time.
    let output = cx.staging.join(format!("clock-{}.i", COUNT.fetch_add(1, Ordering::Relaxed)));
    let output_text = output.to_string_lossy().into_owned();
    let argv = argv.into_iter().map(|word| word.replace(OUTPUT, &output_text)).collect();
    let name = jcx.step(Step::Preprocess, format!("{}, for its use of the clock", wanted.label));
    let process = process(argv, cx.staging.clone(), jcx.environment.clone());
    let finished = run_in_slot(&cx.runner, &name, &process, &jcx.transcript).await?;
    blocking(move || {
        let text = std::fs::read(&output);
        let _ = std::fs::remove_file(&output);
        match text {
            Ok(text) if finished.end.succeeded() => {
                Ok(Some(memchr::memmem::find(&text, MARKER.as_bytes()).is_some()))
            }
            Err(error) if finished.end.succeeded() => {
                Err(BuildError::io(Step::Preprocess, FileAction::Read, &output, &error))
            }
            _ => Ok(None),
        }
    })
    .await?
}

/// Returns the command that preprocesses the source of a compile, with the marker for the macros.
fn preprocessing(argv: &[String]) -> impl Iterator<Item = String> {
    let macros = MACROS.iter().map(|name| format!("-D{name}=\"{MARKER}\""));
    depfile::without(argv).chain(["-E".to_owned(), "-Wno-builtin-macro-redefined".to_owned()]).chain(macros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_preprocesses_what_the_compile_reads() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let argv = words("gcc -c -Os -MMD -MF x.d -include a.h -DX S -o O");
        let found: Vec<String> = preprocessing(&argv).collect();
        let expected = "gcc -Os -include a.h -DX S -o O -E -Wno-builtin-macro-redefined";
        assert_eq!(found[..10], words(expected));
        assert_eq!(found[10], "-D__DATE__=\"fbuild_matrix_time_of_compile\"");
        assert_eq!(found.len(), 13);
    }
}
