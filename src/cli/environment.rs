//! The environment of the whole process: without what compilers read. Those that we start get a clean one,
//! but the embedded cache asks each compiler what it is with ours.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What GCC and Clang take from the environment (GCC manual, "Environment Variables").
const VARIABLES: [&str; 14] = [
    "COMPILER_PATH",
    "CPATH",
    "CPLUS_INCLUDE_PATH",
    "C_INCLUDE_PATH",
    "DEPENDENCIES_OUTPUT",
    "GCC_COMPARE_DEBUG",
    "GCC_EXEC_PREFIX",
    "GCC_SPECS",
    "LIBRARY_PATH",
    "OBJC_INCLUDE_PATH",
    "OBJCPLUS_INCLUDE_PATH",
    "SOURCE_DATE_EPOCH",
    "SUNPRO_DEPENDENCIES",
    "CCC_OVERRIDE_OPTIONS",
];

/// Starts the program anew without these variables, if one is set. Returns where none is, or where that
/// can't be done: then nothing but the cache's questions sees them.
pub(super) fn without_compiler_variables() {
    let is_set = |name: &&str| std::env::var_os(name).is_some();
    if !VARIABLES.iter().any(|name| is_set(&name)) {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    let mut command = Command::new(program);
    command.arg0(name.as_deref().unwrap_or_else(|| OsStr::new("fbuild-matrix"))).args(arguments);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    // It returns only where it failed.
    let error = command.exec();
    tracing::warn!(%error, "the environment has variables that compilers read");
}
