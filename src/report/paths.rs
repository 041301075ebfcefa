//! Paths relative to the current directory where that is shorter, also within tools' output.

use std::path::Path;

use crate::event::Location;

/// The current directory, and the relative names of those above it.
#[derive(Debug, Clone, Default)]
pub(super) struct Here {
    /// Absolute beginnings of paths and their replacements, the longest first.
    prefixes: Vec<(String, String)>,
}

impl Here {
    /// Creates a shortener of paths relative to `current`, which is absolute.
    pub(super) fn new(current: &Path) -> Self {
        let above = current.ancestors().enumerate().map(|(up, directory)| {
            let text = directory.to_string_lossy();
            (format!("{}/", text.trim_end_matches('/')), "../".repeat(up))
        });
        // The root stays `/`.
        let prefixes = above.filter(|(from, to)| from.len() > 1 && to.len() < from.len()).collect();
        Self { prefixes }
    }

    /// Shortens a path.
    pub(super) fn path(&self, path: &Path) -> String {
        self.text(&path.to_string_lossy())
    }

    /// Returns `FILE:LINE[:COLUMN]`.
    pub(super) fn place(&self, location: &Location) -> String {
        let Location { file, line, column } = location;
        let column = column.map(|column| format!(":{column}")).unwrap_or_default();
        format!("{}:{line}{column}", self.path(file))
    }

    /// Shortens the absolute paths in a text.
    pub(super) fn text(&self, text: &str) -> String {
        let mut short = String::with_capacity(text.len());
        let mut rest = text;
        let mut last = None;
        while let Some(at) = rest.find('/') {
            let (before, from) = rest.split_at(at);
            short.push_str(before);
            let previous = before.chars().next_back().or(last);
            let begins = previous.is_none_or(|c| !c.is_alphanumeric() && !"._-/~+@%".contains(c));
            let known = self.prefixes.iter().find(|(prefix, _)| begins && from.starts_with(prefix.as_str()));
            let (name, length) = known.map_or(("/", 1), |(prefix, name)| (name.as_str(), prefix.len()));
            short.push_str(name);
            rest = &from[length..];
            last = Some('/');
        }
        short.push_str(rest);
        short
    }

    /// Shortens the paths in a line of a tool's output. An indented line quotes a source and stays unchanged.
    pub(super) fn line(&self, line: &str) -> String {
        let is_quoted = line.starts_with([' ', '\t']) && !line.trim_start().starts_with("from ");
        if is_quoted { line.to_owned() } else { self.text(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_near_is_relative() {
        let here = Here::new(Path::new("/home/me/lib/ci"));
        for (text, expected) in [
            ("/home/me/lib/ci/a.ino:3:1: error: x", "a.ino:3:1: error: x"),
            ("/home/me/lib/src/a.h", "../src/a.h"),
            ("/home/me/other/a.h", "../../other/a.h"),
            ("/usr/lib/avr/io.h", "/usr/lib/avr/io.h"),
            ("/home/me/lib/cider/a", "../cider/a"),
            ("/home/me/lib/ci", "../ci"),
            ("In file included from /home/me/lib/ci/a.h:1,", "In file included from a.h:1,"),
            ("-I/home/me/lib/ci/x ./home/me/lib/ci/x", "-I/home/me/lib/ci/x ./home/me/lib/ci/x"),
            ("`/home/me/lib/ci/a' '/home/me/lib/ci/b'(/home/me/lib/ci/c)", "`a' 'b'(c)"),
            ("/home/me/lib/ci//home/me/lib/ci/x", "/home/me/lib/ci/x"),
            ("no path", "no path"),
            ("", ""),
        ] {
            assert_eq!(here.text(text), expected, "{text}");
        }
        // If both have the same length, the absolute path is clearer.
        assert_eq!(Here::new(Path::new("/a/b")).text("/a/b/x /a/x /x"), "x /a/x /x");
        assert_eq!(Here::new(Path::new("/")).text("/a/x"), "/a/x");
    }

    #[test]
    fn lines_of_a_source_are_not_touched() {
        let here = Here::new(Path::new("/s"));
        assert_eq!(here.line(" open(\"/s/a\");"), " open(\"/s/a\");");
        assert_eq!(here.line("                 from /s/a.h:1:"), "                 from a.h:1:");
        assert_eq!(here.line("/s/a.h: In function 'f':"), "a.h: In function 'f':");
    }

    proptest! {
        #[test]
        fn no_text_gets_longer(text in "[/a-c.: é]{0,40}") {
            prop_assert!(Here::new(Path::new("/a/b/c")).text(&text).len() <= text.len());
        }
    }
}
