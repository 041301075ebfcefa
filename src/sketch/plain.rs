//! Derives the prototypes of plain sketches without a process.
//!
//! arduino-cli's result depends on how GCC preprocesses a sketch and how ctags reads the output. For a plain sketch,
//! both are certain. A plain sketch is one
//!
//! * whose text `plain/lexer.rs` accepts: no conditionals, line continuations, raw strings, digraphs and the like;
//! * that consists of declarations of variables and of functions whose heads stand on one line and are made of names,
//!   `*`, `&` and arrays: no classes, templates, namespaces, `extern`, default arguments;
//! * that names no function of its own outside of function bodies, but for its definition; nor do the comments beside
//!   declarations, and the macros in them;
//! * whose heads contain no macro, and whose other macros leave braces balanced: [`Names`], which is checked
//!   with what the sketch includes.
//!
//! Every other sketch is handled as in arduino-cli. A test compares both methods on random sketches
//! (`tests/it/arduino`).

mod lexer;
mod names;
mod statement;

use std::collections::HashSet;

pub use names::{Macros, Names};

use super::ctags;
use super::merge::{SketchFile, without_mark};
use super::prototypes::{Prototype, Prototypes};
use lexer::{Kind, Token};
use statement::Head;

/// A sketch whose text is plain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// Its prototypes, valid if no macro interferes with [`Plain::names`].
    pub prototypes: Prototypes,
    /// The names that it uses.
    pub names: Names,
}

impl Plain {
    /// Returns the sketch of these files, main file first; `None` where its text is not plain.
    pub fn of(files: &[SketchFile]) -> Option<Self> {
        let mut reader = Reader::default();
        let mut heads = Vec::new();
        for file in files {
            let text = without_mark(&file.text);
            let path =
                file.path.to_str().filter(|path| !path.contains(['"', '\\', '\n', '\r', '\t', '^']))?;
            if has_linkage(text) {
                return None;
            }
            let found = reader.read(text)?;
            heads.extend(found.into_iter().map(|head| (path, head)));
        }
        let functions: HashSet<&str> = heads.iter().map(|(_, head)| head.name.as_str()).collect();
        if reader.names.outer.iter().any(|name| functions.contains(name.as_str())) {
            return None;
        }
        let mut declarations = HashSet::new();
        if !heads.iter().all(|(_, head)| declarations.insert(&head.text)) {
            return None;
        }
        // Arduino inserts prototypes before the first line that takes a function's address, or seems to.
        let uses = ctags::uses(functions.iter().copied())?;
        let is_used = heads.iter().any(|(_, head)| uses.is_match(&head.source_line))
            || reader.lines.iter().any(|line| uses.is_match(line));
        if is_used {
            return None;
        }
        reader.names.functions = functions.iter().map(|&name| name.to_owned()).collect();
        let main = files.first()?.path.to_str()?;
        let line = heads.iter().find(|(path, _)| *path == main)?.1.line;
        let list = heads
            .into_iter()
            .map(|(path, head)| Prototype {
                name: head.name,
                text: head.text,
                modifiers: if head.is_static { "static" } else { "" }.to_owned(),
                file: path.to_owned(),
                line: head.line,
            })
            .collect();
        Some(Self { prototypes: Prototypes { list, line, dropped: Vec::new() }, names: reader.names })
    }
}

/// Returns whether the text contains `extern "C"` anywhere: arduino-cli searches comments too.
fn has_linkage(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, "extern").any(|at| {
        let rest = text[at + 6..].iter().filter(|byte| !matches!(byte, b' ' | b'\t')).take(3);
        rest.copied().eq(*b"\"C\"")
    })
}

#[derive(Debug, Default)]
struct Reader {
    names: Names,
    /// The lines of directives, and of declarations outside of functions, with their comments: GCC leaves comments in
    /// macro expansions.
    lines: Vec<Vec<u8>>,
}

impl Reader {
    /// Returns the heads of a file's functions, in order; `None` where it is not plain.
    fn read(&mut self, text: &[u8]) -> Option<Vec<Head>> {
        let tokens = lexer::tokens(text)?;
        let rows: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        let directives = rows.iter().filter(|row| row.trim_ascii_start().starts_with(b"#"));
        self.lines.extend(directives.map(|row| row.to_vec()));
        let mut rest = tokens.as_slice();
        let mut heads = Vec::new();
        while let Some(first) = rest.first() {
            if first.kind == Kind::Include {
                rest = &rest[1..];
                continue;
            }
            let (statement, end) = statement::split(rest)?;
            rest = if end == b';' {
                statement::check_declaration(statement)?;
                self.names.outer.extend(words(statement));
                let last = rest.get(statement.len())?;
                let lines = rows.get(first.line - 1..last.line)?;
                self.lines.extend(lines.iter().map(|line| line.to_vec()));
                &rest[statement.len() + 1..]
            } else {
                let body = statement::body(&rest[statement.len()..])?;
                let head = Head::of(statement, text)?;
                self.names.inner.extend(words(body));
                // The whole line of the head affects how ctags reads it.
                let line = tokens.iter().filter(|token| token.line == head.line);
                self.names.heads.extend(words(line));
                heads.push(head);
                &rest[statement.len() + body.len()..]
            };
        }
        Some(heads)
    }
}

fn words<'a>(tokens: impl IntoIterator<Item = &'a Token<'a>>) -> impl Iterator<Item = String> {
    tokens.into_iter().filter(|token| token.kind == Kind::Word).map(|token| token.text.to_owned())
}

#[cfg(test)]
mod tests;
