//! Runs a cell's firmware in an emulator until it has printed the expected text or its time is up. A passed
//! run is not repeated while firmware, emulator and expectation are unchanged; a failed one is repeated every
//! time.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::serial::Serial;
use crate::event::{Failure, FailureKind, Phase, Step};
use crate::fs::{Sharing, write_atomically};
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::product::CellArtifacts;
use crate::pipeline::job::step::Held;
use crate::pipeline::job::step::process;
use crate::pipeline::output::artifacts;
use crate::pipeline::output::directory::PASSED;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::plan::{CellJob, InstalledEmulator, Run};
use crate::process::{WatchEnd, Watched, watch};

/// Runs the firmware of a cell, unless it has passed before. Returns whether it was run.
///
/// # Errors
/// The firmware does not print the expected text, or can't be run.
pub(in crate::pipeline) async fn run(
    job: &CellJob,
    wanted: &Run,
    cell: &CellArtifacts,
    cx: &BuildContext,
    jcx: &mut JobContext,
) -> Result<bool, BuildError> {
    let is_elf = |path: &&PathBuf| path.extension().is_some_and(|end| end == "elf" || end == "axf");
    let Some(elf) = cell.artifacts.iter().find(is_elf) else {
        return Err(BuildError::code(Step::Run, "the recipes leave no ELF that could be run"));
    };
    // Set-up has installed the emulators of the plan.
    let Some(emulator) = cx.helpers.emulators.get(&wanted.program) else {
        return Err(BuildError::infrastructure(Step::Run, format!("{} is not there", wanted.program.name)));
    };
    let key = key(cx, wanted, emulator, elf).await?;
    if has_passed(cx, &job.directory, key).await? {
        return Ok(false);
    }
    jcx.track.enter(Phase::Run);
    let mut arguments = wanted.arguments.clone();
    arguments.push(elf.display().to_string());
    let argv = std::iter::once(emulator.program.display().to_string()).chain(arguments).collect();
    let environment = cx.environment(emulator.library_path.as_deref());
    let process = process(argv, job.directory.clone(), environment);
    let mut serial = Serial::new(wanted.program.emulator, &wanted.expect);
    let watched = {
        let name = jcx.step(Step::Run, wanted.program.name);
        let held = Held::wait(&cx.runner, &name).await;
        let hear = |stream, piece: &[u8]| serial.hear(stream, piece);
        let most = jcx.transcript.limit();
        let watched =
            watch(&process, wanted.timeout, most, hear, &cx.runner.cancel, &cx.runner.peaks.meter())
                .await
                .map_err(|error| BuildError::process(Step::Run, &error))?;
        held.done(Some(watched.ran), None);
        watched
    };
    jcx.ahead.spent(watched.ran, watched.peak);
    // The last line may be incomplete.
    if watched.end == WatchEnd::Enough || serial.end() {
        jcx.log.push(process.argv().join(" "));
        jcx.log.push(serial.printed());
        record(cx, &job.directory, key).await?;
        return Ok(true);
    }
    let (kind, message) = complaint(wanted, &watched, &serial);
    let diagnostic = diagnostic(&message, wanted, &serial);
    let command = process.argv();
    Err(Failure { command, ..Failure::new(kind, Step::Run, message, diagnostic) }.into())
}

/// Returns the key over everything that affects the outcome of a run.
async fn key(
    cx: &BuildContext,
    wanted: &Run,
    emulator: &InstalledEmulator,
    elf: &Path,
) -> Result<Hash, BuildError> {
    let mut key = Key::new("run 1");
    for path in [&emulator.program, elf] {
        let (files, path) = (cx.files.clone(), path.to_owned());
        let hash = blocking(move || files.hash_now(&path).map_err(|error| (path, error))).await?;
        let hash =
            hash.map_err(|(path, error)| BuildError::io(Step::Run, FileAction::Read, &path, &error))?;
        key.add(hash.as_bytes());
    }
    // A package's directory is named after its content, which includes its libraries.
    key.add(emulator.program.as_os_str().as_encoded_bytes());
    for word in &wanted.arguments {
        key.add(word.as_bytes());
    }
    key.add(wanted.expect.as_bytes()).add(&wanted.timeout.as_nanos().to_le_bytes());
    Ok(key.finish())
}

async fn has_passed(cx: &BuildContext, directory: &Path, key: Hash) -> Result<bool, BuildError> {
    let (path, store) = (directory.join(PASSED), cx.stores.artifacts.clone());
    blocking(move || {
        std::fs::read_to_string(path).is_ok_and(|known| known == key.to_hex().as_str())
            || store.is_some_and(|store| store.find::<()>(&key).is_some())
    })
    .await
}

async fn record(cx: &BuildContext, directory: &Path, key: Hash) -> Result<(), BuildError> {
    let (cx, directory) = (cx.clone(), directory.to_owned());
    blocking(move || {
        // If it can't be written, the firmware is run again.
        let _ = write_atomically(&directory.join(PASSED), key.to_hex().as_bytes());
        artifacts::keep(&cx, &key, &directory, &[], Sharing::Copy, &());
    })
    .await
}

/// Returns kind and message of the failure.
fn complaint(wanted: &Run, watched: &Watched, serial: &Serial) -> (FailureKind, String) {
    let expected = format!("{:?}", wanted.expect);
    let emulator = wanted.program.name;
    let last = serial.last_words().map(|words| format!(" ({emulator} said: {words})")).unwrap_or_default();
    match watched.end {
        WatchEnd::Enough | WatchEnd::TimedOut => {
            let message =
                format!("the firmware did not print {expected} within {}{last}", shown(wanted.timeout));
            (FailureKind::Code, message)
        }
        WatchEnd::Flooded(most) => {
            let message = format!("the firmware printed more than {most}, but not {expected}{last}");
            (FailureKind::Code, message)
        }
        WatchEnd::ByItself(Some(code)) => {
            let message = format!(
                "{emulator} ended with exit code {code} before the firmware had printed {expected}{last}"
            );
            (FailureKind::Code, message)
        }
        WatchEnd::ByItself(None) => {
            let message =
                format!("{emulator} was ended by a signal before the firmware had printed {expected}{last}");
            (FailureKind::Infrastructure, message)
        }
    }
}

/// Returns the expected and the printed text.
fn diagnostic(message: &str, wanted: &Run, serial: &Serial) -> String {
    let mut text = format!("{message}\n");
    let words = serial.words();
    let nothing = if words.trim().is_empty() { "" } else { &*words };
    let parts = [
        ("expected", wanted.expect.as_str()),
        ("printed", &serial.printed()),
        ("the emulator said", nothing),
    ];
    for (what, said) in parts {
        if what == "the emulator said" && said.is_empty() {
            continue;
        }
        let said = if said.is_empty() { "(nothing)" } else { said };
        // Writing into a string can't fail.
        let _ = write!(text, "\n--- {what}\n{}\n", said.trim_end_matches('\n'));
    }
    text
}

/// `10 s`, `0.5 s`.
fn shown(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}
