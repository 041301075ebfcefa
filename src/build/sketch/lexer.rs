//! Cuts C++ source into tokens: as much of a lexer as it takes to know what is code, what is a
//! comment, a literal or a directive. It knows nothing of declarations, and accepts any bytes.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or keyword.
    Word,
    /// A preprocessing number.
    Number,
    /// A string or character literal, raw ones too.
    Literal,
    /// An operator or bracket: one byte, except `::` and `->`.
    Punct,
    /// A comment, without the newline that ends a `//` one.
    Comment,
    /// A preprocessor directive with its continuation lines, without its last newline.
    Directive,
}

/// A token: bytes `start..end` of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token {
    /// The token's bytes.
    pub(super) fn text<'a>(&self, source: &'a [u8]) -> &'a [u8] {
        source.get(self.start..self.end).unwrap_or_default()
    }
}

/// Cuts `source` into tokens, whitespace left out.
pub(super) fn tokens(source: &[u8]) -> Vec<Token> {
    Lexer { source, at: 0, line_start: true }.collect()
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    /// Whether nothing but whitespace and comments was seen on this line: only there `#` begins a directive.
    line_start: bool,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.source.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Length of a backslash-newline at `at`, or 0.
    fn continuation(&self, at: usize) -> usize {
        match self.source.get(at..) {
            Some([b'\\', b'\n', ..]) => 2,
            Some([b'\\', b'\r', b'\n', ..]) => 3,
            _ => 0,
        }
    }

    fn skip_space(&mut self) {
        while let Some(&byte) = self.source.get(self.at) {
            match byte {
                b'\n' => {
                    self.line_start = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'\\' if self.continuation(self.at) > 0 => self.at += self.continuation(self.at),
                _ => break,
            }
        }
    }

    fn line_comment(&mut self) {
        while self.at < self.source.len() {
            let continued = self.continuation(self.at);
            if continued > 0 {
                self.at += continued;
            } else if self.source[self.at] == b'\n' {
                break;
            } else {
                self.at += 1;
            }
        }
    }

    fn block_comment(&mut self) {
        let body = &self.source[self.at + 2..];
        let end = body.windows(2).position(|pair| pair == b"*/");
        self.at = end.map_or(self.source.len(), |end| self.at + 2 + end + 2);
    }

    /// A literal in quotes; one that is not closed ends with its line.
    fn quoted(&mut self, quote: u8) {
        self.at += 1;
        while self.at < self.source.len() {
            let continued = self.continuation(self.at);
            match self.source[self.at] {
                _ if continued > 0 => self.at += continued,
                b'\\' if !matches!(self.peek(1), b'\n' | 0) => self.at += 2,
                b'\n' => return,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        return;
                    }
                }
            }
        }
        self.at = self.source.len();
    }

    /// `"delimiter(…)delimiter"`, from its first quote. A delimiter has at most 16 characters ([lex.string]).
    fn raw_string(&mut self) {
        let body = &self.source[self.at + 1..];
        let Some(open) = body.iter().take(17).position(|&byte| byte == b'(') else {
            return self.quoted(b'"');
        };
        let mut close = vec![b')'];
        close.extend_from_slice(&body[..open]);
        close.push(b'"');
        match body[open..].windows(close.len()).position(|window| window == close) {
            Some(end) => self.at += 1 + open + end + close.len(),
            None => self.quoted(b'"'),
        }
    }

    fn number(&mut self) {
        while self.at < self.source.len() {
            match self.peek(0) {
                b'+' | b'-' if matches!(self.source[self.at - 1], b'e' | b'E' | b'p' | b'P') => self.at += 1,
                b'\'' if self.peek(1).is_ascii_alphanumeric() => self.at += 2,
                byte if is_word(byte) || byte == b'.' => self.at += 1,
                _ => break,
            }
        }
    }

    fn directive(&mut self) {
        while self.at < self.source.len() {
            let continued = self.continuation(self.at);
            match (self.peek(0), self.peek(1)) {
                _ if continued > 0 => self.at += continued,
                (b'\n', _) => break,
                (b'/', b'/') => self.line_comment(),
                (b'/', b'*') => self.block_comment(),
                (quote @ (b'"' | b'\''), _) => self.quoted(quote),
                _ => self.at += 1,
            }
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let byte = *self.source.get(start)?;
        let first = std::mem::replace(&mut self.line_start, false);
        let kind = match (byte, self.peek(1)) {
            (b'/', b'/') => {
                self.line_comment();
                Kind::Comment
            }
            (b'/', b'*') => {
                self.block_comment();
                self.line_start = first;
                Kind::Comment
            }
            (b'#', _) if first => {
                self.directive();
                Kind::Directive
            }
            (quote @ (b'"' | b'\''), _) => {
                self.quoted(quote);
                Kind::Literal
            }
            (digit, next) if digit.is_ascii_digit() || (digit == b'.' && next.is_ascii_digit()) => {
                self.at += 1;
                self.number();
                Kind::Number
            }
            (letter, _) if is_word(letter) => {
                while is_word(self.peek(0)) {
                    self.at += 1;
                }
                let word = &self.source[start..self.at];
                if self.peek(0) == b'"' && matches!(word, b"R" | b"u8R" | b"uR" | b"UR" | b"LR") {
                    self.raw_string();
                    Kind::Literal
                } else {
                    Kind::Word
                }
            }
            (b':', b':') | (b'-', b'>') => {
                self.at += 2;
                Kind::Punct
            }
            _ => {
                self.at += 1;
                Kind::Punct
            }
        };
        Some(Token { kind, start, end: self.at })
    }
}

/// Letters, digits, `_`, `$` and whatever is not ASCII.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<(Kind, &str)> {
        tokens(source.as_bytes()).iter().map(|token| (token.kind, &source[token.start..token.end])).collect()
    }

    #[test]
    fn code_in_comments_and_literals_is_not_code() {
        use Kind::{Comment, Literal, Punct, Word};
        assert_eq!(
            kinds("a /* b\n */ \"c \\\" d\" R\"x(e )\" f)x\" 'g' // h \\\n i\nj"),
            [
                (Word, "a"),
                (Comment, "/* b\n */"),
                (Literal, "\"c \\\" d\""),
                (Literal, "R\"x(e )\" f)x\""),
                (Literal, "'g'"),
                (Comment, "// h \\\n i"),
                (Word, "j"),
            ]
        );
        assert_eq!(kinds("a->b::c")[1..4], [(Punct, "->"), (Word, "b"), (Punct, "::")]);
    }

    #[test]
    fn a_digit_separator_opens_no_character() {
        assert_eq!(kinds("1'000 'x'"), [(Kind::Number, "1'000"), (Kind::Literal, "'x'")]);
    }

    #[test]
    fn a_directive_takes_its_continuation_lines_and_comments() {
        assert_eq!(
            kinds("/* x */ #define A \\\n b /* c\n d */ e\nf # g"),
            [
                (Kind::Comment, "/* x */"),
                (Kind::Directive, "#define A \\\n b /* c\n d */ e"),
                (Kind::Word, "f"),
                (Kind::Punct, "#"),
                (Kind::Word, "g"),
            ]
        );
    }

    #[test]
    fn what_is_not_closed_ends() {
        assert_eq!(kinds("\"a\nb")[1], (Kind::Word, "b"));
        assert_eq!(kinds("R\"(a\nb")[1], (Kind::Word, "b"));
        assert_eq!(kinds("/* a\nb").len(), 1);
        assert_eq!(kinds("\"a\\").len(), 1);
    }
}
