//! Precompiled prefixes: with them, every object, firmware, verdict and diagnostic is that of a run without them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::support::{Finished, Verdict, Workspace, files_below, tool};

const PLATFORM: &str = "\
name=Mini
version=1.0.0
compiler.path={runtime.tools.gcc.path}/bin/
compiler.cpp={compiler.path}arm-none-eabi-g++
compiler.warning_flags=
compiler.warning_flags.none=-w
compiler.warning_flags.default=
compiler.warning_flags.all=-Wall -Wextra
compiler.cpp.flags=-c -g -Os {compiler.warning_flags} -std=gnu++17 -MMD -mcpu=cortex-m4 -mthumb -fno-exceptions -ffunction-sections
build.extra_flags=
recipe.cpp.o.pattern=\"{compiler.cpp}\" {compiler.cpp.flags} -DPROJECT={build.project_name} {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.ar.pattern=\"{compiler.path}arm-none-eabi-ar\" rcs \"{archive_file_path}\" \"{object_file}\"
recipe.c.combine.pattern=\"{compiler.cpp}\" -nostdlib -mcpu=cortex-m4 -mthumb -Wl,-e,main -o \"{build.path}/{build.project_name}.elf\" \
{object_files} \"{build.path}/{archive_file}\" -lgcc
recipe.objcopy.hex.pattern=\"{compiler.path}arm-none-eabi-objcopy\" -O ihex \"{build.path}/{build.project_name}.elf\" \
\"{build.path}/{build.project_name}.hex\"
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=\"{compiler.path}arm-none-eabi-size\" -A \"{build.path}/{build.project_name}.elf\"
recipe.size.regex=^(?:\\.text|\\.data)\\s+([0-9]+).*
";

const BOARDS: &str = "arm.name=Mini\narm.build.core=mini\narm.upload.maximum_size=1000000\n";

/// A header whose parsing takes several times as long as a prefix must save. `first` and `last` are around it.
fn heavy(first: &str, last: &str) -> String {
    let mut text = format!("{first}\n");
    for number in (0..14_000).step_by(2) {
        writeln!(
            text,
            "struct Thing{number} {{ int a = {number}; int sum(int b) const {{ return a + b; }} }};"
        )
        .unwrap();
        let body = format!("for (int i = 0; i < b; ++i) a += i * {number}; return a;");
        writeln!(text, "template <class T> inline T fold{number}(T a, int b) {{ {body} }}").unwrap();
    }
    text + last + "\n"
}

/// A workspace with a library `Heavy`, and `count` sketches with this text, in which `NUMBER` is another number in each.
fn workspace(heavy: &str, count: usize, text: &str) -> Workspace {
    let gcc = tool("gcc-arm-none-eabi").path("usr");
    let matrix = format!(
        "version: 1\ncores:\n  mini:mcu: {{provider: path, path: core, tools: {{gcc: \"{}\"}}}}\n\
         boards: {{arm: mini:mcu:arm}}\nlibraries: [libs]\nsketches: [\"s/*\"]\n",
        gcc.display()
    );
    let mut workspace = Workspace::new()
        .file("core/platform.txt", PLATFORM)
        .file("core/boards.txt", BOARDS)
        .file(
            "core/cores/mini/Arduino.h",
            "#pragma once\n#include <stdint.h>\nvoid setup();\nvoid loop();\nextern volatile int sink;\n",
        )
        .file(
            "core/cores/mini/main.cpp",
            "#include <Arduino.h>\nvolatile int sink;\nint main() { setup(); for (;;) loop(); }\n",
        )
        .file("libs/Heavy/library.properties", "name=Heavy\nversion=1.0.0\narchitectures=*\n")
        .file("libs/Heavy/src/Heavy.h", heavy)
        .file("libs/Other/library.properties", "name=Other\nversion=1.0.0\narchitectures=*\n")
        .file("libs/Other/src/Other.h", "#pragma once\ninline int other() { return 3; }\n")
        .file("auto.yml", &matrix)
        .file("off.yml", format!("{matrix}precompile: off\n"));
    for number in 0..count {
        workspace =
            workspace.sketch(&format!("s/Plain{number}"), &text.replace("NUMBER", &(number * 2).to_string()));
    }
    workspace
}

/// A sketch that uses the library.
const USES: &str = "\
// A comment.
#include <Heavy.h>
/* Another. */

const char text[] = \"NUMBER\";
Thing0 thing;
void setup() { sink = thing.sum(NUMBER) + foldNUMBER(sink, 5) + text[0]; }
void loop() { struct Mixed { char a; int b; }; sink = sizeof(Mixed) + later(2); }
int later(int x) { return x + __LINE__; }
";

