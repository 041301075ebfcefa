//! Programs that print without end: what they print is bounded, they are ended, and nothing else is harmed.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::failures_core::{EMPTY, assert_gone, core, script, tools, workspace};
use crate::processes::{finish, pid, start};
use crate::support::{Finished, Verdict, Workspace};

/// The most memory that the program may take, in kB; without files that are mapped, as zccache does with compilers.
const MEMORY: u64 = 100_000;

/// How much the two megabytes that are kept may take in a file, notes and escapes included.
const KEPT: u64 = 6_000_000;

/// How long a run of these small matrices may take: far more than it does, far less than without an end.
const TIME: Duration = Duration::from_mins(2);

/// How much memory of its own a process has now, in kB.
fn memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid(child))).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

/// Runs the program to its end; it must be bounded in memory, and what it leaves in size.
fn bounded(workspace: &Workspace, arguments: &[&str]) -> Finished {
    let began = Instant::now();
    let mut child = start(workspace, arguments);
    // Its pipes are small, and what it prints itself is little; but somebody must read it.
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let mut highest = 0;
    while child.try_wait().unwrap().is_none() {
        highest = memory(&child).unwrap_or(highest).max(highest);
        assert!(began.elapsed() < TIME, "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut run = finish(child, workspace);
    run.stderr = reader.join().unwrap();
    assert!(highest > 0 && highest < MEMORY, "{highest} kB of memory");
    let reports = workspace.path(".fbuild-matrix/reports");
    for name in ["events.jsonl", "junit.xml", "summary.md"] {
        assert_small(&reports.join(name));
    }
    for entry in walkdir::WalkDir::new(workspace.path(".fbuild-matrix/cells")) {
        let entry = entry.unwrap();
        if entry.file_name() == "build.log" {
            assert_small(entry.path());
        }
    }
    run
}

#[track_caller]
fn assert_small(path: &Path) {
    let length = fs::metadata(path).unwrap().len();
    assert!(length < KEPT, "{} has {length} bytes", path.display());
}

#[track_caller]
fn failure(run: &Finished, board: &str, sketch: &str) -> (String, String) {
    match run.reports().junit().case(board, sketch).verdict.clone() {
        Verdict::Failure { message, body } => (message, body),
        other => panic!("{board}/{sketch} is no failure but {other:?}"),
    }
}

/// A header that includes itself twice: GCC prints 2^200 lines.
const TWICE: &str = "#include \"twice.h\"\n#include \"twice.h\"\n";

fn twice(core: &str, board: &str, rest: &str) -> Workspace {
    let matrix = format!("version: 1\n{core}boards: {{uno: \"{board}\"}}\nsketches: [Good, Twice]\n{rest}");
    workspace()
        .sketch("Good", EMPTY)
        .sketch("Twice", "#include \"twice.h\"\nvoid setup() {}\nvoid loop() {}\n")
        .file("Twice/twice.h", TWICE)
        .file("m.yml", matrix)
}

fn endless_compile(core: &str, board: &str, arguments: &[&str]) {
    let workspace = twice(core, board, "");
    let run = bounded(&workspace, arguments).assert_exit(1);
    assert_eq!(run.reports().junit().case("uno", "Good").verdict, Verdict::Passed);
    let (message, body) = failure(&run, "uno", "Twice");
    assert!(message.contains("printed more than 64 MB and was ended"), "{message}");
    assert!(body.contains("Twice/twice.h:1"), "the beginning is kept");
    let log = workspace.path(".fbuild-matrix/cells/uno/Twice/build.log");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("MB of the output left out"), "what is left out is counted");
    // It says the same again.
    let again = bounded(&workspace, arguments).assert_exit(1);
    assert_eq!(failure(&again, "uno", "Twice").0, message);
}

const DEBIAN: &str = "cores: {\"arduino:avr\": {provider: apt}}\n";

#[test]
fn a_compiler_that_prints_without_end_is_ended() {
    endless_compile(DEBIAN, "arduino:avr:uno", &["run", "m.yml"]);
}

#[test]
fn a_compiler_that_the_cache_started_and_that_prints_without_end_is_ended() {
    endless_compile(&format!("cores:\n{}", core()), "mini:mcu:uno", &["run", "m.yml"]);
}

#[test]
fn a_compiler_without_the_cache_that_prints_without_end_is_ended() {
    endless_compile(&format!("cores:\n{}", core()), "mini:mcu:uno", &["run", "m.yml", "--no-cache"]);
}

#[test]
fn the_limit_is_the_matrixs() {
    let workspace = twice(&format!("cores:\n{}", core()), "mini:mcu:uno", "defaults: {output-limit: 5MB}\n");
    let run = bounded(&workspace, &["run", "m.yml"]).assert_exit(1);
    let (message, _) = failure(&run, "uno", "Twice");
    assert!(message.contains("printed more than 5 MB and was ended"), "{message}");
}

/// A timeout before the limit: the two meet on a machine that is busy, so the limit is out of reach here.
#[test]
fn what_prints_without_end_until_its_timeout_is_bounded_too() {
    for arguments in [&["run", "m.yml"][..], &["run", "m.yml", "--no-cache"]] {
        let core = format!("cores:\n{}", core());
        let workspace = twice(&core, "mini:mcu:uno", "defaults: {output-limit: 1TB, timeout: 3s}\n");
        let run = bounded(&workspace, arguments).assert_exit(1);
        match run.reports().junit().case("uno", "Twice").verdict.clone() {
            Verdict::Error { message, body } => {
                assert!(message.contains("timed out after 3.00s"), "{message}");
                assert!(body.contains("Twice/twice.h:1"), "{}", &body[..body.len().min(1000)]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(run.reports().junit().case("uno", "Good").verdict, Verdict::Passed);
    }
}

/// Prints without end after it has started a child; both leave their numbers.
const FLOOD: &str =
    "sleep 600 &\necho $! > \"$0.child\"\necho $$ > \"$0.pid\"\nwhile :; do cat \"$0.line\"; done\n";

/// Each kind of tool that a build starts.
#[test]
fn every_tool_that_prints_without_end_is_ended_with_all_that_it_started() {
    let line = "0123456789abcdef ".repeat(4000);
    for (tool, property, condition, exit) in [
        ("linker", "compiler.link: TOOL", "", 1),
        // A size that can't be told is no failure.
        ("size", "compiler.size: TOOL", "", 0),
        ("hook", "recipe.hooks.prebuild.1.pattern: '\"TOOL\" x'", "", 1),
        (
            "question",
            "compiler.cpp: TOOL",
            "case \"$*\" in *' -dM '*) ;; *) exec \"$0.real\" \"$@\";; esac\n",
            1,
        ),
    ] {
        let workspace = script(workspace(), "tool", &format!("{condition}{FLOOD}"))
            .file("tool.line", &line)
            .sketch("A", EMPTY)
            .sketch("Good", EMPTY);
        std::os::unix::fs::symlink(tools().join("bin/avr-g++"), workspace.path("tool.real")).unwrap();
        let property = property.replace("TOOL", &workspace.path("tool").display().to_string());
        let matrix = format!(
            "version: 1\ncores:\n{}boards:\n  uno: mini:mcu:uno\n  bad: {{fqbn: \"mini:mcu:uno\", properties: {{{property}}}}}\n\
             sketches:\n  - {{path: A, boards: [bad]}}\n  - {{path: Good, boards: [uno]}}\n",
            core()
        );
        let workspace = workspace.file("m.yml", matrix);
        let run = bounded(&workspace, &["run", "m.yml"]).assert_exit(exit);
        assert_eq!(run.reports().junit().case("uno", "Good").verdict, Verdict::Passed, "{tool}");
        let told = run.reports().text("junit.xml");
        assert!(told.contains("printed more than 64 MB and was ended"), "{tool}: {}", run.stderr);
        assert_gone(&workspace.path("tool.pid"));
        assert_gone(&workspace.path("tool.child"));
    }
}

/// A compiler that prints a lot and succeeds is no failure; its firmware is made.
#[test]
fn a_lot_of_output_within_the_limit_is_cut_and_no_failure() {
    let real = tools().join("bin/avr-g++").display().to_string();
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *A.ino.cpp*) for i in 1 2 3 4 5 6 7 8 9 10; do cat \"$0.line\" >&2; done;; esac\nexec \"{real}\" \"$@\"\n"
    );
    for arguments in [&["run", "m.yml"][..], &["run", "m.yml", "--no-cache"]] {
        let workspace = script(workspace(), "tool", &text)
            .file("tool.line", "a warning of some kind\n".repeat(30_000))
            .sketch("A", EMPTY);
        let tool = workspace.path("tool").display().to_string();
        let matrix = format!(
            "version: 1\ncores:\n{}boards: {{uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{tool}\"}}}}}}\nsketches: [A]\n",
            core()
        );
        let run = bounded(&workspace.file("m.yml", matrix), arguments).assert_exit(0);
        assert_eq!(run.firmware().len(), 1);
        let log = fs::read_to_string(run.workspace.path(".fbuild-matrix/cells/uno/A/build.log")).unwrap();
        assert!(log.contains("MB of the output left out"), "{} bytes", log.len());
    }
}
