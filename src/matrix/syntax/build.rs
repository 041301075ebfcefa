//! Builds the tree from the parser's events, one at a time and without recursion, within the limits.

use std::collections::HashMap;

use indexmap::IndexMap;
use indexmap::map::Entry as Slot;
use saphyr_parser::{Event, ScalarStyle};

use super::super::diagnostic::Diagnostic;
use super::super::source::Span;
use super::limits::Limits;
use super::node::{Entry, Node, Value};
use crate::nearest::quoted;

/// The key that merges other mappings into its own.
const MERGE: &str = "<<";

/// An error that ends the parsing. Boxed, as a diagnostic is large beside the results without one.
type Fatal = Box<Diagnostic>;

pub(super) struct Builder {
    limits: Limits,
    spent: Cost,
    /// Open lists and mappings, the innermost last.
    open: Vec<Frame>,
    /// Anchored values by the parser's number; missing while the value is still open.
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    /// Errors that do not end the parsing.
    problems: Vec<Diagnostic>,
}

/// Size of a subtree.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    nodes: usize,
    bytes: usize,
    /// Levels of lists and mappings in it, 0 for a scalar.
    depth: usize,
}

struct Anchored {
    node: Node,
    cost: Cost,
}

/// An open list or mapping.
struct Frame {
    start: Span,
    anchor: usize,
    cost: Cost,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: IndexMap<String, Entry>, key: Option<(String, Span)>, merged: Option<Merge> },
}

/// The value of `<<`, and the number of entries before it.
struct Merge {
    key: Span,
    position: usize,
    node: Node,
}

