//! Shards: each cell is built by one of them, and their merged reports are those of a single run. The commands of
//! `docs/shards.md` are run as they stand there. The tool chain does nothing, so hundreds of cells take seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::scale::project;
use crate::support::{Reports, Workspace, repository};

const SHARDS: usize = 5;

/// A project of these sketches for the boards `one`, `two` and `three`. If there are more than eight, sketch 7 fails for
/// all boards and sketch 8 is excluded for board `two`.
fn workspace(sketches: usize) -> Workspace {
    let workspace = Workspace::new();
    project::write(&workspace.path(""), sketches).unwrap();
    let matrix = fs::read_to_string(workspace.path("matrix.yml")).unwrap();
    let matrix = matrix.replace("  four: scale:avr:four\n", "");
    if sketches <= 8 {
        return workspace.file("matrix.yml", matrix);
    }
    let matrix = format!("{matrix}exclude: [{{sketch: \"**/Sketch00008\", board: two, reason: no pin}}]\n");
    workspace.file("matrix.yml", matrix).file("sketches/Sketch00007/Sketch00007.pde", "")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// Cells of a plan, and its skipped cells, as `board/sketch`.
fn cells(plan: &Value) -> Vec<String> {
    let lists = ["cells", "skipped"].map(|key| plan[key].as_array().unwrap());
    let name =
        |cell: &Value| format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap());
    lists.into_iter().flatten().map(name).collect()
}

/// The cells of each shard as `plan --shard I/N` prints them.
fn shards_without_a_plan(workspace: &Workspace) -> Vec<Vec<String>> {
    let shard = |index: usize| {
        let shard = format!("{index}/{SHARDS}");
        let run = workspace.run(["plan", "matrix.yml", "--format", "json", "--shard", &shard]).assert_exit(0);
        cells(&json(&run.stdout))
    };
    (1..=SHARDS).map(shard).collect()
}

#[track_caller]
fn assert_partition(shards: &[Vec<String>], all: &[String]) {
    let mut sum: Vec<&String> = shards.iter().flatten().collect();
    sum.sort();
    let mut expected: Vec<&String> = all.iter().collect();
    expected.sort();
    assert_eq!(sum, expected);
}

/// What the reports of a run say of its cells, without times and paths of machines.
#[derive(Debug, PartialEq)]
struct Told {
    /// Names, files and verdicts in the order of `junit.xml`.
    cases: Vec<String>,
    /// Names, FQBNs and outcomes in the order of `timing.json`.
    jobs: Vec<String>,
    /// Sizes by cell.
    sizes: BTreeMap<String, String>,
    /// The result and the failures of `summary.md`, without times.
    summary: Vec<String>,
}

fn told(reports: &Reports) -> Told {
    let cases = reports.junit();
    let cases = cases.cases().map(|case| format!("{case:?}").replace(&format!("time: {:?}", case.time), ""));
    let timing = reports.timing();
    let jobs = timing["jobs"].as_array().unwrap().iter();
    let jobs = jobs.map(|job| {
        // A core's id has a hash of paths.
        let id = if job["kind"] == "core" { &job["board"] } else { &job["id"] };
        [id, &job["kind"], &job["fqbn"], &job["outcome"]].map(Value::to_string).join(" ")
    });
    let events = reports.events();
    let ends =
        events.iter().filter(|event| event["event"] == "job_finished" && !event["job"]["cell"].is_null());
    let summary = reports.text("summary.md");
    let summary = summary
        .lines()
        .filter(|line| line.starts_with("- **") || line.contains(": ✅") || line.starts_with("## "));
    Told {
        cases: cases.collect(),
        jobs: jobs.collect(),
        sizes: ends.map(|end| (end["job"]["cell"].to_string(), end["sizes"].to_string())).collect(),
        summary: summary.map(str::to_owned).collect(),
    }
}

