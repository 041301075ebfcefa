//! Writes present sizes into the text of a matrix as its budgets. Changes only the numbers, and adds keys to boards: comments
//! and layout stay. Knows nothing of where the sizes come from.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::cell::{Cell, Expansion};
use super::diagnostic::{Diagnostic, MatrixError};
use super::model::{Board, Matrix};
use super::source::Span;
use super::syntax::{self, Node, Value};
use crate::limits::Amount;

/// The values of a cell that a budget can limit; `None` where unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PresentValues {
    /// Flash in bytes.
    pub flash: Option<u64>,
    /// RAM in bytes.
    pub ram: Option<u64>,
    /// Warnings in the sketch and the library under test.
    pub warnings: Option<u64>,
}

/// A matrix with budgets of present values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratcheted {
    /// The text of the file.
    pub text: String,
    /// A line for each budget that was changed or added: `flash of uno: 30,000 -> 28,114`.
    pub changes: Vec<String>,
    /// A line for each budget that was left as it is although the values differ, with the reason.
    pub left: Vec<String>,
}

/// The keys of budgets.
const KEYS: [&str; 3] = ["flash", "ram", "warnings"];

/// The place of a budget in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// A number.
    Number(Span, u64),
    /// A board without the key; the name by index.
    Board(usize),
}

/// The cells of a budget.
#[derive(Debug, Default)]
struct Governed {
    most: u64,
    /// What the budget is for: a board, or several cells.
    first: String,
    unknown: Vec<String>,
}

impl Matrix {
    /// Returns the matrix's text with budgets of the present values. Each value is written where the cell's limit is now:
    /// at the entry of the sketch, the board or the matrix. A cell without a limit in bytes gets one at its board. The
    /// limit is the largest value of its cells. Existing numbers are only lowered, unless `raise`.
    ///
    /// # Errors
    /// A budget that can't be written without a change of the file's layout.
    pub fn ratchet(
        &self,
        expansion: &Expansion,
        present: &HashMap<(&str, &str), PresentValues>,
        raise: bool,
    ) -> Result<Ratcheted, MatrixError> {
        let source = &self.source;
        let root = syntax::parse(source, syntax::LIMITS)
            .map_err(|diagnostics| MatrixError::invalid(source, diagnostics))?;
        let mut budgets: IndexMap<(usize, Place), Governed> = IndexMap::new();
        let mut done = Ratcheted { text: String::new(), changes: Vec::new(), left: Vec::new() };
        for cell in &expansion.cells {
            let values = present.get(&(&*cell.board, &*cell.sketch.name)).copied().unwrap_or_default();
            let values = [values.flash, values.ram, values.warnings];
            for (key, value) in values.into_iter().enumerate() {
                if let Some(place) = place_of(&root, cell, key, &self.boards) {
                    budgets.entry((key, place)).or_default().add(cell, value);
                }
            }
        }
        let mut edits = Vec::new();
        let mut added: IndexMap<usize, Vec<(usize, u64)>> = IndexMap::new();
        for ((key, place), governed) in budgets {
            let word = KEYS[key];
            let of = match place {
                Place::Board(board) => self.boards.get_index(board).map_or("", |(name, _)| name).to_owned(),
                Place::Number(span, _) => {
                    let position = self.position(span);
                    format!("line {} ({})", position.line, governed.first)
                }
            };
            if let Some(first) = governed.unknown.first() {
                let more = governed.unknown.len() - 1;
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                done.left.push(format!("{word} of {of}: the reports have no value of {first}{more}"));
                continue;
            }
            match place {
                Place::Board(board) => {
                    added.entry(board).or_default().push((key, governed.most));
                    done.changes.push(format!("{word} of {of}: {}", governed.most));
                }
                Place::Number(_, old) if governed.most == old => {}
                Place::Number(_, old) if governed.most > old && !raise => {
                    let most = governed.most;
                    done.left.push(format!("{word} of {of}: {most} is more than {old}; --raise raises it"));
                }
                Place::Number(span, old) => {
                    edits.push((span.start..span.end, governed.most.to_string()));
                    done.changes.push(format!("{word} of {of}: {old} -> {}", governed.most));
                }
            }
        }
        for (board, budgets) in added {
            edits.push(self.addition(&root, board, &budgets)?);
        }
        done.text = applied(&source.text, edits);
        self.check(&done)?;
        Ok(done)
    }

