//! The values that a command has beside the board's properties.

/// A value of a command, which overrides the board's property of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, expanded and split into words like a property.
    Text(&'a str),
    /// A whole word or part of one, with any characters: `{source_file}`, `{build.path}`.
    Word(&'a str),
    /// Any number of words: `{object_files}`, `{includes}`. Joined by spaces where a pattern puts other text
    /// directly beside them.
    Words(&'a [String]),
}

impl Value<'_> {
    /// Returns the value as text, words joined by spaces.
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Text(text) | Self::Word(text) => text.to_owned(),
            Self::Words(words) => words.join(" "),
        }
    }
}