/// Runs both matrices, each with a work directory and a cache directory of its own, and compares what users can see.
/// Returns the run with prefixes.
#[track_caller]
fn compare(workspace: &Workspace, code: i32) -> Finished {
    let off = run(workspace, "off").assert_exit(code);
    let expected = results(&off);
    assert_eq!(made(&off), Vec::<String>::new(), "although it is off");
    let auto = run(workspace, "auto").assert_exit(code);
    let found = results(&auto);
    assert_eq!(found.verdicts, expected.verdicts);
    assert_eq!(found.warnings, expected.warnings);
    assert_eq!(found.files.keys().collect::<Vec<_>>(), expected.files.keys().collect::<Vec<_>>());
    for (path, bytes) in &found.files {
        assert!(*bytes == expected.files[path], "{} differs", path.display());
    }
    assert!(!workspace.cache().join("staging/prefixes").exists(), "files are left");
    auto
}

/// Builds a matrix from scratch. Both runs write to the same directories, so that no path differs.
fn run(workspace: &Workspace, matrix: &str) -> Finished {
    for directory in [
        workspace.path(".fbuild-matrix"),
        workspace.cache().join("artifacts"),
        workspace.cache().join("zccache"),
        workspace.path("inputs"),
    ] {
        let _ = fs::remove_dir_all(directory);
    }
    workspace.run(["run", &format!("{matrix}.yml"), "-j", "2"])
}

/// What a user can see of a run.
struct Results {
    verdicts: BTreeMap<String, Verdict>,
    warnings: Vec<String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

fn results(run: &Finished) -> Results {
    let cells = run.workspace.path(".fbuild-matrix/cells");
    let files =
        ["o", "elf", "hex"].into_iter().flat_map(|extension| files_below(&cells, extension)).collect();
    let verdicts =
        run.reports().junit().cases().map(|case| (case.name.clone(), case.verdict.clone())).collect();
    let events = run.reports().events();
    let jobs = events.iter().filter(|event| event["event"] == "job_finished");
    let mut warnings: Vec<String> =
        jobs.map(|job| format!("{}: {} {}", job["job"], job["warnings"], job["warning_list"])).collect();
    warnings.sort();
    Results { verdicts, warnings, files }
}

/// The labels of steps that made prefixes.
fn made(run: &Finished) -> Vec<String> {
    let mut steps = run.steps();
    steps.retain(|step| step.ends_with(", precompiled"));
    steps.iter().filter_map(|step| Some(step.split_once(": compile ")?.1.to_owned())).collect()
}

/// The number of compiles of sketches, beside one for each of them.
fn repeated(run: &Finished, sketches: usize) -> usize {
    let compiles =
        run.steps().iter().filter(|step| step.contains(": compile ") && step.contains(".ino.cpp")).count();
    compiles - sketches
}

#[test]
fn what_sketches_begin_with_is_compiled_once() {
    const COUNT: usize = 18;
    let workspace = workspace(&heavy("#pragma once", ""), COUNT, USES);
    let auto = compare(&workspace, 0);
    assert_eq!(made(&auto), ["Arduino.h, Heavy.h, precompiled"]);
    // On a busy machine the other cells end before it.
    assert!(repeated(&auto, COUNT) <= 1, "only the verification");
    // The objects are those of the same keys: without prefixes, from the cache alone, nothing is compiled.
    fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
    let again = workspace.run(["run", "off.yml"]).assert_exit(0);
    assert_eq!(again.processes(), Vec::<String>::new());
}

/// Sketches that would notice precompiled headers, or that GCC must not use them for.
const TRAPS: [(&str, &str); 12] = [
    ("Defines", "#define OPTION 7\n#include <Heavy.h>\nvoid setup() { sink = option(); }\nvoid loop() {}\n"),
    ("Own", "#include \"Heavy.h\"\nvoid setup() { sink = own(); }\nvoid loop() {}\n"),
    (
        "Counts",
        "#include <Heavy.h>\nvoid setup() { sink = __COUNTER__; }\nvoid loop() { sink = __COUNTER__ + counted; }\n",
    ),
    (
        "Names",
        "#include <Heavy.h>\nconst char *names[] = {__FILE__, __BASE_FILE__, heavy_file()};\nvoid setup() { sink = names[sink][0]; }\nvoid loop() {}\n",
    ),
    (
        "Level",
        "#include <Heavy.h>\nvoid setup() { sink = __INCLUDE_LEVEL__ * 10 + level; }\nvoid loop() {}\n",
    ),
    (
        "Twice",
        "#include <Heavy.h>\n#include <Heavy.h>\n#include <Other.h>\nvoid setup() { sink = other(); }\nvoid loop() {}\n",
    ),
    ("Once", "#pragma once\n#include <Heavy.h>\nvoid setup() { sink = fold2(1, 2); }\nvoid loop() {}\n"),
    (
        "Undefines",
        "#include <Heavy.h>\n#undef OPTION\n#define OPTION 9\nvoid setup() { sink = option() + OPTION; }\nvoid loop() {}\n",
    ),
    ("Warns", "#include <Heavy.h>\nvoid setup() { int unused; }\nvoid loop() {}\n"),
    ("Wrong", "#include <Heavy.h>\nvoid setup() { nothing; Thing2 thing = 5; }\nvoid loop() {}\n"),
    (
        "Asserts",
        "#include <Heavy.h>\nstatic_assert(sizeof(Thing0) == 5, \"size\");\nvoid setup() {}\nvoid loop() {}\n",
    ),
    ("Later", "void setup() { sink = 1; }\n#include <Heavy.h>\nvoid loop() { sink = fold4(1, 2); }\n"),
];

#[test]
fn what_could_notice_is_compiled_plainly() {
    let first = "#pragma once\n#ifndef OPTION\n#define OPTION 1\n#endif\ninline int option() { return OPTION; }\n\
                 enum { counted = __COUNTER__, level = __INCLUDE_LEVEL__ };\n\
                 inline const char *heavy_file() { return __FILE__; }\n";
    let mut workspace = workspace(&heavy(first, ""), 18, USES)
        .file("s/Own/Heavy.h", "#pragma once\ninline int own() { return 5; }\n");
    for (name, text) in TRAPS {
        workspace = workspace.sketch(&format!("s/{name}"), text);
    }
    for matrix in ["auto.yml", "off.yml"] {
        let text = fs::read_to_string(workspace.path(matrix)).unwrap() + "defaults: {warnings: all}\n";
        fs::write(workspace.path(matrix), text).unwrap();
    }
    let auto = compare(&workspace, 1);
    // On a busy machine parsing `Arduino.h` alone seems to take long enough, too: that no sketch here could notice.
    let mut made = made(&auto);
    made.retain(|label| label != "Arduino.h, precompiled");
    assert_eq!(made, ["Arduino.h, Heavy.h, precompiled"]);
    let failed: Vec<_> = results(&auto)
        .verdicts
        .into_iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::Failure { .. }))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(failed, ["s/Asserts", "s/Wrong"]);
}

