//! Reads the preprocessor lines of one file, without preprocessing it: what it includes or asks for,
//! in any branch, and what makes its result depend on more than files.
//!
//! Follows the phases of translation of C and C++ as far as they matter here: line splices, comments,
//! string and raw string literals, digraphs. Knows no other file and no macro.

use serde::{Deserialize, Serialize};

/// How a name is spelled in an include.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Form {
    /// `"name"`: the folder of the including file comes first.
    Quote,
    /// `<name>`: only the search path.
    Angle,
}

/// Which directive or operator names the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Directive {
    /// `#include`, `#import` or the assembler's `.include`.
    Include,
    /// `#include_next`: the search goes on behind the folder of the including file.
    Next,
    /// `__has_include` or `__has_include_next`: only asks.
    Has,
    /// `#embed` or `.incbin`: the bytes enter, but are not scanned.
    Embed,
}

/// Whether an include is reached whenever its file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Condition {
    /// Always (an include guard around the whole file does not count as a condition).
    Always,
    /// Inside an `#if` of some kind.
    Maybe,
}

/// One name that a file spells.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Include {
    /// What is between the quotes or brackets; for a computed include the macro's text.
    pub name: String,
    /// `None` for a computed include (`#include MACRO`).
    pub form: Option<Form>,
    /// Which directive.
    pub directive: Directive,
    /// Whether it is always reached.
    pub condition: Condition,
}

/// What makes a compile depend on more than the files that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trait {
    /// `__DATE__`, `__TIME__` or `__TIMESTAMP__`.
    Time,
    /// `.incbin` or `.include` whose operand is not a plain literal.
    OpaqueEmbed,
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Names, in the order of the file.
    pub includes: Vec<Include>,
    /// The macro of an include guard around the whole file.
    pub guard: Option<String>,
    /// What else the result depends on.
    pub traits: Vec<Trait>,
}

/// Scans one file. Any bytes are accepted; the cost is linear.
pub fn scan(text: &[u8]) -> Scan {
    let mut scanner = Scanner { lines: Lines::new(text), ..Scanner::default() };
    scanner.run();
    scanner.finish(text)
}

#[derive(Default)]
struct Scanner<'a> {
    lines: Lines<'a>,
    scan: Scan,
    /// How many `#if` are open.
    depth: usize,
    /// The guard candidate: its macro, and how far it has been confirmed.
    guard: Guard,
    /// Index of each include that stands in no `#if` but the guard's.
    in_guard_only: Vec<usize>,
}

#[derive(Default, PartialEq)]
enum Guard {
    /// Nothing but comments so far.
    #[default]
    Start,
    /// `#ifndef NAME` was the first directive; `#define NAME` must follow.
    Opened(String),
    /// Both were seen.
    Defined(String),
    /// The `#endif` that closes it was seen; nothing may follow.
    Closed(String),
    /// There is none.
    None,
}

