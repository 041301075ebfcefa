//! The parser of `depends=` in `library.properties`. Knows nothing of files or an index.

use super::catalog::LibraryDependency;
use crate::provide::versions::{RangeError, VersionRange};

/// Content of `depends=`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depends {
    /// The libraries, in order.
    pub dependencies: Vec<LibraryDependency>,
    /// The unusable items.
    pub errors: Vec<DependsError>,
}

/// An unusable item of `depends=`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DependsError {
    /// The item is not a name with an optional constraint.
    #[error("`{item}` is not a library: write `Name` or `Name (>=1.0.0)`")]
    Form {
        /// The item.
        item: String,
    },
    /// The constraint is not a version range.
    #[error("library `{name}`: {source}")]
    Range {
        /// Name of the library.
        name: String,
        /// The cause.
        source: RangeError,
    },
}

/// Parses `depends=`: a comma-separated list of `Name` and `Name (constraint)`. Empty items are ignored.
///
/// A constraint may contain commas and parentheses, and the space before it may be missing: both are more than Arduino's
/// index accepts.
///
/// Source: `docs/library-specification.md`; `internal/libraries/db/library.go` of libraries-repository-engine.
pub fn parse_depends(text: &str) -> Depends {
    let mut depends = Depends::default();
    for item in items(text).map(str::trim).filter(|it| !it.is_empty()) {
        match dependency(item) {
            Ok(dependency) => depends.dependencies.push(dependency),
            Err(error) => depends.errors.push(error),
        }
    }
    depends
}

/// Splits at the commas outside of parentheses.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    })
}

fn dependency(item: &str) -> Result<LibraryDependency, DependsError> {
    let form = || DependsError::Form { item: item.to_owned() };
    let (name, constraint) = match item.split_once('(') {
        Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')').ok_or_else(form)?),
        None => (item, ""),
    };
    if name.is_empty() || name.contains(')') {
        return Err(form());
    }
    let range = VersionRange::from_constraint(constraint)
        .map_err(|source| DependsError::Range { name: name.to_owned(), source })?;
    Ok(LibraryDependency { name: name.into(), range })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vec<String> {
        let depends = parse_depends(text);
        assert_eq!(depends.errors, [], "{text}");
        depends.dependencies.iter().map(|it| format!("{}|{}", it.name, it.range)).collect()
    }

    #[test]
    fn names_and_constraints() {
        assert_eq!(parsed(""), [""; 0]);
        assert_eq!(parsed("  , "), [""; 0]);
        assert_eq!(
            parsed("Very long library name, Another-one.2"),
            ["Very long library name|", "Another-one.2|"]
        );
        assert_eq!(parsed("ArduinoHttpClient (>=1.0.0)"), ["ArduinoHttpClient|>=1.0.0"]);
        assert_eq!(
            parsed("A ((>0.1.0 && <2.0.0) || >2.1.0),B(=1.0),"),
            ["A|(>0.1.0 && <2.0.0) || >2.1.0", "B|=1.0"]
        );
        assert_eq!(parsed("A (>=1.0, <2.0), B ()"), ["A|>=1.0, <2.0", "B|"]);
    }

    #[test]
    fn broken_items_cost_only_themselves() {
        let depends = parse_depends("A (>=1.0), B (>>1), (=1.0), C) , D (=1.0) x, E");
        assert_eq!(depends.dependencies.len(), 2);
        let errors: Vec<String> = depends.errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 4, "{errors:?}");
        assert!(errors[0].contains("library `B`") && errors[0].contains("`>>1`"), "{errors:?}");
        assert!(errors[1..].iter().all(|it| it.contains("write `Name`")), "{errors:?}");
        assert!(parse_depends("A (>=1.0, B").dependencies.is_empty());
    }
}