#[test]
fn headers_that_change_what_follows_them_are_not_precompiled() {
    // As many as a prefix must be good for, and some that are compiled meanwhile.
    const EACH: usize = 20;
    let mut workspace = workspace(&heavy("#pragma once", ""), EACH, USES);
    for (number, (first, last)) in [
        ("#pragma once", "#pragma pack(1)"),
        ("#pragma once", "#pragma GCC optimize (\"O3\")"),
        ("#ifndef HEAVY\n#define HEAVY", "#endif\n#define AGAIN 1"),
        ("#pragma once", "#warning this is heavy"),
        ("#pragma once", "inline char base() { return __BASE_FILE__[0]; }"),
    ]
    .into_iter()
    .enumerate()
    {
        let library = format!("libs/Odd{number}");
        workspace = workspace
            .file(&format!("{library}/library.properties"), format!("name=Odd{number}\nversion=1.0.0\n"))
            .file(&format!("{library}/src/Odd{number}.h"), heavy(first, last));
        let text = USES.replace("Heavy.h", &format!("Odd{number}.h"));
        for sketch in 0..EACH {
            let text = text.replace("NUMBER", &(sketch * 2).to_string());
            workspace = workspace.sketch(&format!("s/Odd{number}x{sketch}"), &text);
        }
    }
    let made_for = |sketches: &str| {
        let run = workspace.run(["run", "auto.yml", "-j", "2", "-s", sketches]).assert_exit(0);
        let mut made = made(&run);
        made.retain(|label| label != "Arduino.h, precompiled");
        made
    };
    assert_eq!(made_for("s/Plain*"), ["Arduino.h, Heavy.h, precompiled"]);
    for number in 0..5 {
        assert_eq!(made_for(&format!("s/Odd{number}x*")), Vec::<String>::new());
    }
}
