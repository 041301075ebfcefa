//! Splits a text into words as a shell does. Expands nothing.

/// Returns the words of a text: separated by blanks, with single or double quotes around parts of them. A `#` begins no
/// comment.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_group_and_backslashes_escape() {
        assert_eq!(words("  a  b\n"), ["a", "b"]);
        assert_eq!(words("\"a b\" 'c \"d'e"), ["a b", "c \"de"]);
        assert_eq!(words("a\\ b \"\" '\\'"), ["a b", "", "\\"]);
        assert_eq!(words("\"open"), ["open"]);
        assert_eq!(words(" \n"), Vec::<String>::new());
    }
}
