//! Interprets the files of a core. Starts nothing.

pub mod fqbn;
