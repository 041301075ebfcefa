//! The expressions that select cells: parsed to a typed [`Predicate`], which is evaluated on what is known of a cell.
//! `when:`, `boards:`, `--filter`, `--board` and `--sketch` are all predicates. Knows no matrix file.
//!
//! ```text
//! expression = all { "or" all }           all = part { "and" part }
//! part       = "not" part | "(" expression ")" | comparison
//! comparison = text ( "=" | "!=" | "~" ) quoted        text = board sketch tag core arch mcu fqbn
//!            | size ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) number [ K | M | G ]       size = flash ram
//! ```

mod error;
mod facts;
mod filter;
mod parse;
mod pattern;
mod predicate;
#[cfg(test)]
mod tests;
mod token;

pub use error::ExpressionError;
pub use facts::{BoardFacts, Facts, Hardware, SketchFacts};
pub use filter::{Filter, FilterError};
pub(super) use parse::{is_expression, parse};
pub(super) use predicate::{Predicate, TextField, TextTest};
