//! The names in a plain sketch, and the check whether one of them is a macro that could change its functions.

use std::collections::{BTreeSet, HashSet};

/// The macros that a translation unit can see.
pub trait Macros {
    /// Returns the bodies that a macro can have, in any branch; none where no such macro is defined.
    fn bodies(&self, name: &str) -> Vec<String>;

    /// Returns whether the compiler predefines such a macro.
    fn is_predefined(&self, name: &str) -> bool;
}

/// The names in a plain sketch, by place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Names on the lines of functions' heads.
    pub heads: BTreeSet<String>,
    /// Names in declarations outside of functions.
    pub outer: BTreeSet<String>,
    /// Names in function bodies.
    pub inner: BTreeSet<String>,
    /// Names of the functions that it defines.
    pub functions: BTreeSet<String>,
}

impl Names {
    /// Returns the first name whose macro could change which functions Arduino finds.
    pub fn obstacle(&self, macros: &impl Macros) -> Option<&str> {
        let is_macro = |name: &&String| !macros.bodies(name).is_empty() || macros.is_predefined(name);
        let head = self.heads.iter().find(is_macro);
        let in_the_way =
            |name: &str, fits: &dyn Fn(&str) -> bool| !expands(name, macros, fits, &mut HashSet::new());
        // Arduino inserts prototypes before a declaration that takes a function's address.
        let is_harmless =
            |body: &str| is_value(body) && !words(body).any(|word| self.functions.contains(word));
        head.or_else(|| self.outer.iter().find(|name| in_the_way(name, &is_harmless)))
            .or_else(|| self.inner.iter().find(|name| in_the_way(name, &is_balanced)))
            .map(String::as_str)
    }
}

/// Returns whether `fits` accepts every possible body of a macro, and of the macros in them.
fn expands<'m>(
    name: &str,
    macros: &'m impl Macros,
    fits: &dyn Fn(&str) -> bool,
    seen: &mut HashSet<String>,
) -> bool {
    if !seen.insert(name.to_owned()) {
        return true;
    }
    let bodies: Vec<String> = macros.bodies(name);
    bodies.iter().all(|body| fits(body) && words(body).all(|word| expands(word, macros, fits, seen)))
}

fn words(body: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    body.split(move |c| !is_part(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// Returns whether a macro's body can be a part of a declaration: it opens and ends nothing, ctags finds no template in
/// it, and arduino-cli no address of a function (`&name`, whatever follows).
fn is_value(body: &str) -> bool {
    let shifts = body.replace("<<", "").replace(">>", "");
    !shifts.contains(['{', '}', ';', '<', '>', '#', '=', ':', '\\', '@', '&']) && literals_end(body)
}

/// Returns whether a body leaves braces balanced.
fn is_balanced(body: &str) -> bool {
    let mut depth = 0_i64;
    for c in body.chars() {
        depth += i64::from(c == '{') - i64::from(c == '}');
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !body.contains(['#', '\\']) && literals_end(body)
}

/// Returns whether quotes are paired and no brace is within them.
fn literals_end(body: &str) -> bool {
    let has_quotes = body.contains(['"', '\'']);
    let even = |quote| body.matches(quote).count() % 2 == 0;
    !has_quotes || (even('"') && even('\'') && !body.contains(['{', '}']))
}
