//! Libraries of Git repositories: from an address and a revision to a commit, and from a commit to a directory. Uses the
//! machine's git, without prompts.

use std::path::{Path, PathBuf};

use super::super::context::InstallContext;
use super::super::error::InstallError;
use super::super::tool_command::{ToolCommand, ToolOutput};

/// Length of a commit's full name in hexadecimal digits, with SHA-1.
const COMMIT: usize = 40;

/// Length of a commit's full name in hexadecimal digits, with SHA-256.
const LONG_COMMIT: usize = 64;

/// A repository and what the matrix wants of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repository<'a> {
    pub(super) url: &'a str,
    /// A commit, a tag or a branch; `None` for the default branch.
    pub(super) revision: Option<&'a str>,
}

impl Repository<'_> {
    /// Returns the commit that the revision names now.
    ///
    /// # Errors
    /// [`InstallError::Git`] where the repository can't be read or has no such revision.
    pub(super) async fn commit(self, cx: &InstallContext) -> Result<String, InstallError> {
        let revision = self.revision.unwrap_or("HEAD");
        if is_commit(revision) {
            return Ok(revision.to_lowercase());
        }
        // `REV^{}` is the commit of an annotated tag.
        let peeled = format!("{revision}^{{}}");
        let patterns = [revision, peeled.as_str()];
        let listed = self.git(cx, None, ["ls-remote", "--", self.url].into_iter().chain(patterns)).await?;
        if let Some(commit) = best_match(&listed.stdout, revision) {
            return Ok(commit);
        }
        if is_abbreviation(revision) {
            // Servers list only the ends of branches and tags: the commit is looked up in a copy of the history.
            return self.expanded(revision, cx).await;
        }
        Err(self.error("it has no such branch, tag or commit".to_owned()))
    }

    /// Returns the commit that an abbreviation names.
    async fn expanded(self, revision: &str, cx: &InstallContext) -> Result<String, InstallError> {
        let scratch = tempfile::tempdir_in(&cx.cache_dir).map_err(|error| self.error(error.to_string()))?;
        let dir = Some(scratch.path());
        self.git(cx, dir, ["init", "--quiet", "--bare", "."]).await?;
        let all = ["fetch", "--quiet", "--filter=blob:none", "--", self.url, "+refs/*:refs/*"];
        self.git(cx, dir, all).await?;
        let commit = format!("{revision}^{{commit}}");
        let found = self.git(cx, dir, ["rev-parse", "--verify", "--quiet", &commit]).await;
        let found = found.map_err(|_| self.error("it has no such branch, tag or commit".to_owned()))?;
        Ok(found.stdout.trim().to_owned())
    }

    /// Checks a commit out into the directory `dir`, which must be empty, with its submodules and without Git's own
    /// files.
    ///
    /// # Errors
    /// [`InstallError::Git`].
    pub(super) async fn check_out(
        self,
        commit: &str,
        dir: &Path,
        cx: &InstallContext,
    ) -> Result<(), InstallError> {
        let at = Some(dir);
        self.git(cx, at, ["init", "--quiet", "."]).await?;
        let shallow = ["fetch", "--quiet", "--depth=1", "--", self.url, commit];
        if self.git(cx, at, shallow).await.is_err() {
            // Some servers serve only the ends of branches and tags.
            self.git(
                cx,
                at,
                ["fetch", "--quiet", "--tags", "--", self.url, "+refs/heads/*:refs/remotes/origin/*"],
            )
            .await?;
        }
        self.git(cx, at, ["checkout", "--quiet", "--detach", commit]).await?;
        if dir.join(".gitmodules").is_file() {
            self.git(cx, at, ["remote", "add", "origin", self.url]).await?;
            let modules = ["submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"];
            self.git(cx, at, modules).await?;
        }
        let own = dir.to_owned();
        super::super::blocking::blocking(move || remove_own_files(&own)).await
    }

    /// Runs git to its end.
    async fn git<'w>(
        self,
        cx: &InstallContext,
        dir: Option<&Path>,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Result<ToolOutput, InstallError> {
        let mut tool = ToolCommand::new("git")
            // A hook of the machine's templates would run, and line endings would differ between machines.
            .args(["-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false"])
            .args(["-c", "advice.detachedHead=false", "-c", "credential.interactive=false"])
            .args(words)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "true")
            .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
            // Never a program of the address's own choice, as `ext::` would start.
            .env("GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file")
            .env("GIT_LFS_SKIP_SMUDGE", "0");
        for name in ["SSH_AUTH_SOCK", "GIT_SSL_CAINFO", "SSL_CERT_FILE", "XDG_CONFIG_HOME"] {
            if let Some(value) = std::env::var_os(name) {
                tool = tool.env(name, value);
            }
        }
        if let Some(dir) = dir {
            tool = tool.cwd(dir);
        }
        let output = tool.run(&format!("library from {}", self.url), &cx.cancel).await?;
        if output.status.success() { Ok(output) } else { Err(self.error(complaint(&output.stderr))) }
    }

    fn error(self, detail: String) -> InstallError {
        let revision = self.revision.map(|revision| format!(" at {revision}")).unwrap_or_default();
        InstallError::Git { repository: format!("{}{revision}", self.url), detail }
    }
}

