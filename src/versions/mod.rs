//! Versions of cores, tools and libraries, and ranges of versions.
//!
//! The order of versions and the meaning of Arduino's operators are those of `go.bug.st/relaxed-semver` 0.15, which
//! arduino-cli uses. Pure: knows no index, network or disk.

mod condition;
mod parse;
mod range;
mod relaxed;

pub use parse::RangeError;
pub use range::VersionRange;
pub use relaxed::RelaxedVersion;
