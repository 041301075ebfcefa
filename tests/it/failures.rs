//! What goes wrong: each failure is told where it is, as what it is, and changes nothing else.

use std::fs;

use crate::failures_core::{EMPTY, assert_gone, core, matrix, script, tools, workspace};
use crate::support::{Finished, Verdict, Workspace};

const BLINK: &str =
    "void setup() { pinMode(13, OUTPUT); }\nvoid loop() { digitalWrite(13, 1); delay(100); }\n";

/// Message and body of a `<failure>`.
#[track_caller]
fn failure(run: &Finished, board: &str, sketch: &str) -> (String, String) {
    match run.reports().junit().case(board, sketch).verdict.clone() {
        Verdict::Failure { message, body } => (message, body),
        other => panic!("{board}/{sketch} is no failure but {other:?}"),
    }
}

/// Message and body of an `<error>`.
#[track_caller]
fn error(run: &Finished, board: &str, sketch: &str) -> (String, String) {
    match run.reports().junit().case(board, sketch).verdict.clone() {
        Verdict::Error { message, body } => (message, body),
        other => panic!("{board}/{sketch} is no error but {other:?}"),
    }
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in\n{text}");
}

/// How many cells ended in each way: passed, failures, errors.
fn verdicts(run: &Finished) -> (usize, usize, usize) {
    let junit = run.reports().junit();
    let count = |test: fn(&Verdict) -> bool| junit.cases().filter(|case| test(&case.verdict)).count();
    (
        count(|verdict| matches!(verdict, Verdict::Passed)),
        count(|verdict| matches!(verdict, Verdict::Failure { .. })),
        count(|verdict| matches!(verdict, Verdict::Error { .. })),
    )
}

#[test]
fn every_failure_is_told_with_its_place_and_the_good_cells_are_built() {
    let cores = format!("cores:\n  arduino:avr: {{provider: apt}}\n{}", core());
    let bad = ["Syntax", "Undefined", "Overflow", "Missing"];
    let entries = bad.map(|name| format!("  - {{path: {name}, boards: [uno]}}\n")).concat();
    let all = format!(
        "version: 1\n{cores}boards: {{uno: \"arduino:avr:uno\", broken: \"mini:mcu:broken\"}}\nsketches:\n  - Good\n{entries}"
    );
    let good = "version: 1\ncores: {\"arduino:avr\": {provider: apt}}\nboards: {uno: \"arduino:avr:uno\"}\nsketches: [Good]\n";
    let overflow = "#include <avr/pgmspace.h>\nconst char a[20000] PROGMEM = {1};\nconst char b[20000] PROGMEM = {2};\n\
                    void setup() {}\nvoid loop() { Serial.print(pgm_read_byte(a + random()) + pgm_read_byte(b + random())); }\n";
    let workspace = workspace()
        .sketch("Good", BLINK)
        .sketch("Syntax", "void setup() {}\nvoid loop() { second(); }\n")
        .file("Syntax/second.ino", "// The second tab.\nvoid second() {\n  int x = ;\n}\n")
        .sketch("Undefined", "int elsewhere(int);\nvoid setup() {}\nvoid loop() {\n  elsewhere(1);\n}\n")
        .sketch("Overflow", overflow)
        .sketch("Missing", "#include <Nowhere.h>\nvoid setup() {}\nvoid loop() {}\n")
        .file("all.yml", all)
        .file("good.yml", good);
    let run = workspace.run(["run", "all.yml"]).assert_exit(1);

    assert_eq!(run.reports().junit().case("uno", "Good").verdict, Verdict::Passed);
    assert_eq!(verdicts(&run), (1, 4, 1));
    let (message, body) = failure(&run, "uno", "Syntax");
    assert_has(&message, "expected primary-expression before ';' token");
    assert_has(&body, "Syntax/second.ino:3:11: error: expected primary-expression");
    let (message, body) = failure(&run, "uno", "Undefined");
    assert_has(&message, "undefined reference to `elsewhere(int)'");
    assert_has(&body, "Undefined/Undefined.ino:4: undefined reference");
    let (message, body) = failure(&run, "uno", "Missing");
    assert_has(&message, "Nowhere.h: No such file or directory");
    assert_has(&body, "Missing/Missing.ino:1:");
    let (message, _) = failure(&run, "uno", "Overflow");
    assert_has(&message, "Overflow/Overflow.ino:2: flash: 4");
    assert_has(&message, " of 32,256 bytes, ");
    assert_has(&run.reports().junit().case("uno", "Overflow").file, "Overflow.ino");

    let (message, body) = error(&run, "broken", "Good");
    assert!(message.starts_with("blocked by core broken-"), "{message}");
    assert_has(&message, "'nothing' was not declared in this scope");
    assert_has(&body, "core/cores/broken/broken.cpp:3:14: error:");

    // What fails beside it changes nothing of what is right.
    let firmware = run.firmware();
    assert_eq!(
        firmware.keys().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        ["uno/Good/Good.ino.hex"]
    );
    let alone = workspace.run(["run", "good.yml", "--work-dir", "alone", "--no-cache"]).assert_exit(0);
    let hex = fs::read(alone.workspace.path("alone/cells/uno/Good/Good.ino.hex")).unwrap();
    assert_eq!(firmware.values().collect::<Vec<_>>(), [&hex]);
}