impl Scanner<'_> {
    fn run(&mut self) {
        let mut line = Vec::new();
        while let Some(kind) = self.lines.next_into(&mut line) {
            match kind {
                LineKind::Blank => {}
                LineKind::Code => {
                    if !matches!(self.guard, Guard::Defined(_)) {
                        self.guard = Guard::None;
                    }
                }
                LineKind::Directive => self.directive(&line),
            }
        }
    }

    fn directive(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let line = line.trim();
        let word_end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
        let (word, rest) = line.split_at(word_end);
        let rest = rest.trim();
        match word {
            "if" | "ifdef" | "ifndef" => {
                self.asks(rest);
                self.depth += 1;
                self.guard = match (&self.guard, guard_macro(word, rest)) {
                    (Guard::Start, Some(name)) => Guard::Opened(name),
                    (Guard::Defined(name), _) => Guard::Defined(name.clone()),
                    _ => Guard::None,
                };
            }
            "elif" | "elifdef" | "elifndef" | "else" => {
                self.asks(rest);
                if self.depth == 1 {
                    self.guard = Guard::None;
                }
            }
            "endif" => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.guard = match std::mem::take(&mut self.guard) {
                        Guard::Defined(name) => Guard::Closed(name),
                        _ => Guard::None,
                    };
                }
            }
            "define" => {
                self.guard = match std::mem::take(&mut self.guard) {
                    Guard::Opened(name) if defines(rest, &name) => Guard::Defined(name),
                    Guard::Defined(name) => Guard::Defined(name),
                    _ => Guard::None,
                };
                self.asks(rest);
            }
            "include" | "import" => self.include(rest, Directive::Include),
            "include_next" => self.include(rest, Directive::Next),
            "embed" => self.include(rest, Directive::Embed),
            // `#pragma once` is a guard already; other pragmas may stand before one.
            "pragma" => {}
            _ => {
                if !matches!(self.guard, Guard::Defined(_)) {
                    self.guard = Guard::None;
                }
            }
        }
    }

    /// Records an include directive's operand.
    fn include(&mut self, operand: &str, directive: Directive) {
        if !matches!(self.guard, Guard::Defined(_)) {
            self.guard = Guard::None;
        }
        let (name, form) = match header_name(operand) {
            Some((name, form)) => (name.to_owned(), Some(form)),
            None if operand.is_empty() => return,
            None => (operand.to_owned(), None),
        };
        if self.depth == 1 && matches!(self.guard, Guard::Defined(_)) {
            self.in_guard_only.push(self.scan.includes.len());
        }
        let condition = if self.depth == 0 { Condition::Always } else { Condition::Maybe };
        self.scan.includes.push(Include { name, form, directive, condition });
    }

    /// Records what `__has_include` asks for in an expression or a macro's body.
    fn asks(&mut self, text: &str) {
        for operator in ["__has_include", "__has_embed"] {
            let mut rest = text;
            while let Some(at) = rest.find(operator) {
                rest = &rest[at + operator.len()..];
                let operand = rest.strip_prefix("_next").unwrap_or(rest);
                let operand = operand.strip_prefix("__").unwrap_or(operand).trim_start();
                let Some(operand) = operand.strip_prefix('(') else { continue };
                let operand = operand.trim_start();
                let (name, form) = match header_name(operand) {
                    Some((name, form)) => (name.to_owned(), Some(form)),
                    None => (operand.split(')').next().unwrap_or_default().trim().to_owned(), None),
                };
                if !name.is_empty() {
                    self.scan.includes.push(Include {
                        name,
                        form,
                        directive: Directive::Has,
                        condition: Condition::Maybe,
                    });
                }
            }
        }
    }

    fn finish(mut self, text: &[u8]) -> Scan {
        if let Guard::Closed(name) = std::mem::take(&mut self.guard) {
            for index in std::mem::take(&mut self.in_guard_only) {
                self.scan.includes[index].condition = Condition::Always;
            }
            self.scan.guard = Some(name);
        }
        if [&b"__DATE__"[..], b"__TIME__", b"__TIMESTAMP__"].iter().any(|name| contains(text, name)) {
            self.scan.traits.push(Trait::Time);
        }
        self.assembler(text);
        self.scan
    }

    /// `.incbin "file"` and `.include "file"`, in assembler and in `asm("…")` strings.
    fn assembler(&mut self, text: &[u8]) {
        for word in [&b".incbin"[..], b".include"] {
            let mut from = 0;
            while let Some(at) = find(&text[from..], word) {
                let rest = &text[from + at + word.len()..];
                from += at + word.len();
                // Between the word and its operand: blanks, or an escaped quote inside a C string.
                let skip = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
                let operand = &rest[skip..];
                let (quote, operand): (&[u8], _) = if let Some(operand) = operand.strip_prefix(b"\\\"") {
                    (b"\\\"", operand)
                } else if let Some(operand) = operand.strip_prefix(b"\"") {
                    (b"\"", operand)
                } else {
                    // `.includes(` and the like are not the directive; anything else is one we can't read.
                    if !rest
                        .first()
                        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'('))
                    {
                        self.scan.traits.push(Trait::OpaqueEmbed);
                    }
                    continue;
                };
                match find(operand, quote).map(|end| &operand[..end]) {
                    Some(name) if !name.is_empty() && !name.contains(&b'\n') && !name.contains(&b'"') => {
                        self.scan.includes.push(Include {
                            name: String::from_utf8_lossy(name).into_owned(),
                            form: Some(Form::Quote),
                            directive: if word == b".incbin" { Directive::Embed } else { Directive::Include },
                            condition: Condition::Maybe,
                        });
                    }
                    // `".incbin \"" FILE "\""`: the name is put together by the preprocessor.
                    _ => self.scan.traits.push(Trait::OpaqueEmbed),
                }
            }
        }
        self.scan.traits.sort_unstable();
        self.scan.traits.dedup();
    }
}

