//! Tests whether a text could name a macro: as a word, or in parts that `##` joins.

/// The words of a text that could make up an identifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mentions {
    /// The identifier itself.
    whole: bool,
    /// A proper prefix of it.
    beginning: bool,
    /// A proper suffix of it.
    end: bool,
}

impl Mentions {
    /// The value for a text that was not read.
    pub const ANY: Self = Self { whole: true, beginning: true, end: true };

    /// Finds the words of `text` that could make up `name`, also in comments and literals.
    pub fn of(text: &[u8], name: &str) -> Self {
        let mut found = Self::default();
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$' || !byte.is_ascii();
        for word in spliced(text).split(|byte| !is_part(byte)).filter(|word| !word.is_empty()) {
            found.whole |= word == name.as_bytes();
            let is_proper = word.len() < name.len();
            found.beginning |= is_proper && name.as_bytes().starts_with(word);
            found.end |= is_proper && name.as_bytes().ends_with(word);
        }
        found
    }

    /// Returns the mentions of two texts together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            whole: self.whole || other.whole,
            beginning: self.beginning || other.beginning,
            end: self.end || other.end,
        }
    }

    /// Returns whether the text could name the identifier. Of any number of parts that `##` joins, the first is a
    /// prefix and the last a suffix.
    pub fn may_name(self) -> bool {
        self.whole || (self.beginning && self.end)
    }
}

/// Returns the text with line splices joined (C11 5.1.1.2, phase 2; GCC allows blanks after the backslash).
fn spliced(text: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'\\') {
        joined.extend_from_slice(&rest[..at]);
        let behind = &rest[at + 1..];
        let blanks =
            behind.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\x0b' | b'\x0c')).count();
        if behind.get(blanks) == Some(&b'\n') {
            rest = &behind[blanks + 1..];
        } else {
            joined.push(b'\\');
            rest = behind;
        }
    }
    joined.extend_from_slice(rest);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_up_as_a_word_or_in_parts() {
        let may_name = |text: &str| Mentions::of(text.as_bytes(), "PROJECT_NAME").may_name();
        for text in [
            "puts(PROJECT_NAME);",
            "#ifdef PROJECT_NAME",
            "PROJECT_ ## NAME",
            "F(PRO, JECT_, NAME)",
            "PROJ\\\nECT_NAME",
            "PROJECT\\  \n_NAME",
        ] {
            assert!(may_name(text), "{text}");
        }
        for text in ["", "PROJECT_NAMES", "MY_PROJECT_NAME", "NAME", "PROJECT", "a\\b", "NAME X"] {
            assert!(!may_name(text), "{text}");
        }
        let parts = ["PROJECT_", "NAME"].map(|text| Mentions::of(text.as_bytes(), "PROJECT_NAME"));
        assert!(parts[0].and(parts[1]).may_name(), "of two files");
        assert!(Mentions::ANY.may_name());
    }
}
