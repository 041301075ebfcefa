//! Parses an expression to a [`Predicate`].

use super::error::ExpressionError;
use super::pattern::Pattern;
use super::predicate::{Comparison, Predicate, SizeField, SizeTest, TextField, TextTest};
use super::token::{Token, TokenKind, tokens};
use crate::nearest::{quoted, suggestion};

/// Limit of `not` and parentheses within one another.
const DEEPEST: usize = 100;

/// Limit of an expression in bytes.
const LONGEST: usize = 20_000;

/// Returns whether a text of the key `boards` is an expression: no name and no glob of a board has such a character.
pub(in crate::matrix) fn is_expression(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || matches!(c, '=' | '<' | '>' | '~' | '(' | ')' | '\'' | '"'))
}

/// Parses an expression.
///
/// # Errors
/// The first problem, with its place.
pub(in crate::matrix) fn parse(text: &str) -> Result<Predicate, ExpressionError> {
    if text.len() > LONGEST {
        return Err(ExpressionError::new(0..text.len(), format!("it is longer than {LONGEST} bytes")));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, next: 0, depth: 0 };
    let predicate = parser.expression()?;
    match parser.peek() {
        None => Ok(predicate),
        Some(token) if token.kind == TokenKind::Close => {
            Err(ExpressionError::new(token.range.clone(), "this `)` closes nothing"))
        }
        Some(_) => {
            let error = parser.unexpected("`and`, `or` or the end");
            Err(match parser.word() {
                Some(word) => error.maybe_help(near_word(word, &["and", "or"])),
                None => error,
            })
        }
    }
}

fn near_word(word: &str, words: &[&str]) -> Option<String> {
    crate::nearest::nearest(word, words.iter().copied()).map(|near| format!("did you mean {}?", quoted(near)))
}

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    next: usize,
    depth: usize,
}

/// The left side of a comparison.
enum Field {
    Text(TextField),
    Size(SizeField),
}

