//! What commands read beside sources: response files, plugins, hooks, links, the environment.

use std::fs;
use std::path::Path;

use super::{assert_seen, properties, reasons, rewrite, sketch};
use crate::cache::{assert_built, project, run};
use crate::failures_core::{matrix, script, tools};
use crate::support::Workspace;

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
    let variables = [
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
    ];
    for (name, value) in variables {
        let warm = workspace.clone().env(name, value).run(["run", "m.yml"]).assert_exit(0);
        assert_eq!(warm.steps(), Vec::<String>::new(), "{name} builds something");
    }
    // All at once: what one of them changes is changed, whatever the others do.
    let workspace = variables.iter().fold(workspace, |workspace, (name, value)| workspace.env(name, value));
    for more in [&["--no-cache"][..], &["--cache-dir", "empty"]] {
        let arguments = ["run", "m.yml", "--work-dir", "cold"].iter().chain(more);
        let cold = workspace.run(arguments).assert_exit(0);
        assert_eq!(cold.firmware_in("cold"), plain.firmware(), "something is changed with {more:?}");
        assert!(!Path::new(&outputs).exists(), "a compiler writes dependencies with {more:?}");
        fs::remove_dir_all(workspace.path("cold")).unwrap();
    }
    // The shell adds its own, for the script; zccache says who it is, which no compiler reads.
    let expected = [
        "FBUILD_MATRIX_COMPILE",
        "FBUILD_MATRIX_RUN",
        "LC_ALL",
        "PATH",
        "TMPDIR",
        "OLDPWD",
        "PWD",
        "SHLVL",
        "_",
    ];
    let names = fs::read_to_string(seen).unwrap();
    assert!(names.contains("TMPDIR"), "{names}");
    let strange: Vec<&str> = names
        .lines()
        .filter(|name| !expected.contains(name))
        .filter(|name| !name.starts_with("ZCCACHE_") && *name != "RUNNING_PROCESS_ORIGINATOR")
        .collect();
    assert_eq!(strange, Vec::<&str>::new());
}

/// A core whose hook makes a header in the build directory of core and cells, if there is something to make it
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
        (
            "-Wl,--defsym=one=1",
            "recipe.hooks.objcopy.postobjcopy.1.pattern=/bin/sh -c \"cat '{runtime.platform.path}/../elsewhere.txt' >> \
             {build.path}/{build.project_name}.hex\"\n",
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
            .file("elsewhere.txt", "one = 10;\n")
            .file("core/append.sh", "cat \"$(dirname \"$0\")/read.x\" >> \"$1\"\n")
            .sketch("s/D", &sketch("", "1"))
            .file("m.yml", matrix("libraries: [libs]\nsketches: [s/D]\n"));
        assert_seen(&workspace, |workspace, round| {
            for (path, text) in [
                ("core/read.x", "one = 1{};\n"),
                ("elsewhere.txt", "one = 1{};\n"),
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
