//! Each way in which a compiler cache is known to hand out a stale or wrong object, by its name. After a
//! change the firmware is another one and what a build from nothing makes, whether what earlier runs left in
//! the work folder is still there or the caches alone answer.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{assert_built, project, run, steps};
use crate::failures_core::{matrix, script, tools};
use crate::support::{Finished, Workspace};

/// A sketch whose firmware holds the value of an expression.
fn sketch(head: &str, value: &str) -> String {
    format!("{head}\nvolatile unsigned x;\nvoid setup() {{ x = {value}; }}\nvoid loop() {{}}\n")
}

/// The project with a sketch `s/D` alone, built.
fn built(workspace: Workspace, head: &str, value: &str) -> Workspace {
    let text = fs::read_to_string(workspace.path("m.yml")).unwrap().replace("\"s/*\"", "s/D");
    let workspace = workspace.sketch("s/D", &sketch(head, value)).file("m.yml", text);
    run(&workspace);
    workspace
}

/// Fails if an edit changes no firmware, or not what it should: with the work folder, and without it.
#[track_caller]
fn assert_seen(workspace: &Workspace, mut edit: impl FnMut(&Workspace, u8)) {
    let mut before = firmware(&run(workspace));
    for round in [1, 2] {
        edit(workspace, round);
        if round == 2 {
            fs::remove_dir_all(workspace.path(".fbuild-matrix")).unwrap();
        }
        let after = firmware(&run(workspace));
        assert_ne!(after, before, "round {round} shows nothing");
        before = after;
    }
}

#[track_caller]
fn firmware(run: &Finished) -> Vec<u8> {
    run.firmware()[Path::new("uno/s/D/D.ino.hex")].clone()
}

/// Writes a file, keeping its size, and sets it back to the time that it had.
fn rewrite(workspace: &Workspace, path: &str, text: &str) {
    let path = workspace.path(path);
    let about = fs::metadata(&path).unwrap();
    assert_eq!(about.len(), text.len() as u64, "{}", path.display());
    fs::write(&path, text).unwrap();
    File::open(&path).unwrap().set_modified(about.modified().unwrap()).unwrap();
}

/// The matrix with these properties for the core.
fn properties(text: &str) -> String {
    matrix("libraries: [libs]\nsketches: [s/D]\n")
        .replace("provider: path,", &format!("provider: path, properties: {{{text}}},"))
}

/// Why units of a run's cells were compiled past the cache.
fn reasons(run: &Finished) -> Vec<String> {
    let timing = run.reports().timing();
    let bypassed = |job: &Value| -> Vec<String> {
        job["cache"]["bypassed"].as_object().unwrap().keys().cloned().collect()
    };
    timing["jobs"].as_array().unwrap().iter().filter(|job| job["kind"] == "cell").flat_map(bypassed).collect()
}

// The eight of zccache, as `docs/cache.md` lists them.

#[test]
fn a_header_added_earlier_in_the_include_folders_shadows() {
    // Both folders are searched with and without it: the command stays the same.
    let workspace = project().file("libs/Late/late.h", "#define LATE 1\n").file("libs/Late/other.h", "");
    let workspace = built(workspace, "#include <other.h>\n#include <late.h>", "LATE");
    // The core comes before the libraries.
    assert_seen(&workspace, |workspace, round| match round {
        1 => fs::write(workspace.path("core/cores/mini/late.h"), "#define LATE 2\n").unwrap(),
        _ => fs::remove_file(workspace.path("core/cores/mini/late.h")).unwrap(),
    });
}

#[test]
fn a_header_added_beside_the_source_shadows() {
    let workspace = project()
        .file("libs/Late/late.h", "#define LATE 1\n")
        .file("libs/Late/other.h", "")
        .file("s/D/own.h", "");
    let workspace = built(workspace, "#include \"own.h\"\n#include <other.h>\n#include \"late.h\"", "LATE");
    assert_seen(&workspace, |workspace, round| match round {
        1 => fs::write(workspace.path("s/D/late.h"), "#define LATE 2\n").unwrap(),
        _ => fs::remove_file(workspace.path("s/D/late.h")).unwrap(),
    });
}

