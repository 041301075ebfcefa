//! Tests that this machine can't run.

use std::fmt::Display;
use std::io::Write;

/// Environment variable that turns a skipped test into a failure. `.ci/run` sets it.
const NO_SKIP: &str = "FBUILD_MATRIX_TEST_NO_SKIP";

/// Prints that the calling test, or a part of it, is skipped, and why.
///
/// # Panics
/// If [`NO_SKIP`] is set.
#[track_caller]
pub(crate) fn skip(reason: impl Display) {
    assert!(std::env::var_os(NO_SKIP).is_none(), "{reason}, and {NO_SKIP} forbids skipping a test");
    let thread = std::thread::current();
    // Not `eprintln!`: the test harness shows its output only if the test fails.
    let _ = writeln!(std::io::stderr(), "skipped {}: {reason}", thread.name().unwrap_or("a test"));
}
