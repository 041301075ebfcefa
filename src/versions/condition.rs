//! Conditions on a version, and which versions satisfy them. Knows no text.

use super::relaxed::{RelaxedVersion, Semantic};

/// A condition on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Any,
    Compare(Operator, RelaxedVersion),
    /// Semantic versions from `from` on that share its first `shared` numbers (0 to 3).
    Family {
        from: RelaxedVersion,
        shared: usize,
    },
    Not(Box<Self>),
    All(Vec<Self>),
    OneOf(Vec<Self>),
    /// The versions of the inner condition without those prereleases whose numbers no prerelease in it has.
    Releases(Box<Self>),
}

/// An operator between the version that is tested (left) and the version in the range (right).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Operator {
    fn holds(self, left: &RelaxedVersion, right: &RelaxedVersion) -> bool {
        let order = left.cmp(right);
        match self {
            Self::Equal => order.is_eq(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
        }
    }
}

impl Condition {
    /// Returns whether `version` satisfies the condition.
    pub(super) fn matches(&self, version: &RelaxedVersion) -> bool {
        match self {
            Self::Any => true,
            Self::Compare(operator, bound) => operator.holds(version, bound),
            Self::Family { from, shared } => match (version.semantic(), from.semantic()) {
                (Some(version), Some(from)) => {
                    version >= from
                        && version.numbers.iter().zip(&from.numbers).take(*shared).all(|(a, b)| a == b)
                }
                _ => false,
            },
            Self::Not(inner) => !inner.matches(version),
            Self::All(inner) => inner.iter().all(|it| it.matches(version)),
            Self::OneOf(inner) => inner.iter().any(|it| it.matches(version)),
            Self::Releases(inner) => {
                inner.matches(version)
                    && version
                        .semantic()
                        .is_none_or(|it| !it.is_prerelease() || inner.names_prerelease_of(&it))
            }
        }
    }

    /// Returns whether a prerelease in this condition has the numbers of `version`.
    fn names_prerelease_of(&self, version: &Semantic<'_>) -> bool {
        match self {
            Self::Any => false,
            Self::Compare(_, named) | Self::Family { from: named, .. } => {
                named.semantic().is_some_and(|it| it.is_prerelease() && it.numbers == version.numbers)
            }
            Self::Not(inner) | Self::Releases(inner) => inner.names_prerelease_of(version),
            Self::All(inner) | Self::OneOf(inner) => inner.iter().any(|it| it.names_prerelease_of(version)),
        }
    }
}
