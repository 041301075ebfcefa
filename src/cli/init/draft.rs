//! A matrix that is not written yet: its sections as commented items of YAML. Knows nothing of where they come from.

use std::fmt::Write;

use super::yaml_text::scalar;

/// Longest line of a comment.
const LONGEST_LINE: usize = 110;

/// A matrix as commented items.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Lines of the comment at the top.
    pub(super) header: Vec<String>,
    /// Name of the matrix.
    pub(super) name: String,
    /// Sections in the order of the file.
    pub(super) sections: Vec<Section>,
}

/// A key of the matrix with its items.
#[derive(Debug)]
pub(super) struct Section {
    /// The key.
    pub(super) key: &'static str,
    /// The items; a section without any is left out.
    pub(super) items: Vec<Item>,
    /// Lines of YAML behind the items that are commented out.
    pub(super) suggestions: Vec<String>,
}

/// An item of a section.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Comment above it, as paragraphs.
    pub(super) comments: Vec<String>,
    /// Its YAML, without indentation.
    pub(super) yaml: String,
}

impl Item {
    /// Returns an item without a comment.
    pub(super) fn new(yaml: String) -> Self {
        Self { comments: Vec::new(), yaml }
    }

    /// Adds a paragraph to the comment.
    pub(super) fn comment(mut self, text: impl Into<String>) -> Self {
        self.comments.push(text.into());
        self
    }
}

impl Draft {
    /// Returns the text of the matrix.
    pub(super) fn render(&self) -> String {
        // Writing to a text never fails.
        let mut text = String::new();
        for line in &self.header {
            comment(&mut text, "", line);
        }
        text.push_str("\nversion: 1\n");
        if !self.name.is_empty() {
            let _ = writeln!(text, "name: {}", scalar(&self.name));
        }
        for section in self.sections.iter().filter(|section| !section.items.is_empty()) {
            let _ = writeln!(text, "\n{}:", section.key);
            for item in &section.items {
                for paragraph in &item.comments {
                    comment(&mut text, "  ", paragraph);
                }
                for line in item.yaml.lines() {
                    let _ = writeln!(text, "  {line}");
                }
            }
            for suggestion in &section.suggestions {
                let _ = writeln!(text, "  # {suggestion}");
            }
        }
        text
    }
}

/// Appends a paragraph as lines of a comment. Blanks at its start indent all of its lines.
fn comment(text: &mut String, indent: &str, paragraph: &str) {
    let clean: String = paragraph.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let blanks = &clean[..clean.len() - clean.trim_start().len()];
    let start = format!("{indent}# {blanks}");
    let mut line = start.clone();
    for word in clean.split_whitespace() {
        let is_first = line.len() == start.len();
        if !is_first && line.chars().count() + 1 + word.chars().count() > LONGEST_LINE {
            text.push_str(&line);
            text.push('\n');
            line.clone_from(&start);
        } else if !is_first {
            line.push(' ');
        }
        line.push_str(word);
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_wrapped_and_end_no_line_early() {
        let mut text = String::new();
        comment(&mut text, "  ", &format!("  {}\nversion: 2 \u{7}x", "word ".repeat(40)));
        assert!(text.lines().all(|line| line.starts_with("  #   ") && line.len() <= LONGEST_LINE), "{text}");
        assert_eq!(text.lines().count(), 3);
        let mut empty = String::new();
        comment(&mut empty, "", "");
        assert_eq!(empty, "#\n");
    }

    #[test]
    fn empty_sections_are_left_out() {
        let section = |key, items| Section { key, items, suggestions: vec!["more: a:b:d".to_owned()] };
        let draft = Draft {
            header: vec!["top".to_owned()],
            name: "a b".to_owned(),
            sections: vec![
                section("cores", Vec::new()),
                section("boards", vec![Item::new("uno:\n  fqbn: a:b:c".to_owned()).comment("why")]),
            ],
        };
        let expected = "# top\n\nversion: 1\nname: \"a b\"\n\nboards:\n  # why\n  uno:\n    fqbn: a:b:c\n  # more: a:b:d\n";
        assert_eq!(draft.render(), expected);
    }
}
