//! From units to firmware.

mod build;
mod commands;
mod exported;
mod inputs;
mod known;
mod origin;
mod overflow;
mod plan;
mod seed;
mod symbols;

pub(super) use build::build;
pub(super) use inputs::Link;
pub(super) use known::known;
