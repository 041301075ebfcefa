//! The program built from the action's own source, with a `cargo` that records how it was started.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::checkout;
use super::job::{Called, Job};
use crate::failures_core::{EMPTY, script};
use crate::support::{Workspace, repository};

/// Leaves a program that does nothing where a build would.
const CARGO: &str = "\
here=$(dirname \"$0\")
[ \"$1\" = build ] || exit 0
pwd > \"$here/directory\"
printf '%s\\n' \"$@\" > \"$here/arguments\"
env > \"$here/environment\"
while [ $# -gt 0 ]; do [ \"$1\" != --target-dir ] || target=$2; shift; done
mkdir -p \"$target/release\"
cp \"$here/program\" \"$target/release/fbuild-matrix\"
";

/// What the scripts need beside bash itself.
const TOOLS: &[&str] = &[
    "bash",
    "cat",
    "cut",
    "cp",
    "dirname",
    "env",
    "find",
    "grep",
    "gzip",
    "head",
    "mkdir",
    "od",
    "printf",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "sort",
    "tar",
    "tr",
    "uname",
    "wc",
    "xargs",
];

/// A runner with a Rust of this version, and a copy of the action in `directory`.
pub(super) struct Runner {
    pub(super) workspace: Workspace,
    action: PathBuf,
}

impl Runner {
    pub(super) fn new(directory: &str, version: &str) -> Self {
        let workspace = script(checkout(&[("A", EMPTY)]), "rust/cargo", CARGO);
        let workspace =
            script(workspace, "rust/rustc", &format!("echo 'rustc {version} (abc 2026-01-01)'\n"));
        let workspace = script(workspace, "rust/program", "true\n");
        for tool in TOOLS {
            let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().unwrap();
            let found = String::from_utf8(found.stdout).unwrap().trim().to_owned();
            // A shell may answer with the name of its own command.
            let found = if found.starts_with('/') { found } else { format!("/usr/bin/{tool}") };
            symlink(found, workspace.path("rust").join(tool)).unwrap();
        }
        symlink("/usr/bin/cc", workspace.path("rust/cc")).unwrap();
        let action = workspace.path(directory);
        fs::create_dir_all(&action).unwrap();
        for path in ["action.yml", "setup", ".github", "Cargo.toml", "Cargo.lock", "src"] {
            let copied = Command::new("cp").arg("-r").arg(repository(path)).arg(&action).status().unwrap();
            assert!(copied.success(), "{path}");
        }
        Self { workspace, action }
    }

    pub(super) fn job(&self) -> Job {
        let tools = self.workspace.path("rust");
        Job::new(self.workspace.clone()).action(self.action.clone()).env("PATH", tools.to_str().unwrap())
    }

    /// The directory of the action.
    pub(super) fn action(&self) -> PathBuf {
        self.action.clone()
    }

    fn call(&self, job: &Job) -> Called {
        let called = job.call_with(&[("matrix", "m.yml")]);
        let _ = fs::remove_dir_all(self.action.join("target"));
        called
    }

    /// What the last build noted.
    pub(super) fn noted(&self, what: &str) -> String {
        fs::read_to_string(self.workspace.path("rust").join(what)).unwrap_or_default()
    }

    fn forget(&self) {
        fs::remove_file(self.workspace.path("rust/arguments")).unwrap();
    }
}

#[test]
fn the_build_knows_nothing_of_the_users_cargo() {
    // Outside the checkout, as for `uses: OWNER/NAME@v1`, and in it, as for a copy of the action there.
    for directory in ["../action", "tools/action"] {
        let runner = Runner::new(directory, "1.99.0");
        let hostile = "[build]\ntarget = \"thumbv7em-none-eabi\"\n";
        for (path, text) in
            [(".cargo/config.toml", hostile), ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.60\"\n")]
        {
            runner.workspace.clone().file(path, text);
        }
        let mut job = runner.job();
        for (name, value) in [
            ("CARGO_BUILD_TARGET", "thumbv7em-none-eabi"),
            ("CARGO_TARGET_DIR", "/tmp/elsewhere"),
            ("RUSTFLAGS", "-Dwarnings"),
            ("RUSTUP_TOOLCHAIN", "1.60"),
            ("RUSTC_WRAPPER", "false"),
            ("CC", "avr-gcc"),
            ("CFLAGS", "-mmcu=none"),
            ("CARGO_HOME", "/opt/cargo"),
            ("https_proxy", "http://proxy"),
        ] {
            job = job.env(name, value);
        }
        runner.call(&job).assert_exit(0);
        let from = PathBuf::from(runner.noted("directory").trim());
        assert!(!from.starts_with(runner.workspace.path("")), "{}", from.display());
        let environment = runner.noted("environment");
        let names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        let known = ["HOME", "PATH", "CARGO_HOME", "https_proxy", "PWD", "OLDPWD", "SHLVL", "_"];
        assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
        assert!(names.contains(&"CARGO_HOME") && names.contains(&"https_proxy"), "{names:?}");
        let arguments = runner.noted("arguments");
        let manifest = runner.action.canonicalize().unwrap().join("Cargo.toml");
        assert!(arguments.contains(&format!("--manifest-path\n{}\n", manifest.display())), "{arguments}");
        assert!(arguments.contains("--locked\n"), "{arguments}");
    }
}

#[test]
fn a_program_is_built_again_when_what_enters_it_changes() {
    let runner = Runner::new("../action", "1.99.0");
    let built = |runner: &Runner| {
        let job = runner.job();
        let called = runner.call(&job).assert_exit(0);
        (job, called.started.iter().any(|step| step == "Build fbuild-matrix"))
    };
    let (job, was_built) = built(&runner);
    assert!(was_built);
    let key = |job: &Job| job.caches.borrow().keys()[0].clone();
    let first = key(&job);
    assert!(first.starts_with("fbuild-matrix-program-"), "{first}");
    // The next runner restores it.
    runner.forget();
    let job = job.on_a_new_runner();
    let called = runner.call(&job).assert_exit(0);
    assert!(!called.started.iter().any(|step| step == "Build fbuild-matrix"), "{:?}", called.started);
    assert_eq!((runner.noted("arguments"), called.restored.contains(&first)), (String::new(), true));

    let changed = |path: &str, text: &str| {
        let path = runner.action.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        key(&built(&runner).0)
    };
    let mut keys = vec![first];
    for (path, is_input) in [
        ("src/new.rs", true),
        ("README.md", false),
        ("crates/elf/examples/a.rs", false),
        ("crates/elf/src/lib.rs", true),
        ("Cargo.lock", true),
        ("tests/it/main.rs", false),
        ("rust-toolchain.toml", true),
    ] {
        let key = changed(path, "changed");
        assert_eq!(key != *keys.last().unwrap(), is_input, "{path}");
        keys.push(key);
    }
    let other = Runner::new("../action", "1.99.1");
    assert_ne!(key(&built(&other).0), keys[0], "another compiler");
}

#[test]
fn a_runner_that_cannot_build_is_told_what_it_lacks() {
    let needs = |change: &dyn Fn(&Path), version: &str, texts: &[&str]| {
        let runner = Runner::new("../action", version);
        change(&runner.workspace.path("rust"));
        let called = runner.call(&runner.job()).assert_exit(3);
        let called = texts.iter().fold(called, |called, text| called.assert_refused(text));
        assert_eq!(called.log.trim_end().lines().count(), 1, "{}", called.log);
        assert_eq!(runner.noted("arguments"), "");
    };
    let remove = |name: &'static str| move |tools: &Path| fs::remove_file(tools.join(name)).unwrap();
    let manifest = fs::read_to_string(repository("Cargo.toml")).unwrap();
    let wanted =
        manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let wanted = format!("Rust {wanted} or later");
    needs(&remove("rustc"), "1.99.0", &[&wanted, "https://rustup.rs"]);
    needs(&remove("cargo"), "1.99.0", &[&wanted]);
    needs(&remove("cc"), "1.99.0", &["cc"]);
    needs(&|_| (), "1.9.0", &[&wanted, "not 1.9.0", "rustup update"]);
    needs(&remove("cc"), "1.94.1-nightly", &["cc", "not 1.94.1", &wanted]);
    // A newer one will do, a nightly too.
    let runner = Runner::new("../action", "1.100.0-nightly");
    runner.call(&runner.job()).assert_exit(0);
}

#[test]
fn a_build_that_fails_is_a_failed_set_up() {
    let runner = Runner::new("../action", "1.99.0");
    let cargo = runner.workspace.path("rust/cargo");
    fs::write(&cargo, "#!/bin/sh\n[ \"$1\" != build ]\n").unwrap();
    let called = runner.call(&runner.job()).assert_refused("could not be built").assert_exit(3);
    assert!(
        !called.started.iter().any(|step| step.starts_with("Run") || step.starts_with("Save")),
        "{:?}",
        called.started
    );
    assert_eq!(runner.job().caches.borrow().keys(), Vec::<String>::new());
}
