//! The project that is edited: a core of its own, libraries, sketches, two boards. Each constant in it is a
//! number from 700 to 799 and reaches the firmware, so that one that is stale shows.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failures_core::tools;
use crate::support::Workspace;

use super::dice::Dice;

/// Directories that headers are searched in, and into which an edit may put one that shadows another.
pub(super) const DIRECTORIES: [&str; 11] = [
    "s/A",
    "s/B",
    "s/C",
    "core/cores/diff",
    "core/variants/diff",
    "core/system",
    "libs/One/src",
    "libs/Two/src",
    "libs/Three",
    "libs/Three/utility",
    "libs/Four/src",
];

/// What is included or asked for somewhere.
pub(super) const NAMES: [&str; 12] = [
    "config.h",
    "shared.h",
    "option.h",
    "late.h",
    "system.h",
    "generated.h",
    "blob.bin",
    "One.h",
    "Two.h",
    "pick.h",
    "Five.h",
    "part.h",
];

/// The macro that a header of this name defines.
pub(super) fn macro_of(header: &str) -> String {
    header.split('.').next().unwrap_or_default().to_uppercase()
}

const PLATFORM: &str = "\
name=Diff
version=1.0.0
compiler.path={runtime.tools.avr-gcc.path}/bin/
build.extra_flags=-DBOARD=700
compiler.libraries.ldflags=
flags.platform=-DPLATFORM=701
flags.more=
compiler.cpp.flags=
flags.response=\"@{runtime.platform.path}/flags.txt\"
flags.forced=-include \"{runtime.platform.path}/forced.h\"
flags.system=-isystem \"{runtime.platform.path}/system\"
flags.all=-c -Os -MMD -mmcu={build.mcu} {flags.platform} {flags.more} {flags.response} {flags.forced} {build.extra_flags} {flags.system}
recipe.hooks.prebuild.1.pattern=/bin/cp \"{runtime.platform.path}/generated.in\" \"{build.path}/generated.h\"
recipe.S.o.pattern=\"{compiler.path}avr-gcc\" -x assembler-with-cpp {flags.all} {includes} \"-I{build.path}\" \"{source_file}\" -o \"{object_file}\"
recipe.c.o.pattern=\"{compiler.path}avr-gcc\" {flags.all} -std=gnu11 {includes} \"-I{build.path}\" \"{source_file}\" -o \"{object_file}\"
recipe.cpp.o.pattern=\"{compiler.path}avr-g++\" {compiler.cpp.flags} {flags.all} -std=gnu++11 {includes} \"-I{build.path}\" \"{source_file}\" -o \"{object_file}\"
recipe.ar.pattern=\"{compiler.path}avr-ar\" rcs \"{archive_file_path}\" \"{object_file}\"
recipe.c.combine.pattern=\"{compiler.path}avr-gcc\" -mmcu={build.mcu} \"-Wl,@{runtime.platform.path}/link.args\" -o \"{build.path}/{build.project_name}.elf\" {object_files} \"{build.path}/{archive_file}\" \"{runtime.platform.path}/link.x\" {compiler.libraries.ldflags}
recipe.objcopy.hex.pattern=\"{compiler.path}avr-objcopy\" -O ihex \"{build.path}/{build.project_name}.elf\" \"{build.path}/{build.project_name}.hex\"
recipe.hooks.objcopy.postobjcopy.1.pattern=/bin/sh \"{runtime.platform.path}/stamp.sh\" \"{build.path}/{build.project_name}.hex\" \"{build.path}/stamp.bin\"
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=\"{compiler.path}avr-size\" -A \"{build.path}/{build.project_name}.elf\"
recipe.size.regex=^(?:\\.text|\\.data)\\s+([0-9]+).*
recipe.size.regex.data=^(?:\\.data|\\.bss)\\s+([0-9]+).*
";

const BOARDS: &str = "\
one.name=One
one.build.core=diff
one.build.variant=diff
one.build.mcu=atmega328p
two.name=Two
two.build.core=diff
two.build.mcu=atmega168
two.build.extra_flags=-DBOARD=702
";

const MAIN: &str = "\
#include <Arduino.h>
#include \"shared.h\"
volatile int sink;
extern char link_value, arg_value;
extern \"C\" int wiring(), start();
int main() {
  sink = SHARED + PLATFORM + start() + wiring();
  sink = (int)&link_value;
  sink = (int)&arg_value;
  sink = FORCED;
  setup();
  for (;;) loop();
}
";

const ASKS: &str = "\
#ifdef __has_include
#if __has_include(\"option.h\")
#include \"option.h\"
#endif
#if __has_include(<late.h>)
#include <late.h>
#endif
#endif
#ifndef OPTION
#define OPTION 703
#endif
#ifndef LATE
#define LATE 704
#endif
";

/// The matrix. The directory of the tools is the project's own, so that the compiler can be swapped. The units
/// of one board are light, those of the other go through the compiler cache.
const MATRIX: &str = "\
version: 1
cores:
  diff:avr: {provider: path, path: core, tools: {avr-gcc: tools}, properties: {flags.more: -DMATRIX=705}}
  diff:mcu: {provider: path, path: core, tools: {avr-gcc: tools}, properties: {flags.more: -DMATRIX=705}}
