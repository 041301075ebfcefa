//! The environment of the whole process. Compilers that we start get a clean one of their own; but the
//! embedded cache takes its settings from ours, and asks each compiler what it is with ours.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What GCC and Clang take from the environment (GCC manual, "Environment Variables"): with
/// `DEPENDENCIES_OUTPUT`, for one, they write a file.
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

/// zccache's own limit of compilers at once is one less than there are CPUs unless it takes the machine for
/// a CI's: on two CPUs it starts one after the other, whatever `--jobs` says. How many run is for our slots
/// to decide, and it reads this nowhere else. (Measured: a miss takes 1.7 times a direct compile without
/// that limit, 2.5 times with it; `cargo run --release --example wrapped`.)
const LIMIT: (&str, &str) = ("ZCCACHE_MAX_PARALLEL_COMPILES", "0");

/// How much of each output of a compile zccache keeps; the first half it hands on as it comes, of the rest it keeps the
/// end without saying how long it was. A compile that prints more than that half is therefore ended and made anew
/// without zccache, so that our own limit holds and what is left out is counted.
pub(crate) const CAPTURED: usize = 4 << 20;

/// The settings that zccache takes from the environment.
fn settings() -> [(&'static str, String); 2] {
    [(LIMIT.0, LIMIT.1.to_owned()), ("ZCCACHE_STREAM_CAPTURE_LIMIT_BYTES", CAPTURED.to_string())]
}

/// Starts the program anew, as the same process, with an environment that changes no result and no
/// setting. Returns where it has one already, or where that can't be done. To be called first in `main`.
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
    // It returns only where it failed; the run is right without it.
    let error = command.envs(settings()).exec();
    tracing::warn!(%error, "the program could not be started with a clean environment");
}

/// Whether a variable is a compiler's or one of the cache's own settings.
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
