//! A real arduino-cli on this machine: where it is, and how it is set up to work offline on a core that something
//! else has installed. `bench/peers` has this file as well.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the program, before any other place; `none` is as good as a machine that has none.
pub(crate) const VARIABLE: &str = "FBUILD_MATRIX_ARDUINO_CLI";

/// Where the program is.
#[derive(Debug)]
pub(crate) enum Found {
    Program(PathBuf),
    /// Compressed with `xz`.
    Packed(PathBuf),
}

/// Finds the program: the variable, `PATH`, then `shared/arduino-cli` beside the checkout or a directory above it.
pub(crate) fn find() -> Option<Found> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return (named != "none").then(|| Found::Program(named.into()));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|dir| dir.join("arduino-cli"));
    if let Some(program) = programs.find(|program| program.is_file()) {
        return Some(Found::Program(program));
    }
    shared("arduino-cli/arduino-cli.xz").map(Found::Packed)
}

/// A path in `shared`, which CI puts beside the checkout; for a worktree it is further up.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    above.map(|dir| dir.join("shared").join(path)).find(|path| path.exists())
}

/// Unpacks the program into `dir`, unless that was done before. `xz` is the command without its arguments.
pub(crate) fn unpack(packed: &Path, dir: &Path, mut xz: Command) -> io::Result<PathBuf> {
    let hash = blake3::hash(&fs::read(packed)?).to_hex();
    let program = dir.join(format!("arduino-cli-{}", &hash[..16]));
    if !program.is_file() {
        fs::create_dir_all(dir)?;
        let unpacked = tempfile::NamedTempFile::new_in(dir)?;
        xz.args(["--decompress", "--stdout"]).arg(packed).stdout(unpacked.reopen()?);
        let status = xz.status()?;
        if !status.success() {
            return Err(io::Error::other(format!("xz on {}: {status}", packed.display())));
        }
        fs::set_permissions(unpacked.path(), fs::Permissions::from_mode(0o755))?;
        unpacked.persist(&program)?;
    }
    Ok(program)
}

/// Sets up the directories `data`, `user` and `home` in `dir`, which is empty: with Arduino's AVR core in `core`, no
/// libraries, no index, and ctags as the built-in tool.
pub(crate) fn set_up(dir: &Path, core: &Path, ctags: &Path) -> io::Result<()> {
    let tools = dir.join("data/packages/builtin/tools/ctags/5.8-arduino11");
    let hardware = dir.join("user/hardware/arduino");
    for made in [&tools, &hardware, &dir.join("user/libraries"), &dir.join("home")] {
        fs::create_dir_all(made)?;
    }
    symlink(ctags, tools.join("ctags"))?;
    symlink(core, hardware.join("avr"))?;
    fs::write(dir.join("data/package_index.json"), r#"{"packages":[]}"#)?;
    fs::write(dir.join("data/library_index.json"), r#"{"libraries":[]}"#)
}

/// Writes a configuration for what [`set_up`] has made in `dir`; `build_cache` holds cores and build directories, and
/// cores are also looked for in `cores`.
pub(crate) fn configure(file: &Path, dir: &Path, build_cache: &Path, cores: &Path) -> io::Result<()> {
    let (dir, build_cache, cores) = (dir.display(), build_cache.display(), cores.display());
    let text = format!(
        "directories: {{data: {dir}/data, user: {dir}/user, downloads: {dir}/downloads}}\n\
         build_cache: {{path: {build_cache}, extra_paths: [{cores}]}}\nupdater: {{enable_notification: false}}\nmetrics: {{enabled: false}}\n"
    );
    fs::write(file, text)
}

/// The words of a compile for a board, without libraries and sketch. `compilers` is the directory of the compiler.
pub(crate) fn compile_words(
    program: &Path,
    configuration: &Path,
    fqbn: &str,
    compilers: &Path,
) -> Vec<String> {
    let (program, configuration) = (program.display(), configuration.display());
    let compilers = format!("compiler.path={}/", compilers.display());
    let words = [
        &program.to_string(),
        "--config-file",
        &configuration.to_string(),
        "compile",
        "--warnings",
        "none",
        "--fqbn",
        fqbn,
        "--build-property",
        // What Debian's compiler needs for Debian's core.
        "compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__",
        "--build-property",
        &compilers,
    ];
    words.map(str::to_owned).into()
}
