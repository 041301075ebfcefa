//! Fully qualified board names, `vendor:arch:board[:option=value,…]`: parses and prints them. Knows only the syntax, no
//! installed cores, boards or options.
//!
//! Specification: <https://docs.arduino.cc/arduino-cli/FAQ/#whats-the-fqbn-string>.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A board of a core, with its chosen menu options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fqbn {
    /// The core's vendor: `arduino`.
    pub vendor: String,
    /// The core's architecture: `avr`.
    pub architecture: String,
    /// The board's id in the core's `boards.txt`: `mega`.
    pub board: String,
    /// Menu options as `(menu, choice)`, in the order given; no menu appears twice.
    pub options: Vec<(String, String)>,
}

impl Fqbn {
    /// Returns the name of the board's core: `vendor:arch`.
    pub fn core_name(&self) -> String {
        format!("{}:{}", self.vendor, self.architecture)
    }
}

impl fmt::Display for Fqbn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.vendor, self.architecture, self.board)?;
        for (index, (menu, choice)) in self.options.iter().enumerate() {
            let separator = if index == 0 { ':' } else { ',' };
            write!(f, "{separator}{menu}={choice}")?;
        }
        Ok(())
    }
}

/// Error of a text that is no FQBN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct FqbnError {
    /// The kind of error.
    pub kind: FqbnErrorKind,
    /// The bytes of the text with the error; empty where something is missing.
    pub range: Range<usize>,
}

/// Kind of an error in an FQBN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FqbnErrorKind {
    /// Fewer than three parts.
    #[error("an FQBN has at least three parts, `vendor:arch:board`, this has {0}")]
    TooFewParts(usize),
    /// More than four parts.
    #[error("an FQBN has at most four parts, `vendor:arch:board:option=value,…`, this has {0}")]
    TooManyParts(usize),
    /// A part or the name of an option is empty.
    #[error("the {0} of the FQBN is empty")]
    Empty(&'static str),
    /// A character that is not allowed.
    #[error("the {part} of an FQBN can't contain {found:?}")]
    BadCharacter {
        /// The part's name.
        part: &'static str,
        /// The character.
        found: char,
    },
    /// An option without `=`.
    #[error("the option `{0}` has no value, write `{0}=VALUE`")]
    NoValue(String),
    /// The same menu twice.
    #[error("the option `{0}` is given twice")]
    DuplicateOption(String),
}

impl FromStr for Fqbn {
    type Err = FqbnError;

    fn from_str(text: &str) -> Result<Self, FqbnError> {
        let parts = split(text, 0, ':');
        let whole = || 0..text.len();
        match parts.as_slice() {
            [vendor, architecture, board] => Self::from_parts(vendor, architecture, board, None),
            [vendor, architecture, board, options] => {
                Self::from_parts(vendor, architecture, board, Some(options))
            }
            few if few.len() < 3 => {
                Err(FqbnError { kind: FqbnErrorKind::TooFewParts(few.len()), range: whole() })
            }
            many => Err(FqbnError { kind: FqbnErrorKind::TooManyParts(many.len()), range: whole() }),
        }
    }
}

impl Fqbn {
    fn from_parts(
        vendor: &Part<'_>,
        architecture: &Part<'_>,
        board: &Part<'_>,
        options: Option<&Part<'_>>,
    ) -> Result<Self, FqbnError> {
        let mut fqbn = Self {
            vendor: vendor.identifier("vendor")?,
            architecture: architecture.identifier("architecture")?,
            board: board.identifier("board")?,
            options: Vec::new(),
        };
        for option in options.map(|part| split(part.text, part.at, ',')).unwrap_or_default() {
            let Some((menu, choice)) = option.text.split_once('=') else {
                let kind = match option.text {
                    "" => FqbnErrorKind::Empty("option"),
                    name => FqbnErrorKind::NoValue(name.to_owned()),
                };
                return Err(FqbnError { kind, range: option.range() });
            };
            let menu = Part { text: menu, at: option.at };
            let choice = Part { text: choice, at: option.at + menu.text.len() + 1 };
            let name = menu.identifier("option")?;
            if choice.text.is_empty() {
                return Err(FqbnError { kind: FqbnErrorKind::NoValue(name), range: option.range() });
            }
            if fqbn.options.iter().any(|(known, _)| *known == name) {
                return Err(FqbnError { kind: FqbnErrorKind::DuplicateOption(name), range: menu.range() });
            }
            choice.only("option's value", |c| identifier_character(c) || c == '=')?;
            fqbn.options.push((name, choice.text.to_owned()));
        }
        Ok(fqbn)
    }
}