#[test]
fn the_target_of_has_include_appears() {
    let head = "#ifdef __has_include\n#if __has_include(<option.h>)\n#include <option.h>\n#endif\n#endif\n\
                #ifndef OPTION\n#define OPTION 1\n#endif";
    let workspace = built(project(), head, "OPTION");
    assert_seen(&workspace, |workspace, round| match round {
        1 => fs::write(workspace.path("core/cores/mini/option.h"), "#define OPTION 2\n").unwrap(),
        _ => fs::remove_file(workspace.path("core/cores/mini/option.h")).unwrap(),
    });
}

#[test]
fn a_header_behind_isystem_changes() {
    let flags = "build.extra_flags: \"-isystem {runtime.platform.path}/system\"";
    let workspace = project().file("core/system/sys.h", "#define SYS 1\n");
    let text = properties(flags);
    let workspace = workspace.sketch("s/D", &sketch("#include <sys.h>", "SYS")).file("m.yml", text);
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/system/sys.h", &format!("#define SYS {}\n", round + 1));
    });
}

#[test]
fn a_header_changes_and_keeps_its_size_and_time() {
    let workspace = project().file("s/D/value.h", "#define VALUE 1\n");
    let workspace = built(workspace, "#include \"value.h\"", "VALUE");
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "s/D/value.h", &format!("#define VALUE {}\n", round + 1));
    });
}

#[test]
fn the_time_in_a_header_is_that_of_the_run() {
    for word in ["__TIME__", "__DATE__", "__TIMESTAMP__"] {
        let workspace = project().file("libs/When/When.h", format!("#pragma once\n#define WHEN {word}\n"));
        let text = sketch("#include <When.h>\nconst char *volatile when = WHEN;", "when[0]");
        let workspace =
            workspace.sketch("s/D", &text).file("m.yml", matrix("libraries: [libs]\nsketches: [s/D]\n"));
        workspace.run(["run", "m.yml"]).assert_exit(0);
        let again = workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(steps(&again).iter().filter(|step| step.contains(": compile ")).count(), 1, "{word}");
        let why = reasons(&again);
        assert!(why.len() == 1 && why[0].contains("date or time"), "{word}: {why:?}");
    }
}

#[test]
fn a_source_with_its_own_time_says_its_new_one() {
    // That of a sketch is the time of the C++ that is generated from it; a library's is its own.
    let workspace = project()
        .file("libs/Own/Own.h", "extern const char own[];\n")
        .file("libs/Own/Own.cpp", "#include \"Own.h\"\nconst char own[] = __TIMESTAMP__;\n");
    let workspace = built(workspace, "#include <Own.h>", "own[x]");
    assert_seen(&workspace, |workspace, round| {
        let time = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * (30 + u64::from(round)));
        File::open(workspace.path("libs/Own/Own.cpp")).unwrap().set_modified(time).unwrap();
    });
}

#[test]
fn a_file_of_incbin_changes() {
    let workspace = project();
    let blob = workspace.path("blob.bin").display().to_string();
    let head = format!(
        "__asm(\".section .progmem.data,\\\"a\\\"\\n.global blob\\nblob: .incbin \\\"{blob}\\\"\\n.text\\n\");\n\
         extern const char blob[];"
    );
    let workspace = built(workspace.file("blob.bin", "0"), &head, "(unsigned)blob");
    assert_seen(&workspace, |workspace, round| rewrite(workspace, "blob.bin", &round.to_string()));
}