/// Microseconds for which the steps of each cell and of each core held slots.
fn recorded(reports: &Reports) -> BTreeMap<String, f64> {
    let mut times: BTreeMap<String, f64> = BTreeMap::new();
    for event in reports.events().iter().filter(|event| event["event"] == "step_finished") {
        let cell = &event["job"]["cell"];
        if !cell.is_null() {
            let name = format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap());
            *times.entry(name).or_default() +=
                event["end_us"].as_f64().unwrap() - event["start_us"].as_f64().unwrap();
        }
    }
    times
}

/// Fails unless the longest shard of the plan is within 10 % of the mean plus one cell, by its own numbers and by the times of
/// the cells.
#[track_caller]
fn assert_balanced(plan: &Value, times: &BTreeMap<String, f64>) {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for cell in plan["cells"].as_array().unwrap() {
        let name = format!("{}/{}", cell["board"].as_str().unwrap(), cell["sketch"].as_str().unwrap());
        *sums.entry(cell["shard"].as_str().unwrap().to_owned()).or_default() +=
            times.get(&name).unwrap_or(&0.0);
    }
    let shards = plan["shards"].as_array().unwrap();
    assert_eq!((sums.len(), shards.len()), (SHARDS, SHARDS));
    let expected: Vec<f64> = shards.iter().map(|shard| shard["time_s"].as_f64().unwrap()).collect();
    let longest_cell = times.values().copied().fold(0.0, f64::max) / 1e6;
    for (what, times) in [("with cores", expected), ("cells", sums.values().map(|time| time / 1e6).collect())]
    {
        let mean = times.iter().sum::<f64>() / 5.0;
        let longest = times.iter().copied().fold(0.0, f64::max);
        assert!(longest <= 1.1 * mean + longest_cell, "{what}: {times:?}, the longest cell {longest_cell}");
    }
}

/// Fails unless `report` writes the same files as the run, or `junit.xml` in another dialect.
#[track_caller]
fn assert_written_again(workspace: &Workspace, whole: &Reports) {
    let directory = workspace.path("whole/reports");
    let files = || {
        let entries = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
        entries.filter(|path| path.is_file()).map(read).collect::<BTreeMap<_, _>>()
    };
    let before = files();
    for path in before.keys().filter(|path| !path.ends_with("events.jsonl")) {
        fs::write(path, "").unwrap();
    }
    workspace.run(["report", "whole/reports"]).assert_exit(0).assert_stdout("3 failed");
    let after = files();
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert!(before.len() >= 6, "{:?}", before.keys());
    for (path, text) in &before {
        assert!(after[path] == *text, "{} differs:\n{}\n{text}", path.display(), after[path]);
    }
    let strict = ["report", "whole/reports", "--report-dir", "strict", "--junit-dialect", "jenkins-xsd"];
    workspace.run(strict).assert_exit(0);
    assert!(!Reports::new(workspace.path("strict")).text("junit.xml").contains(" file="));
    assert!(whole.text("junit.xml").contains(" file="));
}

/// Fails unless a merge on GitHub writes the step summary of all shards, and annotates nothing again.
#[track_caller]
fn assert_summarised_without_annotations(workspace: &Workspace, directories: &[String]) {
    let summary = workspace.path("step.md");
    let runner = workspace.clone().env("GITHUB_ACTIONS", "true");
    let runner = runner.env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
    let run = runner.run(["merge"].into_iter().chain(directories.iter().map(String::as_str))).assert_exit(1);
    assert!(!run.stdout.contains("::error") && !run.stderr.contains("::error"), "{}", run.stderr);
    let summary = fs::read_to_string(summary).unwrap();
    assert!(summary.contains("299 cells: 296 built, 3 failed, 1 skipped"), "{summary}");
}

