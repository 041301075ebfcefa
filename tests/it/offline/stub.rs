//! A core of our own with a tool chain that only pretends (`stub_gcc.rs`). A sketch says by its text how its build ends:
//!
//! ```text
//! // flash=900 ram=9     the sizes of its firmware
//! // broken              its compile fails
//! // warned              its compile warns
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{Workspace, repository};

pub(crate) const PLATFORM: &str = "\
name=Stub
version=1.0.0
compiler.path={runtime.tools.stub.path}/bin/
compiler.gcc={compiler.path}stub-gcc
compiler.cpp.flags=
compiler.warning_flags=
compiler.warning_flags.none=-w
compiler.warning_flags.default=
compiler.warning_flags.more=-Wall
compiler.warning_flags.all=-Wall -Wextra
recipe.S.o.pattern=\"{compiler.gcc}\" -c {includes} \"{source_file}\" -o \"{object_file}\"
recipe.c.o.pattern=\"{compiler.gcc}\" -c -MMD {includes} \"{source_file}\" -o \"{object_file}\"
recipe.cpp.o.pattern=\"{compiler.gcc}\" {compiler.cpp.flags} -c -MMD {compiler.warning_flags} {includes} \"{source_file}\" -o \"{object_file}\"
recipe.ar.pattern=\"{compiler.gcc}\" rcs \"{archive_file_path}\" \"{object_file}\"
recipe.c.combine.pattern=\"{compiler.gcc}\" -o \"{build.path}/{build.project_name}.elf\" {object_files} \"{build.path}/{archive_file}\"
recipe.objcopy.hex.pattern=\"{compiler.gcc}\" --copy \"{build.path}/{build.project_name}.elf\" -o \"{build.path}/{build.project_name}.hex\"
recipe.output.tmp_file={build.project_name}.hex
recipe.size.pattern=\"{compiler.gcc}\" --size \"{build.path}/{build.project_name}.elf\"
recipe.size.regex=^flash ([0-9]+)
recipe.size.regex.data=^ram ([0-9]+)
";

pub(crate) const BOARDS: &str = "\
uno.name=Stub Uno
uno.build.core=stub
uno.upload.maximum_size=1000
uno.upload.maximum_data_size=100
mega.name=Stub Mega
mega.build.core=stub
mega.upload.maximum_size=8000
mega.upload.maximum_data_size=800
";

/// The tool chain, compiled once for all runs of the tests in this checkout. It kills itself once if the file `stub-gcc.kill`
/// exists beside it.
pub(crate) fn tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| {
        let source = repository("tests/it/offline/stub_gcc.rs");
        let hash = blake3::hash(&fs::read(&source).unwrap()).to_hex();
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stub-gcc-{}", &hash[..16]));
        if !program.exists() {
            let draft = program.with_extension(std::process::id().to_string());
            let options = ["--edition=2024", "-O", "-Cpanic=abort", "-Ctarget-feature=+crt-static"];
            let status =
                Command::new("rustc").args(options).arg(source).arg("-o").arg(&draft).status().unwrap();
            assert!(status.success(), "rustc does not compile the tool chain");
            fs::rename(draft, &program).unwrap();
        }
        program
    })
}

/// A workspace with the core, and `matrix.yml` with the boards uno and mega, unless `rest` has others.
pub(crate) fn workspace(rest: &str) -> Workspace {
    let boards = if rest.contains("boards:") {
        ""
    } else {
        "boards: {uno: \"stub:sim:uno\", mega: \"stub:sim:mega\"}\n"
    };
    let cores = "cores:\n  stub:sim: {provider: path, path: core, tools: {stub: tools}}\n";
    let workspace = Workspace::new()
        .file("core/platform.txt", PLATFORM)
        .file("core/boards.txt", BOARDS)
        .file("core/cores/stub/Arduino.h", "#pragma once\nvoid setup();\nvoid loop();\n")
        .file("core/cores/stub/main.cpp", "#include <Arduino.h>\nint main() { setup(); for (;;) loop(); }\n")
        .file("tools/bin/README", "one program for all")
        .file("matrix.yml", format!("version: 1\n{cores}{boards}{rest}"));
    fs::copy(tool(), workspace.path("tools/bin/stub-gcc")).unwrap();
    workspace
}

/// A sketch with this comment.
pub(crate) fn sketch(comment: &str) -> String {
    format!("// {comment}\nvoid setup() {{}}\nvoid loop() {{}}\n")
}
