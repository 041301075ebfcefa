//! Inputs as users and strangers write them: each is taken as it is, or refused in one line.

use std::fs;
use std::path::Path;

use super::job::{Called, Job};
use super::{checkout, processes};
use crate::failures_core::{EMPTY, matrix, script};

/// A program that writes its arguments to `arguments`, one a line, and what it is asked for first to `asked`.
const RECORDER: &str = "\
printf '%s\\n' \"$1\" >> \"$(dirname \"$0\")/asked\"
case $1 in run) printf '%s\\n' \"$@\" > \"$(dirname \"$0\")/arguments\" ;; esac
";

fn recorder() -> Job {
    let workspace = checkout(&[]).file("glob-1", "").file("glob-2", "");
    Job::new(script(workspace, "tool/recorder", RECORDER))
}

/// The arguments that the program was started with.
fn arguments(job: &Job) -> Vec<String> {
    let text = fs::read_to_string(job.workspace.path("tool/arguments")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn call(job: &Job, inputs: &[(&str, &str)]) -> Called {
    let mut all = vec![("matrix", "m.yml"), ("binary", "tool/recorder")];
    all.retain(|(name, _)| !inputs.iter().any(|(given, _)| given == name));
    all.extend(inputs);
    job.call(&all)
}

#[test]
fn arguments_are_lines_and_nothing_else() {
    let job = recorder();
    let args = "-s\n  **/My Sketch  \n\n-E\ntag = 'a \"b\"'\n--filter=x = $(touch canary) `touch canary`\nglob-*\n\\n \\\r\n~";
    call(&job, &[("args", args)]).assert_exit(0);
    let given = arguments(&job);
    let expected = [
        "-s",
        "**/My Sketch",
        "-E",
        "tag = 'a \"b\"'",
        "--filter=x = $(touch canary) `touch canary`",
        "glob-*",
        "\\n \\",
        "~",
        "--",
        "m.yml",
    ];
    let (directories, rest) = given.split_at(5);
    assert_eq!(rest, expected);
    let path = |name: &str| job.workspace.path(name).display().to_string();
    assert_eq!(directories[0], "run");
    let options = ["--work-dir", &path(".fbuild-matrix"), "--cache-dir", &path(".fbuild-matrix-cache")];
    assert_eq!(directories[1..], options);
    assert!(!job.workspace.path("canary").exists());
    let asked = fs::read_to_string(job.workspace.path("tool/asked")).unwrap();
    assert_eq!(asked, "--version\nrun\ncache\n");
}

#[test]
fn arguments_that_would_move_reports_or_caches_are_refused() {
    let job = recorder();
    for option in ["--report-dir", "--work-dir", "--cache-dir"] {
        for args in [format!("{option}=x"), format!("-v\n {option}\nx")] {
            call(&job, &[("args", &args)]).assert_refused(option).assert_exit(2);
        }
    }
    for args in ["--board uno", "-b uno", "-v\n-s *"] {
        call(&job, &[("args", args)]).assert_refused("one argument a line").assert_exit(2);
    }
    assert!(!job.workspace.path("tool/arguments").exists());
}

#[test]
fn directories_are_resolved_once() {
    let job = recorder();
    let home = job.workspace.home().canonicalize().unwrap();
    for (input, option) in [("work-dir", "--work-dir"), ("cache-dir", "--cache-dir")] {
        let cases = [
            ("~/a b", home.join("a b")),
            (" x/../y/./z ", job.workspace.path("y/z")),
            ("--", job.workspace.path("--")),
            ("-n", job.workspace.path("-n")),
            ("$HOME 'q' \"q\"", job.workspace.path("$HOME 'q' \"q\"")),
            (home.to_str().unwrap(), home.clone()),
        ];
        for (value, expected) in cases {
            let called = call(&job, &[(input, value)]).assert_exit(0);
            let given = arguments(&job);
            let at = given.iter().position(|argument| argument == option).unwrap();
            assert_eq!(Path::new(&given[at + 1]), expected, "{input}: {value}");
            if input == "work-dir" {
                assert_eq!(Path::new(&called.outputs["report-dir"]), expected.join("reports"));
            }
        }
        for value in [".", "..", "/", "s/..", ""] {
            call(&job, &[(input, value)]).assert_refused(input).assert_exit(2);
        }
        for value in ["a*", "a?", "[a]", "a\\b", "/dev/null", "a\nexit-code=0", "a\u{1b}[31m"] {
            call(&job, &[(input, value)]).assert_refused(input).assert_exit(2);
        }
    }
    call(&job, &[("work-dir", "c/w"), ("cache-dir", "c")]).assert_refused("work-dir").assert_exit(2);
}

#[test]
fn files_of_the_user_are_not_removed_with_old_reports() {
    let job = recorder();
    let workspace = &job.workspace;
    for path in ["doc/reports/thesis.tex", "doc/junit.xml", "doc/reports/junit.xml"] {
        workspace.clone().file(path, "");
    }
    call(&job, &[("work-dir", "doc")]).assert_exit(0);
    assert!(workspace.path("doc/reports/thesis.tex").exists() && workspace.path("doc/junit.xml").exists());
    assert!(!workspace.path("doc/reports/junit.xml").exists());
}

#[test]
fn a_matrix_may_have_any_name() {
    let workspace = checkout(&[("A", EMPTY)]);
    let names = ["-v.yml", "a b.yml", "it's \"$(touch canary)\" `touch canary`.yml", "*.yml", "--help"];
    let workspace =
        names.iter().fold(workspace, |workspace, name| workspace.file(name, matrix("sketches: [s/A]\n")));
    fs::write(workspace.home().join("m.yml"), fs::read_to_string(workspace.path("m.yml")).unwrap()).unwrap();
    let job = Job::new(workspace);
    for name in names {
        job.call(&[("matrix", name)]).assert_exit(0);
    }
    assert!(!job.workspace.path("canary").exists());
    // `~` is the home directory: the sketches are missing there.
    assert!(job.call(&[("matrix", "~/m.yml")]).assert_exit(2).log.contains("s/*"));
    job.call(&[("matrix", " \n")]).assert_refused("matrix").assert_exit(2);
    job.call(&[("matrix", "m.yml\nreport-dir=/etc")]).assert_refused("one line").assert_exit(2);
}

/// Every input with every text that breaks shells, workflow commands or output files.
#[test]
fn hostile_inputs_run_nothing_and_forge_nothing() {
    let job = recorder();
    let texts = [
        "$(touch canary)",
        "`touch canary`",
        "\"; touch canary; \"",
        "'; touch canary; '",
        "a\nexit-code=0\nb",
        "a<<END\nexit-code=0\nEND",
        "x\r\n::set-output name=exit-code::0",
        "::error::%0Aexit-code=0",
        "*",
        "-rf",
        "~",
        "é, \\",
    ];
    // Those that take most texts go together.
    let inputs: [&[&str]; 6] = [
        &["matrix", "args", "cache-key"],
        &["binary"],
        &["cache-dir"],
        &["cache-size"],
        &["work-dir"],
        &["artifact"],
    ];
    for names in inputs {
        for text in texts {
            let inputs: Vec<(&str, &str)> = names.iter().map(|&name| (name, text)).collect();
            let called = call(&job, &inputs);
            let code = called.outputs["exit-code"].as_str();
            assert_eq!(called.succeeded, code == "0", "{inputs:?}: {called:#?}");
            assert!(["0", "2"].contains(&code), "{inputs:?}: {called:#?}");
            let reports = &called.outputs["report-dir"];
            let is_known = ["/reports", "/fbuild-matrix-no-reports"].iter().any(|end| reports.ends_with(end));
            assert!(is_known, "{reports}");
            assert!(!job.workspace.path("canary").exists(), "{inputs:?}");
            if code == "2" {
                called.assert_refused("");
            }
        }
    }
    assert!(
        fs::read_dir(job.workspace.home()).unwrap().count() <= 5,
        "nothing is left in the home directory"
    );
}

#[test]
fn a_program_is_found_by_path_and_by_name() {
    let job = recorder();
    let tools = job.workspace.path("tool");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let job = job.env("PATH", &path);
    for binary in ["recorder", "tool/recorder", "./tool/recorder", tools.join("recorder").to_str().unwrap()] {
        call(&job, &[("binary", binary)]).assert_exit(0);
    }
    for binary in ["tool", "tool/asked", "none", "m.yml", "-p"] {
        call(&job, &[("binary", binary)]).assert_refused("binary").assert_exit(2);
    }
}

#[test]
fn what_a_run_prints_is_no_command_for_the_runner() {
    let text = "#error ::set-output name=exit-code::0\n";
    let job = Job::new(checkout(&[("A", text)]));
    let called = job.call(&[("matrix", "m.yml")]).assert_exit(1);
    let begin = called.log.find("::stop-commands::").unwrap();
    let token = called.log[begin..].lines().next().unwrap().rsplit("::").next().unwrap();
    assert_eq!(token.len(), 32, "{token}");
    assert!(called.log[begin..].contains(&format!("\n::{token}::\n")));
    assert!(processes(&job) > 0);
}

#[test]
fn other_systems_are_refused_in_one_line() {
    for system in ["Windows", "macOS"] {
        let job = recorder().env("RUNNER_OS", system);
        let called = call(&job, &[]).assert_refused(system).assert_exit(2);
        assert_eq!(called.log.trim_end().lines().count(), 1, "{}", called.log);
        assert_eq!(called.started, ["Check the inputs"]);
    }
}

#[test]
fn sizes_and_artifact_names_are_checked_before_the_run() {
    let job = recorder();
    for size in ["0.5GiB", "500M", "1000", "2 GiB"] {
        call(&job, &[("cache-size", size)]).assert_exit(0);
    }
    for (input, value) in
        [("cache-size", "much"), ("cache-size", ""), ("artifact", "a/b"), ("artifact", "a:b")]
    {
        call(&job, &[(input, value)]).assert_refused(input).assert_exit(2);
    }
}