#[test]
fn a_compiler_is_replaced_by_one_with_the_same_version_text() {
    let wrapper = |workspace: &Workspace, level: u8| {
        let text = format!("exec \"{}\" \"$@\" -DLEVEL={level}\n", tools().join("bin/avr-g++").display());
        script(workspace.clone(), "core/avr-g++", &text);
    };
    let workspace = project();
    wrapper(&workspace, 1);
    let path = workspace.path("core/avr-g++");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let flags = format!("compiler.cpp: \"{}\"", path.display());
    let workspace = workspace.sketch("s/D", &sketch("", "LEVEL")).file("m.yml", properties(&flags));
    assert_seen(&workspace, |workspace, round| {
        wrapper(workspace, round + 1);
        File::open(&path).unwrap().set_modified(modified).unwrap();
    });
}

#[test]
fn a_source_that_is_named_otherwise_has_its_other_name() {
    let workspace = project()
        .file("libs/Own/Own.h", "#pragma once\nextern const char own[];\n#define NAME __FILE__\n")
        .file("libs/Own/Own.cpp", "#include \"Own.h\"\nconst char own[] = __FILE__ NAME;\n");
    symlink(workspace.path("libs"), workspace.path("other-libs")).unwrap();
    let text = sketch("#include <Own.h>", "own[x]");
    let named = |path: &str| matrix(&format!("libraries: [\"{path}\"]\nsketches: [s/D]\n"));
    let workspace = workspace.sketch("s/D", &text).file("m.yml", named("libs"));
    assert_seen(&workspace, |workspace, round| {
        let path = ["other-libs", "libs"][usize::from(round - 1)];
        fs::write(workspace.path("m.yml"), named(path)).unwrap();
    });
}

// And what else could.

#[test]
fn a_response_file_changes() {
    let workspace = project().file("core/flags.txt", "-DLEVEL=1\n").sketch("s/D", &sketch("", "LEVEL"));
    let workspace =
        workspace.file("m.yml", properties("build.extra_flags: \"@{runtime.platform.path}/flags.txt\""));
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/flags.txt", &format!("-DLEVEL={}\n", round + 1));
    });
}

#[test]
fn a_response_file_of_a_response_file_changes() {
    let workspace = project();
    let inner = workspace.path("core/inner.txt").display().to_string();
    let workspace = workspace
        .file("core/flags.txt", format!("-DOTHER=1\n@{inner}\n"))
        .file("core/inner.txt", "-DLEVEL=1\n")
        .sketch("s/D", &sketch("", "LEVEL"))
        .file("m.yml", properties("build.extra_flags: \"@{runtime.platform.path}/flags.txt\""));
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/inner.txt", &format!("-DLEVEL={}\n", round + 1));
    });
}

#[test]
fn a_header_that_the_command_includes_changes() {
    for option in ["-include", "-imacros"] {
        let flags = format!("build.extra_flags: \"{option} {{runtime.platform.path}}/forced.h\"");
        let workspace = project()
            .file("core/forced.h", "#include \"deeper.h\"\n")
            .file("core/deeper.h", "#define FORCED 1\n")
            .sketch("s/D", &sketch("", "FORCED"))
            .file("m.yml", properties(&flags));
        assert_seen(&workspace, |workspace, round| {
            rewrite(workspace, "core/deeper.h", &format!("#define FORCED {}\n", round + 1));
        });
    }
}

#[test]
fn the_target_of_a_header_that_is_a_link_changes() {
    let workspace = project().file("one.h", "#define VALUE 1\n").file("two.h", "#define VALUE 5\n");
    fs::create_dir_all(workspace.path("s/D")).unwrap();
    symlink(workspace.path("one.h"), workspace.path("s/D/value.h")).unwrap();
    let workspace = built(workspace, "#include \"value.h\"", "VALUE");
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "one.h", &format!("#define VALUE {}\n", round + 1));
    });
    assert_seen(&workspace, |workspace, round| {
        fs::remove_file(workspace.path("s/D/value.h")).unwrap();
        symlink(workspace.path(["two.h", "one.h"][usize::from(round - 1)]), workspace.path("s/D/value.h"))
            .unwrap();
    });
}

