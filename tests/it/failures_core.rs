//! A core of our own, small enough to compile in a moment and to be broken in many ways: one source,
//! Debian's compiler, and every command of its recipes in a property that a board can override.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{Workspace, avr_core};

const PLATFORM: &str = "\
name=Mini
version=1.0.0
compiler.path={runtime.tools.avr-gcc.path}/bin/
compiler.cpp={compiler.path}avr-g++
compiler.link={compiler.path}avr-gcc
compiler.size={compiler.path}avr-size
build.extra_flags=
compiler.cpp.flags=
compiler.warning_flags=
compiler.warning_flags.none=-w
compiler.warning_flags.default=
compiler.warning_flags.more=-Wall
compiler.warning_flags.all=-Wall -Wextra
recipe.S.o.pattern=\"{compiler.path}avr-gcc\" -c -x assembler-with-cpp -mmcu={build.mcu} {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.c.o.pattern=\"{compiler.path}avr-gcc\" -c -Os {compiler.warning_flags} -std=gnu11 -MMD -mmcu={build.mcu} {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.cpp.o.pattern=\"{compiler.cpp}\" {compiler.cpp.flags} -c -Os {compiler.warning_flags} -std=gnu++11 -MMD -mmcu={build.mcu} {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.ar.pattern=\"{compiler.path}avr-ar\" rcs \"{archive_file_path}\" \"{object_file}\"
recipe.c.combine.pattern=\"{compiler.link}\" -mmcu={build.mcu} -o \"{build.path}/{build.project_name}.elf\" {object_files} \"{build.path}/{archive_file}\"
recipe.objcopy.hex.pattern=\"{compiler.path}avr-objcopy\" -O ihex \"{build.path}/{build.project_name}.elf\" \"{build.path}/{build.project_name}.hex\"
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=\"{compiler.size}\" -A \"{build.path}/{build.project_name}.elf\"
recipe.size.regex=^(?:\\.text|\\.data)\\s+([0-9]+).*
recipe.size.regex.data=^(?:\\.data|\\.bss)\\s+([0-9]+).*
";

/// `uno` works; the core of `broken` has a source that does not compile.
const BOARDS: &str = "\
uno.name=Mini Uno
uno.build.core=mini
uno.build.mcu=atmega328p
uno.upload.maximum_size=32256
uno.upload.maximum_data_size=2048
broken.name=Mini board with a broken core
broken.build.core=broken
broken.build.mcu=atmega328p
";

/// A sketch that every board of this core builds.
pub(crate) const EMPTY: &str = "void setup() {}\nvoid loop() {}\n";

/// A workspace with the core in `core/`.
pub(crate) fn workspace() -> Workspace {
    let arduino = "#pragma once\n#include <stdint.h>\nvoid setup();\nvoid loop();\n";
    let main = "#include <Arduino.h>\nint main() {\n  setup();\n  for (;;) loop();\n}\n";
    Workspace::new()
        .file("core/platform.txt", PLATFORM)
        .file("core/boards.txt", BOARDS)
        .file("core/cores/mini/Arduino.h", arduino)
        .file("core/cores/mini/main.cpp", main)
        .file("core/cores/broken/Arduino.h", arduino)
        .file("core/cores/broken/main.cpp", main)
        .file("core/cores/broken/broken.cpp", "#include <Arduino.h>\n\nint broken = nothing;\n")
}

/// The lines of `cores:` for it: as a core of a family whose units go through the compiler cache, and as one
/// whose units are light.
pub(crate) fn core() -> String {
    core_with(&tools())
}

/// The same with another directory of the compiler.
fn core_with(tools: &Path) -> String {
    let tools = tools.display();
    ["mcu", "avr"]
        .map(|family| {
            format!("  mini:{family}: {{provider: path, path: core, tools: {{avr-gcc: \"{tools}\"}}}}\n")
        })
        .concat()
}

/// A matrix of its board `uno` and whatever `rest` says: `sketches:` at least.
pub(crate) fn matrix(rest: &str) -> String {
    matrix_with(&tools(), rest)
}

/// The same with another directory of the compiler.
pub(crate) fn matrix_with(tools: &Path, rest: &str) -> String {
    format!("version: 1\ncores:\n{}boards: {{uno: mini:mcu:uno}}\n{rest}", core_with(tools))
}

/// The directory whose `bin/` has the compiler.
pub(crate) fn tools() -> PathBuf {
    avr_core().tools["avr-gcc"].clone()
}

/// Writes a program for the recipes: a script. That the system needs a shell to run it is its own affair.
pub(crate) fn script(workspace: Workspace, path: &str, text: &str) -> Workspace {
    let draft = format!("{path}.draft");
    let workspace = workspace.file(&draft, format!("#!/bin/sh\n{text}"));
    // Another test that starts a program at this moment would hand on a file that is open here, and the
    // system runs no program that somebody may write. What `cp` has open, nobody here hands on.
    let copied = Command::new("cp").args([workspace.path(&draft), workspace.path(path)]).status().unwrap();
    assert!(copied.success());
    fs::set_permissions(workspace.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    workspace
}

/// Fails if the process with the number in this file does not end.
#[track_caller]
pub(crate) fn assert_gone(pid_file: &Path) {
    // The last signal is sent before the program ends; the system takes its moment to obey.
    for _ in 0..500 {
        if !alive(pid_file) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the process of {} is still running", pid_file.display());
}

/// Whether the process with the number in this file is alive. Whoever is killed may stay in the table
/// for as long as nobody asks how it ended.
pub(crate) fn alive(pid_file: &Path) -> bool {
    let text = fs::read_to_string(pid_file).unwrap();
    let pid: u32 = text.trim().parse().unwrap_or_else(|_| panic!("`{text}` is no process"));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z"))
}
