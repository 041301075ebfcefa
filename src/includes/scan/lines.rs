//! Splits a file into logical lines: joins splices, removes comments, skips literals. Recognizes directives, without
//! knowing their meaning.
//!
//! Follows GCC's lexer where the standards leave room: a lone carriage return ends a line, blanks are allowed
//! between a backslash and the end of its line, NUL is white space, and an unterminated literal ends with its line.

use memchr::memmem::find;
use memchr::{memchr, memchr3};

use super::splices::{newline, splice};
use super::words;

/// Options of a compiler that change the meaning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// `R"(…)"` is a literal: C++11 and GNU C99, not assembler.
    pub(super) raw_strings: bool,
    /// `1'000` is a number: C++14 and C23.
    pub(super) digit_separators: bool,
}

/// Kind of a logical line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// Only white space and comments.
    Blank,
    /// Anything else.
    Code,
    /// A directive; the buffer has the text after the `#`.
    Directive,
}

/// Reader of a file's logical lines.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
    /// Whether lines of code are copied too, and the words of [`super::words`] noted.
    watches: bool,
    /// Words of [`super::words`] in the line, without those in literals.
    watched: Vec<&'static str>,
    /// Whether [`Dialect::raw_strings`] matters for the text read so far.
    pub(super) saw_raw_string: bool,
    /// Whether [`Dialect::digit_separators`] matters for the text read so far.
    pub(super) saw_separator: bool,
}

