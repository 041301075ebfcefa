//! Asks the machine's git for the files of a checkout, and for those that differ from a revision.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tokio_util::sync::CancellationToken;

use crate::provide::{ToolCommand, ToolOutput};
use crate::session::error::SessionError;

/// A checkout of a Git repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct Git<'a> {
    /// Its root.
    pub(super) root: &'a Path,
    pub(super) cancel: &'a CancellationToken,
}

/// The changes of a checkout since a revision. Paths are relative to the checkout.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The revision, as the user named it.
    pub since: String,
    /// The commit that the checkout is compared with.
    pub commit: String,
    /// The changed files.
    pub files: BTreeMap<String, Change>,
    /// Directories in which every file may have changed: submodules whose earlier commit is missing.
    pub trees: Vec<String>,
}

/// A change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The file is new.
    Added,
    /// The content differs.
    Modified,
    /// The file is gone.
    Deleted,
}

/// Mode of a submodule in Git's listings.
const SUBMODULE: &str = "160000";

/// Mode of a symbolic link.
const LINK: &str = "120000";

/// Limit of the files behind a symbolic link that are listed under its name: one that leads out of the checkout may show a
/// whole disk.
const MOST_BEHIND: usize = 20_000;

impl Git<'_> {
    /// Returns the files that differ from the merge base of `revision` and `HEAD`: in commits, in the index, in the
    /// working tree, and untracked ones that are not ignored. Without a merge base (a shallow clone) the checkout is
    /// compared with the revision itself.
    ///
    /// # Errors
    /// The directory is no checkout, there is no git, or the revision is missing.
    pub(super) async fn changes(self, revision: &str) -> Result<Changes, SessionError> {
        if revision.is_empty() || revision.starts_with('-') {
            let message =
                format!("--changed-since: `{revision}` is no revision; name a branch, a tag or a commit");
            return Err(SessionError::Usage(message));
        }
        if !self.root.join(".git").exists() {
            let message = format!(
                "--changed-since: {} is not in a Git checkout; leave the option out to build everything",
                self.root.display()
            );
            return Err(SessionError::Usage(message));
        }
        let Some(end) = self.commit(self.root, revision).await? else {
            return Err(self.no_revision(revision).await);
        };
        let base = self.git(self.root, &["merge-base", &end, "HEAD"]).await?;
        let base = base.status.success().then(|| base.stdout.trim().to_owned());
        let commit = base.unwrap_or(end);
        let mut changes =
            Changes { since: revision.to_owned(), commit: commit.clone(), ..Changes::default() };
        self.compare("", &commit, &mut changes).await?;
        Ok(changes)
    }

    /// Adds the changes of the repository in the directory `prefix` (empty, or with a trailing slash) since a commit.
    async fn compare(self, prefix: &str, commit: &str, changes: &mut Changes) -> Result<(), SessionError> {
        let directory = self.root.join(prefix);
        let words = ["diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-color"];
        let words = [&words[..], &["--ignore-submodules=none", commit, "--"]].concat();
        let listed = self.successful(&directory, &words).await?;
        let mut links = Vec::new();
        for (old, new, path) in raw(&listed.stdout) {
            let path = format!("{prefix}{path}");
            if old.mode == SUBMODULE || new.mode == SUBMODULE {
                self.submodule(path, old, changes).await?;
            } else {
                let change = match (old.is_there(), new.is_there()) {
                    (false, _) => Change::Added,
                    (_, false) => Change::Deleted,
                    _ => Change::Modified,
                };
                if [old.mode, new.mode].contains(&LINK) {
                    links.push(path.clone());
                }
                changes.files.insert(path, change);
            }
        }
        let words = ["ls-files", "-z", "--others", "--exclude-standard"];
        let untracked = self.successful(&directory, &words).await?;
        for path in names(&untracked.stdout) {
            // A repository within this one that is no submodule has a history of its own: it ends in a slash.
            if !path.ends_with('/') {
                let path = format!("{prefix}{path}");
                if self.root.join(&path).is_symlink() {
                    links.push(path.clone());
                }
                changes.files.insert(path, Change::Added);
            }
        }
        self.links(links, changes).await
    }

    /// Adds what changed symbolic links show, and what they have shown before.
    async fn links(self, links: Vec<String>, changes: &mut Changes) -> Result<(), SessionError> {
        let (root, paths) = (self.root.to_owned(), links.clone());
        let behind = tokio::task::spawn_blocking(move || {
            paths.iter().flat_map(|path| files_behind(&root, path)).collect::<Vec<_>>()
        });
        let behind = behind.await.map_err(|error| SessionError::Usage(error.to_string()))?;
        changes.files.extend(behind.into_iter().map(|path| (path, Change::Added)));
        changes.trees.extend(links);
        Ok(())
    }

    /// Adds the changes of a submodule.
    async fn submodule(self, path: String, old: Side<'_>, changes: &mut Changes) -> Result<(), SessionError> {
        let directory = self.root.join(&path);
        // Without one, git would ask the repository around it.
        let is_checked_out = directory.join(".git").exists();
        if is_checked_out
            && old.mode == SUBMODULE
            && let Some(commit) = self.commit(&directory, old.hash).await?
        {
            return Box::pin(self.compare(&format!("{path}/"), &commit, changes)).await;
        }
        changes.trees.push(path);
        Ok(())
    }

    /// Returns the files of the checkout that are tracked, or untracked and not ignored, and are there.
    ///
    /// # Errors
    /// git can't be run.
    pub(super) async fn files(self) -> Result<BTreeSet<String>, SessionError> {
        let mut found = BTreeSet::new();
        let mut directories = vec![String::new()];
        while let Some(prefix) = directories.pop() {
            let directory = self.root.join(&prefix);
            let words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
            let listed = self.successful(&directory, &words).await?;
            let paths: Vec<String> = names(&listed.stdout).map(|path| format!("{prefix}{path}")).collect();
            let root = self.root.to_owned();
            let kinds = tokio::task::spawn_blocking(move || {
                let (mut files, mut repositories) = (Vec::new(), Vec::new());
                for path in paths {
                    let full = root.join(&path);
                    match full.symlink_metadata() {
                        Ok(metadata) if metadata.is_symlink() => {
                            files.extend(files_behind(&root, &path));
                            files.push(path);
                        }
                        Ok(metadata) if !metadata.is_dir() => files.push(path),
                        // A submodule, or another repository in this one.
                        Ok(_) if full.join(".git").exists() => {
                            repositories.push(format!("{}/", path.trim_end_matches('/')));
                        }
                        _ => {}
                    }
                }
                (files, repositories)
            });
            let (files, repositories) =
                kinds.await.map_err(|error| SessionError::Usage(error.to_string()))?;
            found.extend(files);
            directories.extend(repositories);
        }
        Ok(found)
    }

    /// Returns the content that a file had in a commit, if it was there.
    ///
    /// # Errors
    /// git can't be run.
    pub(super) async fn content(self, commit: &str, path: &str) -> Result<Option<String>, SessionError> {
        let shown = self.git(self.root, &["show", "--no-textconv", &format!("{commit}:{path}")]).await?;
        Ok(shown.status.success().then_some(shown.stdout))
    }

    /// Returns the commit that a revision names, if it is in the clone.
    async fn commit(self, directory: &Path, revision: &str) -> Result<Option<String>, SessionError> {
        let name = format!("{revision}^{{commit}}");
        let found = self.git(directory, &["rev-parse", "--verify", "--quiet", &name]).await?;
        Ok(found.status.success().then(|| found.stdout.trim().to_owned()))
    }

    /// Returns the error for a revision that is not in the clone, with the command that fetches it.
    async fn no_revision(self, revision: &str) -> SessionError {
        let asked = self.git(self.root, &["rev-parse", "--is-shallow-repository"]).await;
        let Ok(ToolOutput { status, stdout, stderr }) = asked else {
            return SessionError::Usage("--changed-since: git can't be run".to_owned());
        };
        if !status.success() {
            // A checkout of another user, as containers have it, or a damaged one: git says how to fix it.
            return SessionError::Usage(format!("--changed-since: git refuses: {}", stderr.trim()));
        }
        let is_shallow = stdout.trim() == "true";
        let remotes = self.git(self.root, &["remote"]).await.map(|output| output.stdout).unwrap_or_default();
        let remotes: Vec<&str> = remotes.lines().collect();
        let Some(fetch) = fetch(revision, is_shallow, &remotes) else {
            return SessionError::Usage(format!(
                "--changed-since: the checkout {} has no revision `{revision}`, and no remote to fetch it from",
                self.root.display()
            ));
        };
        let clone = if is_shallow { "shallow clone" } else { "clone" };
        SessionError::Usage(format!(
            "--changed-since: the {clone} {} has no revision `{revision}`; fetch it: {fetch}",
            self.root.display()
        ))
    }

    async fn successful(self, directory: &Path, words: &[&str]) -> Result<ToolOutput, SessionError> {
        let output = self.git(directory, words).await?;
        if output.status.success() {
            return Ok(output);
        }
        let message =
            format!("`git {}` failed in {}: {}", words[0], directory.display(), output.stderr.trim());
        Err(SessionError::Usage(message))
    }

    async fn git(self, directory: &Path, words: &[&str]) -> Result<ToolOutput, SessionError> {
        let mut tool = ToolCommand::new("git")
            .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
            .args(words.iter().copied())
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            // A partial clone does not download what it lacks.
            .env("GIT_NO_LAZY_FETCH", "1")
            .cwd(directory);
        // `safe.directory` of containers may come from any of these.
        let kept = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name == "XDG_CONFIG_HOME" || name.starts_with("GIT_CONFIG")
        });
        for (name, value) in kept {
            tool = tool.env(name, value);
        }
        tool.run("list of changed files", self.cancel).await.map_err(|error| {
            if self.cancel.is_cancelled() {
                SessionError::Cancelled
            } else {
                SessionError::Usage(format!("--changed-since asks git: {error}"))
            }
        })
    }
}

