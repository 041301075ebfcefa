//! Parses `library.properties` as arduino-cli does (`properties.Load` of go-properties-orderedmap). Knows no key.
//!
//! `platform.txt` has a parser of its own (`platform::properties`).

use std::collections::HashMap;

/// Suffix of keys for this system only.
const OS_SUFFIX: &str = if cfg!(windows) {
    ".windows"
} else if cfg!(target_os = "macos") {
    ".macosx"
} else {
    ".linux"
};

/// The values of a `library.properties` by key.
#[derive(Debug, Default)]
pub(super) struct Properties(HashMap<String, String>);

/// A line that is neither empty, nor a comment, nor `key=value`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of library.properties has no `=`: `{text}`")]
pub(super) struct BadLine {
    /// Line number, from 1.
    line: usize,
    /// The line, cut to 60 characters.
    text: String,
}

impl Properties {
    /// Parses the bytes of a file, as ISO 8859-1 where they are not UTF-8. The last of equal keys counts.
    ///
    /// # Errors
    /// The first line without `=`: arduino-cli ignores such a library.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BadLine> {
        let text = std::str::from_utf8(bytes)
            .map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned);
        let mut values = HashMap::new();
        for (index, line) in text.replace("\r\n", "\n").split(['\n', '\r']).enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                return Err(BadLine { line: index + 1, text: line.chars().take(60).collect() });
            };
            values.insert(key.trim().replacen(OS_SUFFIX, "", 1), value.trim().to_owned());
        }
        Ok(Self(values))
    }

    /// Returns the value of `key`, empty where it is missing.
    pub(super) fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Properties {
        Properties::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        assert_eq!(parse("name=A\nname=B\n").get("name"), "B");
        assert_eq!(parse("name=A\nname=\n").get("name"), "");
        assert_eq!(parse("").get("name"), "");
    }

    #[test]
    fn blanks_comments_and_every_kind_of_line_end_are_read() {
        let found = parse("# a comment\r\n\r\n  name = My Lib \rversion=1=2\n\t# another\n");
        assert_eq!((found.get("name"), found.get("version")), ("My Lib", "1=2"));
        assert_eq!(parse("name=A # no comment").get("name"), "A # no comment");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn keys_of_this_system_count_where_they_stand() {
        assert_eq!(parse("architectures=sam\narchitectures.linux=avr\n").get("architectures"), "avr");
        assert_eq!(parse("architectures.linux=avr\narchitectures=sam\n").get("architectures"), "sam");
        let other = parse("architectures=sam\narchitectures.windows=avr\n");
        assert_eq!((other.get("architectures"), other.get("architectures.windows")), ("sam", "avr"));
    }

    #[test]
    fn a_byte_order_mark_is_part_of_the_first_line() {
        assert_eq!(parse("\u{feff}name=A\n").get("name"), "");
        assert!(Properties::parse("\u{feff}# comment\nname=A\n".as_bytes()).is_err());
    }

    #[test]
    fn a_line_without_a_value_is_refused() {
        let error = Properties::parse(b"name=A\nsecond line\n").unwrap_err();
        assert_eq!(error, BadLine { line: 2, text: "second line".to_owned() });
        assert_eq!(error.to_string(), "line 2 of library.properties has no `=`: `second line`");
    }

    #[test]
    fn what_is_not_utf_8_is_latin_1() {
        assert_eq!(Properties::parse(b"name=Caf\xe9").unwrap().get("name"), "Caf\u{e9}");
    }
}