#[test]
fn a_folder_of_headers_that_is_a_link_leads_elsewhere() {
    let workspace =
        project().file("one/Linked.h", "#define VALUE 1\n").file("two/Linked.h", "#define VALUE 2\n");
    symlink(workspace.path("one"), workspace.path("libs/Linked")).unwrap();
    let workspace = built(workspace, "#include <Linked.h>", "VALUE");
    assert_seen(&workspace, |workspace, round| {
        fs::remove_file(workspace.path("libs/Linked")).unwrap();
        let target = ["two", "one"][usize::from(round - 1)];
        symlink(workspace.path(target), workspace.path("libs/Linked")).unwrap();
    });
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "one/Linked.h", &format!("#define VALUE {}\n", round + 2));
    });
}

/// `__COUNTER__` counts over a whole translation unit: what a header makes of it depends on what came before.
#[test]
fn a_counter_counts_as_the_includes_are_ordered() {
    let workspace = project()
        .file("libs/Pair/First.h", "enum { FIRST = __COUNTER__ * 16 + 1 };\n")
        .file("libs/Pair/Second.h", "enum { SECOND = __COUNTER__ * 16 + 2, THIRD = __COUNTER__ };\n");
    let orders = ["#include <First.h>\n#include <Second.h>", "#include <Second.h>\n#include <First.h>"];
    let value = "FIRST * 256 + SECOND + THIRD";
    let workspace = built(workspace, orders[0], value);
    assert_seen(&workspace, |workspace, round| {
        workspace.clone().sketch("s/D", &sketch(orders[usize::from(round % 2)], value));
    });
}

#[test]
fn a_header_is_renamed_in_nothing_but_case() {
    let head = "#ifdef __has_include\n#if __has_include(\"option.h\")\n#include \"option.h\"\n#endif\n#endif\n\
                #ifndef OPTION\n#define OPTION 1\n#endif";
    let head = format!("#include \"own.h\"\n{head}");
    let workspace = project().file("s/D/Option.h", "#define OPTION 2\n").file("s/D/own.h", "");
    let workspace = built(workspace, &head, "OPTION");
    assert_seen(&workspace, |workspace, round| {
        let names = ["s/D/Option.h", "s/D/option.h"].map(|name| workspace.path(name));
        let (from, to) = if round == 1 { (0, 1) } else { (1, 0) };
        fs::rename(&names[from], &names[to]).unwrap();
    });
}

#[test]
fn a_library_appears_earlier_in_the_search_order() {
    let workspace = project()
        .file("first/Base/Base.h", "")
        .file("libs/Twice/Twice.h", "#pragma once\nint twice();\n#define TWICE 1\n")
        .file("libs/Twice/Twice.cpp", "#include \"Twice.h\"\nint twice() { return TWICE; }\n")
        .sketch("s/D", &sketch("#include <Twice.h>", "twice() + TWICE"))
        .file("m.yml", matrix("libraries: [first, libs]\nsketches: [s/D]\n"));
    assert_seen(&workspace, |workspace, round| match round {
        1 => {
            let text = "#pragma once\nint twice();\n#define TWICE 2\n";
            let source = fs::read_to_string(workspace.path("libs/Twice/Twice.cpp")).unwrap();
            workspace.clone().file("first/Twice/Twice.h", text).file("first/Twice/Twice.cpp", source);
        }
        _ => fs::remove_dir_all(workspace.path("first/Twice")).unwrap(),
    });
}