/// Returns the files below a symbolic link to a directory, under the name of the link.
fn files_behind(root: &Path, link: &str) -> Vec<String> {
    let walk = walkdir::WalkDir::new(root.join(link)).follow_links(true).into_iter();
    let files = walk.filter_entry(|entry| entry.file_name() != ".git").flatten();
    let files = files.filter(|entry| entry.depth() > 0 && entry.file_type().is_file()).take(MOST_BEHIND);
    let relative =
        files.filter_map(|entry| Some(entry.path().strip_prefix(root).ok()?.to_string_lossy().into_owned()));
    relative.collect()
}

/// Returns the command that fetches a revision from one of `remotes`; `None` if there is none.
fn fetch(revision: &str, is_shallow: bool, remotes: &[&str]) -> Option<String> {
    let default = remotes.iter().find(|remote| **remote == "origin").or(remotes.first())?;
    let depth = if is_shallow { " --depth=1" } else { "" };
    let named = remotes.iter().find_map(|remote| {
        Some((
            *remote,
            revision
                .strip_prefix("refs/remotes/")
                .unwrap_or(revision)
                .strip_prefix(remote)?
                .strip_prefix('/')?,
        ))
    });
    let is_hash = revision.len() >= 7 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if revision.contains(['~', '^', '@', ':']) {
        // Relative to a commit that is there: its history is cut off.
        let all = if is_shallow { " --unshallow" } else { "" };
        return Some(format!("git fetch{all} {default}"));
    }
    Some(match named {
        Some((remote, branch)) => {
            format!("git fetch{depth} {remote} {branch}:refs/remotes/{remote}/{branch}")
        }
        None if is_hash => format!("git fetch{depth} {default} {revision}"),
        None => format!("git fetch{depth} {default} {revision}:{revision}"),
    })
}

