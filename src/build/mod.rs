//! Building a core or a sketch.

pub mod sketch;
