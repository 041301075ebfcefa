//! Reads the preprocessor lines of one file, without preprocessing it: what it includes or asks for,
//! in any branch, and what makes its result depend on more than files.
//!
//! Follows the phases of translation of C and C++ as far as they matter here: line splices, comments,
//! string and raw string literals, digraphs, trigraphs. Where a compiler's options decide how a text
//! is read it is read each way, and what any of them finds counts. Knows no other file and no macro.
//!
//! What it can't see: names that the preprocessor puts together out of pieces of tokens (`a##b`) in
//! `__has_include`, `__DATE__` and its like, and directives of the assembler that are split over
//! several strings.

mod assembler;
mod lines;
mod needs;
#[cfg(test)]
mod tests;
mod traits;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use lines::{Dialect, LineKind, Lines};
pub use needs::{MacroName, Needs};
pub use traits::{OWN_NAMES, TIMES};

/// No path is longer (`PATH_MAX`); the bound keeps broken text from being read again and again.
const LONGEST_NAME: usize = 4096;

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
    /// `#include` or `#import`.
    Include,
    /// `#include_next`: the search goes on behind the folder of the including file.
    Next,
    /// `__has_include` or `__has_embed`: only asks.
    Has,
    /// `__has_include_next`: asks behind the folder of the including file.
    HasNext,
    /// `#embed`: the bytes enter, but are not scanned.
    Embed,
    /// The assembler's `.incbin`: like [`Directive::Embed`], but who searches it knows other folders
    /// first.
    EmbedAnywhere,
    /// The assembler's `.include`, likewise.
    IncludeAnywhere,
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
    /// What must be defined for it to be reached, as far as that is certain.
    pub needs: Needs,
}

/// What makes a compile depend on more than the files that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trait {
    /// `__DATE__`, where the preprocessor can see it.
    Date,
    /// `__TIME__`, likewise.
    Time,
    /// `__TIMESTAMP__`, likewise.
    Timestamp,
    /// `.incbin` or `.include` whose operand is not a plain literal.
    OpaqueEmbed,
    /// An include whose name is not UTF-8 or holds a NUL.
    OddName,
    /// `#pragma GCC dependency`: compares the times of files.
    FileTimes,
    /// `__FILE__` and whatever else says under which path a file was found.
    OwnName,
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Names, in the order of the file.
    pub includes: Vec<Include>,
    /// The macro of an include guard around the whole file.
    pub guard: Option<String>,
    /// Macros that the file defines as nothing or as `1`, its own guard left out: they may be the
    /// guards of other files.
    pub flags: Vec<String>,
    /// Every macro that the file defines, in any branch; sorted.
    pub defines: Vec<MacroName>,
    /// What else the result depends on.
    pub traits: Vec<Trait>,
}

/// Scans one file. Any bytes are accepted; the cost is linear.
pub fn scan(text: &[u8]) -> Scan {
    let mut scan = each_reading(text, |lines| {
        let mut scanner = Scanner::default();
        scanner.run(lines);
        scanner.finish()
    })
    .reduce(Scan::merge)
    .unwrap_or_default();
    traits::scan(text, &mut scan);
    let mut seen = HashSet::new();
    // The assembler's are found again in each reading.
    scan.includes.retain(|include| {
        !matches!(include.directive, Directive::EmbedAnywhere | Directive::IncludeAnywhere)
            || seen.insert(include.clone())
    });
    scan.traits.sort_unstable();
    scan.traits.dedup();
    scan
}

