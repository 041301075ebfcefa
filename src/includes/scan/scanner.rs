//! The scan of a file: a state machine over its directives.

use std::collections::HashSet;

use super::header_name::{header_name, is_plain_name, split_word, up_to};
use super::lines::{LineKind, Lines};
use super::model::{Condition, Directive, Include, Scan, Trait};
use super::needs::{self, MacroName, Needs};
use super::readings::each_reading;
use super::traits;

/// Scans a file. Accepts any bytes, in linear time.
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
    // Each reading finds the assembler's again.
    scan.includes.retain(|include| {
        !matches!(include.directive, Directive::EmbedAnywhere | Directive::IncludeAnywhere)
            || seen.insert(include.clone())
    });
    scan.traits.sort_unstable();
    scan.traits.dedup();
    scan
}

#[derive(Default)]
struct Scanner {
    scan: Scan,
    /// The needs of each open `#if` in its current branch.
    open: Vec<Needs>,
    /// The candidate for an include guard.
    guard: Guard,
    /// Indices of the includes that are in no `#if` but the guard's.
    in_guard_only: Vec<usize>,
}

/// State of the search for an include guard.
#[derive(Default, PartialEq)]
enum Guard {
    /// Only comments so far.
    #[default]
    Start,
    /// `#ifndef NAME` was the first directive; `#define NAME` must follow.
    Opened(String),
    /// `#ifndef NAME` and `#define NAME` were read.
    Defined(String),
    /// Its `#endif` was read; only comments may follow.
    Closed(String),
    /// The file has no guard.
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
            // `#pragma once` is a guard itself; other pragmas may precede one.
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

    /// Records the operands of `__has_include` and `__has_embed` in an expression or a macro's body.
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
                    // An operand without an end has no known name.
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

/// Returns the needs of the branch after a directive. Those of an `#else` are unknown.
fn needs(word: &str, rest: &str) -> Needs {
    match word {
        "if" | "elif" => needs::of_expression(rest),
        "ifdef" | "elifdef" => needs::of_name(rest),
        _ => Needs::new(),
    }
}

/// Returns the macro that `#ifndef NAME` or `#if !defined(NAME)` tests, if the directive tests only that.
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

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