/// Debian's compiler knows no `#embed`: one that does stands before it.
#[test]
fn a_file_of_embed_changes() {
    let text = "for word; do case $word in *.cpp) source=$word;; esac; done\n\
                grep -q '^#embed' \"$source\" || exec \"GXX\" \"$@\"\n\
                data=$(cat \"$(dirname \"$source\")/data.txt\")\n\
                for word; do shift; case $word in *.cpp) set -- \"$@\" -x c++ -;; *) set -- \"$@\" \"$word\";; esac; done\n\
                sed \"s|^#embed .*|$data|\" \"$source\" | \"GXX\" \"$@\"\n";
    let text = text.replace("GXX", tools().join("bin/avr-g++").to_str().unwrap());
    let workspace = script(project(), "core/avr-g++", &text)
        .file("libs/Data/Data.h", "extern unsigned char data[];\n")
        .file("libs/Data/Data.cpp", "unsigned char data[] = {\n#embed \"data.txt\"\n};\n")
        .file("libs/Data/data.txt", "49")
        .sketch("s/D", &sketch("#include <Data.h>", "data[0]"));
    let flags = format!("compiler.cpp: \"{}\"", workspace.path("core/avr-g++").display());
    let workspace = workspace.file("m.yml", properties(&flags));
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "libs/Data/data.txt", &format!("5{round}"));
    });
}

/// A plugin may do anything: the compile is bypassed, and the report says why.
#[test]
fn a_plugin_of_the_compiler_changes() {
    let text = "for word; do shift; case $word in -fplugin=*) set -- \"$@\" \"-DLEVEL=$(cat \"${word#-fplugin=}\")\";; \
                *) set -- \"$@\" \"$word\";; esac; done\nexec \"GXX\" \"$@\"\n";
    let text = text.replace("GXX", tools().join("bin/avr-g++").to_str().unwrap());
    let workspace = script(project(), "core/avr-g++", &text).file("core/plugin.so", "1");
    let flags = format!(
        "compiler.cpp: \"{}\", build.extra_flags: \"-fplugin={{runtime.platform.path}}/plugin.so\"",
        workspace.path("core/avr-g++").display()
    );
    let workspace = workspace.sketch("s/D", &sketch("", "LEVEL")).file("m.yml", properties(&flags));
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/plugin.so", &(round + 1).to_string());
    });
    let again = workspace.run(["run", "m.yml"]).assert_exit(0);
    assert_eq!(reasons(&again), ["the compiler loads a plugin"]);
}