#[test]
fn firmware_that_the_board_has_no_room_for_is_a_failure() {
    // Both link: only the board knows that there is less room than the processor has.
    let board = |name: &str, limit: &str| {
        format!("  {name}: {{fqbn: \"mini:mcu:uno\", properties: {{upload.{limit}: \"100\"}}}}\n")
    };
    let boards = board("flash", "maximum_size") + &board("ram", "maximum_data_size");
    let run = workspace()
        .sketch("Big", "volatile char data[101];\nvoid setup() { data[1] = 1; }\nvoid loop() {}\n")
        .file("matrix.yml", format!("version: 1\ncores:\n{}boards:\n{boards}sketches: [Big]\n", core()))
        .run(["run", "matrix.yml"])
        .assert_exit(1);
    let (message, body) = failure(&run, "flash", "Big");
    assert_has(&message, " of 100 bytes, ");
    assert_has(&body, "the largest in flash:\n");
    let (message, body) = failure(&run, "ram", "Big");
    assert_eq!(message, "Big/Big.ino:1: RAM: 101 of 100 bytes, 1 too many");
    assert_has(&body, "the largest in RAM:\n  101  sketch  data");
}

#[test]
fn each_failure_is_shown_once_with_its_diagnostic() {
    let run = workspace()
        .sketch("Bad", "void setup() { missing(); }\nvoid loop() {}\n")
        .file("matrix.yml", matrix("sketches: [Bad]\n"))
        .run(["run", "matrix.yml"])
        .assert_exit(1);
    let diagnostic = "Bad/Bad.ino:1:24: error: 'missing' was not declared in this scope";
    assert_eq!(run.stderr.matches(diagnostic).count(), 1, "{}", run.stderr);
}

#[test]
fn a_failure_is_repeated_by_the_next_run_and_mended_by_a_change() {
    let workspace = workspace()
        .sketch("Bad", "void setup() { missing(); }\nvoid loop() {}\n")
        .file("matrix.yml", matrix("sketches: [Bad]\n"));
    workspace.run(["run", "matrix.yml"]).assert_exit(1);
    let again = workspace.run(["run", "matrix.yml"]).assert_exit(1);
    assert_has(&failure(&again, "uno", "Bad").0, "'missing' was not declared");
    let mended = workspace.sketch("Bad", EMPTY).run(["run", "matrix.yml"]).assert_exit(0);
    assert_eq!(mended.firmware().len(), 1);
    mended
        .workspace
        .sketch("Bad", "void setup() { missing(); }\nvoid loop() {}\n")
        .run(["run", "matrix.yml"])
        .assert_exit(1);
}

#[test]
fn a_failed_link_leaves_no_firmware_of_an_earlier_run() {
    let workspace = workspace().sketch("A", EMPTY).file("matrix.yml", matrix("sketches: [A]\n"));
    let run = workspace.run(["run", "matrix.yml"]).assert_exit(0);
    assert_eq!(run.firmware().len(), 1);
    let undefined = "void elsewhere();\nvoid setup() { elsewhere(); }\nvoid loop() {}\n";
    let run = workspace.sketch("A", undefined).run(["run", "matrix.yml"]).assert_exit(1);
    assert_eq!(run.firmware().len(), 0, "{:?}", run.firmware().keys());
}

