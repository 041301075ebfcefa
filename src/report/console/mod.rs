//! The terminal: progress, failures and remarks on standard error, the closing table on standard output.
//!
//! `terminal` decides what is shown when; `lines`, `live` and `closing` are the texts; `stderr`, `screen` and `paint`
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
