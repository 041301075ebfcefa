//! The parser of version ranges: recursive descent over the text.
//!
//! ```text
//! range  = "" | or
//! or     = and ("||" and)*
//! and    = list ("&&" list)*
//! list   = term ("," term)*
//! term   = "!" term | "(" or ")" | operator version | version | wildcard
//! ```

use super::condition::{Condition, Operator};
use super::relaxed::{Digits, RelaxedVersion};

/// Limit of nested parentheses and negations.
const MAX_DEPTH: usize = 64;

/// Characters that a version can't contain: the operators, and the marks around versions in lists.
const MARKS: &str = "()!=<>&|^~,;\"'";

/// The author of a text, which decides the meaning of `^`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// A matrix: as cargo.
    Matrix,
    /// An index or `library.properties`: as arduino-cli.
    Constraint,
}

/// A text that is not a version range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version range: expected {expected} at character {position}, found {found}")]
pub struct RangeError {
    /// The whole text.
    pub text: String,
    /// Position of the error, in characters from 1.
    pub position: usize,
    /// What could stand there.
    pub expected: &'static str,
    /// What stands there: a quoted text, or the end.
    pub found: String,
}

impl RangeError {
    /// How to fix it.
    pub const HELP: &'static str =
        "write a version (`1.8.6`), a wildcard (`7.*`), `^1.2`, `~1.2` or comparisons (`>=1.0 && <2.0`)";
}