/// What is set around the program reaches no compiler, so that it needs no place in a key.
#[test]
fn no_variable_of_the_environment_reaches_a_compiler() {
    let wrapper = format!(
        "case \" $* \" in *' -c '*) env | sed 's/=.*//' >> \"{{seen}}\";; esac\nexec \"{}\" \"$@\"\n",
        tools().join("bin/avr-g++").display()
    );
    let workspace = project();
    let seen = workspace.path("seen");
    let workspace = script(workspace, "core/avr-g++", &wrapper.replace("{seen}", seen.to_str().unwrap()));
    let head = "#ifdef __has_include\n#if __has_include(<envy.h>)\n#include <envy.h>\n#endif\n#endif\n\
                #ifndef ENVY\n#define ENVY 1\n#endif";
    let flags = format!("compiler.cpp: \"{}\"", workspace.path("core/avr-g++").display());
    let workspace = workspace
        .file("envy/envy.h", "#define ENVY 2\n")
        .file("envy/device-specs/specs-atmega328p", "nonsense\n")
        .sketch("s/D", &sketch(head, "ENVY"))
        .file("m.yml", properties(&flags));
    let plain = run(&workspace);
    let envy = workspace.path("envy/").display().to_string();
    let outputs = workspace.path("dependencies").display().to_string();
    for (name, value) in [
        ("CPATH", envy.as_str()),
        ("C_INCLUDE_PATH", &envy),
        ("CPLUS_INCLUDE_PATH", &envy),
        ("GCC_EXEC_PREFIX", &envy),
        ("COMPILER_PATH", &envy),
        ("LIBRARY_PATH", &envy),
        ("DEPENDENCIES_OUTPUT", &outputs),
        ("SUNPRO_DEPENDENCIES", &outputs),
        ("SOURCE_DATE_EPOCH", "1"),
        ("GCC_COLORS", "error=01"),
        ("GCC_COMPARE_DEBUG", "1"),
        ("LANG", "de_DE.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("LANGUAGE", "de"),
        ("LD_PRELOAD", ""),
        ("TMPDIR", &envy),
    ] {
        let workspace = workspace.clone().env(name, value);
        let warm = workspace.run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(steps(&warm), Vec::<String>::new(), "{name} builds something");
        for more in [&["--no-cache"][..], &["--cache-dir", "empty"]] {
            for folder in ["cold", "empty"] {
                let _ = fs::remove_dir_all(workspace.path(folder));
            }
            let arguments = ["run", "m.yml", "--work-dir", "cold"].iter().chain(more);
            let cold = workspace.run(arguments).assert_exit(0);
            assert_eq!(cold.firmware_in("cold"), plain.firmware(), "{name} changes something with {more:?}");
            assert!(!Path::new(&outputs).exists(), "{name} reaches a compiler");
        }
        let _ = fs::remove_file(&outputs);
    }
    // The shell adds its own, for the script; zccache says who it is, which no compiler reads.
    let expected = ["FBUILD_MATRIX_COMPILE", "LC_ALL", "PATH", "TMPDIR", "OLDPWD", "PWD", "SHLVL", "_"];
    let names = fs::read_to_string(seen).unwrap();
    assert!(names.contains("TMPDIR"), "{names}");
    let strange: Vec<&str> = names
        .lines()
        .filter(|name| !expected.contains(name))
        .filter(|name| !name.starts_with("ZCCACHE_") && *name != "RUNNING_PROCESS_ORIGINATOR")
        .collect();
    assert_eq!(strange, Vec::<&str>::new());
}

/// No scan can tell which header this is: it is compiled in each run.
#[test]
fn a_header_whose_name_the_preprocessor_puts_together_changes() {
    let head = "#define PASTE(a, b) a##b\n#define PICKED <picked.h>\n#include PASTE(PIC, KED)";
    let workspace = built(project().file("core/cores/mini/picked.h", "#define VALUE 1\n"), head, "VALUE");
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/cores/mini/picked.h", &format!("#define VALUE {}\n", round + 1));
    });
}

/// A core whose hook makes a header in the build folder of core and cells, if there is something to make it
/// of. The core asks for it, and the sketch for `header`.
fn generating(header: &str) -> Workspace {
    let platform = fs::read_to_string(project().path("core/platform.txt")).unwrap();
    let platform = platform.replace("{includes}", "{includes} \"-I{build.path}\"")
        + "recipe.hooks.prebuild.1.pattern=/bin/sh \"{runtime.platform.path}/make.sh\" \"{build.path}\"\n";
    let head = "#ifdef __has_include\n#if __has_include(\"made.h\")\n#include \"made.h\"\n#endif\n#endif\n\
                #ifndef MADE\n#define MADE 1\n#endif";
    project()
        .file("core/platform.txt", platform)
        .file("core/make.sh", "cd \"$(dirname \"$0\")\"\n! test -e made.in || cp made.in \"$1/made.h\"\n")
        .file(
            "core/cores/mini/main.cpp",
            format!(
                "#include <Arduino.h>\n{head}\nvolatile int made = MADE;\nint main() {{\n  setup();\n}}\n"
            ),
        )
        .sketch("s/D", &sketch(&head.replace("made.h", header), "MADE"))
        .file("m.yml", matrix("libraries: [libs]\nsketches: [s/D]\n"))
}

#[test]
fn a_header_that_a_hook_makes_appears_and_changes() {
    for header in ["made.h", "none.h"] {
        assert_seen(&generating(header), |workspace, round| {
            fs::write(workspace.path("core/made.in"), format!("#define MADE {}\n", round + 1)).unwrap();
        });
    }
}

