//! Parses YAML to a tree of nodes with their places. Knows no key of a matrix.
//!
//! The tree is limited while it is built: in depth, in nodes and in bytes, each counted with aliases expanded (a "billion
//! laughs" file is small until then). Later steps may therefore recurse into it and copy it.
//!
//! Plain scalars follow the core schema of YAML 1.2 with one restriction: booleans and whole numbers have only the
//! spelling in which they are printed. `0x10`, `1.10` and `yes` are text, so that a property's value reaches the recipe
//! unchanged.
//!
//! Merge keys (`<<: *base`, `<<: [*a, *b]`) work as in YAML 1.1: a key of the mapping itself wins
//! over merged ones, an earlier merged mapping over a later one.

mod build;
mod check;
mod limits;
mod node;
mod parse;

pub(super) use limits::LIMITS;
pub(super) use node::{Entry, Node, Value};
pub(super) use parse::parse;
