//! Expressions that select cells (`--filter`). They compare a board's tags with a text. Any other expression is an error,
//! so that a later extension changes no meaning.

use std::fmt;
use std::str::FromStr;

use crate::nearest::{quoted, suggestion};

/// `tag = 'NAME'` or `tag != 'NAME'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    tag: String,
    /// Whether it selects boards without the tag.
    is_negated: bool,
}

/// Error of a text that is no [`Filter`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a filter: {problem}; `tag = 'NAME'` and `tag != 'NAME'` are", quoted(.text))]
pub struct FilterError {
    /// The text.
    pub text: String,
    /// The problem.
    pub problem: String,
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let error = |problem: String| FilterError { text: text.to_owned(), problem };
        let trimmed = text.trim();
        let (word, rest) =
            trimmed.split_at(trimmed.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(trimmed.len()));
        if word != "tag" {
            let found =
                if word.is_empty() { "it does not begin with `tag`".to_owned() } else { unknown(word) };
            return Err(error(found));
        }
        let rest = rest.trim_start();
        let (is_negated, rest) = match (rest.strip_prefix("!="), rest.strip_prefix('=')) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(error("`=` or `!=` is missing behind `tag`".to_owned())),
        };
        let quotes_missing = || error("the tag is not in single quotes".to_owned());
        let (tag, behind) = rest
            .trim_start()
            .strip_prefix('\'')
            .and_then(|rest| rest.split_once('\''))
            .ok_or_else(quotes_missing)?;
        if !behind.trim().is_empty() {
            return Err(error(format!("{} behind it is not understood", quoted(behind.trim()))));
        }
        Ok(Self { tag: tag.to_owned(), is_negated })
    }
}

fn unknown(word: &str) -> String {
    let help = suggestion(word, ["tag"]).map(|help| format!(" ({help})")).unwrap_or_default();
    format!("{} is not known{help}", quoted(word))
}

impl Filter {
    /// Returns whether it selects a board with these tags.
    pub(super) fn selects(&self, tags: &[String]) -> bool {
        tags.contains(&self.tag) != self.is_negated
    }

    /// Returns its tag.
    pub(super) fn tag(&self) -> &str {
        &self.tag
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tag {} '{}'", if self.is_negated { "!=" } else { "=" }, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_compared() {
        let tags = ["large".to_owned(), "new".to_owned()];
        for (text, selected) in [
            ("tag = 'large'", true),
            (" tag='new' ", true),
            ("tag = 'small'", false),
            ("tag != 'large'", false),
            ("tag!='small'", true),
        ] {
            assert_eq!(text.parse::<Filter>().unwrap().selects(&tags), selected, "{text}");
        }
        assert_eq!("tag='a b'".parse::<Filter>().unwrap().to_string(), "tag = 'a b'");
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for (text, problem) in [
            ("", "does not begin"),
            ("board = 'uno'", "`board` is not known"),
            ("tags = 'x'", "`tags` is not known"),
            ("tag", "`=` or `!=`"),
            ("tag ~ 'x'", "`=` or `!=`"),
            ("tag = large", "single quotes"),
            ("tag = 'large", "single quotes"),
            ("tag = 'a' or tag = 'b'", "behind it"),
            ("not tag = 'a'", "`not` is not known"),
        ] {
            let error = text.parse::<Filter>().unwrap_err().to_string();
            assert!(error.contains(problem) && error.contains("tag != 'NAME'"), "{text}: {error}");
        }
    }
}
