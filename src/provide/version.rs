//! The order of versions of cores and tools: mostly semantic, with vendors' own forms (`7.3.0-atmel3.6.1-arduino7`,
//! `1.8`, `esp-12.2.0_20230208`).

use std::cmp::Ordering;

/// A version, ordered: numbers by value, `1.0.0-rc1` before `1.0.0`, missing parts as zero.
#[derive(Debug, Clone)]
pub struct Version(String);

impl Version {
    /// Returns the version with any text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the original text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn key(&self) -> Vec<VersionPart<'_>> {
        // The text after a `+` is build metadata.
        let text = self.0.split_once('+').map_or(self.0.as_str(), |(text, _)| text);
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let kind = CharKind::of(first);
            let end = rest.find(|c| CharKind::of(c) != kind).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            match kind {
                CharKind::Digit => parts.push(VersionPart::Number(run.trim_start_matches('0'))),
                CharKind::Word => parts.push(VersionPart::Word(run)),
                CharKind::Mark => {}
            }
            rest = after;
        }
        parts
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CharKind {
    Digit,
    Word,
    Mark,
}

impl CharKind {
    fn of(c: char) -> Self {
        match c {
            '0'..='9' => Self::Digit,
            c if c.is_alphabetic() => Self::Word,
            _ => Self::Mark,
        }
    }
}

/// A piece of a version.
#[derive(Debug, PartialEq, Eq)]
enum VersionPart<'a> {
    /// `rc`, `beta`, `atmel`: ordered before a missing part, so that a pre-release comes first.
    Word(&'a str),
    /// Digits without leading zeros, however many.
    Number(&'a str),
}

impl VersionPart<'_> {
    fn rank(part: Option<&Self>) -> (u8, usize, &str) {
        match part {
            Some(VersionPart::Word(text)) => (0, 0, text),
            None | Some(VersionPart::Number("")) => (1, 0, ""),
            // Of two numbers without leading zeros the longer one is greater.
            Some(VersionPart::Number(digits)) => (2, digits.len(), digits),
        }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.key(), other.key());
        (0..a.len().max(b.len()))
            .map(|i| VersionPart::rank(a.get(i)).cmp(&VersionPart::rank(b.get(i))))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn from_old_to_new() {
        let sorted = [
            "1.0.0-alpha",
            "1.0.0-rc1",
            "1.0.0-rc2",
            "1.0.0",
            "1.8",
            "1.8.7",
            "1.10.0",
            "5.4.0-atmel3.6.1-arduino2",
            "7.3.0-atmel3.6.1-arduino5",
            "7.3.0-atmel3.6.1-arduino7",
            "20230208",
            "99999999999999999999999999",
        ];
        for pair in sorted.windows(2) {
            assert!(Version::new(pair[0]) < Version::new(pair[1]), "{pair:?}");
        }
        assert_eq!(Version::new("1.8"), Version::new("1.8.0"));
        assert_eq!(Version::new("01.8+build"), Version::new("1.8"));
    }

    proptest! {
        #[test]
        fn it_is_an_order(a in "[0-9a-z.+-]{0,9}", b in "[0-9a-z.+-]{0,9}", c in "[0-9a-z.+-]{0,9}") {
            let (a, b, c) = (Version::new(a), Version::new(b), Version::new(c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