    /// Returns the edit that adds budgets to a board.
    fn addition(
        &self,
        root: &Node,
        board: usize,
        budgets: &[(usize, u64)],
    ) -> Result<(Range<usize>, String), MatrixError> {
        let text = self.source.text.as_str();
        let (name, span) =
            self.boards.get_index(board).map(|(name, board)| (&**name, board.span)).unwrap_or_default();
        let node = root.get("boards").and_then(|boards| boards.get(name));
        let pairs: Vec<String> =
            budgets.iter().map(|(key, most)| format!("{}: {most}", KEYS[*key])).collect();
        let pairs = pairs.join(", ");
        let edit = node.and_then(|node| match &node.value {
            Value::Text(_) => {
                let written = text.get(node.span.start..node.span.end)?;
                if written.starts_with('*') {
                    return None;
                }
                let quoted = if written.starts_with(['"', '\'']) {
                    written.to_owned()
                } else {
                    format!("\"{written}\"")
                };
                Some((node.span.start..node.span.end, format!("{{fqbn: {quoted}, budgets: {{{pairs}}}}}")))
            }
            Value::Map(_) => match node.get("budgets") {
                None => inserted(text, node, &format!("budgets: {{{pairs}}}")),
                Some(own) => {
                    // A key with `growth` only gets its `max` in the same mapping.
                    let nested = budgets.iter().find(|(key, _)| own.get(KEYS[*key]).is_some());
                    match (nested, budgets) {
                        (None, _) => inserted(text, own, &pairs),
                        (Some((key, most)), [_]) => {
                            inserted(text, own.get(KEYS[*key])?, &format!("max: {most}"))
                        }
                        (Some(_), _) => None,
                    }
                }
            },
            _ => None,
        });
        edit.ok_or_else(|| {
            let message = "budgets can't be added here without a change of the layout";
            let help = format!("add `budgets: {{{pairs}}}` by hand");
            MatrixError::invalid(&self.source, vec![Diagnostic::new(span, message).help(help)])
        })
    }

    /// Fails if the new text is no matrix, or does not have the same cells' settings otherwise.
    fn check(&self, done: &Ratcheted) -> Result<(), MatrixError> {
        Self::parse(self.path(), self.dir.clone(), done.text.as_bytes()).map(|_| ())
    }
}

impl Governed {
    fn add(&mut self, cell: &Cell, value: Option<u64>) {
        let name = || format!("{}/{}", cell.board, cell.sketch.name);
        if self.first.is_empty() {
            self.first = name();
        }
        match value {
            Some(value) => self.most = self.most.max(value),
            None => self.unknown.push(name()),
        }
    }
}

/// Returns where a cell's limit is; `None` if it is a percentage of its own, or if nothing limits the warnings.
fn place_of(root: &Node, cell: &Cell, key: usize, boards: &IndexMap<Arc<str>, Board>) -> Option<Place> {
    // A board of `ci.yml` has the limits of the one in whose place it stands.
    let name = boards.get(&cell.board).and_then(|board| board.bases().next()).unwrap_or(&cell.board);
    let board = root.get("boards").and_then(|boards| boards.get(name));
    let levels = [entry(root, cell.span), board, Some(root)];
    let is_root = |level: usize| level + 1 == levels.len();
    for (level, node) in levels.iter().enumerate() {
        let Some(limit) = node.and_then(|node| node.get("budgets")?.get(KEYS[key])) else { continue };
        let Some(limit) = (if matches!(limit.value, Value::Map(_)) { limit.get("max") } else { Some(limit) })
        else {
            continue;
        };
        let bytes = match &limit.value {
            Value::Int(number) => u64::try_from(*number).ok(),
            Value::Text(text) => match text.parse() {
                Ok(Amount::Bytes(bytes)) => Some(bytes),
                _ => None,
            },
            _ => None,
        };
        match bytes {
            Some(bytes) => return Some(Place::Number(limit.span, bytes)),
            None if is_root(level) => break,
            None => return None,
        }
    }
    // A board that is a profile of a sketch has no place in the matrix.
    board?;
    let board = boards.get_index_of(name)?;
    // A limit of warnings that nobody has asked for would make the next compiler's warnings failures.
    (KEYS[key] != "warnings").then_some(Place::Board(board))
}

/// Returns the entry of `sketches` or `include` with a path.
fn entry(root: &Node, path: Span) -> Option<&Node> {
    let lists = ["sketches", "include"].into_iter().filter_map(|key| root.get(key));
    let holds = |node: &&Node| node.span.start <= path.start && path.end <= node.span.end;
    lists.flat_map(Node::items).find(holds)
}

/// Returns the edit that adds a key to a mapping: behind its opening brace, behind the line with the FQBN, or before its
/// first key. Returns `None` if the mapping is an alias, or is merged from others.
fn inserted(text: &str, node: &Node, pair: &str) -> Option<(Range<usize>, String)> {
    let Value::Map(entries) = &node.value else { return None };
    if text.get(node.span.start..)?.starts_with('{') {
        let gap = if entries.is_empty() { "" } else { ", " };
        let at = node.span.start + 1;
        return Some((at..at, format!("{pair}{gap}")));
    }
    let own = entries
        .iter()
        .filter(|(_, entry)| node.span.start <= entry.key.start && entry.key.end <= node.span.end);
    let (_, first) = own.min_by_key(|(_, entry)| entry.key.start)?;
    let line_start = text.get(..first.key.start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = " ".repeat(text.get(line_start..first.key.start)?.chars().count());
    // `budgets: {…}` is one pair; those of budgets themselves have a line each.
    let is_one = pair.contains('{');
    let pair = if is_one { pair.to_owned() } else { pair.replace(", ", &format!("\n{indent}")) };
    let fqbn = node.entry("fqbn").filter(|fqbn| node.span.start <= fqbn.key.start);
    if let Some(fqbn) = fqbn {
        let end = fqbn.node.span.end;
        let at = text.get(end..)?.find('\n').map_or(text.len(), |newline| end + newline);
        return Some((at..at, format!("\n{indent}{pair}")));
    }
    Some((first.key.start..first.key.start, format!("{pair}\n{indent}")))
}

fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut text = text.to_owned();
    for (range, new) in edits {
        text.replace_range(range, &new);
    }
    text
}