/// The bodies of every `#define name …` in a text, in any branch. That of a function-like macro
/// begins with its parenthesis.
pub(super) fn definitions(text: &[u8], name: &str) -> Vec<String> {
    // Most files don't have the name at all, and looking for it costs a fraction of reading lines.
    let has = |text: &[u8]| find(text, name.as_bytes()).is_some();
    if !has(text) && !lines::without_splices(text).is_some_and(|text| has(&text)) {
        return Vec::new();
    }
    let mut found: Vec<String> = each_reading(text, |lines| {
        let mut bodies = Vec::new();
        let mut line = Vec::new();
        while let Some(kind) = lines.next_into(&mut line) {
            if kind != LineKind::Directive {
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            let (word, rest) = split_word(line.trim());
            let (defined, body) = split_word(rest.trim_start());
            if word == "define" && defined == name {
                bodies.push(body.trim().to_owned());
            }
        }
        bodies
    })
    .flatten()
    .collect();
    found.sort();
    found.dedup();
    found
}

/// Reads a text in each way that it can be read.
fn each_reading<T>(text: &[u8], read: impl Fn(&mut Lines<'_>) -> T) -> impl Iterator<Item = T> {
    let mut results = Vec::new();
    for text in [Some(text), lines::without_trigraphs(text).as_deref()].into_iter().flatten() {
        let (mut saw_raw_string, mut saw_separator) = (false, false);
        for (raw_strings, digit_separators) in [(true, true), (false, true), (true, false), (false, false)] {
            if (raw_strings || saw_raw_string) && (digit_separators || saw_separator) {
                let mut lines = Lines::new(text, Dialect { raw_strings, digit_separators });
                results.push(read(&mut lines));
                saw_raw_string |= lines.saw_raw_string;
                saw_separator |= lines.saw_separator;
            }
        }
    }
    results.into_iter()
}

impl Scan {
    /// What either of two readings found. What only one of them found is not certain.
    fn merge(mut self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let theirs: HashSet<&Include> = other.includes.iter().collect();
        for include in &mut self.includes {
            if !theirs.contains(include) {
                include.condition = Condition::Maybe;
                include.needs.clear();
            }
        }
        let ours: HashSet<Include> = self.includes.iter().cloned().collect();
        for include in other.includes {
            let uncertain = Include { condition: Condition::Maybe, needs: Needs::new(), ..include.clone() };
            if !ours.contains(&include) && !ours.contains(&uncertain) {
                self.includes.push(uncertain);
            }
        }
        self.guard = self.guard.filter(|guard| Some(guard) == other.guard.as_ref());
        self.flags.extend(other.flags);
        self.flags.sort();
        self.flags.dedup();
        self.defines.extend(other.defines);
        self.defines.sort_unstable();
        self.defines.dedup();
        self.traits.extend(other.traits);
        self
    }
}

#[derive(Default)]
struct Scanner {
    scan: Scan,
    /// What each `#if` that is open needs in its present branch.
    open: Vec<Needs>,
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

impl Scanner {
    fn run(&mut self, lines: &mut Lines<'_>) {
        let mut line = Vec::new();
        while let Some(kind) = lines.next_into(&mut line) {
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
        let (word, rest) = split_word(line.trim());
        let rest = rest.trim();
        match word {
            "if" | "ifdef" | "ifndef" => {
                self.asks(rest);
                self.open.push(needs(word, rest));
                self.guard = match (&self.guard, guard_macro(word, rest)) {
                    (Guard::Start, Some(name)) => Guard::Opened(name),
                    (Guard::Defined(name), _) => Guard::Defined(name.clone()),
                    _ => Guard::None,
                };
            }
            "elif" | "elifdef" | "elifndef" | "else" => {
                self.asks(rest);
                if let Some(branch) = self.open.last_mut() {
                    *branch = needs(word, rest);
                }
                if self.open.len() == 1 {
                    self.guard = Guard::None;
                }
            }
            "endif" => {
                self.open.pop();
                if self.open.is_empty() {
                    self.guard = match std::mem::take(&mut self.guard) {
                        Guard::Defined(name) => Guard::Closed(name),
                        _ => Guard::None,
                    };
                }
            }
            "define" => {
                let (name, body) = split_word(rest);
                self.scan.defines.push(MacroName::of(name));
                let (guard, is_guard) = match std::mem::take(&mut self.guard) {
                    Guard::Opened(guard) if guard == name => (Guard::Defined(guard), true),
                    Guard::Defined(guard) => (Guard::Defined(guard), false),
                    _ => (Guard::None, false),
                };
                self.guard = guard;
                if !is_guard && matches!(body.trim(), "" | "1") {
                    self.scan.flags.push(name.to_owned());
                }
                self.asks(rest);
            }
            "include" | "import" | "__include_macros" => self.include(rest, Directive::Include),
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
        if operand.is_empty() {
            return;
        }
        let (name, form) = match header_name(operand) {
            Some((name, form)) => (name, Some(form)),
            None => (operand, None),
        };
        if self.open.len() == 1 && matches!(self.guard, Guard::Defined(_)) {
            self.in_guard_only.push(self.scan.includes.len());
        }
        let condition = if self.open.is_empty() { Condition::Always } else { Condition::Maybe };
        let needs = self.open.concat();
        self.push(Include { name: name.to_owned(), form, directive, condition, needs });
    }

    fn push(&mut self, include: Include) {
        if !is_plain_name(&include.name) {
            self.scan.traits.push(Trait::OddName);
        }
        self.scan.includes.push(include);
    }

    /// Records what `__has_include` asks for in an expression or a macro's body.
    fn asks(&mut self, text: &str) {
        for (operator, next) in [("__has_include", true), ("__has_embed", false)] {
            let mut rest = text;
            while let Some(at) = rest.find(operator) {
                rest = &rest[at + operator.len()..];
                let (directive, operand) = match rest.strip_prefix("_next") {
                    Some(operand) if next => (Directive::HasNext, operand),
                    _ => (Directive::Has, rest),
                };
                let operand = operand.strip_prefix("__").unwrap_or(operand).trim_start();
                let Some(operand) = operand.strip_prefix('(') else { continue };
                let operand = operand.trim_start();
                let (name, form) = match header_name(operand) {
                    Some((name, form)) => (name, Some(form)),
                    // What has no end names nothing that could be told.
                    None => (up_to(operand, ')').map_or("?", str::trim), None),
                };
                if !name.is_empty() {
                    let (name, condition, needs) = (name.to_owned(), Condition::Maybe, Needs::new());
                    self.push(Include { name, form, directive, condition, needs });
                }
            }
        }
    }

    fn finish(mut self) -> Scan {
        if let Guard::Closed(name) = std::mem::take(&mut self.guard) {
            for index in std::mem::take(&mut self.in_guard_only) {
                self.scan.includes[index].condition = Condition::Always;
            }
            self.scan.guard = Some(name);
        }
        self.scan.defines.sort_unstable();
        self.scan.defines.dedup();
        self.scan
    }
}

/// What the branch behind a directive needs. Where `#else` begins nothing is certain.
fn needs(word: &str, rest: &str) -> Needs {
    match word {
        "if" | "elif" => needs::of_expression(rest),
        "ifdef" | "elifdef" => needs::of_name(rest),
        _ => Needs::new(),
    }
}

/// The name and form of `"name"` or `<name>` at the start of an operand.
fn header_name(operand: &str) -> Option<(&str, Form)> {
    let (close, form) = match operand.as_bytes().first()? {
        b'"' => ('"', Form::Quote),
        b'<' => ('>', Form::Angle),
        _ => return None,
    };
    let name = up_to(&operand[1..], close)?;
    (!name.is_empty()).then_some((name, form))
}

/// What stands before the first `end`, if that is not too far away.
fn up_to(text: &str, end: char) -> Option<&str> {
    let near = text.as_bytes().get(..LONGEST_NAME).unwrap_or(text.as_bytes());
    // The byte of an ASCII character is never a part of another.
    near.iter().position(|byte| char::from(*byte) == end).map(|at| &text[..at])
}

/// Whether a name is what the file says, and one that a file can have.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\0', char::REPLACEMENT_CHARACTER])
}

/// The identifier at the start of a text, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len()))
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
            let (word, inner) = split_word(rest.strip_prefix('!')?.trim_start());
            let inner = Some(inner.trim()).filter(|_| word == "defined")?;
            inner.strip_prefix('(').map_or(Some(inner), |inner| inner.strip_suffix(')'))?.trim()
        }
        _ => return None,
    };
    is_name(name).then(|| name.to_owned())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}
