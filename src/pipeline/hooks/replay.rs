//! Stores the outputs of plain hooks in the artifact store, and restores them while all inputs are unchanged:
//! a run without a change starts no hooks.

use std::path::{Path, PathBuf};

use super::plain::Plain;
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::output::artifacts;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;

/// Inputs and outputs of hooks, and the key of their outputs.
#[derive(Debug)]
pub(super) struct Replay {
    plain: Plain,
    commands: Vec<Vec<String>>,
    directory: PathBuf,
    /// Hash over the commands, their programs, and their inputs outside the directory.
    outside: Hash,
    /// Key over `outside` and the state of the directory before the hooks.
    key: Hash,
    /// Possible outputs that did not exist before.
    absent: Vec<PathBuf>,
}

impl Replay {
    /// Returns how to skip these commands, if they are plain and there is a store.
    ///
    /// # Errors
    /// A program of a command is missing.
    pub(super) async fn of(
        cx: &BuildContext,
        jcx: &JobContext,
        commands: &[Vec<String>],
        directory: &Path,
    ) -> Result<Option<Self>, BuildError> {
        let plain = Plain::read(commands, directory).filter(|_| cx.stores.artifacts.is_some());
        let Some(plain) = plain else { return Ok(None) };
        let Some(outside) = outside(cx, jcx, commands, &plain).await? else { return Ok(None) };
        let Some(inside) = states(cx, plain.writes.iter().cloned().collect()).await? else { return Ok(None) };
        let absent = plain.writes.iter().zip(&inside).filter(|(_, state)| *state == NOTHING);
        let absent = absent.map(|(path, _)| path.clone()).collect();
        let mut key = Key::new("hooks 2");
        key.add(outside.as_bytes());
        for state in inside {
            key.add(&state);
        }
        let (commands, directory, key) = (commands.to_vec(), directory.to_owned(), key.finish());
        Ok(Some(Self { plain, commands, directory, outside, key, absent }))
    }

    /// Restores the outputs of an earlier run of the commands. Returns whether all were restored; otherwise
    /// none remains.
    ///
    /// # Errors
    /// The directory can't be written.
    pub(super) async fn restore(&self, cx: &BuildContext) -> Result<bool, BuildError> {
        let Some(store) = cx.stores.artifacts.clone() else { return Ok(false) };
        let (key, directory, absent) = (self.key, self.directory.clone(), self.absent.clone());
        let restored = blocking(move || {
            let Some(found) = store.find::<()>(&key) else { return Ok(false) };
            let whole = store.restore(&found, &directory, Sharing::Copy)?;
            if !whole {
                for path in &absent {
                    let _ = std::fs::remove_file(path);
                }
            }
            Ok(whole)
        });
        restored.await?.map_err(|error: std::io::Error| {
            BuildError::io(Step::Hook, FileAction::Write, &self.directory, &error)
        })
    }

    /// Stores the outputs of the commands, unless their inputs have changed meanwhile.
    ///
    /// # Errors
    /// A program of a command is missing.
    pub(super) async fn keep(self, cx: &BuildContext, jcx: &JobContext) -> Result<(), BuildError> {
        if outside(cx, jcx, &self.commands, &self.plain).await? != Some(self.outside) {
            return Ok(());
        }
        let cx = cx.clone();
        blocking(move || {
            let made = self.plain.writes.iter().filter(|path| path.exists());
            let files: Option<Vec<PathBuf>> = made
                .map(|path| {
                    path.is_file()
                        .then(|| path.strip_prefix(&self.directory).ok())
                        .flatten()
                        .map(Path::to_owned)
                })
                .collect();
            if let Some(files) = files {
                artifacts::keep(&cx, &self.key, &self.directory, &files, Sharing::Copy, &());
            }
        })
        .await
    }
}

/// Returns the hash over the commands, their programs, and the state of each named path outside the
/// directory; `None` if a program is not found.
async fn outside(
    cx: &BuildContext,
    jcx: &JobContext,
    commands: &[Vec<String>],
    plain: &Plain,
) -> Result<Option<Hash>, BuildError> {
    let mut key = Key::new("outside");
    for argv in commands {
        key.command(argv, &jcx.environment);
    }
    for program in &plain.programs {
        // A program that can't be identified fails when it is started.
        let Ok(identity) = cx.identities.of(program).await else { return Ok(None) };
        key.add(identity.hash.as_bytes());
    }
    let Some(states) = states(cx, plain.reads.iter().cloned().collect()).await? else { return Ok(None) };
    for state in states {
        key.add(&state);
    }
    Ok(Some(key.finish()))
}

/// State of a path that does not exist.
const NOTHING: &[u8] = b"nothing";

/// Returns the state of each path: a file's content, a directory, or nothing; `None` if it can't be
/// determined.
async fn states(cx: &BuildContext, paths: Vec<PathBuf>) -> Result<Option<Vec<Vec<u8>>>, BuildError> {
    let files = cx.files.clone();
    blocking(move || {
        let state = |path: &PathBuf| match files.disk().metadata(path) {
            Ok(metadata) if metadata.is_file() => {
                files.hash_now(path).map(|hash| hash.as_bytes().to_vec()).ok()
            }
            Ok(_) => Some(b"directory".to_vec()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(NOTHING.to_vec()),
            Err(_) => None,
        };
        paths.iter().map(state).collect()
    })
    .await
}
