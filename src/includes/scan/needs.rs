//! Which macros a condition needs: what `#if defined A || defined B` guards is not reached where neither
//! is defined anywhere. Of an expression only what is certain is read; the rest needs nothing.

use serde::{Deserialize, Serialize};

/// The name of a macro, by a part of its hash. Two names that have the same one are taken for the same: then
/// a macro may seem to be defined that is not, which only makes more be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MacroName(u32);

impl MacroName {
    /// The name of `name`.
    pub fn of(name: &str) -> Self {
        let [a, b, c, d, ..] = *blake3::hash(name.as_bytes()).as_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }
}

/// Of each list one macro at least is defined where the condition holds.
pub type Needs = Vec<Vec<MacroName>>;

/// What `#if` or `#elif` with this expression needs.
pub(super) fn of_expression(text: &str) -> Needs {
    let tokens = tokens(text);
    // A conditional or a comma binds less than what is read here; in C++ operators have names as well.
    if tokens.iter().any(|token| ["?", ",", "or", "and", "not", "compl"].contains(token)) {
        return Needs::new();
    }
    let mut tokens = tokens.as_slice();
    let needs = alternatives(&mut tokens);
    if tokens.is_empty() { needs } else { Needs::new() }
}

/// What `#ifdef` or `#elifdef` of this name needs.
pub(super) fn of_name(text: &str) -> Needs {
    match tokens(text).as_slice() {
        [name] if can_be_undefined(name) => vec![vec![MacroName::of(name)]],
        _ => Needs::new(),
    }
}

/// Names, `&&`, `||`, and every other character by itself.
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

/// Also of those that only GCC allows: they must not be taken for two names.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '\\') || !c.is_ascii()
}

/// `a || b`: of each alternative one list, put together.
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

/// `a && b`: the lists of both.
fn conjunction(tokens: &mut &[&str]) -> Needs {
    let mut all = operand(tokens);
    while let Some((&"&&", rest)) = tokens.split_first() {
        *tokens = rest;
        all.extend(operand(tokens));
    }
    all
}

/// Everything up to the next `&&`, `||` or the parenthesis that closes what is around it. Each of the other
/// operators binds more.
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
            // `(a) + (b)` is no parenthesis around all of it.
            if inner.is_empty() { needs } else { Needs::new() }
        }
        _ => Needs::new(),
    }
}

/// Whether the compiler lists a macro of this name when it is asked which it defines, and defines none that
/// is not in its list.
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

    /// `A|B C` for two lists.
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
