//! Expressions of GitHub's workflows, as far as action.yml uses them: names, texts, `== != ! && ||`, `always()`.

use serde_json::Value;

/// `text` with the value of every `${{ … }}` in its place.
#[track_caller]
pub(super) fn interpolate(text: &str, contexts: &Value) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an expression ends");
        result.push_str(before);
        result.push_str(&shown(&evaluate(expression, contexts)));
        rest = after;
    }
    result + rest
}

/// Whether a step with the condition `text` is started after steps that all `succeeded`, or not.
#[track_caller]
pub(super) fn is_started(text: Option<&str>, contexts: &Value, succeeded: bool) -> bool {
    let text = text.unwrap_or("");
    (succeeded || text.contains("always()")) && (text.is_empty() || is_true(&evaluate(text, contexts)))
}

#[track_caller]
fn evaluate(text: &str, contexts: &Value) -> Value {
    let mut reader = Reader { tokens: tokens(text), at: 0, contexts };
    let value = reader.any();
    assert_eq!(reader.at, reader.tokens.len(), "understood to its end: {text}");
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        let mut token = String::from(first);
        let is_name = |c: char| c.is_alphanumeric() || "_-.()".contains(c);
        match first {
            ' ' => continue,
            '\'' => token.extend(chars.by_ref().take_while(|&c| c != '\'')),
            '&' | '|' | '=' => token.extend(chars.next()),
            '!' => token.extend(chars.next_if_eq(&'=')),
            _ => {
                while let Some(next) = chars.next_if(|&c| is_name(c)) {
                    token.push(next);
                }
            }
        }
        tokens.push(token);
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    contexts: &'a Value,
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|next| next == token);
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.take("||") {
            let other = self.all();
            value = if is_true(&value) { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.comparison();
        while self.take("&&") {
            let other = self.comparison();
            value = if is_true(&value) { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let value = self.single();
        for (operator, wanted) in [("==", true), ("!=", false)] {
            if self.take(operator) {
                // Text is compared without regard to case.
                let [left, right] = [value, self.single()].map(|value| shown(&value).to_lowercase());
                return Value::Bool((left == right) == wanted);
            }
        }
        value
    }

    #[track_caller]
    fn single(&mut self) -> Value {
        let token = self.tokens.get(self.at).expect("a value").clone();
        self.at += 1;
        match token.as_str() {
            "!" => Value::Bool(!is_true(&self.single())),
            "always()" => Value::Bool(true),
            _ => match token.strip_prefix('\'') {
                Some(text) => Value::String(text.to_owned()),
                None => self.named(&token),
            },
        }
    }

    /// A value of a context. The outputs of a step and the event may lack it; all else is a slip of action.yml's.
    #[track_caller]
    fn named(&self, name: &str) -> Value {
        let mut value = self.contexts;
        for part in name.split('.') {
            match value.get(part) {
                Some(inner) => value = inner,
                None if name.starts_with("github.event.") => return Value::Null,
                None if name.starts_with("steps.") && name.contains(".outputs.") && value.is_object() => {
                    assert_eq!(name.split('.').next_back(), Some(part), "{name} names a step");
                    return Value::Null;
                }
                None => panic!("no {part} of {name}"),
            }
        }
        value.clone()
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        other => !shown(other).is_empty(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn expressions_are_evaluated_as_on_github() {
    let contexts = serde_json::json!({"inputs": {"a": "x", "b": ""}, "steps": {"s": {"outputs": {"n": "1"}}}, "github": {"event": {}}});
    for (text, expected) in [
        ("inputs.a == 'X' && inputs.b == ''", "true"),
        ("inputs.b || steps.s.outputs.n", "1"),
        ("steps.s.outputs.none != 'true'", "true"),
        ("!inputs.a", "false"),
        ("github.event.pull_request.head.sha || inputs.a", "x"),
        ("always() && steps.s.outputs.none", ""),
    ] {
        assert_eq!(shown(&evaluate(text, &contexts)), expected, "{text}");
    }
    assert_eq!(interpolate("${{ inputs.a }}-${{inputs.a}}", &contexts), "x-x");
    assert!(is_started(Some("always() && inputs.a"), &contexts, false));
    assert!(!is_started(None, &contexts, false) && !is_started(Some("inputs.b"), &contexts, true));
}