#[test]
fn a_missing_tool_is_an_error_and_not_a_failure() {
    let boards = "boards:\n  linkless: {fqbn: \"mini:mcu:uno\", properties: {compiler.link: /nowhere/avr-ld}}\n  \
                  gccless: {fqbn: \"mini:mcu:uno\", properties: {compiler.path: /nowhere/}}\n";
    let run = workspace()
        .sketch("A", EMPTY)
        .file("matrix.yml", format!("version: 1\ncores:\n{}{boards}sketches: [A]\n", core()))
        .run(["run", "matrix.yml"])
        .assert_exit(1);
    assert_has(&error(&run, "linkless", "A").0, "/nowhere/avr-ld is missing");
    // Whether the cell or its core misses the compiler first, its name is told.
    assert_has(&error(&run, "gccless", "A").0, "/nowhere/avr-g");
}

/// Six sketches, all of which fail.
fn six_failures() -> Workspace {
    let mut workspace = workspace().file("matrix.yml", matrix("sketches: [\"bad/*\"]\n"));
    for number in 1..=6 {
        let text = format!("void setup() {{ missing{number}(); }}\nvoid loop() {{}}\n");
        workspace = workspace.sketch(&format!("bad/Bad{number}"), &text);
    }
    workspace
}

#[test]
fn no_cell_is_started_after_the_last_failure_that_is_allowed() {
    let workspace = six_failures();
    for (arguments, failures) in
        [(vec!["--fail-fast"], 1), (vec!["--max-failures", "3"], 3), (vec!["--max-failures", "7"], 6)]
    {
        let arguments = ["run", "matrix.yml", "--sketch-jobs", "1"].into_iter().chain(arguments);
        let run = workspace.run(arguments).assert_exit(1);
        assert_eq!(verdicts(&run), (0, failures, 0), "{}", run.stderr);
        let junit = run.reports().junit();
        let not_run = junit.cases().filter(|case| matches!(case.verdict, Verdict::Skipped { .. }));
        assert_eq!(not_run.count(), 6 - failures);
        for case in junit.cases() {
            if let Verdict::Skipped { message } = &case.verdict {
                assert_has(message, "was reached");
            }
        }
    }
}

#[test]
fn without_a_limit_every_cell_is_built() {
    let run = six_failures()
        .sketch("bad/Good", EMPTY)
        .run(["run", "matrix.yml", "--sketch-jobs", "1"])
        .assert_exit(1);
    assert_eq!(verdicts(&run), (1, 6, 0));
}

#[test]
fn the_two_limits_exclude_each_other() {
    six_failures().run(["run", "matrix.yml", "--fail-fast", "--max-failures", "2"]).assert_exit(2);
    six_failures().run(["run", "matrix.yml", "--max-failures", "0"]).assert_exit(2);
}

/// A program that hangs, as does one that it has started; both leave their numbers.
const HANG: &str = "echo begun\nsleep 600 &\necho $! > \"$0.child\"\necho $$ > \"$0.pid\"\nwait\n";

#[track_caller]
fn assert_both_gone(workspace: &Workspace, program: &str) {
    for file in ["pid", "child"] {
        assert_gone(&workspace.path(format!("{program}.{file}")));
    }
}

#[test]
fn a_link_that_hangs_is_ended_with_all_that_it_started() {
    let workspace = script(workspace(), "slow", HANG).sketch("A", EMPTY).sketch("B", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let rest = format!(
        "  slow: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.link: \"{slow}\"}}}}\n\
         sketches:\n  - {{path: A, boards: [slow], timeout: 15s}}\n  - {{path: B, boards: [uno]}}\n"
    );
    let matrix = format!("version: 1\ncores:\n{}boards:\n  uno: mini:mcu:uno\n{rest}", core());
    let run = workspace.file("matrix.yml", matrix).run(["run", "matrix.yml"]).assert_exit(1);
    let (message, body) = error(&run, "slow", "A");
    assert_has(&message, "timed out after 15.0s");
    assert_has(&body, "begun");
    assert_eq!(run.reports().junit().case("uno", "B").verdict, Verdict::Passed);
    assert_both_gone(&run.workspace, "slow");
}

/// A compiler that hangs on sketches only.
fn hanging_compiler() -> Workspace {
    let compiler = tools().join("bin/avr-g++");
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *.ino.cpp*)\n{HANG};; esac\nexec \"{}\" \"$@\"\n",
        compiler.display()
    );
    let workspace = script(workspace(), "slow", &text).sketch("A", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{slow}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [A]\n", core());
    workspace.file("matrix.yml", matrix)
}

