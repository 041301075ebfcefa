//! Splits a file into logical lines: splices joined, comments gone, literals passed over. Knows what
//! a directive looks like, and not what any of them means.
//!
//! Follows GCC's lexer where the standards leave room: a lone carriage return ends a line, blanks may
//! stand between a backslash and the end of its line, NUL is white space, and a literal that is not
//! terminated ends with its line.

use memchr::{memchr, memchr3};

use super::{find, traits};

/// What a compiler's options decide and a file's text can't tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// `R"(…)"` is a literal: C++11 and GNU C99, not assembler.
    pub(super) raw_strings: bool,
    /// `1'000` is a number: C++14 and C23.
    pub(super) digit_separators: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// White space and comments.
    Blank,
    /// Anything else.
    Code,
    /// A directive; the buffer holds what follows the `#`.
    Directive,
}

/// The lines of one file.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
    /// Whether lines of code are copied as well, and words of [`super::traits`] noted.
    watches: bool,
    /// Words of [`super::traits`] in the line, but those in literals.
    watched: Vec<&'static str>,
    /// Whether there was anything that [`Dialect::raw_strings`] decides.
    pub(super) saw_raw_string: bool,
    /// Whether there was anything that [`Dialect::digit_separators`] decides.
    pub(super) saw_separator: bool,
}

/// Whether a header name may come next in a directive: only then does `<` open one, and only then is
/// a backslash in quotes no escape.
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

    /// Makes every line be copied, not only directives, and words of [`super::traits`] be noted.
    pub(super) fn watch(&mut self) {
        self.watches = true;
    }

    /// Takes the words of [`super::traits`] in the last line, literals left out.
    pub(super) fn watched(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.watched)
    }

    /// Reads one logical line. For a directive `line` holds its text without the `#`; every comment
    /// in it has become a blank.
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
                    self.at += 1;
                    match self.peek() {
                        Some(b'/') => {
                            self.skip_line_comment();
                            continue;
                        }
                        Some(b'*') => {
                            self.at += 1;
                            self.skip_block_comment();
                            line.extend(copies.then_some(b' '));
                            continue;
                        }
                        _ => line.extend(copies.then_some(b'/')),
                    }
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

    /// The byte here, after any line splices. Moves over the splices.
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

    /// An identifier, and what may come behind it in a directive. One that is the prefix of a raw
    /// string takes the string with it.
    fn word(&mut self, mut line: Option<&mut Vec<u8>>, expect: Expect) -> Expect {
        // Longer than any word that means something.
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
            self.watched.extend(traits::word(word));
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

    /// A preprocessing number. It swallows its digit separators: `1'000` opens no character literal.
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

    fn skip_line_comment(&mut self) {
        while self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
            self.at += 1;
            let rest = &self.text[self.at..];
            self.at += memchr3(b'\n', b'\r', b'\\', rest).unwrap_or(rest.len());
        }
    }

    fn skip_block_comment(&mut self) {
        // A splice matters only between the two that end it.
        while let Some(star) = memchr(b'*', &self.text[self.at..]) {
            self.at += star + 1;
            if self.peek() == Some(b'/') {
                self.at += 1;
                return;
            }
        }
        self.at = self.text.len();
    }

    /// A string or character literal; an unterminated one ends at the end of its line.
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

    /// `R"delimiter( … )delimiter"`; splices and everything else inside are literal.
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

    /// A header name is copied as it is: `//` in it is no comment, a backslash no escape.
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

/// The text without its line splices, where it has any.
pub(super) fn without_splices(text: &[u8]) -> Option<Vec<u8>> {
    let mut whole: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = memchr(b'\\', &text[from..]).map(|at| from + at) {
        if let Some(length) = splice(&text[at..]) {
            whole.get_or_insert_default().extend_from_slice(&text[copied..at]);
            copied = at + length;
            from = copied;
        } else {
            from = at + 1;
        }
    }
    if let Some(whole) = &mut whole {
        whole.extend_from_slice(&text[copied..]);
    }
    whole
}

/// The text with its trigraphs replaced, where it has any: compilers do that only in strict modes.
pub(super) fn without_trigraphs(text: &[u8]) -> Option<Vec<u8>> {
    find(text, b"??")?;
    let mut whole = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let replaced = match rest {
            [b'?', b'?', third, ..] => match third {
                b'=' => Some(b'#'),
                b'/' => Some(b'\\'),
                b'\'' => Some(b'^'),
                b'(' => Some(b'['),
                b')' => Some(b']'),
                b'!' => Some(b'|'),
                b'<' => Some(b'{'),
                b'>' => Some(b'}'),
                b'-' => Some(b'~'),
                _ => None,
            },
            _ => None,
        };
        whole.push(replaced.unwrap_or(*byte));
        rest = if replaced.is_some() { &rest[3..] } else { tail };
    }
    (whole.len() < text.len()).then_some(whole)
}

/// How long the line splice at the start of `text` is, if there is one.
fn splice(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let blanks = text[1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | 0)).count();
    Some(1 + blanks + newline(&text[1 + blanks..])?)
}

/// How long the end of a line at the start of `text` is, if there is one.
fn newline(text: &[u8]) -> Option<usize> {
    match text {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
