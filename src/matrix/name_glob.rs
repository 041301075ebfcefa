//! Globs over the names of boards and sketches. Knows nothing of files.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

/// A glob over names: `*` and `?` stay within a directory, `**` does not, `[a-z]` and `{a,b}` work.
///
/// A pattern without `/` is matched against the last component of a name, as in `.gitignore`: `Blink`
/// and `*Blink` both match the sketch `../examples/01.Basics/Blink`. A pattern with `/` is matched
/// against the whole name.
#[derive(Debug, Clone)]
pub struct NameGlob {
    text: String,
    matcher: GlobMatcher,
}

/// Error of a text that is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid pattern: {problem}")]
pub struct GlobError {
    /// The text.
    pub text: String,
    /// The problem.
    pub problem: String,
}

impl NameGlob {
    /// Compiles a pattern; ignores `./` at the start and `/` at the end.
    ///
    /// # Errors
    /// The pattern is empty, or its brackets or braces are not closed.
    pub fn new(text: &str) -> Result<Self, GlobError> {
        let error = |problem: String| GlobError { text: text.to_owned(), problem };
        let pattern = text.strip_prefix("./").unwrap_or(text).trim_end_matches('/');
        if pattern.is_empty() {
            return Err(error("it is empty".to_owned()));
        }
        let glob = compile(pattern).map_err(|problem| error(problem.kind().to_string()))?;
        Ok(Self { text: pattern.to_owned(), matcher: glob.compile_matcher() })
    }

    /// Returns whether the name matches.
    pub fn matches(&self, name: &str) -> bool {
        if matches!(self.text.as_str(), "*" | "**") {
            return true;
        }
        let subject = if self.text.contains('/') { name } else { last_component(name) };
        self.matcher.is_match(subject)
    }

    /// Returns the pattern.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// A list of globs over names. Matches what one of them matches, except what a glob with `!` matches. If all have `!`,
/// everything else matches.
#[derive(Debug, Clone, Default)]
pub struct NameGlobs {
    globs: Vec<NameGlob>,
    /// Whether each glob excludes (`!`).
    leaves_out: Vec<bool>,
}

impl NameGlobs {
    /// Adds a pattern, which may start with `!`.
    ///
    /// # Errors
    /// As for [`NameGlob::new`].
    pub(super) fn add(&mut self, text: &str) -> Result<(), GlobError> {
        let pattern = text.strip_prefix('!').unwrap_or(text);
        self.globs.push(NameGlob::new(pattern)?);
        self.leaves_out.push(pattern.len() < text.len());
        Ok(())
    }

    /// Returns whether the name is selected.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_any(&[name])
    }

    /// Returns whether something with these names is selected.
    pub(super) fn matches_any(&self, names: &[&str]) -> bool {
        let any = |which: bool| {
            let mut some = self.globs.iter().zip(&self.leaves_out).filter(|(_, it)| **it == which).peekable();
            some.peek().is_some().then(|| some.any(|(glob, _)| names.iter().any(|name| glob.matches(name))))
        };
        any(false).unwrap_or(true) && !any(true).unwrap_or(false)
    }

    /// Returns the patterns that select, and those with `!`.
    pub(super) fn parts(&self) -> (impl Iterator<Item = &NameGlob>, impl Iterator<Item = &NameGlob>) {
        let of = |which: bool| {
            let pairs = self.globs.iter().zip(&self.leaves_out);
            pairs.filter(move |(_, it)| **it == which).map(|(glob, _)| glob)
        };
        (of(false), of(true))
    }

    /// Returns the patterns as they were added, without `!`.
    pub(super) fn patterns(&self) -> &[NameGlob] {
        &self.globs
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the text after the last `/`.
pub(super) fn last_component(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

/// Compiles a glob in the syntax of the matrix, the same for names and paths.
pub(super) fn compile(pattern: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        NameGlob::new(pattern).unwrap().matches(name)
    }

    #[test]
    fn bare_patterns_match_the_last_component() {
        assert!(matches("Blink", "../examples/01.Basics/Blink"));
        assert!(matches("Bl*", "../examples/01.Basics/Blink"));
        assert!(!matches("examples", "../examples/01.Basics/Blink"));
        assert!(matches("*", "../examples/01.Basics/Blink"));
    }

    #[test]
    fn patterns_with_a_slash_match_the_whole_name() {
        assert!(matches("**/Esp*", "../examples/EspFoo"));
        assert!(matches("../examples/**", "../examples/01.Basics/Blink"));
        assert!(!matches("../examples/*", "../examples/01.Basics/Blink"));
        assert!(matches("./Blink/", "Blink"));
        assert!(!matches("01.Basics/Blink", "../examples/01.Basics/Blink"));
    }

    #[test]
    fn of_several_patterns_those_with_an_exclamation_mark_leave_out() {
        let globs = |patterns: &[&str]| {
            let mut globs = NameGlobs::default();
            for pattern in patterns {
                globs.add(pattern).unwrap();
            }
            let meant = ["uno", "mega", "due"].into_iter().filter(|name| globs.matches(name));
            meant.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(globs(&["uno", "d*"]), "uno due");
        assert_eq!(globs(&["*", "!mega"]), "uno due");
        assert_eq!(globs(&["!mega"]), "uno due");
        assert_eq!(globs(&["!mega", "!d*"]), "uno");
        assert_eq!(globs(&["!mega", "mega"]), "", "the order does not matter");
        assert_eq!(globs(&[]), "uno mega due");
        assert!(NameGlobs::default().add("!").is_err());
    }

    #[test]
    fn broken_patterns_are_told() {
        assert_eq!(NameGlob::new("").unwrap_err().problem, "it is empty");
        assert!(NameGlob::new("[a").unwrap_err().problem.contains("unclosed"));
        assert!(NameGlob::new("{a,b").is_err());
    }

    proptest! {
        #[test]
        fn never_panics(pattern in "[a*?\\[\\]{},!/\\\\.-]{0,16}|\\PC*", name in "\\PC*") {
            if let Ok(glob) = NameGlob::new(&pattern) {
                glob.matches(&name);
            }
        }
    }
}
