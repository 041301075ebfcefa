//! `fbuild-matrix` builds every sketch of a matrix for every board: each board's core once (stage 1), then every
//! sketch, seeded with that core through hardlinks (stage 2). All steps share one budget of process slots and an
//! embedded compiler cache.
//!
//! Dependencies point one way, from left to right:
//!
//! ```text
//! cli ─▶ session ─▶ matrix ─▶ plan ─▶ schedule ─▶ pipeline ─▶ process
//!                   platform  library  provide  cache  budget          leaves that the modules above read
//!                   toolchain  includes  sketch  diagnostics  symbols  fs  import  shard
//!                   └──────────── every step ──▶ event ─▶ report
//! ```
//!
//! * [`cli`] parses arguments into validated options.
//! * [`session`] is one run from start to end.
//! * [`matrix`] reads the YAML and expands it to cells. It knows no compilers.
//! * [`plan`] lists the core jobs and cells with their inputs.
//! * [`schedule`] drives the jobs: order, cancellation, timeouts, retries.
//! * [`pipeline`] builds one core or one cell.
//! * [`process`] starts, observes, bounds and ends programs.
//! * [`platform`] interprets `platform.txt` and `boards.txt`. It starts nothing.
//! * [`import`] reads the CI files of other tools.
//! * [`library`] finds the library that a header means.
//! * [`provide`] installs cores, tools and Python packages.
//! * [`limits`] compares firmware with budgets.
//! * [`versions`] orders versions and reads ranges of them.
//! * [`cache`] stores objects, results and records by key.
//! * [`budget`] grants slots and memory by priority.
//! * [`toolchain`] identifies a tool by its content.
//! * [`includes`] hashes and scans source files and resolves their includes.
//! * [`sketch`] turns the `.ino` files of a sketch into C++.
//! * [`diagnostics`] reads the output of compilers and linkers.
//! * [`symbols`] lists the contents of an ELF and their owners.
//! * [`shard`] distributes cells over machines.
//! * [`fs`] writes files atomically, links and copies them.
//! * [`event`] holds everything that happens as values; [`report`] folds them into reports.
//!
//! `tests/it/offline/architecture.rs` fails on an arrow that points back. `docs/design.md` continues from here.

pub mod budget;
pub mod cache;
pub mod cli;
pub mod diagnostics;
pub mod event;
pub mod exit;
pub mod fs;
#[cfg(test)]
#[path = "../tests/it/support/http_server/mod.rs"]
mod http_server;
pub mod import;
pub mod includes;
pub mod library;
pub mod limits;
pub mod matrix;
pub mod nearest;
pub mod pipeline;
pub mod plan;
pub mod platform;
pub mod process;
pub mod provide;
pub mod report;
pub mod schedule;
pub mod session;
pub mod shard;
pub mod sketch;
#[cfg(test)]
#[path = "../tests/it/support/skip.rs"]
mod skip;
pub mod symbols;
mod sync;
pub mod toolchain;
pub mod versions;
