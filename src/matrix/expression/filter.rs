//! An expression of the command line (`--filter`).

use std::fmt;
use std::str::FromStr;

use super::error::ExpressionError;
use super::parse::parse;
use super::predicate::Predicate;

/// An expression that selects cells.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    predicate: Predicate,
}

/// Error of a text that is no [`Filter`]. `Display` marks the place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// The text.
    pub text: String,
    /// The problem and its place.
    pub error: ExpressionError,
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        match parse(text) {
            Ok(predicate) => Ok(Self { text: text.trim().to_owned(), predicate }),
            Err(error) => Err(FilterError { text: text.to_owned(), error }),
        }
    }
}

impl Filter {
    /// Returns its condition.
    pub(in crate::matrix) const fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// Returns whether it depends on what only an installed core knows.
    pub fn needs_hardware(&self) -> bool {
        self.predicate.needs_hardware()
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for FilterError {}

impl fmt::Display for FilterError {
    /// Writes the problem, the text, and marks below the place. The text is one line: a control character is a blank.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExpressionError { message, range, help } = &self.error;
        let one_line = |text: &str| text.replace(|c: char| c.is_control(), " ");
        let before = self.text.get(..range.start).unwrap_or(&self.text).chars().count();
        let marked = self.text.get(range.clone()).map_or(1, |text| text.chars().count().max(1));
        write!(f, "{message}\n  {}\n  {}{}", one_line(&self.text), " ".repeat(before), "^".repeat(marked))?;
        help.as_ref().map_or(Ok(()), |help| write!(f, "\n{help}"))
    }
}