/// Parses `text`, which has no white space around it.
///
/// # Errors
/// The text is not a range.
pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Condition, RangeError> {
    if text.is_empty() {
        return Ok(Condition::Any);
    }
    let mut parser = Parser { text, at: 0, depth: 0, syntax };
    let condition = parser.one_of()?;
    match parser.rest() {
        "" => Ok(condition),
        _ => Err(parser.error("`&&`, `||`, `,` or the end")),
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Offset in bytes of what is not yet parsed.
    at: usize,
    depth: usize,
    syntax: Syntax,
}

impl<'a> Parser<'a> {
    fn one_of(&mut self) -> Result<Condition, RangeError> {
        self.joined("||", Self::all, Condition::OneOf)
    }

    fn all(&mut self) -> Result<Condition, RangeError> {
        self.joined("&&", Self::list, Condition::All)
    }

    fn list(&mut self) -> Result<Condition, RangeError> {
        self.joined(",", Self::term, |all| Condition::Releases(Box::new(Condition::All(all))))
    }

    /// Parses one or more of `part` with `separator` between them; several are combined by `combine`.
    fn joined(
        &mut self,
        separator: &str,
        part: impl Fn(&mut Self) -> Result<Condition, RangeError>,
        combine: impl Fn(Vec<Condition>) -> Condition,
    ) -> Result<Condition, RangeError> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.take(separator) {
            parts.push(part(self)?);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => Ok(combine(parts.into_iter().chain(last).collect())),
        }
    }

    fn term(&mut self) -> Result<Condition, RangeError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error("at most 64 nested parentheses and negations"));
        }
        if self.take("!") {
            self.depth += 1;
            let inner = self.term()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(inner)));
        }
        if self.take("(") {
            self.depth += 1;
            let inner = self.one_of()?;
            self.depth -= 1;
            return if self.take(")") { Ok(inner) } else { Err(self.error("`)`, `&&`, `||` or `,`")) };
        }
        if self.take("^") {
            return self.caret();
        }
        if self.take("~") {
            return self.tilde();
        }
        for (operator, meaning) in [
            (">=", Operator::GreaterOrEqual),
            (">", Operator::Greater),
            ("<=", Operator::LessOrEqual),
            ("<", Operator::Less),
        ] {
            if self.take(operator) {
                return Ok(Condition::Compare(meaning, self.semantic_version()?));
            }
        }
        if self.take("=") {
            return Ok(Condition::Compare(Operator::Equal, self.version("a version such as `1.2.3`")?));
        }
        self.wildcard_or_version()
    }

    /// Parses the version after `^`.
    fn caret(&mut self) -> Result<Condition, RangeError> {
        let from = self.semantic_version()?;
        let written = written_numbers(&from);
        let numbers = from.semantic().map(|it| it.numbers);
        let significant = numbers.and_then(|it| it.iter().position(|number| !number.is_zero()));
        Ok(match self.syntax {
            Syntax::Matrix => family(from, significant.map_or(written, |it| it + 1)),
            Syntax::Constraint => Condition::Family { from, shared: significant.map_or(3, |it| it + 1) },
        })
    }

    /// Parses the version after `~`.
    fn tilde(&mut self) -> Result<Condition, RangeError> {
        let from = self.semantic_version()?;
        let shared = written_numbers(&from).min(2);
        Ok(family(from, shared))
    }

    fn wildcard_or_version(&mut self) -> Result<Condition, RangeError> {
        let start = self.at;
        let word = self.word();
        if let Some(numbers) = wildcard(word) {
            return Ok(match numbers {
                "" => Condition::Releases(Box::new(Condition::Any)),
                _ => family(RelaxedVersion::new(numbers), written_numbers(&RelaxedVersion::new(numbers))),
            });
        }
        self.at = start;
        Ok(Condition::Compare(
            Operator::Equal,
            self.version("a version, a wildcard such as `7.*` or an operator")?,
        ))
    }

    fn semantic_version(&mut self) -> Result<RelaxedVersion, RangeError> {
        let start = self.skip_spaces();
        let version = RelaxedVersion::new(self.word());
        if version.as_str().is_empty() || !version.is_semantic() {
            self.at = start;
            return Err(self.error("a semantic version such as `1.2.3`"));
        }
        Ok(version)
    }

    /// Parses a semantic version, or any other text with a digit and without a `*`.
    fn version(&mut self, expected: &'static str) -> Result<RelaxedVersion, RangeError> {
        let start = self.skip_spaces();
        let word = self.word();
        let is_version =
            word.contains(|c: char| c.is_ascii_digit()) && !word.contains('*') && wildcard(word).is_none();
        if !is_version {
            self.at = start;
            return Err(self.error(expected));
        }
        Ok(RelaxedVersion::new(word))
    }

    /// Takes the characters up to white space or a mark.
    fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || MARKS.contains(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Takes `token`, after white space, if it stands here.
    fn take(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let is_here = self.rest().starts_with(token);
        if is_here {
            self.at += token.len();
        }
        is_here
    }

    fn skip_spaces(&mut self) -> usize {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        self.at
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Returns the error that `expected` does not stand at the current offset.
    fn error(&mut self, expected: &'static str) -> RangeError {
        let start = self.skip_spaces();
        let found = match self.word() {
            "" => self.text[start..].chars().next().map_or("the end".to_owned(), |c| format!("`{c}`")),
            word => format!("`{word}`"),
        };
        let position = self.text[..start].chars().count() + 1;
        RangeError { text: self.text.to_owned(), position, expected, found }
    }
}

/// Returns the numbers of a wildcard such as `1.2.*`, here `1.2`; of `*` the empty text.
fn wildcard(word: &str) -> Option<&str> {
    let is_star = |part: &str| matches!(part, "*" | "x" | "X");
    let stars = word.rsplit('.').take_while(|it| is_star(it)).map(|it| it.len() + 1).sum::<usize>();
    let numbers = &word[..word.len().saturating_sub(stars)];
    let parts = word.split('.').count();
    let is_wildcard = stars > 0
        && parts <= 3
        && (numbers.is_empty() || numbers.split('.').all(|it| Digits::parse(it).is_some()));
    is_wildcard.then_some(numbers)
}

/// Returns how many numbers the text of a semantic version has: 1 to 3.
fn written_numbers(version: &RelaxedVersion) -> usize {
    let text = version.as_str();
    let core = text.split(['-', '+']).next().unwrap_or(text);
    core.split('.').count()
}

/// Returns the releases from `from` on that share its first numbers.
fn family(from: RelaxedVersion, shared: usize) -> Condition {
    Condition::Releases(Box::new(Condition::Family { from, shared }))
}

#[cfg(test)]
mod tests {
    use super::super::range::VersionRange;

    fn error(text: &str) -> (usize, &'static str, String) {
        let error = text.parse::<VersionRange>().unwrap_err();
        assert_eq!(error.text, text.trim());
        (error.position, error.expected, error.found)
    }

    #[test]
    fn errors_say_where_and_what() {
        let version = "a semantic version such as `1.2.3`";
        let term = "a version, a wildcard such as `7.*` or an operator";
        let end = "`&&`, `||`, `,` or the end";
        for (text, position, expected, found) in [
            (">=1.0 <2", 7, end, "`<`"),
            ("1.0 2.0", 5, end, "`2.0`"),
            ("1.0 - 2.0", 5, end, "`-`"),
            (">= ", 3, version, "the end"),
            (">=1.*", 3, version, "`1.*`"),
            ("^x", 2, version, "`x`"),
            ("==1.0", 2, "a version such as `1.2.3`", "`=`"),
            ("=1.x", 2, "a version such as `1.2.3`", "`1.x`"),
            ("latest", 1, term, "`latest`"),
            ("1.*.3", 1, term, "`1.*.3`"),
            ("1.2.3.*", 1, term, "`1.2.3.*`"),
            ("(>1 || <0.5", 12, "`)`, `&&`, `||` or `,`", "the end"),
            (">1 ||", 6, term, "the end"),
            (">1 |", 4, end, "`|`"),
            (">1 & <2", 4, end, "`&`"),
            (">1)", 3, end, "`)`"),
            ("é", 1, term, "`é`"),
            (">1 && é", 7, term, "`é`"),
            (">01.2", 2, version, "`01.2`"),
            ("~>1.0", 2, version, "`>`"),
        ] {
            assert_eq!(error(text), (position, expected, found.to_owned()), "{text}");
        }
        let message = ">=1.0 <2".parse::<VersionRange>().unwrap_err().to_string();
        assert!(
            message.contains("`>=1.0 <2` is not a version range") && message.contains("character 7"),
            "{message}"
        );
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |n: usize| format!("{}>1{}", "(".repeat(n), ")".repeat(n));
        assert!(nested(60).parse::<VersionRange>().is_ok());
        assert!(nested(100_000).parse::<VersionRange>().is_err());
        assert!(format!("{}>1", "!".repeat(100_000)).parse::<VersionRange>().is_err());
    }
}
