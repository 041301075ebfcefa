//! `fbuild-matrix` builds every sketch of a matrix for every board of it: each board's core once
//! (stage 1), then every sketch, seeded with that core through hardlinks (stage 2), with one budget
//! of compiler processes and an embedded compiler cache.
//!
//! Data flows one way:
//!
//! ```text
//! matrix ─▶ plan ─▶ stage ─▶ build ─▶ compile ─▶ store      board, diagnostics, install, library, source, symbols:
//!                     └────────┴────────┴──────────▶ event ─▶ report                    leaves that the others read
//! ```
//!
//! * [`matrix`] reads the YAML and says which cells there are. It knows nothing of compilers.
//! * [`board`] interprets `platform.txt` and `boards.txt`. It starts nothing.
//! * [`install`] brings in cores and tools.
//! * [`plan`] turns both into core jobs and cell jobs with keys.
//! * [`stage`] drives the jobs: slots, order, cancellation.
//! * [`build`] knows what building a core or a sketch means.
//! * [`compile`] starts compilers, through the cache or directly.
//! * [`source`] says what files are and what they include: hashes, scans, search paths.
//! * [`diagnostics`] reads what compilers and linkers print.
//! * [`store`] keeps objects and records.
//! * [`symbols`] says what a firmware is made of, and whose that is.
//! * [`event`] is what all of them say; [`report`] is the only one that listens, prints or writes
//!   reports.
//! * [`cli`] turns what was typed into validated options and wires the above together.
//!
//! `tests/it/architecture.rs` fails on an arrow that points back.

pub mod budget;
pub mod cache;
pub mod cli;
pub mod diagnostics;
pub mod event;
pub mod exit;
pub mod fs;
pub mod includes;
pub mod library;
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
pub mod sketch;
pub mod symbols;
mod sync;
pub mod toolchain;
