//! The right side of a comparison with text.

use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};

use super::super::name_glob::{GlobError, NameGlob};

/// Limit of a compiled regular expression, in bytes.
const LARGEST_REGEX: usize = 1 << 20;

/// A glob or a regular expression.
#[derive(Debug, Clone)]
pub(in crate::matrix) enum Pattern {
    /// A glob over the name of a board or sketch: without `/`, over its last part.
    Name(NameGlob),
    /// A glob over another text: `*` matches any characters.
    Text(GlobMatcher),
    /// A regular expression that matches a part of the text.
    Regex(Regex),
}

impl Pattern {
    /// Compiles a glob over names.
    pub(super) fn name(text: &str) -> Result<Self, String> {
        NameGlob::new(text).map(Self::Name).map_err(|error: GlobError| error.problem)
    }

    /// Compiles a glob over another text.
    pub(super) fn text(text: &str) -> Result<Self, String> {
        let glob = GlobBuilder::new(text).literal_separator(false).backslash_escape(true).build();
        glob.map(|glob| Self::Text(glob.compile_matcher())).map_err(|error| error.kind().to_string())
    }

    /// Compiles a regular expression.
    pub(super) fn regex(text: &str) -> Result<Self, String> {
        let regex = RegexBuilder::new(text).size_limit(LARGEST_REGEX).build();
        // The last line of the message has the reason, the lines before it repeat the text.
        let reason = |error: regex::Error| {
            let text = error.to_string();
            let line = text.lines().last().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        };
        regex.map(Self::Regex).map_err(reason)
    }

    /// Returns whether it matches.
    pub(in crate::matrix) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Name(glob) => glob.matches(text),
            Self::Text(glob) => glob.is_match(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}
