//! The text of a matrix file, and places in it. Knows nothing of YAML.

use std::ops::{Deref, Range};
use std::path::PathBuf;

/// The content of a matrix file.
#[derive(Debug)]
pub(super) struct Source {
    /// Its path as the user named it; for messages only.
    pub(super) path: PathBuf,
    /// Its text.
    pub(super) text: String,
}

/// A range of bytes of the matrix file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

/// A line and a column of the matrix file, both from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// A value of the matrix and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place. For an alias (`*name`), the place of the alias.
    pub span: Span,
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Span {
    /// Returns the place of `range` within the value, where the file spells the value as `text` without quotes and
    /// escapes; otherwise the whole place.
    pub(super) fn part(self, source: &Source, text: &str, range: &Range<usize>) -> Self {
        let written = source.text.get(self.start..self.end) == Some(text);
        if written && range.start <= range.end && range.end <= text.len() {
            Self { start: self.start + range.start, end: self.start + range.end }
        } else {
            self
        }
    }
}

impl Source {
    /// Returns line and column of a byte offset. An offset outside the text counts as its end.
    pub(super) fn position(&self, offset: usize) -> Position {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position { line: 1 + before.matches('\n').count(), column: 1 + before[line_start..].chars().count() }
    }

    /// Returns the part of `span` on its first line, extended to character boundaries: the range that a caret can mark.
    pub(super) fn first_line(&self, span: Span) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let end = self.text.ceil_char_boundary(span.end.clamp(start, self.text.len()));
        let line = self.text[start..end].lines().next().unwrap_or_default();
        start..start + line.trim_end().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { path: PathBuf::from("m.yml"), text: text.to_owned() }
    }

    #[test]
    fn positions_count_lines_and_characters() {
        let source = source("ab\nüx\n");
        let at = |offset| {
            let position = source.position(offset);
            (position.line, position.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(2), (1, 3));
        assert_eq!(at(3), (2, 1));
        assert_eq!(at(5), (2, 2));
        assert_eq!(at(99), (3, 1));
    }

    #[test]
    fn a_caret_stays_on_one_line_and_on_boundaries() {
        let source = source("aü \nb");
        assert_eq!(source.first_line(Span { start: 0, end: 6 }), 0..3);
        assert_eq!(source.first_line(Span { start: 2, end: 2 }), 1..3);
        assert_eq!(source.first_line(Span { start: 9, end: 1 }), 6..6);
    }

    #[test]
    fn a_part_is_found_only_where_it_is_spelt() {
        let source = source("x: a:b\ny: \"a:b\"");
        let plain = Span { start: 3, end: 6 };
        assert_eq!(plain.part(&source, "a:b", &(2..3)), Span { start: 5, end: 6 });
        let quoted = Span { start: 10, end: 15 };
        assert_eq!(quoted.part(&source, "a:b", &(2..3)), quoted);
    }
}
