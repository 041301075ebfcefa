//! A platform's hooks: its own commands at fixed points of a build.

mod commands;
mod early;
mod plain;
mod replay;
mod run;
mod scope;

pub(super) use commands::{any, commands};
pub(super) use early::{Early, place};
pub(super) use run::run;
pub(super) use scope::HookScope;
