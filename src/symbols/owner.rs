//! Owners of symbols, and their spelling in files.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Owner of a symbol.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Owner {
    /// The sketch.
    Sketch,
    /// A library, by the name of its directory.
    Library(String),
    /// The core.
    Core,
    /// The variant.
    Variant,
    /// The toolchain (libc, libgcc) or an archive that is linked unchanged: no object of the build defines the symbol.
    Other,
    /// Unknown. With link-time optimisation the origin of a static variable is lost.
    Unknown,
}

const LIBRARY: &str = "library ";

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sketch => f.write_str("sketch"),
            Self::Library(name) => write!(f, "{LIBRARY}{name}"),
            Self::Core => f.write_str("core"),
            Self::Variant => f.write_str("variant"),
            Self::Other => f.write_str("other"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl From<Owner> for String {
    fn from(owner: Owner) -> Self {
        owner.to_string()
    }
}

impl From<String> for Owner {
    fn from(word: String) -> Self {
        match (word.as_str(), word.strip_prefix(LIBRARY)) {
            ("sketch", _) => Self::Sketch,
            ("core", _) => Self::Core,
            ("variant", _) => Self::Variant,
            ("other", _) => Self::Other,
            (_, Some(name)) => Self::Library(name.to_owned()),
            // Also a word of a later version.
            _ => Self::Unknown,
        }
    }
}
