//! What plain hooks made is kept in the artifact store, and put in place again as long as all that enters them is as it
//! was: a run in which nothing has changed starts none of them.

use std::path::{Path, PathBuf};

use super::super::unit::{Key, blocking};
use super::super::{BuildContext, BuildError, JobContext, artifacts};
use super::plain::Plain;
use crate::event::Step;
use crate::source::Hash;
use crate::store::Sharing;

/// What hooks read and write, and the key of what comes of it.
#[derive(Debug)]
pub(super) struct Replay {
    plain: Plain,
    commands: Vec<Vec<String>>,
    folder: PathBuf,
    key: Hash,
}

impl Replay {
    /// How these commands can be spared, if that is known and there is a store.
    ///
    /// # Errors
    /// Where one of their programs is missing.
    pub(super) async fn of(
        cx: &BuildContext,
        jcx: &JobContext,
        commands: &[Vec<String>],
        folder: &Path,
    ) -> Result<Option<Self>, BuildError> {
        let plain = Plain::read(commands, folder).filter(|_| cx.artifacts.is_some());
        let Some(plain) = plain else { return Ok(None) };
        let key = key(cx, jcx, commands, &plain).await?;
        let (commands, folder) = (commands.to_vec(), folder.to_owned());
        Ok(key.map(|key| Self { plain, commands, folder, key }))
    }

    /// Puts in place what the commands made the last time. Says whether that is all there; if not, nothing of it is.
    ///
    /// # Errors
    /// Where the folder can't be written.
    pub(super) async fn restore(&self, cx: &BuildContext) -> Result<bool, BuildError> {
        let Some(store) = cx.artifacts.clone() else { return Ok(false) };
        let (key, folder, writes) = (self.key, self.folder.clone(), self.plain.writes.clone());
        let restored = blocking(move || {
            // They begin without what they make, as in a new folder.
            for path in &writes {
                let _ = std::fs::remove_file(path);
            }
            let Some(found) = store.find::<()>(&key) else { return Ok(false) };
            let whole = store.restore(&found, &folder, Sharing::Copy)?;
            if !whole {
                for path in &writes {
                    let _ = std::fs::remove_file(path);
                }
            }
            Ok(whole)
        });
        restored
            .await?
            .map_err(|error: std::io::Error| BuildError::io(Step::Hook, "written", &self.folder, &error))
    }

    /// Keeps what the commands have made, unless what they read has changed meanwhile.
    ///
    /// # Errors
    /// Where one of their programs is missing.
    pub(super) async fn keep(self, cx: &BuildContext, jcx: &JobContext) -> Result<(), BuildError> {
        if key(cx, jcx, &self.commands, &self.plain).await? != Some(self.key) {
            return Ok(());
        }
        let cx = cx.clone();
        blocking(move || {
            let made = self.plain.writes.iter().filter(|path| path.exists());
            let files: Option<Vec<PathBuf>> = made
                .map(|path| {
                    path.is_file().then(|| path.strip_prefix(&self.folder).ok()).flatten().map(Path::to_owned)
                })
                .collect();
            if let Some(files) = files {
                artifacts::keep(&cx, &self.key, &self.folder, &files, Sharing::Copy, &());
            }
        })
        .await
    }
}

/// Over the commands, their programs, and what is at each path that they name; `None` where a shell is not found.
async fn key(
    cx: &BuildContext,
    jcx: &JobContext,
    commands: &[Vec<String>],
    plain: &Plain,
) -> Result<Option<Hash>, BuildError> {
    let mut key = Key::new("hooks 1");
    for argv in commands {
        key.command(argv, &jcx.environment);
    }
    for program in &plain.programs {
        // What does not start fails when it is started.
        let Ok(identity) = cx.identities.of(program).await else { return Ok(None) };
        key.add(identity.hash.as_bytes());
    }
    let (files, reads) = (cx.files.clone(), plain.reads.clone());
    let states = blocking(move || {
        let state = |path: &PathBuf| match files.disk().metadata(path) {
            Ok(metadata) if metadata.is_file() => {
                files.hash_now(path).map(|hash| hash.as_bytes().to_vec()).ok()
            }
            Ok(_) => Some(b"folder".to_vec()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(b"nothing".to_vec()),
            Err(_) => None,
        };
        reads.iter().map(state).collect::<Option<Vec<_>>>()
    });
    let Some(states) = states.await? else { return Ok(None) };
    for state in states {
        key.add(&state);
    }
    Ok(Some(key.finish()))
}
