//! The commit of the checkout that has the matrix, for reports. Reads the environment of CI systems and Git's files, and
//! starts no program.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::event::Commit;

/// Returns the commit: of a pull request on GitHub its head, as `GITHUB_SHA` is a merge commit there; else `GITHUB_SHA` or
/// `CI_COMMIT_SHA` (GitLab); else that of the checkout around `directory`.
pub(super) fn commit(directory: &Path) -> Option<Commit> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let event = variable("GITHUB_EVENT_PATH").and_then(|path| fs::read(path).ok());
    let head = event.and_then(|text| pull_request_head(&text));
    let hash = head
        .or_else(|| variable("GITHUB_SHA"))
        .or_else(|| variable("CI_COMMIT_SHA"))
        .or_else(|| checked_out(directory))?;
    let url = match (variable("GITHUB_SERVER_URL"), variable("GITHUB_REPOSITORY"), variable("CI_PROJECT_URL"))
    {
        (Some(server), Some(repository), _) => format!("{server}/{repository}/commit/{hash}"),
        (_, _, Some(project)) => format!("{project}/-/commit/{hash}"),
        _ => String::new(),
    };
    Some(Commit { hash, url })
}

/// Returns the hash of a pull request's head, from the event that started a workflow.
fn pull_request_head(event: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(event).ok()?;
    event.pointer("/pull_request/head/sha")?.as_str().map(str::to_owned)
}

/// Returns the commit that is checked out in the Git work tree around `directory`.
fn checked_out(directory: &Path) -> Option<String> {
    let git = directory.ancestors().map(|above| above.join(".git")).find(|path| path.exists())?;
    let git = if git.is_dir() { git } else { linked(&git)? };
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let Some(name) = head.trim().strip_prefix("ref: ") else { return hash(&head) };
    // The branches of a linked work tree are those of its main one.
    let common = fs::read_to_string(git.join("commondir")).ok();
    let common = common.map_or_else(|| git.clone(), |path| git.join(path.trim()));
    let loose = fs::read_to_string(common.join(name)).ok().and_then(|text| hash(&text));
    loose.or_else(|| {
        let packed = fs::read_to_string(common.join("packed-refs")).ok()?;
        let line =
            packed.lines().find(|line| line.split_once(' ').is_some_and(|(_, other)| other == name))?;
        hash(line.split(' ').next()?)
    })
}

/// Returns the directory that a `.git` file names.
fn linked(file: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(file).ok()?;
    Some(file.parent()?.join(text.trim().strip_prefix("gitdir: ")?))
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    let is_hash = text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "89abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn the_head_of_a_pull_request_is_not_the_merge_commit() {
        let event = format!(
            "{{\"pull_request\":{{\"head\":{{\"sha\":\"{ONE}\"}},\"merge_commit_sha\":\"{OTHER}\"}}}}"
        );
        assert_eq!(pull_request_head(event.as_bytes()).as_deref(), Some(ONE));
        assert_eq!(pull_request_head(b"{\"head_commit\":{}}"), None);
        assert_eq!(pull_request_head(b"no JSON"), None);
    }

    #[test]
    fn a_branch_a_packed_branch_and_a_linked_work_tree_are_read() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let found = |path: &str| checked_out(&root.path().join(path));
        write("repo/examples/x", "");
        write("repo/.git/HEAD", &format!("{ONE}\n"));
        assert_eq!(found("repo/examples").as_deref(), Some(ONE), "detached");
        write("repo/.git/HEAD", "ref: refs/heads/main\n");
        write(
            "repo/.git/packed-refs",
            &format!("# pack-refs\n{ONE} refs/heads/main2\n{OTHER} refs/heads/main\n"),
        );
        assert_eq!(found("repo").as_deref(), Some(OTHER));
        write("repo/.git/refs/heads/main", ONE);
        assert_eq!(found("repo").as_deref(), Some(ONE));
        write("tree/.git", &format!("gitdir: {}\n", root.path().join("repo/.git/worktrees/t").display()));
        write("repo/.git/worktrees/t/HEAD", "ref: refs/heads/other\n");
        write("repo/.git/worktrees/t/commondir", "../..\n");
        write("repo/.git/refs/heads/other", OTHER);
        assert_eq!(found("tree").as_deref(), Some(OTHER));
        write("empty/.git/HEAD", "ref: refs/heads/none\n");
        assert_eq!(found("empty"), None);
    }
}
