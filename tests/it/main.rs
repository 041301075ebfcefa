//! The real binary, driven as a user drives it, on real compilers: one module a subject.
//!
//! What a test needs beside Rust and Debian's base, the program's own installer brings into one directory
//! below `target/tmp`, once; a test fails where that fails. The tests in [`offline`] need Rust and a base system only.
//! A test that the machine can't run prints that it is skipped ([`support::skip`]); `.ci/run` lets it fail instead.

// A helper that can't go on fails its test: that is what these say here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod action;
mod arduino;
mod bad_sketches;
mod bootloader;
mod by_name;
mod cache;
mod cache_command;
mod cached_failures;
mod checkouts;
mod cli;
mod conversions;
mod cores;
mod diagnostics;
mod differential;
mod esp;
mod expectations;
mod failures;
mod failures_core;
mod hooks;
mod identity;
mod incomplete;
mod init;
mod interrupts;
mod junit_schema;
mod kills;
mod libraries;
mod library_use;
mod lint;
mod lookalikes;
mod missing_headers;
mod needed;
mod offline;
mod order;
mod output;
mod own_directories;
mod platform;
mod platforms;
mod prefixes;
mod preprocess;
mod processes;
mod properties;
mod pypi;
mod reports;
mod run;
mod same_words;
mod seeds;
mod sketch_libraries;
mod storage;
mod support;
mod symbols;
mod warnings;
