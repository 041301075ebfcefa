//! The terminal: progress, failures and remarks on standard error, the closing table on standard output.
//!
//! `terminal` decides when to show what; `lines`, `live`, `downloads` and `closing` format the texts; `stderr`,
//! `screen`, `bars` and `paint` draw them.

mod bars;
mod closing;
mod downloads;
mod lines;
mod live;
mod paint;
mod screen;
mod stderr;
mod terminal;
#[cfg(test)]
mod tests;

pub(super) use terminal::{Terminal, print_error};