impl Field {
    fn of(word: &str) -> Option<Self> {
        let text = TextField::ALL.into_iter().find(|field| field.word() == word).map(Self::Text);
        text.or_else(|| SizeField::ALL.into_iter().find(|field| field.word() == word).map(Self::Size))
    }
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next)
    }

    fn word(&self) -> Option<&'t str> {
        match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Consumes the word if it is next.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.word() == Some(word);
        self.next += usize::from(is_next);
        is_next
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let end = self.text.trim_end().len();
        match self.peek() {
            Some(token) => {
                let found = token.kind.describe(&self.text[token.range.clone()]);
                ExpressionError::new(token.range.clone(), format!("expected {expected}, found {found}"))
            }
            None => ExpressionError::new(end..end, format!("expected {expected}, found the end")),
        }
    }

    fn expression(&mut self) -> Result<Predicate, ExpressionError> {
        let mut parts = vec![self.all()?];
        while self.takes("or") {
            parts.push(self.all()?);
        }
        Ok(alone(parts).unwrap_or_else(Predicate::Any))
    }

    fn all(&mut self) -> Result<Predicate, ExpressionError> {
        let mut parts = vec![self.part()?];
        while self.takes("and") {
            parts.push(self.part()?);
        }
        Ok(alone(parts).unwrap_or_else(Predicate::All))
    }

    fn part(&mut self) -> Result<Predicate, ExpressionError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.unexpected(&format!("at most {DEEPEST} levels of `not` and `(`")));
        }
        let part = if self.takes("not") {
            Predicate::Not(Box::new(self.part()?))
        } else if let Some(open) = self.peek().filter(|token| token.kind == TokenKind::Open) {
            self.next += 1;
            let inner = self.expression()?;
            if self.peek().is_none_or(|token| token.kind != TokenKind::Close) {
                let mut error = self.unexpected("`and`, `or` or `)`");
                if self.peek().is_none() {
                    error = ExpressionError::new(open.range.clone(), "this `(` is not closed");
                }
                return Err(error);
            }
            self.next += 1;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(part)
    }

    fn comparison(&mut self) -> Result<Predicate, ExpressionError> {
        let names = || {
            let text = TextField::ALL.map(TextField::word);
            text.into_iter().chain(SizeField::ALL.map(SizeField::word))
        };
        let Some(word) = self.word() else {
            let known: Vec<String> = names().map(quoted).collect();
            let help = format!("names are {}", known.join(", "));
            return Err(self.unexpected("a name, `not` or `(`").help(help));
        };
        let Some(field) = Field::of(word) else {
            let error = self.unexpected("a name");
            let message = format!("{} is not known", quoted(word));
            let help = suggestion(word, names().chain(["not"]));
            return Err(ExpressionError { message, ..error }.maybe_help(help));
        };
        self.next += 1;
        match field {
            Field::Text(field) => self.text(field),
            Field::Size(field) => self.size(field),
        }
    }

    fn text(&mut self, field: TextField) -> Result<Predicate, ExpressionError> {
        let name = quoted(field.word());
        let operator = self.peek().map(|token| &token.kind);
        let (is_regex, is_negated) = match operator {
            Some(TokenKind::Compare(Comparison::Equal)) => (false, false),
            Some(TokenKind::NotEqual) => (false, true),
            Some(TokenKind::Matches) => (true, false),
            Some(TokenKind::Compare(_)) => {
                let error = self.unexpected("");
                let message = format!("{name} is text, which has no order");
                return Err(ExpressionError { message, ..error }.help("`=`, `!=` and `~` compare text"));
            }
            _ => return Err(self.unexpected(&format!("`=`, `!=` or `~` behind {name}"))),
        };
        self.next += 1;
        let Some(Token { kind: TokenKind::Quoted(text), range }) = self.peek() else {
            let error = self.unexpected(&format!("a text in quotes for {name}"));
            let written = self.peek().map(|token| &self.text[token.range.clone()]);
            return Err(
                error.maybe_help(written.map(|written| format!("text stands in quotes: '{written}'")))
            );
        };
        self.next += 1;
        let pattern = match (is_regex, field) {
            (true, _) => Pattern::regex(text),
            (false, TextField::Board | TextField::Sketch) => Pattern::name(text),
            (false, _) => Pattern::text(text),
        };
        let pattern = pattern.map_err(|problem| {
            let what = if is_regex { "regular expression" } else { "glob" };
            ExpressionError::new(range.clone(), format!("{} is not a valid {what}: {problem}", quoted(text)))
        })?;
        let test = Predicate::Text(TextTest { field, pattern, text: text.clone(), range: range.clone() });
        Ok(if is_negated { Predicate::Not(Box::new(test)) } else { test })
    }

    fn size(&mut self, field: SizeField) -> Result<Predicate, ExpressionError> {
        let name = quoted(field.word());
        let operator = self.peek().map(|token| &token.kind);
        let (comparison, is_negated) = match operator {
            Some(TokenKind::Compare(comparison)) => (*comparison, false),
            Some(TokenKind::NotEqual) => (Comparison::Equal, true),
            Some(TokenKind::Matches) => {
                let error = self.unexpected("");
                let message = format!("{name} is a size, and `~` compares text");
                return Err(ExpressionError { message, ..error }
                    .help("`=`, `!=`, `<`, `<=`, `>` and `>=` compare sizes"));
            }
            _ => return Err(self.unexpected(&format!("`=`, `!=`, `<`, `<=`, `>` or `>=` behind {name}"))),
        };
        self.next += 1;
        let Some(Token { kind: TokenKind::Size(size), .. }) = self.peek() else {
            let help = "a size has no quotes: `64K` is 65536 bytes";
            return Err(self.unexpected(&format!("a size for {name}")).help(help));
        };
        self.next += 1;
        let test = Predicate::Size(SizeTest { field, comparison, size: *size });
        Ok(if is_negated { Predicate::Not(Box::new(test)) } else { test })
    }
}

/// Returns the only part, or else all parts.
fn alone(mut parts: Vec<Predicate>) -> Result<Predicate, Vec<Predicate>> {
    match parts.pop() {
        Some(only) if parts.is_empty() => Ok(only),
        last => {
            parts.extend(last);
            Err(parts)
        }
    }
}
