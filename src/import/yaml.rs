//! Reads YAML to JSON values. Alone in this module knows the YAML crate.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Number, Value};

/// Limit of a description in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// Reads the only document of a file.
///
/// # Errors
/// The reason why the file can't be read, or is no YAML.
pub(super) fn read(path: &Path) -> Result<Value, String> {
    // A pipe would be waited for.
    if !path.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    // One byte more than the limit reveals a file that is too large.
    let read = File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("it can't be read: {error}"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err("it is larger than 1 MiB".to_owned());
    }
    parse(&String::from_utf8_lossy(&bytes))
}

/// Parses a text with one document. Keys become text, tags are ignored, merge keys (`<<`) are applied.
///
/// # Errors
/// The reason why the text is no YAML.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let mut value: serde_yaml::Value =
        serde_yaml::from_str(text).map_err(|error| format!("it is not valid YAML: {error}"))?;
    // Without merge keys that can be applied, the value stays as it is written.
    let _ = value.apply_merge();
    Ok(converted(value))
}

fn converted(value: serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(value) => Value::Bool(value),
        serde_yaml::Value::Number(number) => {
            let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
            let any = whole.or_else(|| number.as_f64().and_then(Number::from_f64));
            any.map_or_else(|| Value::String(number.to_string()), Value::Number)
        }
        serde_yaml::Value::String(text) => Value::String(text),
        serde_yaml::Value::Sequence(items) => Value::Array(items.into_iter().map(converted).collect()),
        serde_yaml::Value::Mapping(entries) => {
            let entries = entries
                .into_iter()
                .filter_map(|(key, value)| Some((text(&converted(key))?, converted(value))));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        serde_yaml::Value::Tagged(tagged) => converted(tagged.value),
    }
}

/// Returns the text of a scalar. Null, lists and mappings have none.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns the texts of a list of scalars; a scalar alone is a list of one.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_text_and_merge_keys_are_applied() {
        let read = parse("base: &b {a: 1}\non: [push]\n2: {<<: *b, c: ~}\nd: !tag 1.5\n").unwrap();
        assert_eq!(read, json!({"base": {"a": 1}, "on": ["push"], "2": {"a": 1, "c": null}, "d": 1.5}));
    }

    #[test]
    fn what_is_no_yaml_is_an_error() {
        for text in ["a: [", "a: b: c", "\tb", "a: *none", "--- 1\n--- 2\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..20 {
            let alias = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
        }
        assert!(parse(&bomb).is_err());
    }
}
