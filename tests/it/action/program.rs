//! The program as a release, as a wheel or in `PATH`, with stand-ins for `curl`, `gh`, `git` and `python3`.

use std::fs;
use std::process::Command;

use super::job::{Called, Job};
use super::source::Runner;
use crate::failures_core::script;
use crate::support::repository;

/// Serves the files in `served` by their names.
const CURL: &str = "\
here=$(dirname \"$0\")
while [ $# -gt 1 ]; do [ \"$1\" != --output ] || to=$2; shift; done
printf '%s\\n' \"$1\" >> \"$here/urls\"
[ -f \"$here/served/${1##*/}\" ] || exit 22
cp \"$here/served/${1##*/}\" \"$to\"
";

/// Accepts every attestation, unless there is a file `forged`.
const GH: &str = "\
here=$(dirname \"$0\")
[ \"$3\" != --help ] || exit 0
printf '%s\\n' \"$@\" \"GH_TOKEN=$GH_TOKEN\" > \"$here/verified\"
[ ! -e \"$here/forged\" ]
";

/// A pip that has the wheel if there is a file `wheel`.
const PYTHON: &str = "\
here=$(dirname \"$0\")
printf '%s\\n' \"$@\" > \"$here/pip\"
pwd >> \"$here/pip\"
[ -e \"$here/wheel\" ] || exit 1
while [ $# -gt 1 ]; do [ \"$1\" != --target ] || to=$2; shift; done
mkdir -p \"$to/bin\"
cp \"$here/wheel\" \"$to/bin/fbuild-matrix\"
";

/// A repository in which the tag of the release has the commit `a…`.
const GIT: &str = "printf '%s\\trefs/tags/v%s\\n' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 0\n";

fn runner() -> Runner {
    let mut runner = Runner::new("../action", "1.99.0");
    for (name, text) in [("curl", CURL), ("gh", GH), ("git", GIT)] {
        runner.workspace = script(runner.workspace.clone(), &format!("rust/{name}"), text);
    }
    runner
}

fn tools(runner: &Runner, name: &str) -> std::path::PathBuf {
    runner.workspace.path("rust").join(name)
}

fn call(job: &Job, inputs: &[(&str, &str)]) -> Called {
    job.call_with(&[&[("matrix", "m.yml"), ("base", "")], inputs].concat())
}

/// Publishes a program as the release of `version`; returns the archive's name.
fn publish(runner: &Runner, version: &str) -> String {
    let name = format!("fbuild-matrix-{version}-{}-unknown-linux-gnu", std::env::consts::ARCH);
    let served = tools(runner, "served");
    let program = served.join(&name).join("fbuild-matrix");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::copy(tools(runner, "program"), program).unwrap();
    let archive = format!("{name}.tar.gz");
    let script = format!("tar -czf {archive} {name} && sha256sum {archive} > {archive}.sha256");
    let status = Command::new("sh").arg("-c").arg(script).current_dir(&served).status().unwrap();
    assert!(status.success());
    archive
}

/// The version in `Cargo.toml`.
fn own_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn was_built(called: &Called) -> bool {
    called.started.iter().any(|step| step == "Build fbuild-matrix")
}

#[test]
fn a_release_is_downloaded_verified_and_used() {
    let runner = runner();
    let archive = publish(&runner, own_version());
    let job = runner.job().used_as("v1");
    let called = call(&job, &[]).assert_exit(0);
    assert!(!was_built(&called) && called.outputs["program"].ends_with("/fbuild-matrix"), "{called:#?}");
    let url =
        format!("https://github.example/owner/fbuild-matrix/releases/download/v{}/{archive}", own_version());
    let urls = runner.noted("urls");
    assert_eq!(urls, format!("{url}\n{url}.sha256\n"));
    let verified = runner.noted("verified");
    assert!(
        verified.contains("--repo\nowner/fbuild-matrix\n") && verified.contains("GH_TOKEN=secret"),
        "{verified}"
    );
    // The job's next call finds it; another version is another program.
    call(&job, &[]).assert_exit(0);
    assert_eq!(runner.noted("urls"), urls);
    publish(&runner, "7.8.9");
    let called = call(&job, &[("version", "v7.8.9")]).assert_exit(0);
    assert!(called.outputs["program"].contains("7.8.9"), "{called:#?}");
}

#[test]
fn an_action_that_is_no_release_is_built_from_its_source() {
    let runner = runner();
    publish(&runner, own_version());
    let (release, other) = ("a".repeat(40), "b".repeat(40));
    for (reference, is_release) in
        [(release.as_str(), true), (&other, false), ("main", false), ("", false), ("va", false)]
    {
        let called = call(&runner.job().on_a_new_runner().used_as(reference), &[]).assert_exit(0);
        assert_eq!(was_built(&called), !is_release, "{reference}");
        let _ = fs::remove_dir_all(runner.action().join("target"));
    }
    let called = call(&runner.job().on_a_new_runner().used_as("v1"), &[("version", "source")]).assert_exit(0);
    assert!(was_built(&called));
}

#[test]
fn what_fails_a_check_is_not_run() {
    for (change, text) in [
        ("echo x >> ARCHIVE", "checksum"),
        ("echo 0000 > ARCHIVE.sha256", "checksum"),
        (": > ARCHIVE.sha256", "checksum"),
        ("rm ARCHIVE.sha256", "no checksum"),
        ("touch ../forged", "no valid attestation"),
    ] {
        let runner = runner();
        let archive = publish(&runner, own_version());
        let change = change.replace("ARCHIVE", &archive);
        let status = Command::new("sh").args(["-c", &change]).current_dir(tools(&runner, "served")).status();
        assert!(status.unwrap().success());
        let called = call(&runner.job().used_as("v1"), &[]).assert_refused(text).assert_exit(3);
        assert_eq!(
            called.started,
            ["Check the inputs", "Find fbuild-matrix", "Publish the reports"],
            "{change}"
        );
    }
}

#[test]
fn without_a_release_the_wheel_is_taken_and_without_both_the_source() {
    let runner = runner();
    let job = runner.job().used_as("v1");
    let called = call(&job, &[]).assert_exit(0);
    assert!(was_built(&called) && called.log.contains("built from source"), "{called:#?}");

    let runner = super::program::runner();
    script(runner.workspace.clone(), "rust/python3", PYTHON);
    fs::copy(tools(&runner, "program"), tools(&runner, "wheel")).unwrap();
    let called = call(&runner.job().used_as("v1"), &[]).assert_exit(0);
    assert!(!was_built(&called) && called.outputs["program"].contains("wheel"), "{called:#?}");
    let pip = runner.noted("pip");
    assert!(
        pip.starts_with("-I\n") && pip.ends_with("\n/\n"),
        "modules of the checkout are not imported: {pip}"
    );
    assert!(pip.contains(&format!("fbuild-matrix=={}\n", own_version())), "{pip}");

    // Another version than the source's is not replaced by the source.
    fs::remove_file(tools(&runner, "wheel")).unwrap();
    call(&runner.job().on_a_new_runner(), &[("version", "9.9.9")])
        .assert_refused("9.9.9 is unavailable")
        .assert_exit(3);
}

#[test]
fn setting_up_puts_the_program_into_the_path() {
    let runner = runner();
    publish(&runner, "7.8.9");
    let job = runner.job().action(runner.action().join("setup")).used_as("v1");
    let called = job.call_with(&[("version", "7.8.9")]);
    assert!(called.succeeded, "{called:#?}");
    assert_eq!(format!("{}/fbuild-matrix", called.path.trim_end()), called.outputs["program"]);
    let called = job.call_with(&[("binary", "tar")]);
    assert!(
        !called.succeeded && called.path.is_empty() && called.log.contains("not named fbuild-matrix"),
        "{called:#?}"
    );
}

#[test]
fn names_of_a_release_are_the_same_everywhere() {
    let text = |path: &str| fs::read_to_string(repository(path)).unwrap();
    let manifest = text("Cargo.toml");
    assert!(manifest.contains("/releases/download/v{ version }/{ name }-{ version }-{ target }.tar.gz"));
    assert!(manifest.contains("bin-dir = \"{ name }-{ version }-{ target }/{ bin }{ binary-ext }\""));
    let release = text(".github/workflows/release.yml");
    assert!(release.contains(".github/release/build.sh"));
    assert!(text(".github/release/build.sh").contains("fbuild-matrix-$VERSION-$TARGET"));
    assert!(text(".github/action/program.sh").contains("/.github/workflows/release.yml"));
}