/// Returns the name of the directory of a repository's library: the last part of its address without `.git`.
pub(super) fn directory_name(url: &str) -> String {
    let last = url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let name = last.strip_suffix(".git").unwrap_or(last);
    if name.is_empty() { "library".to_owned() } else { name.to_owned() }
}

/// Returns the commit of `revision` in the output of `git ls-remote`: that of a tag before that of a branch, as
/// gitrevisions(7) orders them, and of an annotated tag the commit.
fn best_match(listed: &str, revision: &str) -> Option<String> {
    let refs: Vec<(&str, &str)> = listed.lines().filter_map(|line| line.split_once('\t')).collect();
    let spellings = [
        format!("{revision}^{{}}"),
        revision.to_owned(),
        format!("refs/{revision}^{{}}"),
        format!("refs/{revision}"),
        format!("refs/tags/{revision}^{{}}"),
        format!("refs/tags/{revision}"),
        format!("refs/heads/{revision}"),
    ];
    let commit =
        |name: &String| refs.iter().find(|(_, other)| other == name).map(|(commit, _)| (*commit).to_owned());
    spellings.iter().find_map(commit)
}

fn is_commit(text: &str) -> bool {
    [COMMIT, LONG_COMMIT].contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_abbreviation(text: &str) -> bool {
    (4..COMMIT).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Returns the lines of git's output that name an error, or else its last lines.
fn complaint(stderr: &str) -> String {
    let errors: Vec<&str> =
        stderr.lines().filter(|line| line.starts_with("fatal:") || line.starts_with("error:")).collect();
    let lines = if errors.is_empty() { stderr.lines().collect() } else { errors };
    let last = lines[lines.len().saturating_sub(3)..].join("\n");
    if last.is_empty() { "git failed and said nothing".to_owned() } else { last }
}

/// Removes Git's own files: the directory of the repository and the links to it in submodules.
fn remove_own_files(dir: &Path) -> Result<(), InstallError> {
    use super::super::error::IoAction;

    let own: Vec<PathBuf> = walkdir::WalkDir::new(dir)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_name() == ".git")
        .map(walkdir::DirEntry::into_path)
        .collect();
    // The outermost first; what lay in it is gone with it.
    for path in own {
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(InstallError::io(IoAction::Remove, &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_comes_before_a_branch_and_an_annotated_tag_is_its_commit() {
        let listed = "aaa\trefs/heads/v1\nbbb\trefs/tags/v1\nccc\trefs/tags/v1^{}\nddd\trefs/heads/x/v1\n";
        assert_eq!(best_match(listed, "v1").as_deref(), Some("ccc"));
        assert_eq!(best_match(&listed[..35], "v1").as_deref(), Some("bbb"));
        assert_eq!(best_match(listed, "heads/v1").as_deref(), Some("aaa"));
        assert_eq!(best_match("eee\tHEAD\n", "HEAD").as_deref(), Some("eee"));
        assert_eq!(best_match(listed, "v2"), None);
    }

    #[test]
    fn the_directory_is_named_after_the_repository() {
        for (url, name) in [
            ("https://github.com/me/Thing.git", "Thing"),
            ("https://github.com/me/Thing/", "Thing"),
            ("git@github.com:me/My-Lib.git", "My-Lib"),
            ("/srv/git/x", "x"),
            ("file:///", "library"),
        ] {
            assert_eq!(directory_name(url), name, "{url}");
        }
    }
}
