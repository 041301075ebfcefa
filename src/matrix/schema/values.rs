//! Written values that may have several shapes. Knows no key.

use schemars::JsonSchema;
use serde::Deserialize;

/// A property's value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "PropertyValue")]
pub(in crate::matrix) enum RawScalar {
    /// As it is.
    Text(String),
    /// `true` or `false`.
    Bool(bool),
    /// A number. Those that are not whole are text to us, but not to an editor that reads the schema.
    Int(#[schemars(with = "f64")] i64),
}

impl From<RawScalar> for String {
    fn from(scalar: RawScalar) -> Self {
        match scalar {
            RawScalar::Text(text) => text,
            RawScalar::Bool(value) => value.to_string(),
            RawScalar::Int(value) => value.to_string(),
        }
    }
}

/// A name, or several.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Names")]
pub(in crate::matrix) enum RawNames {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Default for RawNames {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl From<RawNames> for Vec<String> {
    fn from(names: RawNames) -> Self {
        match names {
            RawNames::One(name) => vec![name],
            RawNames::Several(names) => names,
        }
    }
}

/// Boards, by their names or out of profiles.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "BoardChoice")]
pub(in crate::matrix) enum RawChoice {
    /// One; `from-profiles` for all profiles of the sketches.
    One(String),
    /// Several.
    Several(Vec<String>),
    /// Profiles of the sketches.
    Profiles(RawProfiles),
}

/// Profiles of sketches' project files (`sketch.yaml`).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profiles")]
pub(in crate::matrix) struct RawProfiles {
    /// Profiles whose names match: a name or a glob, or several; with `!` in front, all but these.
    #[serde(rename = "from-profiles")]
    pub(in crate::matrix) from_profiles: RawNames,
}

impl From<RawNames> for RawChoice {
    fn from(names: RawNames) -> Self {
        match names {
            RawNames::One(name) => Self::One(name),
            RawNames::Several(names) => Self::Several(names),
        }
    }
}
