//! Interprets an Arduino platform: `platform.txt`, `platform.local.txt`, `boards.txt` and
//! `boards.local.txt` become, for one FQBN, a [`BoardConfig`] with every property merged, and its
//! recipes become argument vectors.
//!
//! ```text
//! Platform::load ─▶ Platforms ─▶ resolve(fqbn, RuntimeEnv, overrides) ─▶ BoardConfig ─▶ command(pattern, values)
//!   (reads files)              (looks for the core's and variant's directories)              (pure)
//! ```
//!
//! Starts no process, knows no sketch, and does not decide the order of recipes.
//!
//! The rules are those of Arduino's platform specification
//! (<https://arduino.github.io/arduino-cli/latest/platform-specification/>) and, where it is silent,
//! those of `arduino-cli`. The documentation of an item names every intended difference.

mod command;
mod config;
mod error;
mod expand;
#[cfg(test)]
mod fixture;
mod fqbn;
mod host;
mod installed;
mod menu;
mod overrides;
mod pluggable;
mod properties;
mod recipe;
mod resolve;
mod show;
mod value;

pub use command::CommandError;
pub use config::{BoardConfig, CORE_ARCHIVE, Clash};
pub use error::BoardError;
pub use expand::{ExpandError, MAX_DEPTH, MAX_EXPANDED};
pub use fqbn::{Fqbn, FqbnErrorKind};
pub use host::HostOs;
pub use installed::{Platform, Platforms};
pub use menu::{BoardSummary, Menu, MenuOption};
pub use overrides::Override;
pub use properties::{ParseError, Properties};
pub use recipe::{Hook, Recipe, SizeRecipe};
pub use resolve::{RuntimeEnv, WarningLevel, resolve};
pub use show::expanded_lines;
pub use value::Value;
