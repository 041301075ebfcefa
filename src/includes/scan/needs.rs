//! The macros that a condition needs: the lines after `#if defined A || defined B` are not reached where neither
//! is defined. Only certain needs are returned; an expression that is not understood needs nothing.

use serde::{Deserialize, Serialize};

/// Name of a macro, as a part of its hash. Two names with the same part count as equal: a macro may then seem to be
/// defined, which only adds files to a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MacroName(u32);

impl MacroName {
    /// Returns the hashed form of `name`.
    pub fn of(name: &str) -> Self {
        let [a, b, c, d, ..] = *blake3::hash(name.as_bytes()).as_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }
}

/// Lists of macros. Where a condition holds, at least one macro of each list is defined.
pub type Needs = Vec<Vec<MacroName>>;

/// Returns the needs of `#if` or `#elif` with this expression.
pub(super) fn of_expression(text: &str) -> Needs {
    let tokens = tokens(text);
    // `?` and `,` bind less than the operators here; in C++ operators have names too.
    if tokens.iter().any(|token| ["?", ",", "or", "and", "not", "compl"].contains(token)) {
        return Needs::new();
    }
    let mut tokens = tokens.as_slice();
    let needs = alternatives(&mut tokens);
    if tokens.is_empty() { needs } else { Needs::new() }
}

/// Returns the needs of `#ifdef` or `#elifdef` with this name.
pub(super) fn of_name(text: &str) -> Needs {
    match tokens(text).as_slice() {
        [name] if can_be_undefined(name) => vec![vec![MacroName::of(name)]],
        _ => Needs::new(),
    }
}

/// Splits into names, `&&`, `||`, and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
        let length = match first {
            _ if word > 0 => word,
            '&' | '|' if rest[1..].starts_with(first) => 2,
            _ => first.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        tokens.push(token);
        rest = behind.trim_start();
    }
    tokens
}

/// Returns whether a character belongs to a name, also of a name that only GCC allows.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '\\') || !c.is_ascii()
}

/// Parses `a || b`: joins one list of each alternative.
fn alternatives(tokens: &mut &[&str]) -> Needs {
    let mut all = conjunction(tokens);
    while let Some((&"||", rest)) = tokens.split_first() {
        *tokens = rest;
        let other = conjunction(tokens);
        all = match (all.into_iter().next(), other.into_iter().next()) {
            (Some(mut one), Some(other)) => {
                one.extend(other);
                vec![one]
            }
            _ => Needs::new(),
        };
    }
    all
}

/// Parses `a && b`: the lists of both.
fn conjunction(tokens: &mut &[&str]) -> Needs {
    let mut all = operand(tokens);
    while let Some((&"&&", rest)) = tokens.split_first() {
        *tokens = rest;
        all.extend(operand(tokens));
    }
    all
}

/// Parses an operand: all tokens up to the next `&&`, `||` or closing parenthesis. All other operators bind more.
fn operand(tokens: &mut &[&str]) -> Needs {
    let mut depth = 0_usize;
    let end = tokens.iter().position(|token| match *token {
        "(" => {
            depth += 1;
            false
        }
        ")" if depth == 0 => true,
        ")" => {
            depth -= 1;
            false
        }
        "&&" | "||" => depth == 0,
        _ => false,
    });
    let (operand, rest) = tokens.split_at(end.unwrap_or(tokens.len()));
    *tokens = rest;
    match operand {
        ["defined", name] | ["defined", "(", name, ")"] if can_be_undefined(name) => {
            vec![vec![MacroName::of(name)]]
        }
        ["(", inner @ .., ")"] => {
            let mut inner = inner;
            let needs = alternatives(&mut inner);
            // In `(a) + (b)` the outer parentheses are no pair.
            if inner.is_empty() { needs } else { Needs::new() }
        }
        _ => Needs::new(),
    }
}

/// Returns whether a macro of this name is defined only if a file, the command or the compiler's list of macros
/// defines it.
fn can_be_undefined(name: &str) -> bool {
    const UNLISTED: [&str; 13] = [
        "__FILE__",
        "__BASE_FILE__",
        "__FILE_NAME__",
        "__LINE__",
        "__INCLUDE_LEVEL__",
        "__COUNTER__",
        "__DATE__",
        "__TIME__",
        "__TIMESTAMP__",
        "__MODULE__",
        "__FLT_EVAL_METHOD__",
        "_Pragma",
        "__identifier",
    ];
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_operator = ["__has_", "__is_", "__building_"].iter().any(|start| name.starts_with(start));
    is_name && !is_operator && !UNLISTED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `A|B C` for two lists.
    fn named(needs: &Needs) -> String {
        let names = ["A", "B", "C", "__AVR__"];
        let name =
            |of: &MacroName| *names.iter().find(|name| MacroName::of(name) == *of).expect("one of the names");
        let list = |list: &Vec<MacroName>| list.iter().map(name).collect::<Vec<_>>().join("|");
        needs.iter().map(list).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_certain_is_read() {
        for (text, expected) in [
            ("defined A", "A"),
            ("defined(__AVR__)", "__AVR__"),
            (" ( defined ( A ) ) ", "A"),
            ("defined A||defined(B)", "A|B"),
            ("defined A && defined(B)", "A B"),
            ("defined A && X > 3", "A"),
            ("X == 1 && (defined A || defined B) && !defined(C)", "A|B"),
            ("defined A && defined B || defined C", "A|C"),
            ("(defined A && (defined B))", "A B"),
        ] {
            assert_eq!(named(&of_expression(text)), expected, "{text}");
        }
        assert_eq!(named(&of_name(" A ")), "A");
    }

    #[test]
    fn what_is_not_certain_needs_nothing() {
        for text in [
            "",
            "A",
            "1",
            "!defined A",
            "!(defined A)",
            "defined A || X",
            "defined A || !defined B",
            "defined A == 0",
            "0 == defined A",
            "(defined A) + 1",
            "(defined A) == (defined B)",
            "(defined A && X) < 1",
            "defined A ? 0 : 1",
            "1 ? 1 : defined A && defined B",
            "defined A, 1",
            "defined A && defined B or C",
            "defined A ??!??! X",
            "defined A$",
            "defined A\u{e4}",
            "defined A\\u00e4",
            "defined(A",
            "defined A)",
            "defined A) || (defined B",
            "defined __has_include",
            "defined __COUNTER__",
            "defined 1",
            "X(defined A)",
            "defined A B",
        ] {
            assert_eq!(of_expression(text), Needs::new(), "{text}");
        }
        for text in ["", "A B", "A\u{e4}", "__has_include", "A$"] {
            assert_eq!(of_name(text), Needs::new(), "{text}");
        }
    }
}
