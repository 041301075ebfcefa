//! Values of expressions: their text, their number, and whether they are true. Knows no syntax.

use serde_json::{Number, Value};

/// Limit of a text in bytes. Expressions can repeat a text many times.
pub(super) const LONGEST: usize = 1 << 20;

/// Returns whether a value counts as true.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Returns the text that a value becomes within a text.
pub(in crate::import) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Array(_) => "Array".to_owned(),
        Value::Object(_) => "Object".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
    }
}

/// Returns the number that a value is compared as.
pub(super) fn as_number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) if text.trim().is_empty() => 0.0,
        Value::String(text) => number(text.trim()).and_then(|number| number.as_f64()).unwrap_or(f64::NAN),
        Value::Array(_) | Value::Object(_) => f64::NAN,
    }
}

/// Returns the number that a text means.
pub(super) fn number(text: &str) -> Option<Value> {
    let whole = match text.get(..2) {
        Some("0x") => i64::from_str_radix(&text[2..], 16).ok(),
        Some("0o") => i64::from_str_radix(&text[2..], 8).ok(),
        _ => text.parse().ok(),
    };
    let number = whole.map(Number::from).or_else(|| text.parse().ok().and_then(Number::from_f64));
    number.map(Value::Number)
}