#[test]
fn a_compiler_that_hangs_is_ended_with_all_that_it_started() {
    let run = hanging_compiler().run(["run", "matrix.yml", "--timeout", "3s", "--no-cache"]).assert_exit(1);
    let (message, body) = error(&run, "uno", "A");
    assert_has(&message, "timed out after 3.00s");
    assert_has(&body, "begun");
    assert_both_gone(&run.workspace, "slow");
}

#[test]
fn a_compiler_that_the_cache_started_is_ended_with_all_that_it_started() {
    let run = hanging_compiler().run(["run", "matrix.yml", "--timeout", "3s"]).assert_exit(1);
    let (message, body) = error(&run, "uno", "A");
    assert_has(&message, "timed out after 3.00s");
    assert_has(&body, "begun");
    assert_both_gone(&run.workspace, "slow");
}

/// A linker that does `first` the first time, and what a linker does from then on. It counts.
fn moody_linker(first: &str) -> Workspace {
    let text = format!(
        "echo x >> \"$0.calls\"\nif [ $(wc -l < \"$0.calls\") = 1 ]; then {first}; fi\nexec \"{}\" \"$@\"\n",
        tools().join("bin/avr-gcc").display()
    );
    let workspace = script(workspace(), "moody", &text).sketch("A", EMPTY);
    let moody = workspace.path("moody").display().to_string();
    let boards =
        format!("boards:\n  uno: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.link: \"{moody}\"}}}}\n");
    let matrix = format!("version: 1\ncores:\n{}{boards}sketches: [A]\n", core());
    workspace.file("matrix.yml", matrix)
}

fn calls(run: &Finished) -> usize {
    fs::read_to_string(run.workspace.path("moody.calls")).unwrap().lines().count()
}

#[test]
fn what_was_killed_is_tried_again_as_often_as_allowed() {
    let killed = moody_linker("kill -9 $$").run(["run", "matrix.yml"]).assert_exit(1);
    assert_has(&error(&killed, "uno", "A").0, "was ended by a signal");
    assert_eq!(calls(&killed), 1);
    let again = moody_linker("kill -9 $$").run(["run", "matrix.yml", "--retries", "1"]).assert_exit(0);
    assert_eq!(again.reports().junit().case("uno", "A").verdict, Verdict::Passed);
    assert_eq!(calls(&again), 2);
    assert_eq!(again.firmware().len(), 1);
}

#[test]
fn wrong_code_is_not_tried_again() {
    let run = moody_linker("echo 'x.ino:1: error: no'; exit 1")
        .run(["run", "matrix.yml", "--retries", "3"])
        .assert_exit(1);
    assert_eq!(failure(&run, "uno", "A").0, "x.ino:1: no");
    assert_eq!(calls(&run), 1);
    // Neither in the next run, unless that is wanted.
    let again = run.workspace.run(["run", "matrix.yml"]).assert_exit(1);
    assert_eq!(failure(&again, "uno", "A").0, "x.ino:1: no");
    assert_eq!(calls(&again), 1);
    let retried = again.workspace.run(["run", "matrix.yml", "--retry-failures"]).assert_exit(0);
    assert_eq!(calls(&retried), 2);
    // The failure is forgotten: it was not that of the code.
    fs::remove_dir_all(retried.workspace.path(".fbuild-matrix")).unwrap();
    fs::remove_dir_all(retried.workspace.cache().join("artifacts/blobs")).unwrap();
    retried.workspace.run(["run", "matrix.yml"]).assert_exit(0);
}

