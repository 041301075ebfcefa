//! Asks the preprocessor which headers the computed includes of a source name (`#include TEXT_OF(PLACE/NAME.h)`), where that
//! follows from no definition.
//!
//! With the option `-dI` GCC and Clang print every include that they reach, with its name as expanded, between the line
//! markers. The names complete the closure of the source. They stay valid as long as everything in that closure is as it
//! was: the preprocessor has read nothing else, which its line markers show.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::covered::{portable_files, portable_key, unchanged};
use super::depfile;
use super::included::{Included, included};
use super::options::Options;
use super::planned::{OUTPUT, SOURCE};
use super::reads::reads;
use crate::event::Step;
use crate::includes::{FileId, Hash, HeaderName, Inputs, Search};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;

/// A source with its command and its search path.
pub(in crate::pipeline) struct Reading<'a> {
    /// The source.
    pub(in crate::pipeline) source: &'a Path,
    /// The command that compiles or preprocesses it, with [`SOURCE`] and [`OUTPUT`].
    pub(in crate::pipeline) argv: &'a [String],
    /// Identity of the compiler.
    pub(in crate::pipeline) identity: &'a Hash,
    /// Directories that keys replace with placeholders.
    pub(in crate::pipeline) places: &'a Places,
    /// The search along the include directories.
    pub(in crate::pipeline) search: &'a Arc<Search>,
    /// Dependencies of the command beside the source.
    pub(in crate::pipeline) options: &'a Arc<Options>,
    /// The compiler's answer about its search path and macros.
    pub(in crate::pipeline) directories: &'a Arc<CompilerDirectories>,
}

/// An answer as the memo has it.
#[derive(Serialize, Deserialize)]
struct Answer {
    names: Vec<HeaderName>,
    /// Hash over the completed inputs.
    inputs: String,
}

/// Completes inputs that lack only what computed includes name. Inputs that lack more, or whose source is wrong, are
/// returned as they are.
///
/// # Errors
/// The preprocessor can't be run, or an input has changed meanwhile.
pub(in crate::pipeline) async fn completed(
    cx: &BuildContext,
    jcx: &JobContext,
    reading: &Reading<'_>,
    inputs: Inputs,
) -> Result<Inputs, BuildError> {
    if inputs.incomplete.is_none() || inputs.unnamed.is_empty() {
        return Ok(inputs);
    }
    let source = reading.source.to_string_lossy();
    let argv: Vec<String> = depfile::without(reading.argv)
        .chain(["-E".to_owned(), "-dI".to_owned()])
        .map(|word| word.replace(SOURCE, &source))
        .collect();
    let mut key = Key::new("included 1");
    key.add(reading.identity.as_bytes());
    let key = portable_key(cx, jcx, key, &argv, reading.places, &inputs).await?;
    let known = cx.files.memo().fact(&key).and_then(|text| serde_json::from_str::<Answer>(&text).ok());
    if let Some(answer) = known {
        let complete = with_names(cx, reading, answer.names.into()).await?;
        if let Some(complete) = complete.filter(|complete| complete.incomplete.is_none())
            && portable_files(cx, &complete).await?.to_hex().as_str() == answer.inputs
        {
            return Ok(complete);
        }
    }
    let Some(included) = ask(cx, jcx, reading.source, argv).await? else { return Ok(inputs) };
    let Some((complete, names)) = follow(cx, reading, &included, &inputs.unnamed).await? else {
        return Ok(inputs);
    };
    unchanged(&complete).await?;
    let answer = Answer { names, inputs: portable_files(cx, &complete).await?.to_hex().to_string() };
    if let Ok(text) = serde_json::to_string(&answer) {
        cx.files.memo().remember_fact(key, &text);
    }
    Ok(complete)
}

