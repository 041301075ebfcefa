//! The eight cases that are known of zccache, as `docs/cache.md` lists them.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use super::{assert_seen, built, properties, reasons, rewrite, sketch};
use crate::cache::project;
use crate::failures_core::{matrix, script, tools};
use crate::support::Workspace;

#[test]
fn a_header_added_earlier_in_the_include_directories_shadows() {
    // Both directories are searched with and without it: the command stays the same.
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
        assert_eq!(again.steps().iter().filter(|step| step.contains(": compile ")).count(), 1, "{word}");
        let why = reasons(&again);
        assert!(why.len() == 1 && why[0].contains(word), "{word}: {why:?}");
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
