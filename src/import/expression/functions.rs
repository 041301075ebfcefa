//! Functions and comparisons of expressions. Knows no syntax.

use serde_json::Value;

use super::super::yaml;
use super::error::ExpressionError;
use super::value::{LONGEST, as_number, shown};

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `==`.
    Equal,
    /// `!=`.
    Unequal,
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `>`.
    Greater,
    /// `>=`.
    AtLeast,
}

impl Comparison {
    /// Returns whether the comparison holds. Texts are compared without regard to case, values of different types as
    /// numbers.
    pub(super) fn holds(self, left: &Value, right: &Value) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = match (left, right) {
            (Value::String(left), Value::String(right)) => {
                Some(left.to_lowercase().cmp(&right.to_lowercase()))
            }
            (Value::Null, Value::Null) => Some(Equal),
            // The same list is equal to itself only, and none is written twice in an expression.
            (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => None,
            _ => as_number(left).partial_cmp(&as_number(right)),
        };
        match self {
            Self::Equal => order == Some(Equal),
            Self::Unequal => order != Some(Equal),
            Self::Less => order == Some(Less),
            Self::AtMost => matches!(order, Some(Less | Equal)),
            Self::Greater => order == Some(Greater),
            Self::AtLeast => matches!(order, Some(Greater | Equal)),
        }
    }
}

/// Calls a function; its name is in lower case.
///
/// # Errors
/// A function whose value is known only on GitHub.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, ExpressionError> {
    let text = |index: usize| arguments.get(index).map(shown).unwrap_or_default();
    let lower = |index: usize| text(index).to_lowercase();
    Ok(match name {
        "success" | "always" => Value::Bool(true),
        "failure" | "cancelled" => Value::Bool(false),
        "contains" => Value::Bool(match arguments.first() {
            Some(Value::Array(items)) => {
                let item = arguments.get(1).unwrap_or(&Value::Null);
                items.iter().any(|it| Comparison::Equal.holds(it, item))
            }
            _ => lower(0).contains(&lower(1)),
        }),
        "startswith" => Value::Bool(lower(0).starts_with(&lower(1))),
        "endswith" => Value::Bool(lower(0).ends_with(&lower(1))),
        "format" => limited(formatted(&text(0), arguments.get(1..).unwrap_or_default()))?,
        "join" => {
            let separator = arguments.get(1).map_or_else(|| ",".to_owned(), shown);
            let items = match arguments.first() {
                Some(Value::Array(items)) => items.iter().map(shown).collect(),
                other => vec![other.map(shown).unwrap_or_default()],
            };
            let length = items.iter().map(|item| item.len() + separator.len()).sum::<usize>();
            limited((length <= LONGEST).then(|| items.join(&separator)))?
        }
        "tojson" => {
            let value = arguments.first().unwrap_or(&Value::Null);
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            limited(Some(text).filter(|text| text.len() <= LONGEST))?
        }
        // JSON is YAML.
        "fromjson" => yaml::parse(&text(0))
            .map_err(|_| ExpressionError::Syntax { text: text(0), reason: "`fromJSON` expects JSON" })?,
        _ => return Err(ExpressionError::Unknown(format!("{name}()"))),
    })
}

/// Returns a text as a value; `None` is one that is too long.
fn limited(text: Option<String>) -> Result<Value, ExpressionError> {
    let too_long = || ExpressionError::Syntax { text: "…".to_owned(), reason: "its value is too long" };
    text.map(Value::String).ok_or_else(too_long)
}

/// Replaces `{0}`, `{1}`, … by values; `{{` and `}}` are braces. Returns `None` if the text becomes too long.
fn formatted(pattern: &str, values: &[Value]) -> Option<String> {
    let mut result = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.next_if_eq(&c).is_some() => result.push(c),
            '{' => {
                let mut digits = String::new();
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    digits.push(digit);
                }
                chars.next_if_eq(&'}');
                let index = digits.parse::<usize>().ok();
                result.push_str(&index.and_then(|index| values.get(index)).map(shown).unwrap_or_default());
            }
            _ => result.push(c),
        }
        if result.len() > LONGEST {
            return None;
        }
    }
    Some(result)
}
