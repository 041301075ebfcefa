//! Splits a plain text into tokens. Rejects every text that GCC, ctags and a simple reader could read differently.

/// Kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// A preprocessing number.
    Number,
    /// A string or character literal.
    Literal,
    /// One byte of an operator, or a bracket.
    Punct(u8),
    /// A whole `#include` line.
    Include,
}

/// A token of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Line, from 1.
    pub(super) line: usize,
    /// Offset of the first byte.
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, punct: u8) -> bool {
        self.kind == Kind::Punct(punct)
    }
}

/// Limit of a line's length, below those of ctags and arduino-cli; longer lines are not plain.
const LONGEST_LINE: usize = 4000;

/// Returns the tokens of a text without comments and `#define` lines; `None` where it is not plain.
///
/// A plain text is ASCII except in comments and literals. Line endings are LF or CR LF. There is no backslash outside
/// of literals, and no trigraph or digraph. Literals have no prefix and end on their line. The only directives are
/// `#include "…"`, `#include <…>` and `#define` on one line.
pub(super) fn tokens(text: &[u8]) -> Option<Vec<Token<'_>>> {
    if text.split(|&byte| byte == b'\n').any(|line| line.len() > LONGEST_LINE) {
        return None;
    }
    let mut lexer = Lexer { text, at: 0, line: 1, line_start: true };
    let mut tokens = Vec::new();
    while let Some(&byte) = text.get(lexer.at) {
        tokens.extend(lexer.next(byte).ok()?);
    }
    Some(tokens)
}

/// Error of a text that is not plain.
struct NotPlain;

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    /// Whether only blanks precede on the line.
    line_start: bool,
}

impl<'a> Lexer<'a> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Returns the token at `byte`, if one starts there.
    fn next(&mut self, byte: u8) -> Result<Option<Token<'a>>, NotPlain> {
        let begins_line = self.line_start;
        self.line_start = begins_line && matches!(byte, b' ' | b'\t');
        let token = match byte {
            b' ' | b'\t' => {
                self.at += 1;
                return Ok(None);
            }
            b'\r' if self.peek(1) == b'\n' => {
                self.at += 1;
                return Ok(None);
            }
            b'\n' => {
                self.newline();
                return Ok(None);
            }
            b'/' if self.peek(1) == b'/' => return self.line_comment().map(|()| None).ok_or(NotPlain),
            b'/' if self.peek(1) == b'*' => return self.block_comment().map(|()| None).ok_or(NotPlain),
            b'#' if begins_line => return self.directive(),
            b'"' | b'\'' => self.literal(byte),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.word(Kind::Word),
            b'0'..=b'9' => self.word(Kind::Number),
            _ => self.punct(byte),
        };
        token.map(Some).ok_or(NotPlain)
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = true;
    }

    fn token(&mut self, kind: Kind, length: usize) -> Option<Token<'a>> {
        let start = self.at;
        let text = std::str::from_utf8(self.text.get(start..start + length)?).ok()?;
        self.at += length;
        Some(Token { kind, text, line: self.line, start })
    }

    fn punct(&mut self, byte: u8) -> Option<Token<'a>> {
        let pair = (byte, self.peek(1));
        let is_digraph =
            matches!(pair, (b'<', b':' | b'%') | (b':' | b'%', b'>') | (b'%', b':') | (b'?', b'?'));
        let is_known = b"{}()[]<>;:,.?!~+-*/%^&|=".contains(&byte);
        if is_known && !is_digraph { self.token(Kind::Punct(byte), 1) } else { None }
    }

    fn word(&mut self, kind: Kind) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        let is_part = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == b'_' || (kind == Kind::Number && *byte == b'.')
        };
        let length = rest.iter().take_while(|byte| is_part(byte)).count();
        // The quote belongs to a prefixed literal, or separates digits.
        if matches!(rest.get(length), Some(b'"' | b'\'')) { None } else { self.token(kind, length) }
    }

    /// Returns a literal that ends on its line. Character literals must be short, as ctags has its own rules for them.
    fn literal(&mut self, quote: u8) -> Option<Token<'a>> {
        let mut length = 1;
        loop {
            match self.peek(length) {
                0 | b'\n' | b'\r' => return None,
                b'\\' if matches!(self.peek(length + 1), b'\n' | b'\r' | 0) => return None,
                b'\\' => length += 2,
                byte if byte == quote => break,
                _ => length += 1,
            }
        }
        length += 1;
        let is_short = length == 3 || (self.peek(1) == b'\\' && length <= 6);
        if quote == b'"' || is_short { self.token(Kind::Literal, length) } else { None }
    }

    fn line_comment(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let comment = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        self.at += comment.len();
        let comment = comment.trim_ascii_end();
        (!comment.ends_with(b"\\") && is_text(comment)).then_some(())
    }

    fn block_comment(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let comment = &rest[..memchr::memmem::find(&rest[2..], b"*/")? + 4];
        self.at += comment.len();
        let lines = comment.split(|&byte| byte == b'\n');
        // A line of a comment must not look like a line marker.
        if lines.clone().skip(1).any(|line| line.starts_with(b"#")) || !is_text(comment) {
            return None;
        }
        self.line += lines.count() - 1;
        Some(())
    }

    /// Reads a directive: `#include` is a token, `#define` is none.
    fn directive(&mut self) -> Result<Option<Token<'a>>, NotPlain> {
        let rest = &self.text[self.at..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = std::str::from_utf8(&rest[..length]).map_err(|_| NotPlain)?.trim_end();
        let words = line.strip_prefix('#').ok_or(NotPlain)?.trim_start_matches([' ', '\t']);
        if line.contains('\\') || line.contains("/*") || line.contains("??") || !is_text(line.as_bytes()) {
            return Err(NotPlain);
        }
        if let Some(name) = words.strip_prefix("include") {
            return if is_header_name(name) {
                self.token(Kind::Include, length).map(Some).ok_or(NotPlain)
            } else {
                Err(NotPlain)
            };
        }
        let body = words.strip_prefix("define").and_then(|rest| rest.strip_prefix([' ', '\t']));
        let even = |body: &str, quote| body.matches(quote).count() % 2 == 0;
        match body {
            Some(body) if !body.trim().is_empty() && even(body, '"') && even(body, '\'') => {
                self.at += length;
                Ok(None)
            }
            _ => Err(NotPlain),
        }
    }
}

/// Returns whether the text after an `#include` is only `"name"` or `<name>`, and possibly a comment.
fn is_header_name(text: &str) -> bool {
    let name = text.split("//").next().unwrap_or_default().trim();
    let is_between = |open, close| {
        let inner = name.strip_prefix(open).and_then(|name| name.strip_suffix(close));
        inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['"', '<', '>']))
    };
    is_between('"', '"') || is_between('<', '>')
}

/// Returns whether a comment or line contains nothing ambiguous.
fn is_text(text: &[u8]) -> bool {
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let is_end = byte == b'\r' && matches!(bytes.peek(), Some(b'\n') | None);
        if byte < b' ' && !matches!(byte, b'\t' | b'\n') && !is_end {
            return false;
        }
    }
    std::str::from_utf8(text).is_ok()
}
