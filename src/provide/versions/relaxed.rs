//! One version, and its order. Knows nothing of ranges.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A version of a core, tool or library: any text, semantic or not.
///
/// Semantic versions follow semver 2.0, except that the minor and patch numbers may be missing and then count as zero.
/// Build metadata does not affect the order. All other texts ("custom versions", such as `esp-12.2.0_20230208`) are
/// ordered by their bytes and are less than every semantic version. The empty text is equal to `0.0.0`.
///
/// Source: `version.go` and `relaxed_version.go` of `go.bug.st/relaxed-semver` 0.15.
#[derive(Debug, Clone)]
pub struct RelaxedVersion(Box<str>);

impl RelaxedVersion {
    /// Returns the version with any text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the original text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the text is a semantic version.
    pub fn is_semantic(&self) -> bool {
        self.semantic().is_some()
    }

    /// Returns whether the text is a semantic version with a prerelease part, such as `1.0.0-rc1`.
    pub fn is_prerelease(&self) -> bool {
        self.semantic().is_some_and(|it| it.is_prerelease())
    }

    /// Returns the parts of a semantic version.
    pub(super) fn semantic(&self) -> Option<Semantic<'_>> {
        Semantic::parse(&self.0)
    }
}

impl Ord for RelaxedVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.semantic(), other.semantic()) {
            (None, None) => self.0.cmp(&other.0),
            (one, another) => one.cmp(&another),
        }
    }
}

impl PartialOrd for RelaxedVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for RelaxedVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for RelaxedVersion {}

impl Hash for RelaxedVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.semantic() {
            Some(semantic) => semantic.hash(state),
            None => self.0.hash(state),
        }
    }
}

impl fmt::Display for RelaxedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The ordered parts of a semantic version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Semantic<'a> {
    /// Major, minor and patch.
    pub(super) numbers: [Digits<'a>; 3],
    prerelease: Prerelease<'a>,
}

impl<'a> Semantic<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, build) = match text.split_once('+') {
            Some((text, build)) => (text, Some(build)),
            None => (text, None),
        };
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let bare = build.is_none() && prerelease.is_none();
        let numbers = if core.is_empty() && bare { [Digits::ZERO; 3] } else { numbers(core)? };
        let is_valid = build.is_none_or(|it| it.split('.').all(is_identifier))
            && prerelease.is_none_or(|it| it.split('.').all(is_prerelease_identifier));
        is_valid.then_some(Self { numbers, prerelease: Prerelease(prerelease) })
    }

    pub(super) fn is_prerelease(&self) -> bool {
        self.prerelease.0.is_some()
    }
}

/// Returns the one to three numbers of `text`; missing ones are zero.
fn numbers(text: &str) -> Option<[Digits<'_>; 3]> {
    let mut numbers = [Digits::ZERO; 3];
    for (i, part) in text.split('.').enumerate() {
        *numbers.get_mut(i)? = Digits::parse(part)?;
    }
    Some(numbers)
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_prerelease_identifier(text: &str) -> bool {
    is_identifier(text) && (!text.bytes().all(|b| b.is_ascii_digit()) || Digits::parse(text).is_some())
}

/// A number without leading zeros, of any length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Digits<'a>(&'a str);

impl<'a> Digits<'a> {
    const ZERO: Self = Self("0");

    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        (is_number && (text == "0" || !text.starts_with('0'))).then_some(Self(text))
    }

    pub(super) fn is_zero(self) -> bool {
        self == Self::ZERO
    }
}

impl Ord for Digits<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of two numbers without leading zeros, the longer one is greater.
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Digits<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The valid prerelease part of a version, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Prerelease<'a>(Option<&'a str>);

impl Ord for Prerelease<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Some(one), Some(another)) => {
                one.split('.').map(Identifier::new).cmp(another.split('.').map(Identifier::new))
            }
            // A prerelease precedes its release.
            (one, another) => one.is_none().cmp(&another.is_none()),
        }
    }
}

impl PartialOrd for Prerelease<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One identifier of a prerelease. Numbers precede words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(Digits<'a>),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    fn new(text: &'a str) -> Self {
        Digits::parse(text).map_or(Self::Word(text), Self::Number)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> RelaxedVersion {
        RelaxedVersion::new(text)
    }

    #[test]
    fn ascending() {
        let sorted = [
            "1.8.03",
            "esp-12.2.0_20230208",
            "esp-13.2.0_20240530",
            "gcc8_4_0",
            "v1.0.0",
            "0.0.1-0",
            "0.0.1",
            "1.0.0-1",
            "1.0.0-2",
            "1.0.0-10",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc1",
            "1.0.0-rc10",
            "1.0.0-rc2",
            "1.0.0",
            "1.8",
            "1.8.7",
            "1.10.0",
            "7.3.0-atmel3.6.1-arduino5",
            "7.3.0-atmel3.6.1-arduino7",
            "20230208",
            "99999999999999999999999999",
        ];
        for (i, one) in sorted.iter().enumerate() {
            for (j, another) in sorted.iter().enumerate() {
                assert_eq!(version(one).cmp(&version(another)), i.cmp(&j), "{one} and {another}");
            }
        }
    }

    #[test]
    fn equal_versions_may_have_different_texts() {
        for (one, another) in [
            ("1.8", "1.8.0"),
            ("2", "2.0.0"),
            ("1-rc1", "1.0.0-rc1"),
            ("1.8.0+build", "1.8"),
            ("1.8.0+a.b-c", "1.8.0+d"),
            ("", "0"),
        ] {
            assert_eq!(version(one), version(another));
            let state = RandomState::new();
            assert_eq!(state.hash_one(version(one)), state.hash_one(version(another)), "{one} {another}");
        }
    }

    #[test]
    fn what_is_semantic() {
        for text in ["", "0", "1.2", "1.2.3-a.b-c.0+d.00", "1-0", "1+0"] {
            assert!(version(text).is_semantic(), "{text}");
        }
        for text in [
            "01", "1.02", "1.2.3.4", "1.", ".1", "-rc", "+b", "1.0-", "1.0-01", "1.0-a..b", "1+", "v1",
            "1_2", "1.0-ä",
        ] {
            assert!(!version(text).is_semantic(), "{text}");
        }
        assert!(version("1.0-rc").is_prerelease());
        assert!(!version("1.0+rc").is_prerelease());
        assert!(!version("1.0-01").is_prerelease());
    }

    proptest! {
        #[test]
        fn it_is_an_order(
            a in "[0-2]?[.]?[0-2]?[0-2a.+_-]{0,6}",
            b in "[0-2]?[.]?[0-2]?[0-2a.+_-]{0,6}",
            c in "[0-2]?[.]?[0-2]?[0-2a.+_-]{0,6}",
        ) {
            let state = RandomState::new();
            let (a, b, c) = (version(&a), version(&b), version(&c));
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            prop_assert!(a != b || state.hash_one(&a) == state.hash_one(&b));
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
