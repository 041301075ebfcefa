//! Parses the text of an expression. Knows no value of a context.

use serde_json::Value;

use super::functions::Comparison;
use super::value::number;

/// Limit of the nesting of an expression.
const DEEPEST: usize = 40;

/// Limit of the operators in an expression; each makes its tree deeper.
const MOST_OPERATORS: usize = 200;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Syntax {
    /// A literal.
    Literal(Value),
    /// A context.
    Name(String),
    /// `a.b` or `a['b']`.
    Property(Box<Self>, Box<Self>),
    /// `a.*`.
    Every(Box<Self>),
    /// `name(a, b)`; the name in lower case.
    Call(String, Vec<Self>),
    /// `!a`.
    Not(Box<Self>),
    /// `a && b`.
    Binary(Box<Self>, Operator, Box<Self>),
}

/// An operator with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `||`.
    Or,
    /// `&&`.
    And,
    /// A comparison.
    Compare(Comparison),
}

/// Operators by spelling, those that bind less first.
const OPERATORS: [(&str, u8, Operator); 8] = [
    ("||", 1, Operator::Or),
    ("&&", 2, Operator::And),
    ("==", 3, Operator::Compare(Comparison::Equal)),
    ("!=", 3, Operator::Compare(Comparison::Unequal)),
    ("<=", 4, Operator::Compare(Comparison::AtMost)),
    (">=", 4, Operator::Compare(Comparison::AtLeast)),
    ("<", 4, Operator::Compare(Comparison::Less)),
    (">", 4, Operator::Compare(Comparison::Greater)),
];

/// Parses an expression.
///
/// # Errors
/// The reason why the text is none.
pub(super) fn parse(text: &str) -> Result<Syntax, &'static str> {
    let mut reader = Reader { rest: text.trim_start(), depth: 0, operators: 0 };
    let syntax = reader.binary(0)?;
    if reader.rest.is_empty() { Ok(syntax) } else { Err("something follows its end") }
}

struct Reader<'t> {
    /// The rest of the text, without blanks at its start.
    rest: &'t str,
    /// Nesting of the part that is read.
    depth: usize,
    /// Number of operators read.
    operators: usize,
}

impl<'t> Reader<'t> {
    /// Skips a token if it is next.
    fn skip(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.map_or(self.rest, str::trim_start);
        rest.is_some()
    }

    /// Takes the text up to an offset.
    fn take(&mut self, end: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        taken
    }

    /// Parses operands and the operators between them that bind more than `least`.
    fn binary(&mut self, least: u8) -> Result<Syntax, &'static str> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply");
        }
        let mut left = self.operand()?;
        while let Some((token, strength, operator)) =
            self.operator().filter(|(_, strength, _)| *strength > least)
        {
            self.skip(token);
            self.operators += 1;
            if self.operators > MOST_OPERATORS {
                return Err("it is too long");
            }
            let right = self.binary(strength)?;
            left = Syntax::Binary(Box::new(left), operator, Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(&'static str, u8, Operator)> {
        OPERATORS.into_iter().find(|(token, ..)| self.rest.starts_with(token))
    }

    fn operand(&mut self) -> Result<Syntax, &'static str> {
        if self.skip("!") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("it is nested too deeply");
            }
            let inner = self.operand()?;
            self.depth -= 1;
            return Ok(Syntax::Not(Box::new(inner)));
        }
        let mut syntax = if self.skip("(") {
            let inner = self.binary(0)?;
            if !self.skip(")") {
                return Err("a `)` is missing");
            }
            inner
        } else {
            self.word()?
        };
        // Each step wraps the value before it, so that their number is limited, too.
        for _ in 0..DEEPEST {
            if self.skip(".") {
                syntax = if self.skip("*") {
                    Syntax::Every(Box::new(syntax))
                } else {
                    let key = Value::String(self.name().ok_or("a name is missing behind `.`")?.to_owned());
                    Syntax::Property(Box::new(syntax), Box::new(Syntax::Literal(key)))
                };
            } else if self.skip("[") {
                syntax = if self.skip("*") {
                    Syntax::Every(Box::new(syntax))
                } else {
                    let key = self.binary(0)?;
                    Syntax::Property(Box::new(syntax), Box::new(key))
                };
                if !self.skip("]") {
                    return Err("a `]` is missing");
                }
            } else {
                return Ok(syntax);
            }
        }
        Err("it is nested too deeply")
    }

    /// Takes a name.
    fn name(&mut self) -> Option<&'t str> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        (end > 0).then(|| self.take(end))
    }

    /// Parses a literal, a context or a call.
    fn word(&mut self) -> Result<Syntax, &'static str> {
        if self.rest.starts_with('\'') {
            return self.text().map(|text| Syntax::Literal(Value::String(text)));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
            return self.number().map(Syntax::Literal);
        }
        let name = self.name().ok_or("a value is missing")?;
        if self.skip("(") {
            let mut arguments = Vec::new();
            while !self.skip(")") {
                if !arguments.is_empty() && !self.skip(",") {
                    return Err("a `,` or `)` is missing");
                }
                arguments.push(self.binary(0)?);
            }
            return Ok(Syntax::Call(name.to_ascii_lowercase(), arguments));
        }
        Ok(match name {
            "true" => Syntax::Literal(Value::Bool(true)),
            "false" => Syntax::Literal(Value::Bool(false)),
            "null" => Syntax::Literal(Value::Null),
            _ => Syntax::Name(name.to_owned()),
        })
    }

    /// Parses a text in quotes; two quotes in it are one.
    fn text(&mut self) -> Result<String, &'static str> {
        let mut text = String::new();
        let mut at = 1;
        loop {
            let end = self.rest[at..].find('\'').ok_or("a `'` is missing")? + at;
            text.push_str(&self.rest[at..end]);
            at = end + 1;
            if !self.rest[at..].starts_with('\'') {
                self.take(at);
                return Ok(text);
            }
            text.push('\'');
            at += 1;
        }
    }

    fn number(&mut self) -> Result<Value, &'static str> {
        let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let end = self.rest.find(|c| !is_number(c)).unwrap_or(self.rest.len());
        let text = self.take(end);
        number(text).ok_or("it has a wrong number")
    }
}
