//! Header names in the bodies of macros, as patterns.

use super::scan::Form;

/// The header names that a computed include can expand to.
#[derive(Debug, PartialEq)]
pub(super) enum Pattern {
    /// Any name that matches `glob`, which has at most one `*`, in its last part.
    Names { form: Form, glob: String },
    /// Unknown names.
    Anything,
}

impl Pattern {
    /// Returns the pattern of a header name in a macro's body. In `<…>` the preprocessor expands identifiers, so that
    /// the last part becomes a wildcard with a suffix; names are unknown where another part has an identifier with
    /// `is_macro`.
    pub(super) fn literal(body: &str, is_macro: impl Fn(&str) -> bool) -> Option<Self> {
        let body = body.trim();
        if let Some(inner) = body.strip_prefix('"') {
            let inner = inner.strip_suffix('"').filter(|name| !name.contains(['"', '*']));
            return Some(
                inner.map_or(Self::Anything, |name| Self::Names { form: Form::Quote, glob: name.to_owned() }),
            );
        }
        let inner = body.strip_prefix('<')?;
        let Some(inner) = inner.strip_suffix('>').filter(|name| !name.contains(['<', '>', '*'])) else {
            return Some(Self::Anything);
        };
        let (parent, last) = inner.rsplit_once('/').unwrap_or(("", inner));
        let suffix = last.rfind(['.', ')']).map_or("", |at| last[at..].trim_start_matches(')'));
        let words = |text: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .any(|word| !word.is_empty() && is_macro(word))
        };
        if parent.contains(['(', ' ', '"']) || suffix.contains(' ') || words(parent) || words(suffix) {
            return Some(Self::Anything);
        }
        let glob = format!("{parent}{}*{suffix}", if parent.is_empty() { "" } else { "/" });
        Some(Self::Names { form: Form::Angle, glob })
    }
}
