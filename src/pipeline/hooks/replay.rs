//! Stores the outputs of hooks in the artifact store, and restores them while all inputs are unchanged: a run without a
//! change starts no hooks.
//!
//! The inputs are known if the commands are plain ([`Plain`]), or if the matrix declares what they read beside the
//! platform, the sketch and the files in their words (`inputs`).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plain::Plain;
use super::scope::HookScope;
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::{Files, Hash};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::output::artifacts;
use crate::pipeline::output::directory::ASIDE;
use crate::pipeline::output::inputs::{CommandScope, add_commands};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;

/// Inputs and outputs of hooks, and the key of their outputs.
#[derive(Debug)]
pub(super) struct Replay {
    reach: Reach,
    commands: Vec<Vec<String>>,
    directory: PathBuf,
    /// Hash over the commands, their programs, and their inputs outside the directory.
    outside: Hash,
    /// Key over `outside` and `before`.
    key: Hash,
    /// State of the possible outputs before the hooks.
    before: States,
}

/// What hooks can read and write.
#[derive(Debug)]
enum Reach {
    /// The paths in plain commands.
    Plain(Plain),
    /// The declared inputs of any program, and the whole build directory.
    Declared(Declared),
}

/// The declared reach of hooks.
#[derive(Debug)]
struct Declared {
    /// Files and directories.
    inputs: Vec<PathBuf>,
    scope: CommandScope,
    /// Files of an earlier build in the build directory.
    kept: HashSet<PathBuf>,
}

/// States of paths.
type States = BTreeMap<PathBuf, Vec<u8>>;

/// Description of the outputs of hooks in the artifact store.
#[derive(Debug, Serialize, Deserialize)]
struct Made {
    /// Directories that the hooks created, relative to the build directory.
    directories: Vec<PathBuf>,
    /// Files that the hooks removed, relative to the build directory.
    removed: Vec<PathBuf>,
}

impl Replay {
    /// Returns how to skip these commands, if their inputs are known and there is a store.
    ///
    /// # Errors
    /// The run is interrupted.
    pub(super) async fn of(
        cx: &BuildContext,
        jcx: &JobContext,
        commands: &[Vec<String>],
        scope: HookScope<'_>,
    ) -> Result<Option<Self>, BuildError> {
        if cx.stores.artifacts.is_none() {
            return Ok(None);
        }
        let plain = Plain::read(commands, scope.directory).map(Reach::Plain);
        let Some(reach) = plain.or_else(|| Declared::of(cx, scope).map(Reach::Declared)) else {
            return Ok(None);
        };
        let Some(before) = reach.states(cx, scope.directory).await? else { return Ok(None) };
        let Some(outside) = reach.outside(cx, jcx, commands, &before).await? else { return Ok(None) };
        let mut key = Key::new("hooks 3");
        key.add(outside.as_bytes());
        // Directories differ with the files of an earlier build.
        for (path, state) in before.iter().filter(|(_, state)| *state != DIRECTORY) {
            key.add(path.as_os_str().as_encoded_bytes()).add(state);
        }
        let (commands, directory, key) = (commands.to_vec(), scope.directory.to_owned(), key.finish());
        Ok(Some(Self { reach, commands, directory, outside, key, before }))
    }

