//! Ranges of versions. `parse` reads them, `condition` says what they match.

use std::fmt;
use std::str::FromStr;

use super::condition::{Condition, Operator};
use super::parse::{RangeError, Syntax, parse};
use super::relaxed::RelaxedVersion;

/// A set of versions, as a matrix or an index states it.
///
/// | form | matches |
/// |---|---|
/// | empty | every version |
/// | `1.8.6`, `=1.8.6` | this version; `1.8` is `1.8.0`, build metadata does not count |
/// | `>1.8`, `>=1.8`, `<1.8`, `<=1.8`, `!=1.8` | by the order of [`RelaxedVersion`], prereleases included |
/// | `A && B`, `A \|\| B`, `!A`, `(A)` | both, one, not, grouping; `&&` binds tighter |
/// | `*`, `7.*`, `7.x`, `1.2.*` | every release; every release with these numbers |
/// | `^1.2` | from `1.2.0` on, with the same numbers up to the first that is not zero |
/// | `~1.2.3`, `~1.2`, `~1` | from this version on, with the same major and minor numbers; `~1`: major number |
/// | `>=1.0, <2` | all of them |
///
/// The last four forms match a prerelease only where the range names a prerelease of the same three numbers, as cargo
/// does: `^1.2.0-rc1` matches `1.2.0-rc2` and `1.3.0`, but not `1.3.0-rc1`. The operators are those of
/// `go.bug.st/relaxed-semver`, which arduino-cli uses: `>=1.0 && <2` matches `2.0.0-rc1`.
///
/// `Display` writes the original text, which parses as the same range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    text: Box<str>,
    condition: Condition,
}

impl VersionRange {
    /// Returns the range of every version, prereleases included.
    pub fn any() -> Self {
        Self { text: "".into(), condition: Condition::Any }
    }

    /// Returns the range of the versions that are equal to `version`.
    pub fn exactly(version: RelaxedVersion) -> Self {
        Self { text: format!("={version}").into(), condition: Condition::Compare(Operator::Equal, version) }
    }

    /// Parses a constraint of a library index or of `library.properties`.
    ///
    /// Differs from [`FromStr`] in `^`, which follows `go.bug.st/relaxed-semver`: it matches prereleases, and `^0` and
    /// `^0.0` match only `0.0.0`.
    ///
    /// # Errors
    /// The text is not a range.
    pub fn from_constraint(text: &str) -> Result<Self, RangeError> {
        Self::parse(text, Syntax::Constraint)
    }

    /// Returns whether `version` is in the range.
    pub fn matches(&self, version: &RelaxedVersion) -> bool {
        self.condition.matches(version)
    }

    /// Returns whether every version is in the range.
    pub fn is_any(&self) -> bool {
        self.condition == Condition::Any
    }

    /// Returns the version of a range of the form `1.8.6` or `=1.8.6`.
    pub fn exact(&self) -> Option<&RelaxedVersion> {
        match &self.condition {
            Condition::Compare(Operator::Equal, version) => Some(version),
            _ => None,
        }
    }

    /// Returns the original text without the white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn parse(text: &str, syntax: Syntax) -> Result<Self, RangeError> {
        let text = text.trim();
        Ok(Self { condition: parse(text, syntax)?, text: text.into() })
    }
}

impl Default for VersionRange {
    fn default() -> Self {
        Self::any()
    }
}

impl FromStr for VersionRange {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        Self::parse(text, Syntax::Matrix)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VERSIONS: [&str; 22] = [
        "custom_1",
        "0.0.0",
        "0.0.1-rc1",
        "0.0.1",
        "0.0.2",
        "0.1.0",
        "0.2.0-rc1",
        "0.2.0",
        "0.2.7",
        "1.0.0-rc1",
        "1.0.0",
        "1.2.0-rc1",
        "1.2.0-rc2",
        "1.2.0",
        "1.2.3",
        "1.3.0-rc1",
        "1.3.0",
        "2.0.0-0",
        "2.0.0-rc1",
        "2.0.0",
        "2.1.0",
        "10.0.0",
    ];

