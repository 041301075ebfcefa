//! Validates a tree against the JSON Schema. Reports every mismatch with its place and the nearest valid word.
//! Implements the part of JSON Schema that [`super::schema`] uses; knows nothing of the matrix.

use serde_json::Value as Schema;

use super::diagnostic::Diagnostic;
use super::source::Span;
use super::syntax::{Node, Value};
use crate::nearest::{nearest, quoted, suggestion};

/// Returns every mismatch between `root` and `schema`, in the order of the file.
pub(super) fn check(root: &Node, schema: &Schema) -> Vec<Diagnostic> {
    let mut walker = Walker { root: schema, found: Vec::new() };
    let first = Span { start: root.span.start, end: root.span.start };
    walker.node(schema, root, first);
    walker.found.sort_by_key(|diagnostic| diagnostic.span);
    walker.found
}

struct Walker<'s> {
    root: &'s Schema,
    found: Vec<Diagnostic>,
}

impl<'s> Walker<'s> {
    /// Validates a value. `owner` is the place for a missing key: that of the value's own key, if it has one.
    fn node(&mut self, schema: &'s Schema, node: &Node, owner: Span) {
        let branches = self.branches(schema);
        let words = constants(&branches);
        if !words.is_empty() {
            return self.one_of(&words, node);
        }
        let Some(branch) = branches.iter().find(|branch| accepts(branch, &node.value)) else {
            return self.wrong_type(schema, &branches, node);
        };
        match &node.value {
            Value::Map(_) => self.mapping(branch, node, owner),
            Value::List(items) => {
                if let Some(schema) = branch.get("items") {
                    for item in items {
                        self.node(schema, item, item.span);
                    }
                }
            }
            Value::Int(number) => self.number(branch, *number, node.span),
            Value::Null | Value::Bool(_) | Value::Text(_) => {}
        }
    }

    /// Returns the alternatives of a schema with references resolved; the schema itself if it has none.
    fn branches(&self, schema: &'s Schema) -> Vec<&'s Schema> {
        let schema = self.resolve(schema);
        let alternatives = ["anyOf", "oneOf"].into_iter().find_map(|key| schema.get(key)?.as_array());
        match alternatives {
            Some(alternatives) => alternatives.iter().map(|schema| self.resolve(schema)).collect(),
            None => vec![schema],
        }
    }

    fn resolve(&self, schema: &'s Schema) -> &'s Schema {
        schema
            .get("$ref")
            .and_then(Schema::as_str)
            .and_then(|reference| self.root.pointer(reference.strip_prefix('#')?))
            .unwrap_or(schema)
    }

    fn mapping(&mut self, schema: &'s Schema, node: &Node, owner: Span) {
        let Value::Map(entries) = &node.value else { return };
        let known = schema.get("properties").and_then(Schema::as_object);
        let others = schema.get("additionalProperties").filter(|schema| schema.is_object());
        let names = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
        let mut meant = Vec::new();
        for (name, entry) in entries {
            if let Some(schema) = known.and_then(|known| known.get(name)).or(others) {
                self.node(schema, &entry.node, entry.key);
                continue;
            }
            // A key that is already present is no suggestion by similarity, but is still listed.
            let free: Vec<&str> = names().filter(|key| !entries.contains_key(*key)).collect();
            let near = nearest(name, free.iter().copied());
            meant.extend(near);
            let help = if near.is_some() { suggestion(name, free) } else { suggestion(name, names()) };
            let message = format!("unknown key {}", quoted(name));
            self.found.push(Diagnostic::new(entry.key, message).maybe_help(help));
        }
        let required = schema.get("required").and_then(Schema::as_array).into_iter().flatten();
        for name in required.filter_map(Schema::as_str) {
            // A misspelt key is reported once, not as unknown and as missing.
            if !entries.contains_key(name) && !meant.contains(&name) {
                let message = format!("the key {} is missing here", quoted(name));
                self.found.push(Diagnostic::new(owner, message).maybe_help(self.describe(schema, name)));
            }
        }
    }

    /// Returns the first sentence of a key's description.
    fn describe(&self, schema: &'s Schema, name: &str) -> Option<String> {
        let property = schema.get("properties")?.get(name)?;
        let text = property.get("description").or_else(|| self.resolve(property).get("description"))?;
        let sentence = text.as_str()?.split(". ").next()?.trim_end_matches('.').replace('\n', " ");
        Some(format!("{}: {sentence}", quoted(name)))
    }

    fn number(&mut self, schema: &'s Schema, number: i64, span: Span) {
        let limit = |key: &str| schema.get(key).and_then(Schema::as_i64);
        let (least, most) = (limit("minimum"), limit("maximum"));
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (None, most) => format!("at most {}", most.unwrap_or(i64::MAX)),
            };
            self.found.push(Diagnostic::new(span, format!("expected a number {range}, found {number}")));
        }
    }

