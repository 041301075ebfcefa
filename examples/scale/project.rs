//! Writes a project of many tiny sketches for four boards of a generated core, with a tool chain (`fake_gcc.rs`) that
//! writes its outputs immediately. Each board has its own define, so there are four cores, and an object of each sketch
//! for each board.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// The boards of the project: cells = sketches × boards.
pub(crate) const BOARDS: [&str; 4] = ["one", "two", "three", "four"];

const PLATFORM: &str = "\
name=Scale
version=1.0.0
compiler.path={runtime.tools.fake.path}/bin/
compiler.gcc={compiler.path}fake-gcc
compiler.cpp.flags=
recipe.S.o.pattern=\"{compiler.gcc}\" -c {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.c.o.pattern=\"{compiler.gcc}\" -c -MMD {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.cpp.o.pattern=\"{compiler.gcc}\" {compiler.cpp.flags} -c -MMD {build.extra_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.ar.pattern=\"{compiler.gcc}\" rcs \"{archive_file_path}\" \"{object_file}\"
recipe.c.combine.pattern=\"{compiler.gcc}\" -o \"{build.path}/{build.project_name}.elf\" {object_files} \"{build.path}/{archive_file}\"
recipe.objcopy.hex.pattern=\"{compiler.gcc}\" --copy \"{build.path}/{build.project_name}.elf\" -o \"{build.path}/{build.project_name}.hex\"
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=\"{compiler.gcc}\" --size \"{build.path}/{build.project_name}.elf\"
recipe.size.regex=^program ([0-9]+) bytes
";

/// Writes the project into `directory`: `matrix.yml`, `core/`, `tools/`, `sketches/`.
///
/// # Errors
/// The directory can't be written, or `rustc` does not compile the tool chain.
pub(crate) fn write(directory: &Path, sketches: usize) -> io::Result<()> {
    let file = |path: &str, text: &str| {
        let path = directory.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, text)
    };
    let mut boards = String::new();
    let mut matrix = String::from(
        "version: 1\nname: scale\ncores:\n  scale:avr: {provider: path, path: core, tools: {fake: tools}}\nboards:\n",
    );
    for (number, board) in BOARDS.iter().enumerate() {
        // Writing to a `String` can't fail.
        let _ = writeln!(boards, "{board}.name={board}\n{board}.build.core=scale");
        let _ = writeln!(boards, "{board}.build.extra_flags=-DBOARD={number}");
        let _ = writeln!(boards, "{board}.upload.maximum_size=100000");
        let _ = writeln!(matrix, "  {board}: scale:avr:{board}");
    }
    matrix.push_str("sketches: [sketches/**]\n");
    file("matrix.yml", &matrix)?;
    file("core/platform.txt", PLATFORM)?;
    file("core/boards.txt", &boards)?;
    file("core/cores/scale/Arduino.h", "#pragma once\nvoid setup();\nvoid loop();\n")?;
    file("core/cores/scale/main.cpp", "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n")?;
    for number in 0..sketches {
        let name = format!("Sketch{number:05}");
        let text = format!("void setup() {{ volatile int mine = {number}; }}\nvoid loop() {{}}\n");
        file(&format!("sketches/{name}/{name}.ino"), &text)?;
    }
    fs::create_dir_all(directory.join("tools/bin"))?;
    tools(&directory.join("tools/bin/fake-gcc"))
}

fn tools(program: &Path) -> io::Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scale/fake_gcc.rs");
    let options = ["--edition=2024", "-O", "-Cpanic=abort", "-Ctarget-feature=+crt-static"];
    let status = Command::new("rustc").args(options).arg(source).arg("-o").arg(program).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other("rustc does not compile the tool chain")) }
}