/// A piece of the text, with its offset.
struct Part<'t> {
    text: &'t str,
    at: usize,
}

impl Part<'_> {
    fn range(&self) -> Range<usize> {
        self.at..self.at + self.text.len()
    }

    fn identifier(&self, what: &'static str) -> Result<String, FqbnError> {
        if self.text.is_empty() {
            return Err(FqbnError { kind: FqbnErrorKind::Empty(what), range: self.range() });
        }
        self.only(what, identifier_character)?;
        Ok(self.text.to_owned())
    }

    fn only(&self, part: &'static str, allowed: impl Fn(char) -> bool) -> Result<(), FqbnError> {
        match self.text.char_indices().find(|&(_, c)| !allowed(c)) {
            None => Ok(()),
            Some((index, found)) => {
                let start = self.at + index;
                let range = start..start + found.len_utf8();
                Err(FqbnError { kind: FqbnErrorKind::BadCharacter { part, found }, range })
            }
        }
    }
}

/// Returns whether arduino-cli allows the character in the parts of an FQBN.
fn identifier_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

fn split(text: &str, at: usize, separator: char) -> Vec<Part<'_>> {
    let mut next = at;
    let part = |text| {
        let part = Part { text, at: next };
        next += text.len() + separator.len_utf8();
        part
    };
    text.split(separator).map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> (String, &str) {
        let error = text.parse::<Fqbn>().unwrap_err();
        (error.to_string(), &text[error.range])
    }

    #[test]
    fn parts_and_options() {
        let fqbn: Fqbn = "arduino:avr:mega:cpu=atmega2560,speed=16=x".parse().unwrap();
        assert_eq!(fqbn.core_name(), "arduino:avr");
        assert_eq!(fqbn.board, "mega");
        let options = [("cpu", "atmega2560"), ("speed", "16=x")];
        assert_eq!(fqbn.options, options.map(|(menu, choice)| (menu.to_owned(), choice.to_owned())));
        assert_eq!("arduino:avr:uno".parse::<Fqbn>().unwrap().options, []);
    }

    #[test]
    fn errors_name_the_part_to_blame() {
        let cases = [
            ("", "an FQBN has at least three parts, `vendor:arch:board`, this has 1", ""),
            ("uno", "an FQBN has at least three parts, `vendor:arch:board`, this has 1", "uno"),
            (
                "a:b:c:d=e:f",
                "an FQBN has at most four parts, `vendor:arch:board:option=value,…`, this has 5",
                "a:b:c:d=e:f",
            ),
            ("a::c", "the architecture of the FQBN is empty", ""),
            ("a:b:", "the board of the FQBN is empty", ""),
            ("a:b:c:", "the option of the FQBN is empty", ""),
            ("a:b:c:x=1,", "the option of the FQBN is empty", ""),
            ("a:b:c:=1", "the option of the FQBN is empty", ""),
            ("a:b:ü", "the board of an FQBN can't contain 'ü'", "ü"),
            ("a:b :c", "the architecture of an FQBN can't contain ' '", " "),
            ("a:b:c:x=1,cpu", "the option `cpu` has no value, write `cpu=VALUE`", "cpu"),
            ("a:b:c:cpu=", "the option `cpu` has no value, write `cpu=VALUE`", "cpu="),
            ("a:b:c:x=1,x=2", "the option `x` is given twice", "x"),
            ("a:b:c:x=1/2", "the option's value of an FQBN can't contain '/'", "/"),
        ];
        for (text, message, blamed) in cases {
            assert_eq!(error(text), (message.to_owned(), blamed), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_blames_a_real_range(text in "[a:=,ü ]{0,24}|\\PC*") {
            if let Err(error) = text.parse::<Fqbn>() {
                prop_assert!(text.get(error.range.clone()).is_some(), "{:?}", error);
            }
        }

        #[test]
        fn display_is_the_inverse(text in "[a-z]{1,3}:[a-z]{1,3}:[a-z0-9._-]{1,5}(:a=[0-9=]{1,3}(,b=x)?)?") {
            prop_assert_eq!(text.parse::<Fqbn>().unwrap().to_string(), text);
        }
    }
}