/// Possible next parts of a directive. Only for a header name `<` is a delimiter, and a backslash in quotes no escape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    /// The directive's own name.
    Name,
    /// A header name.
    Header,
    /// The parenthesis of `__has_include`, then a header name.
    Parenthesis,
    /// Anything.
    Any,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8], dialect: Dialect) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self {
            text,
            at,
            dialect,
            watches: false,
            watched: Vec::new(),
            saw_raw_string: false,
            saw_separator: false,
        }
    }

    /// Switches on the copying of every line, not only directives, and the noting of the words of [`super::words`].
    pub(super) fn watch(&mut self) {
        self.watches = true;
    }

    /// Takes the words of [`super::words`] in the last line, without those in literals.
    pub(super) fn watched(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.watched)
    }

    /// Reads a logical line. For a directive `line` gets its text without the `#`, with a blank for each block comment.
    pub(super) fn next_into(&mut self, line: &mut Vec<u8>) -> Option<LineKind> {
        line.clear();
        if self.at >= self.text.len() {
            return None;
        }
        let mut kind = LineKind::Blank;
        let mut expect = Expect::Name;
        while let Some(byte) = self.peek() {
            let directive = kind == LineKind::Directive;
            let copies = directive || self.watches;
            match byte {
                b'\n' | b'\r' => {
                    self.end_line();
                    break;
                }
                b' ' | b'\t' | 0x0b | 0x0c | 0 => {
                    self.at += 1;
                    line.extend(copies.then_some(b' '));
                    continue;
                }
                b'/' => {
                    if self.comment(copies.then_some(&mut *line)) {
                        continue;
                    }
                    line.extend(copies.then_some(byte));
                    expect = Expect::Any;
                }
                b'#' if kind == LineKind::Blank => {
                    self.at += 1;
                    line.clear();
                    kind = LineKind::Directive;
                    continue;
                }
                b'%' if kind == LineKind::Blank => {
                    self.at += 1;
                    line.extend(self.watches.then_some(byte));
                    if self.peek() == Some(b':') {
                        line.clear();
                        self.at += 1;
                        kind = LineKind::Directive;
                        continue;
                    }
                }
                b'"' | b'<' if directive && expect == Expect::Header => {
                    self.header_name(if byte == b'<' { b'>' } else { b'"' }, line);
                    expect = Expect::Any;
                }
                b'"' | b'\'' => {
                    self.literal(byte, copies.then_some(&mut *line));
                    expect = Expect::Any;
                }
                b'0'..=b'9' => {
                    self.number(copies.then_some(&mut *line));
                    expect = Expect::Any;
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | 0x80.. => {
                    expect = self.word(copies.then_some(&mut *line), expect);
                }
                b'(' if expect == Expect::Parenthesis => {
                    self.at += 1;
                    line.extend(copies.then_some(byte));
                    expect = Expect::Header;
                }
                _ => {
                    self.at += 1;
                    line.extend(copies.then_some(byte));
                    expect = Expect::Any;
                }
            }
            if kind == LineKind::Blank {
                kind = LineKind::Code;
            }
        }
        Some(kind)
    }

    /// Returns the next byte, after any line splices. Skips the splices.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        match self.text.get(self.at) {
            // Only a backslash begins a splice.
            Some(b'\\') => self.peek_behind_splices(),
            byte => byte.copied(),
        }
    }

    fn peek_behind_splices(&mut self) -> Option<u8> {
        while let Some(length) = splice(&self.text[self.at..]) {
            self.at += length;
        }
        self.text.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn end_line(&mut self) {
        self.at += newline(&self.text[self.at..]).unwrap_or(0);
    }

    /// Reads an identifier, and returns what may come after it in a directive. Reads a raw string with its prefix.
    fn word(&mut self, mut line: Option<&mut Vec<u8>>, expect: Expect) -> Expect {
        // Longer than any word with a meaning here.
        let mut head = [0; 24];
        let mut length = 0;
        // Most words come in one piece; splices may cut others.
        while self.peek().is_some_and(is_word) {
            let rest = &self.text[self.at..];
            let piece = &rest[..rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())];
            self.at += piece.len();
            for (slot, byte) in head.iter_mut().skip(length).zip(piece) {
                *slot = *byte;
            }
            length += piece.len();
            if let Some(line) = line.as_deref_mut() {
                line.extend_from_slice(piece);
            }
        }
        let word = head.get(..length).unwrap_or_default();
        if matches!(word, b"R" | b"LR" | b"uR" | b"UR" | b"u8R") && self.peek() == Some(b'"') {
            self.raw_string(line);
            return Expect::Any;
        }
        if self.watches {
            self.watched.extend(words::word(word));
        }
        let asks = |operator: &[u8]| word.starts_with(operator);
        match (expect, word) {
            (Expect::Name, b"include" | b"include_next" | b"import" | b"embed" | b"__include_macros") => {
                Expect::Header
            }
            _ if asks(b"__has_include") || asks(b"__has_embed") => Expect::Parenthesis,
            _ => Expect::Any,
        }
    }

    /// Reads a preprocessing number with its digit separators: `1'000` opens no character literal.
    fn number(&mut self, mut line: Option<&mut Vec<u8>>) {
        while let Some(byte) = self.peek() {
            if byte == b'\'' {
                let before = self.at;
                self.at += 1;
                let separates = self.peek().is_some_and(is_word);
                self.at = before;
                self.saw_separator |= separates;
                if !separates || !self.dialect.digit_separators {
                    break;
                }
            } else if !is_word(byte) && byte != b'.' {
                break;
            }
            self.at += 1;
            if let Some(line) = line.as_deref_mut() {
                line.push(byte);
            }
        }
    }

    /// Skips the `/` here and the comment that it begins, if any. Returns whether it begins one.
    fn comment(&mut self, line: Option<&mut Vec<u8>>) -> bool {
        self.at += 1;
        match self.peek() {
            Some(b'/') => self.skip_line_comment(),
            Some(b'*') => {
                self.at += 1;
                self.skip_block_comment();
                if let Some(line) = line {
                    line.push(b' ');
                }
            }
            _ => return false,
        }
        true
    }

    fn skip_line_comment(&mut self) {
        while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
            self.at += 1;
            let rest = &self.text[self.at..];
            self.at += memchr3(b'\n', b'\r', b'\\', rest).unwrap_or(rest.len());
        }
    }

    fn skip_block_comment(&mut self) {
        // A splice matters only between the two characters that end it.
        while let Some(star) = memchr(b'*', &self.text[self.at..]) {
            self.at += star + 1;
            if self.peek() == Some(b'/') {
                self.at += 1;
                return;
            }
        }
        self.at = self.text.len();
    }

    /// Reads a string or character literal. An unterminated one ends with its line.
    fn literal(&mut self, quote: u8, mut line: Option<&mut Vec<u8>>) {
        let mut keep = |byte| line.as_deref_mut().into_iter().for_each(|line| line.push(byte));
        keep(quote);
        self.at += 1;
        while let Some(byte) = self.peek() {
            if matches!(byte, b'\n' | b'\r') {
                break;
            }
            self.at += 1;
            keep(byte);
            if byte == quote {
                break;
            }
            if byte == b'\\'
                && let Some(escaped) = self.peek().filter(|byte| !matches!(byte, b'\n' | b'\r'))
            {
                self.at += 1;
                keep(escaped);
            }
        }
    }

    /// Reads `R"delimiter( … )delimiter"`, in which splices are text.
    fn raw_string(&mut self, line: Option<&mut Vec<u8>>) {
        self.saw_raw_string = true;
        let open = self.at + 1;
        let delimiter = self.text[open..]
            .iter()
            .take(17)
            .position(|byte| matches!(byte, b'(' | b')' | b'\\' | b' ' | b'"' | b'\t' | b'\n' | b'\r'))
            .filter(|end| self.text[open + end] == b'(');
        let Some(delimiter) = delimiter.filter(|_| self.dialect.raw_strings) else {
            return self.literal(b'"', line);
        };
        let mut close = vec![b')'];
        close.extend_from_slice(&self.text[open..open + delimiter]);
        close.push(b'"');
        let body = open + delimiter + 1;
        let end = find(&self.text[body..], &close).map_or(self.text.len(), |end| body + end + close.len());
        if let Some(line) = line {
            line.extend_from_slice(&self.text[self.at..end]);
        }
        self.at = end;
    }

    /// Reads a header name, in which `//` is no comment and a backslash no escape.
    fn header_name(&mut self, close: u8, line: &mut Vec<u8>) {
        line.extend(self.bump());
        while let Some(byte) = self.peek() {
            if matches!(byte, b'\n' | b'\r') {
                break;
            }
            self.at += 1;
            line.push(byte);
            if byte == close {
                break;
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
