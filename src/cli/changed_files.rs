//! The files that the commit or pull request of a CI job changes, as far as the checkout has the base.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::git::{Git, commit};

/// Returns the absolute paths of the changed files of the Git checkout `checkout`; `None` if the job names no base, the
/// checkout is too shallow to have it, or there is no Git.
pub(super) fn changed_files(
    checkout: &Path,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Option<HashSet<PathBuf>> {
    let git = Git::at(checkout);
    let base = base(git, &Job::of(variable)?)?;
    let root = git.top()?;
    // From the base to the files as they are. A renamed file is there under its new name.
    let names = git.run(&["diff", "--name-only", "--no-renames", "-z", &base, "--"])?;
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Some(names.map(|name| root.join(OsStr::from_bytes(name))).collect())
}

/// What a job says about the change that it tests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Job {
    /// Whether HEAD is a merge of the change into its target, made for the test.
    is_merge: bool,
    /// Commit before the change, or of its target branch.
    base: Option<String>,
    /// Target branch of a pull request.
    branch: Option<String>,
}

impl Job {
    /// Reads the variables of GitHub and Azure; `None` where the job tests no change.
    fn of(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<Self> {
        let text = |name: &str| variable(name)?.into_string().ok().filter(|text| !text.is_empty());
        let event: Value = text("GITHUB_EVENT_PATH")
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let of_event = |path: &str| event.pointer(path).and_then(Value::as_str).and_then(commit);
        let target = text("GITHUB_BASE_REF").or_else(|| text("SYSTEM_PULLREQUEST_TARGETBRANCH"));
        let target = target.map(|name| name.trim_start_matches("refs/heads/").to_owned());
        let branch = target.filter(|name| !name.starts_with('-'));
        let base = of_event("/pull_request/base/sha").or_else(|| of_event("/before"));
        // `pull_request_target` checks out the target itself.
        let is_merge =
            branch.is_some() && text("GITHUB_EVENT_NAME").is_none_or(|name| name == "pull_request");
        (base.is_some() || branch.is_some()).then_some(Self { is_merge, base, branch })
    }
}

/// Returns the commit from which the change started.
fn base(git: Git<'_>, job: &Job) -> Option<String> {
    if job.is_merge
        && git.commit("HEAD^2").is_some()
        && let Some(target) = git.commit("HEAD^1")
    {
        return Some(target);
    }
    let branch = job.branch.as_ref().map(|name| format!("refs/remotes/origin/{name}"));
    let target = job.base.iter().chain(&branch).find_map(|name| git.commit(name))?;
    // Without a common commit, the checkout is too shallow: the difference to the target is more than the change.
    git.run(&["merge-base", &target, "HEAD"]).and_then(|found| commit(&String::from_utf8_lossy(&found)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// A checkout with a target branch of two commits, and a change that starts at the first.
    struct Checkout(tempfile::TempDir);

    impl Checkout {
        fn new() -> Self {
            let checkout = Self(tempfile::tempdir().unwrap());
            checkout.git(&["init", "-q", "-b", "main"]);
            checkout.write("old.ino").write("a.h").commit("one");
            checkout.git(&["checkout", "-q", "-b", "change"]);
            checkout.write("dir/ä.ino").commit("mine");
            checkout.git(&["checkout", "-q", "main"]);
            checkout.write("theirs.ino").commit("two");
            checkout
        }

        fn write(&self, path: &str) -> &Self {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
            self
        }

        fn commit(&self, message: &str) {
            self.git(&["add", "-A"]);
            self.git(&["commit", "-q", "-m", message]);
        }

        fn git(&self, arguments: &[&str]) -> String {
            let mut command = Command::new("git");
            command.args(["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]);
            let output = command.args(arguments).current_dir(self.0.path()).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }

        fn changed(&self, variables: &[(&str, &str)]) -> Option<Vec<String>> {
            let value = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| OsString::from(it.1));
            let root = self.0.path().canonicalize().unwrap();
            let mut names: Vec<String> = changed_files(self.0.path(), &value)?
                .iter()
                .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
                .collect();
            names.sort();
            Some(names)
        }

        /// Writes the file of an event.
        fn event(&self, event: &Value) -> String {
            let path = self.0.path().join(".git/event.json");
            fs::write(&path, event.to_string()).unwrap();
            path.to_str().unwrap().to_owned()
        }
    }

    const PULL_REQUEST: (&str, &str) = ("GITHUB_EVENT_NAME", "pull_request");

    #[test]
    fn a_pull_request_changes_what_its_merge_brings() {
        let checkout = Checkout::new();
        checkout.git(&["merge", "-q", "--no-ff", "-m", "merge", "change"]);
        let variables = [PULL_REQUEST, ("GITHUB_BASE_REF", "main")];
        assert_eq!(checkout.changed(&variables), Some(vec!["dir/ä.ino".to_owned()]));
    }

    #[test]
    fn without_the_merge_the_fork_point_counts_also_for_files_that_are_not_committed() {
        let checkout = Checkout::new();
        let main = checkout.git(&["rev-parse", "main"]);
        checkout.git(&["checkout", "-q", "change"]);
        checkout.git(&["update-ref", "refs/remotes/origin/main", &main]);
        fs::write(checkout.0.path().join("a.h"), "new").unwrap();
        let both = Some(vec!["a.h".to_owned(), "dir/ä.ino".to_owned()]);
        let event = checkout.event(&serde_json::json!({"pull_request": {"base": {"sha": main}}}));
        assert_eq!(checkout.changed(&[PULL_REQUEST, ("GITHUB_EVENT_PATH", &event)]), both);
        assert_eq!(checkout.changed(&[("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main")]), both);
    }

    #[test]
    fn a_push_changes_what_came_since_the_commit_before() {
        let checkout = Checkout::new();
        let before = checkout.git(&["rev-parse", "HEAD^"]);
        let event = checkout.event(&serde_json::json!({"before": before}));
        assert_eq!(checkout.changed(&[("GITHUB_EVENT_PATH", &event)]), Some(vec!["theirs.ino".to_owned()]));
    }

    #[test]
    fn what_the_checkout_does_not_have_is_unknown() {
        let checkout = Checkout::new();
        assert_eq!(checkout.changed(&[]), None);
        for missing in ["0".repeat(40), "1".repeat(40), "--output=x".to_owned()] {
            let event = checkout.event(&serde_json::json!({"before": missing}));
            assert_eq!(checkout.changed(&[("GITHUB_EVENT_PATH", &event)]), None, "{missing}");
        }
        assert_eq!(checkout.changed(&[("GITHUB_BASE_REF", "gone")]), None);
        assert_eq!(checkout.changed(&[("GITHUB_BASE_REF", "--output=x")]), None);
    }
}