#[test]
fn three_hundred_cells_in_five_shards_are_one_run() {
    let workspace = workspace(100);
    let all = json(&workspace.run(["plan", "matrix.yml", "--format", "json"]).assert_exit(0).stdout);
    let all = cells(&all);
    assert_eq!(all.len(), 300);

    // Without any record: a partition whose parts are alike, with few cores built twice.
    let before = shards_without_a_plan(&workspace);
    assert_partition(&before, &all);
    let (least, most) =
        (before.iter().map(Vec::len).min().unwrap(), before.iter().map(Vec::len).max().unwrap());
    assert!(least > 50 && most < 67, "{least} to {most} cells");
    let boards = |shard: &Vec<String>| {
        shard.iter().map(|cell| cell.split('/').next().unwrap().to_owned()).collect::<BTreeSet<_>>().len()
    };
    assert!(before.iter().map(boards).sum::<usize>() <= 7);

    let run = ["run", "-q", "matrix.yml", "--no-cache", "--work-dir"];
    workspace.run(run.iter().chain(&["whole"])).assert_exit(1);
    let whole = Reports::new(workspace.path("whole/reports"));

    // A machine with records agrees with one without.
    let reports = ["--report-dir", "whole/reports"];
    assert_eq!(shards_without_a_plan(&workspace), before);

    // A plan by the records: balanced.
    let plan = ["plan", "matrix.yml", "--shards", "5", "--out", "plan.json"];
    let table = workspace.run(plan.iter().chain(&reports)).assert_exit(0);
    table.assert_stdout("slot time").assert_stdout("5/5");
    let plan = json(&fs::read_to_string(workspace.path("plan.json")).unwrap());
    assert_balanced(&plan, &recorded(&whole));

    // Five machines build it; together their reports are those of the single run. Objects of this tool chain contain paths, so
    // the names of the work directories have one length.
    let mut directories = Vec::new();
    for index in 1..=SHARDS {
        let (work, shard) =
            (format!("part{index}"), if index == 2 { "2/5".to_owned() } else { index.to_string() });
        let run = workspace.run([
            "run",
            "-q",
            "--no-cache",
            "--plan",
            "plan.json",
            "--shard",
            &shard,
            "--work-dir",
            &work,
        ]);
        assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
        directories.push(format!("{work}/reports"));
    }
    let shards: Vec<Vec<String>> = directories
        .iter()
        .map(|directory| {
            let junit = Reports::new(workspace.path(directory)).junit();
            junit.cases().map(|case| format!("{}/{}", case.classname, case.name)).collect()
        })
        .collect();
    assert_partition(&shards, &all);
    let merge = |directories: &[String]| {
        workspace.run(
            ["merge".to_owned()]
                .iter()
                .chain(directories)
                .chain(&["--report-dir".to_owned(), "merged".to_owned()]),
        )
    };
    let merged = merge(&directories).assert_exit(1);
    merged.assert_stdout("296 built, 3 failed, 1 skipped").assert_stdout("more than one main file");
    assert_eq!(told(&Reports::new(workspace.path("merged"))), told(&whole));
    assert!(workspace.path("merged/trace.json").is_file());

    assert_summarised_without_annotations(&workspace, &directories);

    // A lost shard is named, and nothing is written in place of the whole.
    fs::remove_dir_all(workspace.path("merged")).unwrap();
    let lost = merge(&[&directories[..2], &directories[3..]].concat()).assert_exit(2);
    lost.assert_stderr("shard 3/5 is missing").assert_stderr("of 300 cells are in no report");
    assert!(!workspace.path("merged").exists());

    assert_written_again(&workspace, &whole);
}