#[test]
fn what_may_vanish_is_tried_again_in_the_next_run() {
    for fault in [
        "kill -9 $$",
        "exit 127",
        "exit 139",
        "exit 1",
        "echo 'a.c:1: internal compiler error: Segmentation fault'; exit 1",
        "echo 'collect2: fatal error: ld terminated with signal 11 [Segmentation fault]'; exit 1",
        "echo 'a.c:1: fatal error: error writing to a.s: No space left on device'; exit 1",
        "echo 'cc1: out of memory allocating 65536 bytes'; exit 1",
        "echo 'a.c:1: error: no'; yes | head -c 70000000; exit 1",
    ] {
        let failed = moody_linker(fault).run(["run", "matrix.yml"]);
        assert!(matches!(failed.code, Some(1 | 3)), "{fault}: {:?}", failed.code);
        let again = failed.workspace.run(["run", "matrix.yml"]).assert_exit(0);
        assert_eq!(calls(&again), 2, "{fault}");
    }
    let late = moody_linker("sleep 60").run(["run", "matrix.yml", "--timeout", "3s"]).assert_exit(1);
    assert_has(&error(&late, "uno", "A").0, "timed out");
    assert_eq!(calls(&late.workspace.run(["run", "matrix.yml"]).assert_exit(0)), 2);
}

/// Stage 1 has no timeout of its own: the largest of its cells' is its.
#[test]
fn a_core_that_hangs_is_ended_and_blocks_its_cells() {
    let compiler = tools().join("bin/avr-g++");
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *cores/mini/main.cpp*)\n{HANG};; esac\nexec \"{}\" \"$@\"\n",
        compiler.display()
    );
    let workspace = script(workspace(), "slow", &text).sketch("A", EMPTY).sketch("B", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let rest = format!(
        "boards:\n  slow: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{slow}\"}}}}\n\
         sketches:\n  - {{path: A, timeout: 8s}}\n  - {{path: B, timeout: 10s}}\n"
    );
    let run = workspace
        .file("matrix.yml", format!("version: 1\ncores:\n{}{rest}", core()))
        .run(["run", "matrix.yml"])
        .assert_exit(1);
    for sketch in ["A", "B"] {
        assert_has(&error(&run, "slow", sketch).0, "it took longer than 10 s");
    }
    let timing = run.reports().timing();
    let core = timing["jobs"].as_array().unwrap().iter().find(|job| job["kind"] == "core").unwrap().clone();
    assert_eq!(core["outcome"], "timed-out");
    assert_both_gone(&run.workspace, "slow");
}

#[test]
fn a_core_that_no_cell_needs_any_more_is_not_built_to_its_end() {
    let compiler = tools().join("bin/avr-g++");
    let text = format!(
        "case \"$*\" in *' -E '*) ;; *cores/mini/main.cpp*)\n{HANG};; *Bad.ino.cpp*) while [ ! -e \"$0.pid\" ]; do sleep 0.05; done;; esac\nexec \"{}\" \"$@\"\n",
        compiler.display()
    );
    let workspace = script(workspace(), "slow", &text)
        .sketch("Bad", "void setup() { missing(); }\nvoid loop() {}\n")
        .sketch("Good", EMPTY);
    let slow = workspace.path("slow").display().to_string();
    let rest = format!(
        "boards:\n  slow: {{fqbn: \"mini:mcu:uno\", properties: {{compiler.cpp: \"{slow}\"}}}}\nsketches: [Bad, Good]\n"
    );
    let run = workspace
        .file("matrix.yml", format!("version: 1\ncores:\n{}{rest}", core()))
        .run(["run", "matrix.yml", "--fail-fast", "-j", "2", "--sketch-jobs", "1", "--no-cache"])
        .assert_exit(1);
    failure(&run, "slow", "Bad");
    let junit = run.reports().junit();
    let not_run = "not run: the limit of 1 failure was reached".to_owned();
    assert_eq!(junit.case("slow", "Good").verdict, Verdict::Skipped { message: not_run });
    let timing = run.reports().timing();
    let core = timing["jobs"].as_array().unwrap().iter().find(|job| job["kind"] == "core").unwrap().clone();
    assert_eq!(core["outcome"], "cancelled");
    assert_both_gone(&run.workspace, "slow");
}
