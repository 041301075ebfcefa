//! Markdown as GitHub renders it: escapes, code, and a page of bounded size. Knows nothing of runs.

use std::fmt::Write as _;

use super::text;

/// A text within a size limit: parts that do not fit are counted instead.
pub(super) struct Page {
    text: String,
    max: usize,
    left_out: usize,
}

/// Number of bytes reserved for the closing note.
const NOTE: usize = 120;

impl Page {
    /// Creates an empty page of at most `max` bytes.
    pub(super) fn new(max: usize) -> Self {
        Self { text: String::new(), max, left_out: 0 }
    }

    /// Returns the number of bytes that a part may have.
    pub(super) fn room(&self) -> usize {
        self.max.saturating_sub(self.text.len() + NOTE)
    }

    /// Adds a part completely or not at all: half a table or half a code block would break the rest.
    pub(super) fn add(&mut self, part: &str) {
        if part.len() <= self.room() {
            self.text.push_str(part);
        } else {
            self.left_out += 1;
        }
    }

    /// Returns the text, with a note about the parts that were left out.
    pub(super) fn end(mut self) -> String {
        if self.left_out > 0 {
            let left_out = text::count(self.left_out, "part");
            // Writing to a String can't fail.
            let _ = writeln!(self.text, "\n_{left_out} left out: see junit.xml for everything._");
        }
        self.text
    }
}

/// Returns a text in one line that Markdown and HTML show unchanged.
pub(super) fn escape(line: &str) -> String {
    let line = text::for_xml(&text::one_line(line));
    let mut escaped = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Returns a text as code, in one line.
pub(super) fn code(line: &str) -> String {
    let line = text::for_xml(&text::one_line(line));
    if line.contains('`') { escape(&line) } else { format!("`{line}`") }
}

/// Returns a fence that the text does not contain.
pub(super) fn fence(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    fence
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_that_is_told_becomes_markup(line in "\\PC{0,40}|[\u{0}-\u{7f}]{0,40}") {
            let escaped = escape(&line);
            prop_assert!(!escaped.contains(['<', '>', '\n', '\r']));
            let marks = escaped.replace("\\\\", "").replace("\\`", "").replace("\\|", "");
            prop_assert!(!marks.contains(['`', '|']));
            prop_assert!(!line.contains(&fence(&line)));
        }
    }
}