    /// Restores the outputs of an earlier run of the commands. Returns whether all were restored; otherwise
    /// none remains.
    ///
    /// # Errors
    /// The directory can't be written.
    pub(super) async fn restore(&self, cx: &BuildContext) -> Result<bool, BuildError> {
        let Some(store) = cx.stores.artifacts.clone() else { return Ok(false) };
        let (key, directory, before) = (self.key, self.directory.clone(), self.before.clone());
        let restored = blocking(move || {
            let Some(found) = store.find::<Made>(&key) else { return Ok(false) };
            for made in &found.about.directories {
                std::fs::create_dir_all(directory.join(made))?;
            }
            let whole = store.restore(&found, &directory, Sharing::Copy)?;
            if whole {
                for removed in &found.about.removed {
                    let _ = std::fs::remove_file(directory.join(removed));
                }
            } else {
                let made = found.files.iter().map(|(path, _)| directory.join(path));
                for path in made.filter(|path| before.get(path).is_none_or(|state| state == NOTHING)) {
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
    /// The run is interrupted.
    pub(super) async fn keep(self, cx: &BuildContext, jcx: &JobContext) -> Result<(), BuildError> {
        let Self { reach, commands, directory, outside, key, before } = self;
        if reach.outside(cx, jcx, &commands, &before).await? != Some(outside) {
            return Ok(());
        }
        let Some(after) = reach.states(cx, &directory).await? else { return Ok(()) };
        let changed: Vec<(&PathBuf, &Vec<u8>)> =
            after.iter().filter(|(path, state)| before.get(*path) != Some(*state)).collect();
        let below = |path: &Path| path.strip_prefix(&directory).ok().map(Path::to_owned);
        let of_kind = |wanted: fn(&[u8]) -> bool| {
            let paths = changed.iter().filter(|(_, state)| wanted(state));
            paths.filter_map(|(path, _)| below(path)).collect::<Vec<_>>()
        };
        let files = of_kind(|state| state != DIRECTORY && state != NOTHING);
        let gone = before.keys().filter(|path| !after.contains_key(*path)).filter_map(|path| below(path));
        let removed = of_kind(|state| state == NOTHING).into_iter().chain(gone).collect();
        let made = Made { directories: of_kind(|state| state == DIRECTORY), removed };
        let cx = cx.clone();
        blocking(move || artifacts::keep(&cx, &key, &directory, &files, Sharing::Copy, &made)).await
    }
}

impl Declared {
    /// Returns the reach of hooks that the matrix declares; `None` if it does not.
    fn of(cx: &BuildContext, scope: HookScope<'_>) -> Option<Self> {
        let inputs = scope.target.hook_inputs.clone()?;
        let directory = scope.directory.to_owned();
        let sketch = scope.sketch.map(Path::to_owned);
        let places = Places::of(&cx.checkout, &directory);
        let whole = scope.target.config.platform_dirs().chain(sketch).collect();
        let scope_of_commands = CommandScope { directory, given: HashSet::new(), whole, places };
        Some(Self { inputs, scope: scope_of_commands, kept: scope.kept.clone() })
    }
}

impl Reach {
    /// Returns the states of all possible outputs; `None` if they can't be determined.
    async fn states(&self, cx: &BuildContext, directory: &Path) -> Result<Option<States>, BuildError> {
        let files = cx.files.clone();
        match self {
            Self::Plain(plain) => {
                let paths = plain.writes.clone();
                blocking(move || states(&files, paths)).await
            }
            Self::Declared(Declared { kept, .. }) => {
                let (kept, directory) = (kept.clone(), directory.to_owned());
                blocking(move || {
                    let walk = walkdir::WalkDir::new(&directory).min_depth(1).into_iter();
                    let walk = walk.filter_entry(|entry| entry.file_name() != ASIDE).flatten();
                    let entries: Vec<_> = walk.filter(|entry| !kept.contains(entry.path())).collect();
                    // A symbolic link would be restored as a file.
                    let has_link = entries.iter().any(|entry| entry.file_type().is_symlink());
                    let paths = entries.into_iter().map(walkdir::DirEntry::into_path).collect();
                    states(&files, paths).filter(|_| !has_link)
                })
                .await
            }
        }
    }

    /// Returns the hash over the commands, their programs, and their inputs outside the directory; `None` if a
    /// program is not found, or the inputs can't be read.
    async fn outside(
        &self,
        cx: &BuildContext,
        jcx: &JobContext,
        commands: &[Vec<String>],
        before: &States,
    ) -> Result<Option<Hash>, BuildError> {
        let mut key = Key::new("outside");
        let paths: BTreeSet<PathBuf> = match self {
            Self::Plain(plain) => {
                for argv in commands {
                    key.command(argv, &jcx.environment);
                }
                for program in &plain.programs {
                    // A program that can't be identified fails when it is started.
                    let Ok(identity) = cx.identities.of(program).await else { return Ok(None) };
                    key.add(identity.hash.as_bytes());
                }
                plain.reads.clone()
            }
            Self::Declared(Declared { inputs, scope, .. }) => {
                let given = before.keys().cloned().collect();
                let scope = CommandScope { given, ..scope.clone() };
                let commands: Vec<(Step, &[String])> =
                    commands.iter().map(|argv| (Step::Hook, argv.as_slice())).collect();
                match add_commands(cx, jcx, &mut key, &scope, &commands).await {
                    Ok(None) => {}
                    Ok(Some(_)) | Err(BuildError::Failed(_)) => return Ok(None),
                    Err(other) => return Err(other),
                }
                inputs.iter().cloned().collect()
            }
        };
        let files = cx.files.clone();
        let trees = matches!(self, Self::Declared(_));
        let read = blocking(move || {
            let directories: Vec<_> = paths
                .iter()
                .filter(|path| trees && files.disk().is_dir(path))
                .map(|path| files.tree(path))
                .collect();
            Some((states(&files, paths)?, directories))
        });
        let Some((states, trees)) = read.await? else { return Ok(None) };
        for (path, state) in states {
            key.add(path.as_os_str().as_encoded_bytes()).add(&state);
        }
        for tree in trees {
            key.add(tree.as_bytes());
        }
        Ok(Some(key.finish()))
    }
}

/// State of a path that does not exist.
const NOTHING: &[u8] = b"nothing";

/// State of a directory.
const DIRECTORY: &[u8] = b"directory";

/// Returns the state of each path: a file's content, a directory, or nothing; `None` if it can't be
/// determined.
fn states(files: &Files, paths: BTreeSet<PathBuf>) -> Option<States> {
    let state = |path: PathBuf| {
        let state = match files.disk().metadata(&path) {
            Ok(metadata) if metadata.is_file() => files.hash_now(&path).ok()?.as_bytes().to_vec(),
            Ok(_) => DIRECTORY.to_vec(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => NOTHING.to_vec(),
            Err(_) => return None,
        };
        Some((path, state))
    };
    paths.into_iter().map(state).collect()
}