/// Returns the inputs with the names that the preprocessor told, and these names; `None` if it has read another file.
async fn follow(
    cx: &BuildContext,
    reading: &Reading<'_>,
    included: &Arc<Included>,
    unnamed: &BTreeSet<FileId>,
) -> Result<Option<(Inputs, Vec<HeaderName>)>, BuildError> {
    let mut unnamed = unnamed.clone();
    loop {
        let (files, asked) = (included.clone(), unnamed.clone());
        let search = reading.search.clone();
        let names = blocking(move || {
            let asked: HashSet<PathBuf> =
                asked.iter().filter_map(|id| real(&search.files().by_id(*id).path)).collect();
            files.names_in(|path| real(path).is_some_and(|path| asked.contains(&path)))
        })
        .await?;
        let Some(complete) = with_names(cx, reading, names.clone().into()).await? else { return Ok(None) };
        // A file that only these names lead to may have such an include, too.
        let grown: BTreeSet<FileId> = unnamed.union(&complete.unnamed).copied().collect();
        if complete.incomplete.is_some() {
            return Ok(None);
        }
        if grown.len() == unnamed.len() {
            let (files, read) = (included.clone(), complete.clone());
            let is_whole = blocking(move || {
                let known: HashSet<PathBuf> = read.files.iter().filter_map(|file| real(&file.path)).collect();
                let is_known = |path: &Path| real(path).is_some_and(|path| known.contains(&path));
                let strange = files.entered().find(|path| !is_known(path));
                if let Some(path) = strange {
                    tracing::debug!(path = %path.display(), "no name leads to a file that the preprocessor has read");
                }
                strange.is_none()
            });
            return Ok(is_whole.await?.then_some((complete, names)));
        }
        unnamed = grown;
    }
}

async fn with_names(
    cx: &BuildContext,
    reading: &Reading<'_>,
    names: Arc<[HeaderName]>,
) -> Result<Option<Inputs>, BuildError> {
    let Reading { source, search, options, directories, .. } = reading;
    reads(cx, search, source, options, Some(directories), Some(&names)).await
}

/// Returns what the preprocessor includes, up to an error in the source; `None` if there is no output or the preprocessor was
/// ended.
async fn ask(
    cx: &BuildContext,
    jcx: &JobContext,
    source: &Path,
    argv: Vec<String>,
) -> Result<Option<Arc<Included>>, BuildError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let output = cx.staging.join(format!("included-{}.i", COUNT.fetch_add(1, Ordering::Relaxed)));
    // GCC removes its output after an error, which is the link then.
    let link = output.with_extension("link");
    let (from, to) = (output.clone(), link.clone());
    blocking(move || {
        let made = std::fs::write(&from, "").and_then(|()| std::os::unix::fs::symlink(&from, &to));
        made.map_err(|error| BuildError::io(Step::Preprocess, FileAction::Write, &to, &error))
    })
    .await??;
    let link_text = link.to_string_lossy().into_owned();
    let argv = argv.into_iter().map(|word| word.replace(OUTPUT, &link_text)).collect();
    let label = source.file_name().unwrap_or_default().to_string_lossy();
    let name = jcx.step(Step::Preprocess, format!("{label}, for the names of its includes"));
    let process = process(argv, cx.staging.clone(), jcx.environment.clone());
    let finished = run_in_slot(&cx.runner, &name, &process, &jcx.transcript).await?;
    let error = BuildError::command(Step::Preprocess, process.argv(), finished.end, &finished.printed());
    let is_whole =
        finished.end.succeeded() || matches!(&error, BuildError::Failed(failure) if failure.is_reproducible);
    let (source, cwd) = (source.to_owned(), cx.staging.clone());
    blocking(move || {
        let text = std::fs::read(&output);
        for path in [&link, &output] {
            let _ = std::fs::remove_file(path);
        }
        let text =
            text.map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, &output, &error))?;
        Ok((is_whole && !text.is_empty()).then(|| Arc::new(included(&text, &source, &cwd))))
    })
    .await?
}

/// Returns a path without symbolic links: compilers shorten some paths.
fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}
