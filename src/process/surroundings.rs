//! The environment of this program. Its compilers get a clean environment of their own; but the embedded cache reads
//! its settings from this one, and queries each compiler with it.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Variables that GCC and Clang read (GCC manual, "Environment Variables"). With `DEPENDENCIES_OUTPUT`, for example,
/// they write a file.
const OF_COMPILERS: [&str; 14] = [
    "CCC_OVERRIDE_OPTIONS",
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "DEPENDENCIES_OUTPUT",
    "GCC_COMPARE_DEBUG",
    "GCC_EXEC_PREFIX",
    "GCC_SPECS",
    "LIBRARY_PATH",
    "OBJCPLUS_INCLUDE_PATH",
    "OBJC_INCLUDE_PATH",
    "SOURCE_DATE_EPOCH",
    "SUNPRO_DEPENDENCIES",
];

/// Switches off zccache's own limit of parallel compilers, which is one less than the number of CPUs except in CI. On
/// two CPUs it would start one compiler after the other, whatever `--jobs` is. The slots of the schedule limit them
/// here. (Measured: a miss takes 1.7 times a direct compile without the limit, 2.5 times with it;
/// `cargo run --release --example wrapped`.)
const LIMIT: (&str, &str) = ("ZCCACHE_MAX_PARALLEL_COMPILES", "0");

/// Bytes of each output of a compile that zccache stores: it forwards the first half, and of the rest only the end,
/// without its length. A compile that prints more than the first half is ended and rerun without zccache, where this
/// program's own limit applies.
pub(crate) const CAPTURED: usize = 4 << 20;

/// Returns the settings that zccache reads from the environment.
fn settings() -> [(&'static str, String); 2] {
    [(LIMIT.0, LIMIT.1.to_owned()), ("ZCCACHE_STREAM_CAPTURE_LIMIT_BYTES", CAPTURED.to_string())]
}

/// Restarts the program, as the same process, with an environment that changes no result and no setting. Returns where
/// the environment is clean already, or where the restart fails. `main` calls it first.
pub fn settle() {
    let strange: Vec<OsString> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| is_strange(name)).collect();
    let is_set = |(name, value): (&str, String)| std::env::var_os(name).is_some_and(|there| *there == *value);
    let is_settled = settings().into_iter().all(is_set);
    if strange.is_empty() && is_settled {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let mut command = Command::new(program);
    command.arg0(name.as_deref().unwrap_or_else(|| OsStr::new("fbuild-matrix"))).args(arguments);
    for name in strange {
        command.env_remove(name);
    }
    // `exec` returns only where it failed; results are right without it.
    let error = command.envs(settings()).exec();
    tracing::warn!(%error, "the program could not be started with a clean environment");
}

/// Returns whether a variable is read by compilers or the cache, and not set here.
fn is_strange(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    OF_COMPILERS.contains(&&*name)
        || (name.starts_with("ZCCACHE_") && !settings().iter().any(|(setting, _)| *setting == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_compilers_and_the_cache_read_is_strange() {
        for (name, expected) in [
            ("CPATH", true),
            ("DEPENDENCIES_OUTPUT", true),
            ("ZCCACHE_PATH_REMAP", true),
            ("ZCCACHE_MAX_PARALLEL_COMPILES", false),
            ("ZCCACHE_STREAM_CAPTURE_LIMIT_BYTES", false),
            ("PATH", false),
            ("FBUILD_MATRIX_CACHE_DIR", false),
        ] {
            assert_eq!(is_strange(OsStr::new(name)), expected, "{name}");
        }
    }
}