/// One side of a change in the output of `git diff --raw`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Side<'t> {
    mode: &'t str,
    hash: &'t str,
}

impl Side<'_> {
    fn is_there(self) -> bool {
        self.mode != "000000"
    }
}

/// Returns the changes in the output of `git diff --raw -z --no-renames`.
fn raw(text: &str) -> impl Iterator<Item = (Side<'_>, Side<'_>, &str)> {
    let mut fields = text.split('\0');
    std::iter::from_fn(move || {
        let about = fields.next()?.strip_prefix(':')?;
        let path = fields.next()?;
        let mut words = about.split(' ');
        let (old, new) = (words.next()?, words.next()?);
        let (before, after) = (words.next()?, words.next()?);
        Some((Side { mode: old, hash: before }, Side { mode: new, hash: after }, path))
    })
}

/// Returns the names in a list with a NUL after each.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('\0').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_raw_format_is_read() {
        let text =
            ":100644 100644 aa bb M\0a b.h\0:000000 100644 00 cc A\0new\n.h\0:160000 000000 dd 00 D\0sub\0";
        let read: Vec<_> = raw(text).collect();
        assert_eq!(read.iter().map(|(_, _, path)| *path).collect::<Vec<_>>(), ["a b.h", "new\n.h", "sub"]);
        assert_eq!(read[2].0, Side { mode: SUBMODULE, hash: "dd" });
        assert_eq!(
            read.iter().map(|it| (it.0.is_there(), it.1.is_there())).collect::<Vec<_>>(),
            [(true, true), (false, true), (true, false)]
        );
        assert_eq!(raw("").count(), 0);
    }

    #[test]
    fn the_command_that_fetches_a_revision_is_exact() {
        let shallow = |revision| fetch(revision, true, &["fork", "origin"]).unwrap();
        assert_eq!(shallow("origin/main"), "git fetch --depth=1 origin main:refs/remotes/origin/main");
        assert_eq!(shallow("fork/a/b"), "git fetch --depth=1 fork a/b:refs/remotes/fork/a/b");
        assert_eq!(shallow("main"), "git fetch --depth=1 origin main:main");
        assert_eq!(shallow("0123abc"), "git fetch --depth=1 origin 0123abc");
        assert_eq!(shallow("HEAD~1"), "git fetch --unshallow origin");
        assert_eq!(fetch("v1", false, &["up"]).unwrap(), "git fetch up v1:v1");
        assert_eq!(fetch("v1", false, &[]), None);
    }
}