boards:
  one: diff:avr:one
  two: {fqbn: \"diff:mcu:two\", properties: {flags.platform: -DPLATFORM=706}}
libraries: [first, libs]
sketches:
  - s/A
  - {path: s/B, properties: {build.extra_flags: -DBOARD=707}}
  - s/C
";

/// Makes the project. What the libraries include of each other is the dice's.
pub(super) fn make(workspace: Workspace, dice: &mut Dice) -> Workspace {
    let tools = tools();
    // What has hooks before its compiles is looked at anew in every run.
    let (workspace, platform) = if dice.one_in(3) {
        (workspace, PLATFORM.to_owned())
    } else {
        let lines = PLATFORM.split_inclusive('\n').filter(|line| !line.starts_with("recipe.hooks.prebuild"));
        (workspace.file("core/system/generated.h", "#define GENERATED 712\n"), lines.collect())
    };
    let workspace = workspace
        .file("m.yml", MATRIX)
        .file("core/platform.txt", platform)
        .file("core/boards.txt", BOARDS)
        .file("core/flags.txt", "-DRESPONSE=708\n-DANSWER='709'\n")
        .file("core/forced.h", "#define FORCED 710\n")
        .file("core/system/system.h", "#define SYSTEM 711\n")
        .file("core/generated.in", "#define GENERATED 712\n")
        .file("core/link.x", "link_value = 713;\n")
        .file("core/link.args", "--defsym=arg_value=714\n")
        .file("core/stamp.sh", "/bin/cp \"$1\" \"$2\"\necho 715 >> \"$2\"\n")
        .file(
            "core/cores/diff/Arduino.h",
            "#pragma once\n#include <stdint.h>\n#include \"pins.h\"\nvoid setup();\nvoid loop();\n",
        )
        .file("core/cores/diff/pins.h", "#define PIN 716\n")
        .file("core/cores/diff/main.cpp", MAIN)
        .file("core/cores/diff/shared.h", "#define SHARED 717\n")
        .file("core/cores/diff/config.h", "#define CONFIG 718\n")
        .file(
            "core/cores/diff/wiring.c",
            "#include <system.h>\n#include \"generated.h\"\nint wiring(void) { return SYSTEM + GENERATED + RESPONSE; }\n",
        )
        .file(
            "core/cores/diff/start.S",
            "#include \"pins.h\"\n.global start\nstart:\n  ldi r24, lo8(PIN)\n  ldi r25, hi8(PIN)\n  ret\n",
        )
        .file("core/variants/diff/part.h", "#define PART 719\n")
        .file("core/variants/diff/variant.cpp", "#include \"part.h\"\nint variant() { return PART; }\n")
        .file(
            "s/A/A.ino",
            format!(
                "#include \"config.h\"\n#include <One.h>\n#include <system.h>\n#include \"generated.h\"\n{ASKS}\
                 volatile int x;\nvoid setup() {{ x = CONFIG; x = one(); x = SYSTEM; x = GENERATED; x = OPTION; \
                 x = LATE; x = BOARD; x = COMPILER; x = helper(); }}\nvoid loop() {{}}\n"
            ),
        )
        .file("s/A/helper.ino", "int helper() { return 720; }\n")
        .file(
            "s/B/B.ino",
            "#include <Three.h>\n#include <Four.h>\n#include <Linked.h>\n#if FORCED > 760\n#include <Five.h>\n#endif\n\
             #ifndef FIVE\n#define FIVE 721\n#endif\n#define PASTE(a) <a.h>\n#define PICKED PASTE(pick)\n#include PICKED\n\
             volatile int x;\nvoid setup() { x = three(); x = four(); x = LINKED; x = FIVE; x = PICK; x = BOARD; \
             x = blob[0]; }\nvoid loop() { x = PLATFORM; }\n",
        )
        .file("s/B/part.h", "#define PART 722\n")
        .file("s/B/extra.cpp", "#include \"part.h\"\nint extra() { return PART + RESPONSE; }\n")
        .file("s/C/C.ino", "#include <Arduino.h>\n#include \"local.h\"\nvolatile int x;\nconst char *volatile name = __FILE__;\nvoid setup() { x = LOCAL; x = ANSWER; x = name[0]; }\nvoid loop() {}\n")
        .file("elsewhere/local.h", "#define LOCAL 723\n")
        .file("elsewhere/local-2.h", "#define LOCAL 724\n")
        .file("elsewhere/Shared/shared.cpp", "#include \"../part.h\"\nint shared_part() { return PART; }\n")
        .file("elsewhere/Linked/Linked.h", "#pragma once\n#define LINKED 725\n")
        .file("elsewhere/Linked-2/Linked.h", "#pragma once\n#define LINKED 726\n");
    link(&workspace, "../../elsewhere/local.h", "s/C/local.h");
    let workspace = libraries(workspace, dice);
    link(&workspace, "../elsewhere/Linked", "libs/Linked");
    fs::create_dir_all(workspace.path("tools/bin")).unwrap();
    for name in ["avr-gcc", "avr-ar", "avr-objcopy", "avr-size"] {
        link(&workspace, tools.join("bin").join(name).to_str().unwrap(), &format!("tools/bin/{name}"));
    }
    compiler(&workspace, "avr-g++", 727);
    for (number, value) in [(1, 728), (2, 729), (3, 730)] {
        precompile(&workspace, number, value);
    }
    fs::create_dir_all(workspace.path("libs/Four/src/atmega328p")).unwrap();
    fs::copy(workspace.path("made/libfour-1.a"), workspace.path("libs/Four/src/atmega328p/libfour.a"))
        .unwrap();
    workspace
}

fn libraries(workspace: Workspace, dice: &mut Dice) -> Workspace {
    let maybe = |dice: &mut Dice, text: &'static str| if dice.one_in(2) { text } else { "" };
    // A circle is closed one way or another.
    let (there, back) = (maybe(dice, "#include <Two.h>\n"), maybe(dice, "#include <One.h>\n"));
    let spare = maybe(dice, "#include \"shared.h\"\n");
    // GCC 5 gives the assembler no directories to search.
    let blob = workspace.path("libs/Three/blob.bin").display().to_string();
    workspace
        .file("libs/One/library.properties", "name=One\nversion=1.0.0\n")
        .file("libs/One/src/One.h", format!("#pragma once\n{there}int one();\n"))
        .file(
            "libs/One/src/One.cpp",
            "#include \"One.h\"\n#include <Two.h>\n#include \"config.h\"\n#include \"shared.h\"\n\
             int one() { return two() + CONFIG + SHARED; }\n",
        )
        .file("libs/One/src/config.h", "#define CONFIG 731\n")
        .file("libs/Two/library.properties", "name=Two\nversion=1.0.0\n")
        .file("libs/Two/src/Two.h", format!("#ifndef TWO_H\n#define TWO_H\n{back}{spare}#define TWO_NAME __FILE__\nint two();\n#endif\n"))
        .file(
            "libs/Two/src/Two.cpp",
            "#include <One.h>\n#include \"Two.h\"\n#include <shared.h>\nint two() { return SHARED + COMPILER; }\n\
             const char *volatile two_name = TWO_NAME;\n",
        )
        .file("libs/Two/src/shared.h", "#define SHARED 732\n")
        .file("libs/Three/Three.h", "#pragma once\nint three();\nextern const char blob[];\n")
        .file(
            "libs/Three/Three.cpp",
            "#include \"Three.h\"\n#include \"utility/deep.h\"\nint three() { return DEEP; }\n",
        )
        .file("libs/Three/utility/deep.h", "#include <pick.h>\n#define DEEP (733 + PICK)\n")
        .file("libs/Three/pick.h", "#ifndef PICK\n#define PICK 734\n#endif\n")
        .file(
            "libs/Three/blob.S",
            format!(".section .progmem.data,\"a\"\n.global blob\nblob: .incbin \"{blob}\"\n"),
        )
        .file("libs/Three/blob.bin", " 735 ")
        .file("libs/Four/library.properties", "name=Four\nversion=1.0.0\nprecompiled=full\nldflags=-lfour\n")
        .file("libs/Four/src/Four.h", "#pragma once\nint four();\n")
        .file("libs/Four/src/four.cpp", "#include \"Four.h\"\nint four() { return 736; }\n")
        .file("libs/Five/Five.h", "#define FIVE 737\n")
        .file("first/Base/Base.h", "#define BASE 738\n")
}

/// Makes a compiler: Debian's, with a constant of its own.
pub(super) fn compiler(workspace: &Workspace, name: &str, value: u64) {
    let real = tools().join("bin").join(name);
    let text = format!("exec \"{}\" -DCOMPILER={value} \"$@\"\n", real.display());
    let path = format!("tools/bin/{name}");
    let _ = fs::remove_file(workspace.path(&path));
    crate::failures_core::script(workspace.clone(), &path, &text);
    fs::remove_file(workspace.path(format!("{path}.draft"))).unwrap();
}

/// Makes one of the archives that the precompiled library can have.
fn precompile(workspace: &Workspace, number: u32, value: u32) {
    let tools = tools();
    let at = |name: String| workspace.path("made").join(name);
    let source = at(format!("four-{number}.cpp"));
    fs::create_dir_all(source.parent().unwrap()).unwrap();
    fs::write(&source, format!("int four() {{ return {value}; }}\n")).unwrap();
    let object = at("four.o".to_owned());
    run(Command::new(tools.join("bin/avr-g++"))
        .args(["-c", "-Os", "-mmcu=atmega328p"])
        .arg(&source)
        .arg("-o")
        .arg(&object));
    run(Command::new(tools.join("bin/avr-ar"))
        .arg("rcsD")
        .arg(at(format!("libfour-{number}.a")))
        .arg(&object));
    fs::remove_file(source).unwrap();
    fs::remove_file(object).unwrap();
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

fn link(workspace: &Workspace, target: &str, path: &str) {
    std::os::unix::fs::symlink(Path::new(target), workspace.path(path)).unwrap();
}
