//! The terminal: progress, failures and remarks on standard error, the closing table on standard output.
//!
//! `terminal` decides when to show what; `lines`, `live` and `closing` format the texts; `stderr`, `screen` and `paint`
//! draw them.

mod closing;
mod lines;
mod live;
mod paint;
mod screen;
mod stderr;
mod terminal;
#[cfg(test)]
mod tests;

pub(super) use terminal::{Terminal, print_error};
