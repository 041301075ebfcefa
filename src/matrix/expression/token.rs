//! Splits an expression into tokens.

use std::ops::Range;

use super::error::ExpressionError;
use super::predicate::Comparison;
use crate::nearest::quoted;

/// A token and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// A kind of token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a word such as `and`.
    Word(String),
    /// A text, without its quotes.
    Quoted(String),
    /// A size in bytes.
    Size(u64),
    /// `=`, `<`, `<=`, `>`, `>=`.
    Compare(Comparison),
    /// `!=`.
    NotEqual,
    /// `~`.
    Matches,
    /// `(`.
    Open,
    /// `)`.
    Close,
}

/// Operators that are longer than one character come first. The last ones belong to other languages.
static SYMBOLS: [(&str, Result<TokenKind, &str>); 17] = [
    ("==", Err("`==` is written `=`")),
    ("=~", Err("`=~` is written `~`")),
    ("!~", Err("`a !~ 'b'` is written `not a ~ 'b'`")),
    ("&&", Err("`&&` is written `and`")),
    ("||", Err("`||` is written `or`")),
    ("<>", Err("`<>` is written `!=`")),
    ("!=", Ok(TokenKind::NotEqual)),
    ("<=", Ok(TokenKind::Compare(Comparison::LessOrEqual))),
    (">=", Ok(TokenKind::Compare(Comparison::GreaterOrEqual))),
    ("=", Ok(TokenKind::Compare(Comparison::Equal))),
    ("<", Ok(TokenKind::Compare(Comparison::Less))),
    (">", Ok(TokenKind::Compare(Comparison::Greater))),
    ("~", Ok(TokenKind::Matches)),
    ("(", Ok(TokenKind::Open)),
    (")", Ok(TokenKind::Close)),
    ("!", Err("`!` is written `not`")),
    (",", Err("a comma means nothing here; `and` and `or` join comparisons")),
];

/// Splits a text.
///
/// # Errors
/// An open quote, a number that is no size, or a character without meaning.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (kind, length) = match first {
            '\'' | '"' => quoted_text(rest, first, at)?,
            _ if first.is_ascii_digit() => number(rest, at)?,
            _ if is_of_word(first) => {
                let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                (TokenKind::Word(rest[..length].to_owned()), length)
            }
            _ => symbol(rest, first, at)?,
        };
        found.push(Token { kind, range: at..at + length });
        at += length;
    }
    Ok(found)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | ':' | '/')
}

fn quoted_text(rest: &str, quote: char, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    match rest[1..].find(quote) {
        Some(end) => Ok((TokenKind::Quoted(rest[1..=end].to_owned()), end + 2)),
        None => Err(ExpressionError::new(at..at + rest.len(), format!("the text has no closing {quote}"))),
    }
}

fn number(rest: &str, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(rest.len());
    let written = &rest[..length];
    let (digits, unit) = written.split_at(written.find(|c: char| !c.is_ascii_digit()).unwrap_or(length));
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1_u64),
        "k" | "kb" | "kib" => Some(1 << 10),
        "m" | "mb" | "mib" => Some(1 << 20),
        "g" | "gb" | "gib" => Some(1 << 30),
        _ => None,
    };
    let size = factor.and_then(|factor| digits.parse::<u64>().ok()?.checked_mul(factor));
    size.map(|size| (TokenKind::Size(size), length)).ok_or_else(|| {
        ExpressionError::new(at..at + length, format!("{} is not a size", quoted(written)))
            .help("a size is a whole number of bytes, or of K (1024 bytes), M or G: `65536`, `64K`")
    })
}

fn symbol(rest: &str, first: char, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    let known = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol));
    match known {
        Some((symbol, Ok(kind))) => Ok((kind.clone(), symbol.len())),
        Some((symbol, Err(help))) => {
            let message = format!("{} is not known", quoted(symbol));
            Err(ExpressionError::new(at..at + symbol.len(), message).help(*help))
        }
        None => {
            let message = format!("{} is not expected here", quoted(&first.to_string()));
            Err(ExpressionError::new(at..at + first.len_utf8(), message))
        }
    }
}

impl TokenKind {
    /// Returns its description for messages.
    pub(super) fn describe(&self, written: &str) -> String {
        match self {
            Self::Quoted(_) => format!("the text {}", quoted(written)),
            Self::Size(_) => format!("the size {}", quoted(written)),
            _ => quoted(written),
        }
    }
}