    fn one_of(&mut self, words: &[&Schema], node: &Node) {
        let fits = words.iter().any(|word| match (&node.value, word) {
            (Value::Text(text), Schema::String(word)) => text == word,
            (Value::Int(number), word) => word.as_i64() == Some(*number),
            _ => false,
        });
        if fits {
            return;
        }
        let name = |word: &&Schema| word.as_str().map_or_else(|| format!("the number {word}"), quoted);
        let names: Vec<String> = words.iter().map(name).collect();
        let message = format!("expected {}, found {}", list(&names, "or"), found(node));
        let mut diagnostic = Diagnostic::new(node.span, message);
        if let Value::Text(text) = &node.value {
            let near = nearest(text, words.iter().filter_map(|word| word.as_str()));
            diagnostic = diagnostic.maybe_help(near.map(|word| format!("did you mean {}?", quoted(word))));
        }
        self.found.push(diagnostic);
    }

    fn wrong_type(&mut self, schema: &Schema, branches: &[&'s Schema], node: &Node) {
        let mut names: Vec<String> =
            branches.iter().flat_map(|branch| types(branch)).map(|name| expected(name).to_owned()).collect();
        names.dedup();
        let message = format!("expected {}, found {}", list(&names, "or"), found(node));
        let mut diagnostic = Diagnostic::new(node.span, message);
        let takes = |name: &str| branches.iter().flat_map(|branch| types(branch)).any(|one| one == name);
        let example = schema.get("examples").and_then(|examples| examples.get(0)?.as_str());
        let help = match &node.value {
            Value::Null => Some("give the key a value, or leave it out".to_owned()),
            Value::Text(text) if takes("boolean") && is_yes_or_no(text) => {
                Some("YAML 1.2 knows only `true` and `false`".to_owned())
            }
            Value::Text(text) if takes("object") && text.contains(':') && !text.contains(": ") => {
                Some("a key is followed by `:` and a space".to_owned())
            }
            Value::Text(_) | Value::Map(_) if takes("array") => {
                Some("put `- ` in front of each item, or brackets around all".to_owned())
            }
            _ if example.is_some() => example.map(|example| format!("for example {}", quoted(example))),
            Value::Int(_) | Value::Bool(_) if takes("string") => {
                Some("put it in quotes if that text is meant".to_owned())
            }
            _ => None,
        };
        diagnostic = diagnostic.maybe_help(help);
        self.found.push(diagnostic);
    }
}

/// Returns the constants that a schema allows, if it lists them.
fn constants<'s>(branches: &[&'s Schema]) -> Vec<&'s Schema> {
    let mut words = Vec::new();
    for branch in branches {
        match (branch.get("const"), branch.get("enum").and_then(Schema::as_array)) {
            (Some(word), _) => words.push(word),
            (None, Some(several)) => words.extend(several),
            (None, None) => return Vec::new(),
        }
    }
    words
}

fn types(schema: &Schema) -> Vec<&str> {
    match schema.get("type") {
        Some(Schema::String(name)) => vec![name],
        Some(Schema::Array(names)) => names.iter().filter_map(Schema::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns whether a schema accepts the type of a value. A schema without a type accepts everything.
fn accepts(schema: &Schema, value: &Value) -> bool {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    };
    let types = types(schema);
    types.is_empty() || types.contains(&name) || name == "integer" && types.contains(&"number")
}

/// Returns the YAML word for a type of JSON Schema.
fn expected(name: &str) -> &str {
    match name {
        "object" => "a mapping (`key: value`)",
        "array" => "a list",
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        other => other,
    }
}

fn found(node: &Node) -> String {
    match &node.value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Int(number) => format!("the number {number}"),
        Value::Text(text) if text.is_empty() => "an empty text".to_owned(),
        Value::Text(text) => format!("the text {}", quoted(text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a mapping".to_owned(),
    }
}

fn is_yes_or_no(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "true" | "false" | "y" | "n")
}

/// Returns `a`, `a or b`, `a, b or c`.
fn list(names: &[String], word: &str) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
