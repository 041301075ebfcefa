//! Parses a YAML text: feeds the parser's events to the builder of the tree.

use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser};

use super::super::diagnostic::Diagnostic;
use super::super::source::{Source, Span};
use super::build::Builder;
use super::check;
use super::limits::Limits;
use super::node::Node;

/// Parses `source`, which must be one YAML document.
///
/// # Errors
/// All errors that do not prevent parsing (duplicate keys, tags), or the first one that does.
pub(crate) fn parse(source: &Source, limits: Limits) -> Result<Node, Vec<Diagnostic>> {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let skipped = source.text.len() - text.len();
    if let Some(diagnostic) = check::unprintable(text, skipped) {
        return Err(vec![diagnostic]);
    }
    let offsets = Offsets::new(text, skipped);
    // An error at the end of the file is shown after its last character.
    let end = source.text.trim_end().len();
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::new(limits);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((Event::StreamEnd, _)) => break,
            Ok((event, span)) => {
                let span = Span { start: offsets.byte(span.start), end: offsets.byte(span.end) };
                builder.event(event, span).map_err(|diagnostic| vec![*diagnostic])?;
            }
            Err(error) => {
                if let Some(diagnostic) = check::tab(text, error.marker().index(), skipped) {
                    return Err(vec![diagnostic]);
                }
                let at = offsets.byte(*error.marker()).min(end);
                let message = format!("this is not valid YAML: {}", error.info());
                return Err(vec![Diagnostic::new(Span { start: at, end: at }, message)]);
            }
        }
    }
    builder.finish(Span { start: end, end })
}

/// Converts the parser's offsets in characters to bytes.
struct Offsets {
    /// Offset in bytes of each character; empty for an ASCII text, where both are equal.
    bytes: Arc<[u32]>,
    length: usize,
    skipped: usize,
}

impl Offsets {
    fn new(text: &str, skipped: usize) -> Self {
        // Files are at most a few MiB, so that u32 holds any offset; a longer one only loses carets.
        let offset = |(at, _): (usize, char)| u32::try_from(at).unwrap_or(u32::MAX);
        let bytes = if text.is_ascii() { Arc::default() } else { text.char_indices().map(offset).collect() };
        Self { bytes, length: text.len(), skipped }
    }

    fn byte(&self, marker: Marker) -> usize {
        let index = marker.index();
        let byte = match self.bytes.get(index) {
            Some(&byte) => byte as usize,
            None if self.bytes.is_empty() => index,
            None => self.length,
        };
        self.skipped + byte.min(self.length)
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
