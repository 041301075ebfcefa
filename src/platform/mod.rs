//! Interprets an Arduino platform: `platform.txt`, `platform.local.txt`, `boards.txt` and
//! `boards.local.txt` become, for one FQBN, a [`BoardConfig`] with every property merged, and its
//! recipes become argument vectors.
//!
//! ```text
//! Platform::load ─▶ Platforms ─▶ resolve(fqbn, RuntimeEnv, overrides) ─▶ BoardConfig ─▶ command(pattern, values)
//!   (reads files)              (looks for the core's and variant's directories)              (pure)
//! ```
//!
//! Nothing here starts a process, knows what a
//! sketch is, or decides in which order recipes run.
//!
//! The rules are those of Arduino's platform specification
//! (<https://arduino.github.io/arduino-cli/latest/platform-specification/>) and, where it is silent,
//! of what `arduino-cli` does. Where this module departs from them on purpose,
//! the item's documentation says so.

pub mod command;
mod config;
mod error;
mod expand;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::format_collect)] // a test may
mod fixture;
pub mod fqbn;
mod host;
mod menu;
mod overrides;
mod platform;
mod pluggable;
mod properties;
mod recipe;
mod resolve;
mod show;

pub use command::{CommandError, Value};
pub use config::{BoardConfig, CORE_ARCHIVE, Clash};
pub use error::BoardError;
pub use expand::{ExpandError, MAX_DEPTH, MAX_EXPANDED};
pub use fqbn::Fqbn;
pub use host::HostOs;
pub use menu::{BoardSummary, Menu, MenuOption};
pub use overrides::Override;
pub use platform::{Platform, Platforms};
pub use properties::{ParseError, Properties};
pub use recipe::{Hook, Recipe, SizeRecipe};
pub use resolve::{RuntimeEnv, WarningLevel, resolve};
pub use show::expanded_lines;