impl Builder {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            spent: Cost::default(),
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            problems: Vec::new(),
        }
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// A limit is exceeded, or the text can't be understood.
    pub(super) fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fatal> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let plain = style == ScalarStyle::Plain;
                let cost = Cost { nodes: 1, bytes: text.len(), depth: 0 };
                let value = if plain { plain_scalar(&text) } else { Value::Text(text.into_owned()) };
                self.spend(cost, span)?;
                self.close(Node { span, value }, cost, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                self.open(anchor, span, Content::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_tag(tag.is_some(), span);
                let content = Content::Map { entries: IndexMap::new(), key: None, merged: None };
                self.open(anchor, span, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) if self.root.is_some() => {
                fatal(span, "a matrix is one YAML document, here a second one begins")
            }
            Event::DocumentStart(_)
            | Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// Returns the tree.
    ///
    /// # Errors
    /// All errors found; `end` is the end of the file.
    pub(super) fn finish(mut self, end: Span) -> Result<Node, Vec<Diagnostic>> {
        match self.root {
            Some(root) if self.problems.is_empty() => Ok(root),
            Some(_) => Err(self.problems),
            None => {
                let help = "a matrix begins with `version: 1`";
                self.problems.push(Diagnostic::new(end, "the matrix is empty").help(help));
                Err(self.problems)
            }
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: Span) {
        if tagged {
            self.problems.push(Diagnostic::new(span, "a matrix has no use for YAML tags (`!…`)"));
        }
    }

    fn spend(&mut self, cost: Cost, span: Span) -> Result<(), Fatal> {
        self.spent.nodes = self.spent.nodes.saturating_add(cost.nodes);
        self.spent.bytes = self.spent.bytes.saturating_add(cost.bytes);
        let help = "aliases count as often as they are used";
        if self.spent.nodes > self.limits.nodes {
            let message = format!("the matrix has more than {} values", self.limits.nodes);
            return Err(Box::new(Diagnostic::new(span, message).help(help)));
        }
        if self.spent.bytes > self.limits.bytes {
            let message = format!("the values of the matrix have more than {} bytes", self.limits.bytes);
            return Err(Box::new(Diagnostic::new(span, message).help(help)));
        }
        if self.open.len() + cost.depth > self.limits.depth {
            let message = format!("lists and mappings are nested more than {} deep", self.limits.depth);
            return fatal(span, message);
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, start: Span, content: Content) -> Result<(), Fatal> {
        let cost = Cost { nodes: 1, bytes: 0, depth: 1 };
        self.spend(cost, start)?;
        self.open.push(Frame { start, anchor, cost, content });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Fatal> {
        // The parser pairs starts and ends; an end without a start would be its defect.
        let Some(frame) = self.open.pop() else {
            return fatal(span, "this is not valid YAML: unexpected end of a list or mapping");
        };
        let (value, last) = match frame.content {
            Content::List(items) => {
                let last = items.last().map(|node| node.span);
                (Value::List(items), last)
            }
            Content::Map { mut entries, merged, .. } => {
                let last = entries.last().map(|(_, entry)| entry.node.span);
                if let Some(merge) = merged {
                    self.merge(&mut entries, merge);
                }
                (Value::Map(entries), last)
            }
        };
        // The parser reports the end of a block collection at the next token, often lines later.
        let end = last.map_or(span.end, |last| last.end).max(frame.start.end);
        let node = Node { span: Span { start: frame.start.start, end }, value };
        self.close(node, frame.cost, frame.anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Fatal> {
        let Some(anchored) = self.anchors.get(&anchor) else {
            return fatal(span, "this alias is part of the value that it stands for");
        };
        let cost = anchored.cost;
        self.spend(cost, span)?;
        // Looked up again, as the value is copied only within the limits.
        let Some(anchored) = self.anchors.get(&anchor) else { return Ok(()) };
        let node = Node { span, value: anchored.node.value.clone() };
        self.close(node, cost, 0)
    }

    /// Adds a complete node to the innermost open list or mapping.
    fn close(&mut self, node: Node, cost: Cost, anchor: usize) -> Result<(), Fatal> {
        if anchor != 0 {
            self.spend(Cost { depth: 0, ..cost }, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), cost });
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.cost.nodes = frame.cost.nodes.saturating_add(cost.nodes);
        frame.cost.bytes = frame.cost.bytes.saturating_add(cost.bytes);
        frame.cost.depth = frame.cost.depth.max(cost.depth + 1);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { key: key @ None, .. } => *key = Some((key_text(&node)?, node.span)),
            Content::Map { entries, key, merged } => {
                let Some((name, key)) = key.take() else { return Ok(()) };
                if name == MERGE {
                    let merge = Merge { key, position: entries.len(), node };
                    if let Some(first) = merged {
                        self.problems.push(duplicate(&name, key, first.key));
                    } else {
                        *merged = Some(merge);
                    }
                    return Ok(());
                }
                match entries.entry(name) {
                    Slot::Occupied(first) => {
                        self.problems.push(duplicate(first.key(), key, first.get().key));
                    }
                    Slot::Vacant(slot) => {
                        slot.insert(Entry { key, node });
                    }
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, entries: &mut IndexMap<String, Entry>, merge: Merge) {
        let span = merge.node.span;
        let parts = match merge.node.value {
            Value::List(parts) => parts,
            other => vec![Node { span, value: other }],
        };
        let mut added: IndexMap<String, Entry> = IndexMap::new();
        for part in parts {
            let Value::Map(merged) = part.value else {
                let message = "`<<` merges a mapping or a list of mappings";
                self.problems.push(Diagnostic::new(part.span, message));
                continue;
            };
            for (name, entry) in merged {
                if !entries.contains_key(&name) {
                    added.entry(name).or_insert(entry);
                }
            }
        }
        // Merged entries take the position of `<<`: the order of boards is the order of the reports.
        let behind = entries.split_off(merge.position.min(entries.len()));
        entries.extend(added);
        entries.extend(behind);
    }
}

fn fatal<T>(span: Span, message: impl Into<String>) -> Result<T, Fatal> {
    Err(Box::new(Diagnostic::new(span, message)))
}

fn duplicate(name: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::new(second, format!("the key {} is given twice", quoted(name)))
        .related(first, "first given here")
}

fn key_text(node: &Node) -> Result<String, Fatal> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Int(value) => Ok(value.to_string()),
        Value::Null => fatal(node.span, "here a key is missing"),
        Value::List(_) | Value::Map(_) => fatal(node.span, "a key can't be a list or a mapping"),
    }
}

fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Value::Int(number),
            _ => Value::Text(text.to_owned()),
        },
    }
}
