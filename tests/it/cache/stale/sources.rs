//! What sources read, by whatever way they come to it.

use std::fs;
use std::os::unix::fs::symlink;

use super::{assert_seen, built, properties, rewrite, sketch};
use crate::cache::project;
use crate::failures_core::{matrix, script, tools};

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
fn a_directory_of_headers_that_is_a_link_leads_elsewhere() {
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

/// No scan can tell which header this is: it is compiled in each run.
#[test]
fn a_header_whose_name_the_preprocessor_puts_together_changes() {
    let head = "#define PASTE(a, b) a##b\n#define PICKED <picked.h>\n#include PASTE(PIC, KED)";
    let workspace = built(project().file("core/cores/mini/picked.h", "#define VALUE 1\n"), head, "VALUE");
    assert_seen(&workspace, |workspace, round| {
        rewrite(workspace, "core/cores/mini/picked.h", &format!("#define VALUE {}\n", round + 1));
    });
}
