//! Tests that need neither the network nor an installed package: `just test-offline` runs them. `.ci/run` runs them in a
//! network namespace of their own.

mod architecture;
mod budgets;
mod changed;
mod ci;
mod cli;
mod compare;
mod init;
mod malformed;
mod matrices;
mod rerun;
mod scale;
mod select;
mod shards;
pub(crate) mod stub;
pub(crate) mod variants;
mod workflows;
