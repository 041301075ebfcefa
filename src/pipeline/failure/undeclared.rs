//! Explains a compile error that a prototype would have prevented, and how to fix it.

use std::path::PathBuf;
use std::sync::LazyLock;

use indexmap::IndexSet;
use regex::Regex;

use super::error::BuildError;
use crate::event::{Failure, Step};
use crate::sketch::Prototypes;

/// Messages of GCC and Clang for an unknown name.
static UNDECLARED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let gcc = r"'(\w+)' (?:was not declared|cannot be used as a function)";
    let clang = r"use of undeclared identifier '(\w+)'";
    Regex::new(&format!("error: (?:{gcc}|{clang})")).ok()
});

/// Extends the error by a remark for each function of the sketch that is used before its declaration.
pub(in crate::pipeline) fn explain(
    error: BuildError,
    prototypes: &Prototypes,
    tabs: &[PathBuf],
) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    if failure.step == Step::Compile {
        let remarks = remarks(&failure, prototypes, tabs);
        if !remarks.is_empty() {
            let of_message = remarks.iter().find(|(name, _)| failure.message.contains(&format!("'{name}'")));
            if let Some((_, remark)) = of_message {
                failure.message = format!("{}; {remark}", failure.message);
            }
            let lines: Vec<&str> = remarks.iter().map(|(_, remark)| remark.as_str()).collect();
            failure.diagnostic = format!("{}\n{}\n", failure.diagnostic.trim_end(), lines.join("\n"));
        }
    }
    BuildError::Failed(failure)
}

/// Maximum number of names with a remark.
const MOST: usize = 8;

/// Returns unknown names, each with its remark.
fn remarks(failure: &Failure, prototypes: &Prototypes, tabs: &[PathBuf]) -> Vec<(String, String)> {
    let Some(expression) = UNDECLARED.as_ref() else { return Vec::new() };
    let found = expression.captures_iter(&failure.diagnostic);
    let names = found.filter_map(|found| found.get(1).or_else(|| found.get(2)));
    let names: IndexSet<&str> = names.map(|name| name.as_str()).take(MOST).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let texts: Vec<String> = tabs
        .iter()
        .filter_map(|tab| Some(String::from_utf8_lossy(&std::fs::read(tab).ok()?).into_owned()))
        .collect();
    let remark = |name: &str| Some((name.to_owned(), remark(name, prototypes, &texts)?));
    names.into_iter().filter_map(remark).collect()
}

/// Returns how Arduino treated a function of the sketch, and how to fix the error; `None` if the sketch has
/// no such function.
fn remark(name: &str, prototypes: &Prototypes, texts: &[String]) -> Option<String> {
    if let Some(prototype) = prototypes.list.iter().find(|prototype| prototype.name == name)
        && !prototype.text.contains('=')
    {
        let line = prototypes.line.max(1);
        return Some(format!(
            "Arduino puts the prototype of `{name}` before line {line} of the main file: declare it, and the types that it \
             names, before its first use"
        ));
    }
    let reason = reason(name, prototypes, texts)?;
    Some(format!("no prototype was made for `{name}` ({reason}): declare it before its first use"))
}

/// Returns why Arduino creates no prototype for a function of the sketch; `None` if the sketch has no such
/// function.
fn reason(name: &str, prototypes: &Prototypes, texts: &[String]) -> Option<String> {
    if prototypes.list.iter().any(|prototype| prototype.name == name) {
        return Some("Arduino makes none for a function with default arguments".to_owned());
    }
    if let Some((_, reason)) = prototypes.dropped.iter().find(|(dropped, _)| dropped == name) {
        return Some(reason.clone());
    }
    if !texts.iter().any(|text| text.contains(name)) {
        return None;
    }
    let head = Regex::new(&format!(r"\b{name}\s*\([^;{{}}]*\)[^;{{}}]*\{{")).ok()?;
    let is_defined = texts.iter().any(|text| head.is_match(text));
    is_defined.then(|| "Arduino does not recognise the way its head is written".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FailureKind;
    use crate::sketch::Prototype;

    fn explained(diagnostic: &str, prototypes: &Prototypes, tabs: &[PathBuf]) -> Failure {
        let message = diagnostic.lines().next().unwrap_or_default().to_owned();
        let failure = Failure::new(FailureKind::Code, Step::Compile, message, diagnostic.to_owned());
        match explain(failure.into(), prototypes, tabs) {
            BuildError::Failed(failure) => *failure,
            other => panic!("{other:?}"),
        }
    }

    fn prototype(name: &str, text: &str) -> Prototype {
        let (name, text) = (name.to_owned(), text.to_owned());
        Prototype { name, text, modifiers: String::new(), file: "S.ino".to_owned(), line: 9 }
    }

    #[test]
    fn each_way_to_miss_a_prototype_has_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let tab = dir.path().join("S.ino");
        std::fs::write(&tab, "int odd(int a) noexcept { return a; }\nint other(int);").unwrap();
        let prototypes = Prototypes {
            list: vec![prototype("late", "int late();"), prototype("given", "int given(int a = 1);")],
            line: 7,
            dropped: vec![("split".to_owned(), "its head".to_owned())],
        };
        let reason = |name: &str| {
            let text = format!("S.ino:3:1: error: '{name}' was not declared in this scope");
            explained(&text, &prototypes, std::slice::from_ref(&tab)).message
        };
        assert!(reason("late").contains("before line 7"));
        assert!(reason("given").contains("default arguments"));
        assert!(reason("split").contains("(its head): declare it before its first use"));
        assert!(reason("odd").contains("does not recognise"));
        assert!(!reason("other").contains("prototype"));
        let other = explained(
            "S.ino:1:1: error: expected ';'\nS.ino:3:1: error: 'odd' was not declared",
            &prototypes,
            std::slice::from_ref(&tab),
        );
        assert!(other.diagnostic.contains("no prototype was made for `odd`"));
        assert!(!other.message.ends_with("first use"), "the message is about something else");
    }
}
