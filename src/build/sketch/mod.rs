//! probe
pub mod folder;
pub mod merge;
mod lexer;
mod conditionals;
mod outline;
mod signature;
