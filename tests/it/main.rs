//! The real binary, driven as a user drives it, on real compilers: one module a subject.
//!
//! What a test needs beside Rust and Debian's base, the program's own installer brings into one folder
//! below `target/tmp`, once; nothing is skipped where that fails.

// A helper that can't go on fails its test: that is what these say here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod architecture;
mod cache;
mod cache_command;
mod checkouts;
mod cli;
mod conversions;
mod differential;
mod esp;
mod failures;
mod failures_core;
mod identity;
mod incomplete;
mod interrupts;
mod kills;
mod libraries;
mod malformed;
mod order;
mod platform;
mod platforms;
mod preprocess;
mod processes;
mod pypi;
mod reports;
mod run;
mod scale;
mod seeds;
mod storage;
mod support;
mod symbols;
