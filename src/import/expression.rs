//! Expressions of GitHub's workflows, `${{ … }}`: evaluates those whose value does not depend on a run on GitHub.
//!
//! Specification: <https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>.

use serde_json::{Map, Value};

use error::ExpressionError;
use functions::call;
use syntax::{Operator, Syntax};
use value::{LONGEST, is_true, shown};

mod error;
mod functions;
mod syntax;
pub(super) mod value;

/// Values of contexts.
#[derive(Debug, Clone, Default)]
pub(super) struct Contexts {
    /// `inputs`: a missing one is null.
    pub(super) inputs: Map<String, Value>,
    /// `matrix`: a missing key is null.
    pub(super) matrix: Map<String, Value>,
    /// `env`: a missing variable is unknown, as steps can set it.
    pub(super) env: Map<String, Value>,
}

impl Contexts {
    /// Returns the value of a text: that of its expression if it consists of one, otherwise the text with the values of
    /// its expressions in it.
    ///
    /// # Errors
    /// An expression in it has no known value.
    pub(super) fn interpolate(&self, text: &str) -> Result<Value, ExpressionError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let end = end_of_expression(after).ok_or_else(|| ExpressionError::Syntax {
                text: after.trim().to_owned(),
                reason: "it has no `}}`",
            })?;
            let value = self.evaluate(&after[..end])?;
            rest = &after[end + 2..];
            if result.is_empty() && before.trim().is_empty() && rest.trim().is_empty() && !text.contains('\n')
            {
                return Ok(value);
            }
            result.push_str(before);
            result.push_str(&shown(&value));
            if result.len() > LONGEST {
                let reason = "its value is too long";
                return Err(ExpressionError::Syntax { text: text.trim().chars().take(60).collect(), reason });
            }
        }
        result.push_str(rest);
        Ok(Value::String(result))
    }

    /// Returns a value with all texts in it interpolated.
    ///
    /// # Errors
    /// An expression in it has no known value.
    pub(super) fn interpolate_all(&self, value: &Value) -> Result<Value, ExpressionError> {
        Ok(match value {
            Value::String(text) => self.interpolate(text)?,
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.interpolate_all(item)).collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => {
                let entries =
                    entries.iter().map(|(key, value)| Ok((key.clone(), self.interpolate_all(value)?)));
                Value::Object(entries.collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    /// Returns whether a condition (`if:`) may hold. One without a known value may.
    pub(super) fn may_hold(&self, condition: Option<&Value>) -> bool {
        match condition {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => {
                let text = text.trim();
                let inner = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}"));
                self.evaluate(inner.unwrap_or(text)).map_or(true, |value| is_true(&value))
            }
            Some(other) => is_true(other),
        }
    }

    /// Evaluates the text between the braces.
    fn evaluate(&self, text: &str) -> Result<Value, ExpressionError> {
        let syntax = syntax::parse(text)
            .map_err(|reason| ExpressionError::Syntax { text: text.trim().to_owned(), reason })?;
        self.value(&syntax)
    }

    fn value(&self, syntax: &Syntax) -> Result<Value, ExpressionError> {
        match syntax {
            Syntax::Literal(value) => Ok(value.clone()),
            Syntax::Name(name) => self.context(name),
            Syntax::Property(object, key) => self.property(object, key),
            Syntax::Every(list) => Ok(match self.value(list)? {
                Value::Object(entries) => Value::Array(entries.into_iter().map(|(_, value)| value).collect()),
                list @ Value::Array(_) => list,
                _ => Value::Array(Vec::new()),
            }),
            Syntax::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.value(argument));
                call(name, &arguments.collect::<Result<Vec<_>, _>>()?)
            }
            Syntax::Not(inner) => Ok(Value::Bool(!is_true(&self.value(inner)?))),
            Syntax::Binary(left, operator, right) => {
                let left = self.value(left)?;
                match operator {
                    Operator::And if !is_true(&left) => Ok(left),
                    Operator::Or if is_true(&left) => Ok(left),
                    Operator::And | Operator::Or => self.value(right),
                    Operator::Compare(comparison) => {
                        Ok(Value::Bool(comparison.holds(&left, &self.value(right)?)))
                    }
                }
            }
        }
    }

    fn context(&self, name: &str) -> Result<Value, ExpressionError> {
        match name.to_ascii_lowercase().as_str() {
            "matrix" => Ok(Value::Object(self.matrix.clone())),
            "inputs" => Ok(Value::Object(self.inputs.clone())),
            "env" => Ok(Value::Object(self.env.clone())),
            _ => Err(ExpressionError::Unknown(name.to_owned())),
        }
    }

    fn property(&self, object: &Syntax, key: &Syntax) -> Result<Value, ExpressionError> {
        if let (Syntax::Name(context), Syntax::Literal(Value::String(key))) = (object, key) {
            let context = context.to_ascii_lowercase();
            match (context.as_str(), key.to_ascii_lowercase().as_str()) {
                ("github", "workspace") => return Ok(Value::String(".".to_owned())),
                ("runner", "os") => return Ok(Value::String("Linux".to_owned())),
                ("env", _) if member(&self.env, key).is_none() => {
                    return Err(ExpressionError::Unknown(format!("env.{key}")));
                }
                ("matrix" | "inputs" | "env", _) => {}
                _ => return Err(ExpressionError::Unknown(format!("{context}.{key}"))),
            }
        }
        let key = self.value(key)?;
        let found = match (self.value(object)?, &key) {
            (Value::Object(entries), _) => member(&entries, &shown(&key)).cloned(),
            // `list.*.name` is the list of the items' names.
            (Value::Array(items), Value::String(key)) => {
                let members = items.iter().filter_map(|item| member(item.as_object()?, key).cloned());
                Some(Value::Array(members.collect()))
            }
            (Value::Array(items), Value::Number(index)) => {
                index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()?).cloned())
            }
            _ => None,
        };
        Ok(found.unwrap_or(Value::Null))
    }
}

/// Returns the entry with this key, in any case.
fn member<'v>(entries: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    entries
        .get(key)
        .or_else(|| entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, it)| it))
}

/// Returns the offset of the `}}` that ends an expression. One in a text does not.
fn end_of_expression(text: &str) -> Option<usize> {
    let mut in_text = false;
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|&at| {
        in_text ^= bytes[at] == b'\'';
        !in_text && bytes[at..].starts_with(b"}}")
    })
}

#[cfg(test)]
mod tests;
