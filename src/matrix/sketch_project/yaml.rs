//! Parses the first document of a YAML text to a tree, and distinguishes values as Go's `yaml.v3` does. Knows nothing
//! of sketches.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Limit of the nesting of lists and mappings.
const DEEPEST: usize = 100;

/// A value. Values behind an alias are shared.
#[derive(Debug)]
pub(super) enum Yaml {
    /// No value, `~` or `null`.
    Null,
    /// A text, quoted or plain.
    Text(String),
    /// A number or truth value, as written.
    Other(String),
    /// `[a, b]` or `- a`.
    List(Vec<Rc<Yaml>>),
    /// `{a: b}` or `a: b`, in the order of the file.
    Map(Vec<(Rc<Yaml>, Rc<Yaml>)>),
}

impl Yaml {
    /// Returns the text of a scalar; empty for null.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Null => Some(""),
            Self::Text(text) | Self::Other(text) => Some(text),
            Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Returns the word for its kind, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::Other(_) => "a number or truth value",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// The entries of a mapping.
pub(super) type Entries = [(Rc<Yaml>, Rc<Yaml>)];

/// Returns the value of a key.
pub(super) fn get<'y>(entries: &'y Entries, key: &str) -> Option<&'y Yaml> {
    entries.iter().find(|(name, _)| name.scalar() == Some(key)).map(|(_, value)| &**value)
}

/// A list or mapping that is still open.
struct Open {
    anchor: usize,
    is_map: bool,
    items: Vec<Rc<Yaml>>,
}

/// Parses a text; one without a document is [`Yaml::Null`].
///
/// # Errors
/// The first problem of the text, with its place.
pub(super) fn parse(text: &str) -> Result<Rc<Yaml>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}')) {
        return Err("a control character is in it".to_owned());
    }
    let mut parser = Parser::new_from_str(text);
    let mut anchors: HashMap<usize, Rc<Yaml>> = HashMap::new();
    let mut open: Vec<Open> = Vec::new();
    while let Some(event) = parser.next_event() {
        let (event, span) =
            event.map_err(|error| format!("line {}: {}", error.marker().line(), error.info()))?;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), anchor),
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(value) => {
                    let value = value.clone();
                    if let Some(value) = add(&mut open, value) {
                        return Ok(value);
                    }
                    continue;
                }
                None => return Err(format!("line {}: an alias without its anchor", span.start.line())),
            },
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() == DEEPEST {
                    return Err(format!("line {}: nested more than {DEEPEST} deep", span.start.line()));
                }
                let is_map = matches!(event, Event::MappingStart(..));
                open.push(Open { anchor, is_map, items: Vec::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, is_map, items }) = open.pop() else { continue };
                (if is_map { Yaml::Map(pairs(items)) } else { Yaml::List(items) }, anchor)
            }
            Event::DocumentEnd => break,
            _ => continue,
        };
        let value = Rc::new(value);
        if anchor != 0 {
            anchors.insert(anchor, value.clone());
        }
        if let Some(value) = add(&mut open, value) {
            // Everything after the first document is ignored.
            return Ok(value);
        }
    }
    Ok(Rc::new(Yaml::Null))
}

/// Adds a value to the innermost open list or mapping; returns it where none is open.
fn add(open: &mut [Open], value: Rc<Yaml>) -> Option<Rc<Yaml>> {
    match open.last_mut() {
        Some(outer) => {
            outer.items.push(value);
            None
        }
        None => Some(value),
    }
}

fn pairs(items: Vec<Rc<Yaml>>) -> Vec<(Rc<Yaml>, Rc<Yaml>)> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

fn scalar(text: &str, style: ScalarStyle) -> Yaml {
    if style != ScalarStyle::Plain {
        return Yaml::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Yaml::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Yaml::Other(text.to_owned()),
        _ if is_number(text) => Yaml::Other(text.to_owned()),
        _ => Yaml::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-', '.']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && (digits.parse::<f64>().is_ok() || digits.starts_with("0x") || digits.starts_with("0o"))
}