    /// The versions of [`VERSIONS`] in the range, space-separated.
    fn matched(range: &str) -> String {
        let range: VersionRange = range.parse().unwrap();
        let matched = VERSIONS.into_iter().filter(|it| range.matches(&RelaxedVersion::new(*it)));
        matched.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn operators_include_prereleases() {
        assert_eq!(matched(""), VERSIONS.join(" "));
        assert_eq!(matched(">=1.3 && <2"), "1.3.0 2.0.0-0 2.0.0-rc1");
        assert_eq!(matched(">1.3 && <=2"), "2.0.0-0 2.0.0-rc1 2.0.0");
        assert_eq!(matched("=1.2 || =10 || =2.0.0-rc1"), "1.2.0 2.0.0-rc1 10.0.0");
        assert_eq!(matched("<0.0.1 || >2 && <10"), "custom_1 0.0.0 0.0.1-rc1 2.1.0");
        assert_eq!(matched("(<0.0.1 || >2) && <10"), "custom_1 0.0.0 0.0.1-rc1 2.1.0");
        assert_eq!(matched("!(>=0.0.1) && !=0.0.0"), "custom_1 0.0.1-rc1");
        assert_eq!(matched("!<10"), "10.0.0");
    }

    #[test]
    fn exact_versions() {
        assert_eq!(matched("1.2"), "1.2.0");
        assert_eq!(matched(" 1.2.0-rc1+build "), "1.2.0-rc1");
        assert_eq!(matched("custom_1"), "custom_1");
        assert_eq!(matched("1.2.9"), "");
        let exact = |text: &str| text.parse::<VersionRange>().unwrap().exact().map(ToString::to_string);
        assert_eq!(exact("1.2").as_deref(), Some("1.2"));
        assert_eq!(exact("= 1.2+b").as_deref(), Some("1.2+b"));
        assert_eq!(exact("1.*"), None);
        let made = VersionRange::exactly(RelaxedVersion::new("1.2"));
        assert_eq!(made.to_string().parse::<VersionRange>().unwrap(), made);
    }

    #[test]
    fn wildcards_match_releases() {
        assert_eq!(
            matched("*"),
            "custom_1 0.0.0 0.0.1 0.0.2 0.1.0 0.2.0 0.2.7 1.0.0 1.2.0 1.2.3 1.3.0 2.0.0 2.1.0 10.0.0"
        );
        assert_eq!(matched("1.*"), "1.0.0 1.2.0 1.2.3 1.3.0");
        assert_eq!(matched("1.x"), matched("1.*"));
        assert_eq!(matched("1.X.x"), matched("1.*"));
        assert_eq!(matched("1.2.*"), "1.2.0 1.2.3");
        assert_eq!(matched("0.*"), "0.0.0 0.0.1 0.0.2 0.1.0 0.2.0 0.2.7");
    }

    #[test]
    fn carets_and_tildes() {
        assert_eq!(matched("^1.2"), "1.2.0 1.2.3 1.3.0");
        assert_eq!(matched("^1.2.0-rc2"), "1.2.0-rc2 1.2.0 1.2.3 1.3.0");
        assert_eq!(matched("^0.2"), "0.2.0 0.2.7");
        assert_eq!(matched("^0.0.1"), "0.0.1");
        assert_eq!(matched("^0.0"), "0.0.0 0.0.1 0.0.2");
        assert_eq!(matched("^0"), matched("0.*"));
        assert_eq!(matched("~1.2"), "1.2.0 1.2.3");
        assert_eq!(matched("~1.2.1"), "1.2.3");
        assert_eq!(matched("~1.2.0-rc2"), "1.2.0-rc2 1.2.0 1.2.3");
        assert_eq!(matched("~1"), "1.0.0 1.2.0 1.2.3 1.3.0");
    }

    #[test]
    fn lists_match_releases() {
        assert_eq!(matched(">=1.3, <2"), "1.3.0");
        assert_eq!(matched(">=1.2.0-rc2, <2"), "1.2.0-rc2 1.2.0 1.2.3 1.3.0");
        assert_eq!(matched(">=2.0.0-rc1,<=10,!=2.1"), "2.0.0-rc1 2.0.0 10.0.0");
        assert_eq!(matched("1.*, !=1.2 || 2.*"), "1.0.0 1.2.3 1.3.0 2.0.0 2.1.0");
    }

    #[test]
    fn carets_of_an_index_match_prereleases() {
        let matched = |range: &str| {
            let range = VersionRange::from_constraint(range).unwrap();
            VERSIONS
                .into_iter()
                .filter(|it| range.matches(&RelaxedVersion::new(*it)))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(matched("^1.2.3"), "1.2.3 1.3.0-rc1 1.3.0");
        assert_eq!(matched("^0.2"), "0.2.0 0.2.7");
        assert_eq!(matched("^0"), "0.0.0");
        assert_eq!(matched("^0.0"), "0.0.0");
        assert_eq!(matched("^0.0.1"), "0.0.1");
    }

    fn range_text() -> impl Strategy<Value = String> {
        let version = "(0|1|2)([.](0|1|2)){0,2}(-(rc|0|1)([.]1)?)?";
        let leaf = prop_oneof![
            ("(=|>|>=|<|<=|\\^|~|) ?", version).prop_map(|(operator, version)| operator + &version),
            "[012][.][*x]|[012][.][012][.][*X]|[*]",
        ];
        leaf.prop_recursive(4, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|it| format!("!({it})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || {b}")),
                (inner.clone(), inner).prop_map(|(a, b)| format!("({a}), ({b})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn display_round_trips(text in range_text()) {
            let range: VersionRange = text.parse().unwrap();
            let again: VersionRange = range.to_string().parse().unwrap();
            prop_assert_eq!(range, again);
        }

        #[test]
        fn operators_follow_logic(
            a in range_text(),
            b in range_text(),
            version in "(0|1|2)([.](0|1|2)){0,2}(-(rc|0|1)([.]1)?)?",
        ) {
            let version = RelaxedVersion::new(version);
            let matches = |text: String| text.parse::<VersionRange>().unwrap().matches(&version);
            let (in_a, in_b) = (matches(a.clone()), matches(b.clone()));
            prop_assert_eq!(matches(format!("!({a})")), !in_a);
            prop_assert_eq!(matches(format!("({a}) && ({b})")), in_a && in_b);
            prop_assert_eq!(matches(format!("({a}) || ({b})")), in_a || in_b);
            let in_list = matches(format!("({a}), ({b})"));
            let in_both = in_a && in_b;
            prop_assert!(in_list == in_both || version.is_prerelease() && in_both);
        }

        #[test]
        fn families_are_intervals(numbers in "(0|[1-9]|99)[.](0|[1-9]|99)[.](0|[1-9]|99)", version in "(0|[1-9]|99)([.](0|[1-9]|99)){0,2}(-rc)?") {
            let parts: Vec<u32> = numbers.split('.').map(|it| it.parse().unwrap()).collect();
            let (major, minor, patch) = (parts[0], parts[1], parts[2]);
            let version = RelaxedVersion::new(version);
            let matches = |text: String| text.parse::<VersionRange>().unwrap().matches(&version);
            prop_assert_eq!(matches(format!("~{numbers}")), matches(format!(">={numbers}, <{major}.{}", minor + 1)));
            prop_assert_eq!(matches(format!("{major}.*")), matches(format!(">={major}, <{}", major + 1)));
            let above = match (major, minor) {
                (0, 0) => format!("0.0.{}", patch + 1),
                (0, _) => format!("0.{}", minor + 1),
                _ => format!("{}", major + 1),
            };
            prop_assert_eq!(matches(format!("^{numbers}")), matches(format!(">={numbers}, <{above}")));
        }

        #[test]
        fn parsing_never_panics(text in "[0-9a-zA-Z.,|&()!<>=^~*+ é-]{0,40}") {
            if let Ok(range) = text.parse::<VersionRange>() {
                prop_assert_eq!(&range.to_string().parse::<VersionRange>().unwrap(), &range);
            }
        }
    }
}
