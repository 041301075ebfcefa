//! The command line: arguments as typed (`args`), then validated options, then one file a command.

mod args;
mod base;
mod boards;
mod budgets;
mod cache;
mod changed_files;
mod ci;
mod compare;
mod core;
mod dispatch;
mod doctor;
mod git;
mod init;
mod known_cores;
mod log;
mod merge;
mod narrate;
mod options;
mod output;
mod plan;
mod polls;
mod report;
mod rerun;
mod run;
mod runtime;
mod symbols;

pub use dispatch::main;
