//! Turns a recipe's pattern into an argument vector. Knows no recipe's purpose, and starts nothing.
//!
//! Arduino's order is: expand, then split. A property's value with spaces therefore becomes several words, as flags
//! require. Paths must stay whole: [`Value::Word`] and [`Value::Words`] are one unbreakable character each while the
//! line is split, and are inserted afterwards. For a path without spaces and quotes the result equals Arduino's.

use thiserror::Error;

use super::expand::{ExpandError, Expander, MARK, without_references};
use super::properties::Properties;
use super::value::Value;

/// Error of a pattern that gives no command.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CommandError {
    /// A reference can't be expanded.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// The expanded pattern has no word.
    #[error("it expands to an empty command")]
    Empty,
}

/// Splits an expanded command line by Arduino's rule (`SplitQuotedString` of go-properties-orderedmap,
/// without empty arguments, as arduino-cli calls it for recipes).
///
/// * Words are separated by single spaces; tabs are text.
/// * A quote (`'` or `"`) counts only as the first character of a word. The word then runs, spaces
///   included, to the next piece that *ends* with the same quote; both quotes are removed. All
///   other quotes are text: `"-DNAME="/a b/x""` is `-DNAME="/a b/x"`, and
///   `'-DUSB_PRODUCT="Arduino Leonardo"'` is `-DUSB_PRODUCT="Arduino Leonardo"`.
/// * There are no escapes.
/// * A word that is empty or only white space, quoted or not, is dropped.
/// * A quote that is never closed ends the line: the words before it are the command.
pub(super) fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut quoted: Option<(char, String)> = None;
    for piece in line.split(' ') {
        let opening = piece.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (quote, mut word, piece) = match (quoted.take(), opening) {
            (Some((quote, word)), _) => (quote, word, piece),
            (None, Some(quote)) => (quote, String::new(), &piece[1..]),
            (None, None) => {
                push(&mut words, piece);
                continue;
            }
        };
        if let Some(end) = piece.strip_suffix(quote) {
            word.push_str(end);
            push(&mut words, &word);
        } else {
            word.push_str(piece);
            word.push(' ');
            quoted = Some((quote, word));
        }
    }
    words
}

fn push(words: &mut Vec<String>, word: &str) {
    if !word.trim().is_empty() {
        words.push(word.to_owned());
    }
}

/// Treatment of `{name}` in a command where no property has that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unset {
    /// Stays unchanged.
    Stays,
    /// Is deleted, with all other text between braces: for commands that preprocess.
    Deleted,
}

/// Returns the argument vector of `pattern`: expanded with `properties` and `extra`, then split. Values of `extra`
/// override properties, later ones earlier ones. The vector is never empty.
///
/// # Errors
///
/// Any [`CommandError`].
pub(super) fn build(
    properties: &Properties,
    pattern: &str,
    extra: &[(&str, Value<'_>)],
    unset: Unset,
) -> Result<Vec<String>, CommandError> {
    let mut expander = Expander::new(properties, extra);
    let mut line = expander.expand(pattern)?;
    if unset == Unset::Deleted {
        line = without_references(&line);
    }
    let mut words = Vec::new();
    for word in split(&line) {
        let mark = word.strip_prefix(MARK).and_then(|word| word.strip_suffix(MARK));
        match mark.filter(|index| !index.contains(MARK)).map(|index| expander.marked(index)) {
            // Exactly the list: its words stay whole, even with spaces or quotes in them.
            Some(Value::Words(list)) => words.extend(list.iter().filter(|word| !word.is_empty()).cloned()),
            _ => push(&mut words, &expander.unmarked(&word)),
        }
    }
    if words.is_empty() { Err(CommandError::Empty) } else { Ok(words) }
}

/// Returns `pattern` expanded as by [`build`], but not split.
pub(super) fn text(
    properties: &Properties,
    pattern: &str,
    extra: &[(&str, Value<'_>)],
) -> Result<String, ExpandError> {
    let mut expander = Expander::new(properties, extra);
    let line = expander.expand(pattern)?;
    Ok(expander.unmarked(&line))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