#[test]
fn a_header_that_a_hook_made_once_is_gone() {
    for header in ["made.h", "none.h"] {
        let workspace = generating(header).file("core/made.in", "#define MADE 7\n");
        assert_seen(&workspace, |workspace, round| match round {
            1 => fs::remove_file(workspace.path("core/made.in")).unwrap(),
            _ => fs::write(workspace.path("core/made.in"), "#define MADE 8\n").unwrap(),
        });
    }
}

/// What the commands behind the compiles read enters, however they come to know of it.
#[test]
fn a_file_that_a_link_or_a_conversion_reads_changes() {
    let platform = fs::read_to_string(project().path("core/platform.txt")).unwrap();
    let main = "#include <Arduino.h>\nextern char one, two, three;\nchar *volatile values[] = {&one, &two, &three};\n\
                int main() {\n  values[0];\n  setup();\n}\n";
    for (flags, hook) in [
        ("\"{runtime.platform.path}/read.x\"", ""),
        ("\"-Wl,@{runtime.platform.path}/read.args\"", ""),
        ("\"-Wl,@{runtime.platform.path}/deeper.args\"", ""),
        ("\"@{runtime.platform.path}/gcc.args\"", ""),
        ("\"-L{runtime.platform.path}/scripts\" -lread", ""),
        (
            "-Wl,--defsym=one=1",
            "recipe.hooks.objcopy.postobjcopy.1.pattern=/bin/sh \"{runtime.platform.path}/append.sh\" \
             \"{build.path}/{build.project_name}.hex\"\n",
        ),
    ] {
        let workspace = project();
        let at = |name: &str| workspace.path("core").join(name).display().to_string();
        let platform = platform.replace("{object_files}", &format!("{{object_files}} {flags}")) + hook;
        let all = "-Wl,--defsym=two=2 -Wl,--defsym=three=3";
        let platform = platform.replace(
            "-o \"{build.path}/{build.project_name}.elf\"",
            &format!("{all} -o \"{{build.path}}/{{build.project_name}}.elf\""),
        );
        let workspace = workspace
            .clone()
            .file("core/platform.txt", platform)
            .file("core/cores/mini/main.cpp", main)
            .file("core/read.x", "one = 10;\n")
            .file("core/scripts/libread.a", "one = 10;\n")
            .file("core/read.args", "--defsym=one=10\n")
            .file("core/deeper.args", format!("-T{}\n--defsym=three=4\n", at("implicit.x")))
            .file("core/implicit.x", "one = 10;\nINSERT AFTER .text;\n")
            .file("core/gcc.args", format!("-L{}\n-lread\n", at("scripts")))
            .file("core/append.sh", "cat \"$(dirname \"$0\")/read.x\" >> \"$1\"\n")
            .sketch("s/D", &sketch("", "1"))
            .file("m.yml", matrix("libraries: [libs]\nsketches: [s/D]\n"));
        assert_seen(&workspace, |workspace, round| {
            for (path, text) in [
                ("core/read.x", "one = 1{};\n"),
                ("core/scripts/libread.a", "one = 1{};\n"),
                ("core/read.args", "--defsym=one=1{}\n"),
                ("core/implicit.x", "one = 1{};\nINSERT AFTER .text;\n"),
            ] {
                rewrite(workspace, path, &text.replace("{}", &round.to_string()));
            }
        });
    }
}

#[test]
fn a_core_that_is_made_with_another_property_is_another() {
    let workspace = project().sketch("s/D", &sketch("#include <Arduino.h>", "1"));
    let main = "#include <Arduino.h>\nvolatile int level;\nint main() {\n  level = LEVEL;\n  setup();\n  for (;;) loop();\n}\n";
    let workspace = workspace
        .file("core/cores/mini/main.cpp", main)
        .file("m.yml", properties("build.extra_flags: -DLEVEL=1"));
    assert_seen(&workspace, |workspace, round| {
        let flags = format!("build.extra_flags: -DLEVEL={}", round + 1);
        fs::write(workspace.path("m.yml"), properties(&flags)).unwrap();
    });
    assert_built(&run(&workspace), &[]);
}