#[test]
fn a_plan_is_a_matrix_of_jobs_and_says_where_it_does_not_fit() {
    let workspace = workspace(10);
    let plan = |arguments: &[&str]| workspace.run(["plan", "matrix.yml"].iter().chain(arguments));
    let github = plan(&["--shards", "3", "--format", "github", "--out", "plan.json"]).assert_exit(0);
    let jobs = json(&github.stdout);
    let jobs = jobs["include"].as_array().unwrap();
    let shards: Vec<&str> = jobs.iter().map(|job| job["shard"].as_str().unwrap()).collect();
    assert_eq!(shards, ["1/3", "2/3", "3/3"]);
    assert_eq!(jobs.iter().map(|job| job["cells"].as_u64().unwrap()).sum::<u64>(), 29);
    assert_eq!(jobs.iter().map(|job| job["name"].as_str().unwrap()).collect::<BTreeSet<_>>().len(), 3);
    assert_eq!(github.stdout.lines().count(), 1, "GITHUB_OUTPUT takes one line");
    // The plan is the matrix of jobs that was printed with it.
    let again = workspace.run(["plan", "--plan", "plan.json", "--format", "github"]).assert_exit(0);
    assert_eq!(again.stdout, github.stdout);

    // More shards than are worth it; more than GitHub starts; without any record one for each core.
    plan(&["--shards", "25"]).assert_exit(0).assert_stderr("25 shards are hardly faster than");
    plan(&["--shards", "29"])
        .assert_exit(0)
        .assert_stderr("more than half of the work of 29 shards is cores");
    plan(&["--shards", "40", "-q"]).assert_exit(0).assert_stdout("40/40");
    plan(&["--shards", "auto"]).assert_exit(0).assert_stdout("3/3");
    plan(&["--shards", "0"]).assert_exit(2).assert_stderr("at least 1, or auto");

    // A shard that the plan has not; a plan of another matrix, or with other sketches; other selections.
    let run = |arguments: &[&str]| workspace.run(["run", "-q", "--no-cache"].iter().chain(arguments));
    run(&["--plan", "plan.json", "--shard", "4"]).assert_exit(2).assert_stderr("plan.json has only 3 shards");
    run(&["--plan", "plan.json", "--shard", "1/4"])
        .assert_exit(2)
        .assert_stderr("plan.json has 3 shards, not 4");
    run(&["matrix.yml", "--shard", "2"]).assert_exit(2).assert_stderr("write 2/N");
    run(&["matrix.yml", "--shard", "0/3"]).assert_exit(2).assert_stderr("add 1 to an index that starts at 0");
    for more in [["-b", "one"], ["-E", "tag = 'x'"], ["--changed-since", "HEAD"]] {
        run(&[&["--plan", "plan.json"], &more[..]].concat())
            .assert_exit(2)
            .assert_stderr("cannot be used with");
    }
    run(&["--plan", "missing.json"]).assert_exit(2).assert_stderr("missing.json can't be read");
    run(&["--plan", "matrix.yml"]).assert_exit(2).assert_stderr("matrix.yml is no plan");
    fs::remove_dir_all(workspace.path("sketches/Sketch00003")).unwrap();
    run(&["--plan", "plan.json", "--shard", "1"])
        .assert_exit(2)
        .assert_stderr("Sketch00003, which matrix.yml does not have here");
    let matrix = fs::read_to_string(workspace.path("matrix.yml")).unwrap();
    fs::write(workspace.path("matrix.yml"), format!("{matrix}# changed\n")).unwrap();
    run(&["--plan", "plan.json", "--shard", "1"])
        .assert_exit(2)
        .assert_stderr("made from another matrix.yml");

    // More shards than cells: an empty one succeeds, and is found by merge or not needed.
    let few = ["matrix.yml", "-s", "Sketch00001", "-b", "one", "--shard"];
    let shard =
        |name: &'static str| [&few[..], &[name, "--work-dir", name.split('/').next().unwrap()]].concat();
    run(&shard("1/2")).assert_exit(0);
    run(&shard("2/2")).assert_exit(0);
    workspace.run(["merge", "1/reports"]).assert_exit(0).assert_stdout("1 cell: 1 built");
    workspace.run(["merge", "1", "2"]).assert_exit(0).assert_stdout("1 cell: 1 built");
}

