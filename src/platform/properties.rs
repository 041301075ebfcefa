//! An ordered map of properties, and the parser of properties files. Knows no key's meaning; expansion is in
//! [`super::expand`].

use indexmap::IndexMap;
use thiserror::Error;

use super::host::HostOs;

/// Properties in the order in which they were last set, as in `go-properties-orderedmap`. The order decides which
/// option of a menu is the default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties(IndexMap<String, String>);

/// Error of a line that is no property.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: `{text}` is not `key=value`")]
pub struct ParseError {
    /// Line number, from 1.
    pub line: usize,
    /// The line without the white space around it, cut to 120 characters.
    pub text: String,
}

impl Properties {
    /// Returns an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a properties file (platform specification, “Configuration files format”).
    ///
    /// * A line is `key=value`, split at its first `=`; white space around either is dropped. Lines
    ///   end with `\n`, `\r\n` or `\r`. A byte order mark is text: it belongs to the first line's key, and a
    ///   comment behind it is a line without `=`.
    /// * A line whose first visible character is `#` is a comment; `#` anywhere else is text.
    /// * A later value replaces an earlier one and moves to the last place.
    /// * `key.linux=…` sets `key` on Linux, at its position in the file, and likewise `.windows` and
    ///   `.macosx`; on another system it stays a property of that long name. An empty value counts: with it
    ///   a platform switches a recipe off. As in arduino-cli the first `.linux` is removed at any position:
    ///   `tools.x.linux.path`, and even `a.linux_b`, which becomes `a_b`.
    ///
    /// # Errors
    ///
    /// A line without `=`, as in arduino-cli, which does not load such a platform either.
    pub fn parse(text: &str, os: HostOs) -> Result<Self, ParseError> {
        let mut properties = Self::new();
        for (index, line) in lines(text).enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                return Err(ParseError { line: index + 1, text: line.chars().take(120).collect() });
            };
            properties.set(without_os(key.trim(), os), value.trim());
        }
        Ok(properties)
    }

    /// Reads a properties file. Bytes that are not UTF-8 are read as ISO 8859-1, as by arduino-cli.
    ///
    /// # Errors
    ///
    /// As [`Properties::parse`].
    pub fn from_bytes(bytes: &[u8], os: HostOs) -> Result<Self, ParseError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text, os),
            Err(_) => Self::parse(&bytes.iter().map(|&byte| char::from(byte)).collect::<String>(), os),
        }
    }

    /// Returns the unexpanded value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Returns the unexpanded value of `key`, unless it is empty.
    pub fn get_nonempty(&self, key: &str) -> Option<&str> {
        self.get(key).filter(|value| !value.trim().is_empty())
    }

    /// Returns whether `key` is set, even to an empty value.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Returns whether `key` has the value `true`.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.trim() == "true")
    }

    /// Sets `key` and moves it to the last place.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        let (at, before) = self.0.insert_full(key.into(), value.into());
        if before.is_some() {
            self.0.move_index(at, self.0.len() - 1);
        }
    }

    /// Sets all properties of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.extend(other.iter());
    }

    /// Removes `key`.
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.0.shift_remove(key)
    }

    /// Returns the properties below `prefix`, which ends with a dot, with the prefix removed from the keys.
    #[must_use]
    pub fn subtree(&self, prefix: &str) -> Self {
        self.iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?, value)))
            .filter(|(key, _)| !key.is_empty())
            .collect()
    }

    /// Iterates over keys and unexpanded values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the number of properties.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Properties {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut properties = Self::new();
        properties.extend(iter);
        properties
    }
}

impl<K: Into<String>, V: Into<String>> Extend<(K, V)> for Properties {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        iter.into_iter().for_each(|(key, value)| self.set(key, value));
    }
}

/// Splits at `\n`, `\r\n` and a lone `\r`, which `str::lines` does not split at.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Returns `key` without its first `.OS` (`parseLine` of `go-properties-orderedmap`).
pub(super) fn without_os(key: &str, os: HostOs) -> String {
    key.replacen(&format!(".{}", os.name()), "", 1)
}

#[cfg(test)]
#[allow(clippy::format_collect)] // short texts
#[path = "properties_tests.rs"]
mod tests;