/// The name and form of `"name"` or `<name>` at the start of an operand.
fn header_name(operand: &str) -> Option<(&str, Form)> {
    let (close, form) = match operand.as_bytes().first()? {
        b'"' => ('"', Form::Quote),
        b'<' => ('>', Form::Angle),
        _ => return None,
    };
    let name = operand[1..].split(close).next().filter(|name| name.len() + 1 < operand.len())?;
    (!name.is_empty()).then_some((name, form))
}

/// The macro that `#ifndef NAME` or `#if !defined(NAME)` tests, if the directive tests only that.
fn guard_macro(word: &str, rest: &str) -> Option<String> {
    let is_name = |text: &str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let name = match word {
        "ifndef" => rest,
        "if" => {
            let inner = rest.strip_prefix('!')?.trim_start().strip_prefix("defined")?.trim();
            inner.strip_prefix('(').map_or(Some(inner), |inner| inner.strip_suffix(')'))?.trim()
        }
        _ => return None,
    };
    is_name(name).then(|| name.to_owned())
}

/// Whether a `#define` line defines `name`.
fn defines(rest: &str, name: &str) -> bool {
    rest.strip_prefix(name).is_some_and(|tail| tail.is_empty() || tail.starts_with(char::is_whitespace))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

#[derive(Debug, PartialEq)]
enum LineKind {
    /// White space and comments.
    Blank,
    /// Anything else.
    Code,
    /// A directive; the buffer holds what follows the `#`.
    Directive,
}

/// Splits a file into logical lines: splices joined, comments gone, literals passed over.
#[derive(Default)]
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8]) -> Self {
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { text, at }
    }

    /// The byte here, after any line splices. Moves over the splices.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = &self.text[self.at..];
            match rest {
                [b'\\', b'\n', ..] => self.at += 2,
                [b'\\', b'\r', b'\n', ..] => self.at += 3,
                _ => return rest.first().copied(),
            }
        }
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// Reads one logical line. For a directive `line` holds its text without the `#`.
    fn next_into(&mut self, line: &mut Vec<u8>) -> Option<LineKind> {
        line.clear();
        if self.at >= self.text.len() {
            return None;
        }
        let mut kind = LineKind::Blank;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.at += 1;
                    break;
                }
                b'/' => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'/') => self.skip_line_comment(),
                        Some(b'*') => {
                            self.at += 1;
                            self.skip_block_comment();
                            push_if(kind == LineKind::Directive, line, b' ');
                        }
                        _ => {
                            push_if(kind == LineKind::Directive, line, b'/');
                            note_code(&mut kind);
                        }
                    }
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => {
                    self.at += 1;
                    push_if(kind == LineKind::Directive, line, b' ');
                }
                b'#' if kind == LineKind::Blank => {
                    self.at += 1;
                    kind = LineKind::Directive;
                }
                b'%' if kind == LineKind::Blank => {
                    self.at += 1;
                    if self.peek() == Some(b':') {
                        self.at += 1;
                        kind = LineKind::Directive;
                    } else {
                        kind = LineKind::Code;
                    }
                }
                b'"' | b'\'' if kind != LineKind::Directive => {
                    kind = LineKind::Code;
                    self.literal(byte);
                }
                b'"' => self.directive_quote(line),
                b'<' if kind == LineKind::Directive && takes_header_name(line) => {
                    self.directive_header(line, b'>');
                }
                b'R' if kind != LineKind::Directive => {
                    kind = LineKind::Code;
                    self.at += 1;
                    if self.peek() == Some(b'"') {
                        self.raw_string();
                    }
                }
                b'0'..=b'9' if kind != LineKind::Directive => {
                    // A number swallows its digit separators: 1'000 opens no character literal.
                    kind = LineKind::Code;
                    self.word();
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'_' if kind != LineKind::Directive => {
                    kind = LineKind::Code;
                    self.identifier();
                }
                _ => {
                    self.at += 1;
                    push_if(kind == LineKind::Directive, line, byte);
                    note_code(&mut kind);
                }
            }
        }
        Some(kind)
    }

    fn word(&mut self) {
        while let Some(byte) = self.peek() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'.') {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    /// An identifier; one that ends in `R` directly before a quote begins a raw string (`u8R"(`).
    fn identifier(&mut self) {
        let mut last = 0;
        while let Some(byte) = self.peek() {
            if byte.is_ascii_alphanumeric() || byte == b'_' {
                last = byte;
                self.at += 1;
            } else {
                break;
            }
        }
        if last == b'R' && self.peek() == Some(b'"') {
            self.raw_string();
        }
    }

    fn skip_line_comment(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'\n' {
                break;
            }
            self.at += 1;
        }
    }

    fn skip_block_comment(&mut self) {
        while let Some(byte) = self.bump() {
            if byte == b'*' && self.peek() == Some(b'/') {
                self.at += 1;
                break;
            }
        }
    }

    /// A string or character literal in code; an unterminated one ends at the end of its line.
    fn literal(&mut self, quote: u8) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            if byte == b'\n' {
                break;
            }
            self.at += 1;
            if byte == quote {
                break;
            }
            if byte == b'\\' {
                self.bump();
            }
        }
    }

    /// `R"delimiter( … )delimiter"`; splices and everything else inside are literal.
    fn raw_string(&mut self) {
        let open = self.at + 1;
        let Some(delimiter) = self.text[open..].iter().take(17).position(|byte| *byte == b'(') else {
            return self.literal(b'"');
        };
        let mut close = vec![b')'];
        close.extend_from_slice(&self.text[open..open + delimiter]);
        close.push(b'"');
        let body = open + delimiter + 1;
        self.at = find(&self.text[body..], &close).map_or(self.text.len(), |end| body + end + close.len());
    }

    /// A quoted part of a directive is copied as it is, so that `//` in it is no comment.
    fn directive_quote(&mut self, line: &mut Vec<u8>) {
        self.directive_header(line, b'"');
    }

    fn directive_header(&mut self, line: &mut Vec<u8>, close: u8) {
        if let Some(open) = self.bump() {
            line.push(open);
        }
        while let Some(byte) = self.peek() {
            if byte == b'\n' {
                break;
            }
            self.at += 1;
            line.push(byte);
            if byte == close {
                break;
            }
            if byte == b'\\' && close == b'"' && !takes_header_name(line) {
                if let Some(escaped) = self.bump() {
                    line.push(escaped);
                }
            }
        }
    }
}

/// Whether what stands in a directive so far is followed by a header name, so that `<` opens one.
fn takes_header_name(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    matches!(text, b"include" | b"include_next" | b"import" | b"embed")
        || (text.ends_with(b"(") && {
            let before = text[..text.len() - 1].trim_ascii_end();
            [&b"__has_include"[..], b"__has_include_next", b"__has_include__", b"__has_embed"]
                .iter()
                .any(|operator| before.ends_with(operator))
        })
}

fn push_if(condition: bool, line: &mut Vec<u8>, byte: u8) {
    if condition {
        line.push(byte);
    }
}

fn note_code(kind: &mut LineKind) {
    if *kind == LineKind::Blank {
        *kind = LineKind::Code;
    }
}