/// The commands in the code of a section of `docs/shards.md`: from the program's name to the end of the line, or to the
/// quote that encloses them.
fn commands(section: &str) -> Vec<String> {
    let text = fs::read_to_string(repository("docs/shards.md")).unwrap();
    let start = text.find(&format!("\n## {section}\n")).unwrap_or_else(|| panic!("no section {section}")) + 1;
    let text = text[start..].split("\n## ").next().unwrap();
    let code = text.split("```").skip(1).step_by(2);
    let command = |line: &str| {
        let at = line.find("fbuild-matrix ").or_else(|| line.find("echo "))?;
        let is_quoted = line[..at].ends_with('\'');
        Some(if is_quoted { line[at..].split('\'').next().unwrap() } else { &line[at..] }.to_owned())
    };
    code.flat_map(str::lines).filter_map(command).collect()
}

#[test]
fn the_commands_of_each_ci_system_build_every_cell_once() {
    /// What a system sets for a machine, by the number of the machine from 0.
    type Variables = fn(usize) -> Vec<(&'static str, String)>;
    let systems: [(&str, Variables); 5] = [
        ("GitHub Actions", |n| vec![("SHARD", format!("{}/3", n + 1)), ("JOB", n.to_string())]),
        ("GitLab", |n| vec![("CI_NODE_INDEX", (n + 1).to_string()), ("CI_NODE_TOTAL", "3".to_owned())]),
        ("Jenkins", |n| vec![("SHARD", (n + 1).to_string())]),
        ("Slurm", |n| {
            let (id, first, count) = (n.to_string(), "0".to_owned(), "3".to_owned());
            vec![
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_MIN", first),
                ("SLURM_ARRAY_TASK_COUNT", count),
            ]
        }),
        ("Kubernetes", |n| vec![("JOB_COMPLETION_INDEX", n.to_string())]),
    ];
    let workspace = workspace(4);
    let path = Path::new(env!("CARGO_BIN_EXE_fbuild-matrix")).parent().unwrap().display().to_string();
    let shell = |command: &str, variables: &[(&str, String)], directory: &Path| {
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", command])
            .env_clear()
            .env("PATH", path)
            .env("HOME", workspace.home());
        bash.env("FBUILD_MATRIX_CACHE_DIR", workspace.cache()).env("GITHUB_OUTPUT", workspace.path("output"));
        let output = bash.envs(variables.iter().cloned()).current_dir(directory).output().unwrap();
        let text = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .concat();
        assert!(output.status.success(), "{command}\n{text}");
    };
    for (system, variables) in systems {
        let commands = commands(system);
        let is = |word: &str| commands.iter().filter(|line| line.contains(word)).cloned().collect::<Vec<_>>();
        let (plan, run, merge) = (
            [is("fbuild-matrix plan"), is("echo ")].concat(),
            is("fbuild-matrix run"),
            is("fbuild-matrix merge"),
        );
        assert_eq!((run.len(), merge.len()), (1, 1), "{system}: {commands:?}");
        let here = workspace.path("");
        for name in ["reports", ".fbuild-matrix", "work"] {
            let _ = fs::remove_dir_all(workspace.path(name));
        }
        for command in &plan {
            shell(&command.replace("--shards auto", "--shards 3"), &[], &here);
        }
        for machine in 0..3 {
            // Each has its own work directory.
            let _ = fs::remove_dir_all(workspace.path(".fbuild-matrix"));
            // The page has five machines.
            let command = run[0].replace("/5", "/3");
            shell(&command, &variables(machine), &here);
        }
        let _ = fs::remove_dir_all(workspace.path(".fbuild-matrix"));
        shell(&merge[0], &[], &here);
        let junit = Reports::new(workspace.path(".fbuild-matrix/reports")).junit();
        assert_eq!(junit.cases().count(), 12, "{system}");
    }
    let output = fs::read_to_string(workspace.path("output")).unwrap();
    assert!(output.starts_with("matrix={\"include\":[{\"shard\":\"1/3\""), "{output}");
}
