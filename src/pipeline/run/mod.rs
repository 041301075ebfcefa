//! Runs firmware in an emulator.

mod emulate;
mod serial;

pub(super) use emulate::run;
