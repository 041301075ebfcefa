//! Writes values as YAML. Knows no matrix.

/// Longest line of a mapping in braces.
const WIDEST: usize = 106;

/// Returns a text as a scalar of a block.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Returns a text as a scalar within braces or brackets.
pub(super) fn flow_scalar(text: &str) -> String {
    if is_plain(text) && !text.contains(':') { text.to_owned() } else { quoted(text) }
}

/// Returns a list in brackets.
pub(super) fn flow_list<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let items: Vec<String> = texts.into_iter().map(flow_scalar).collect();
    format!("[{}]", items.join(", "))
}

/// Returns an item of a list: the value alone if its only key is `path`, a mapping in braces if it fits into a line, otherwise
/// a mapping in lines. A key with several values has a list.
pub(super) fn item(fields: &[(&str, Vec<&str>)]) -> String {
    if let [("path", values)] = fields
        && let [value] = values.as_slice()
    {
        return format!("- {}", scalar(value));
    }
    // The matrix has a list of filters in any case.
    let is_list = |key: &str| key == "filters";
    let in_line = fields.iter().map(|(key, values)| match values.as_slice() {
        [value] if !is_list(key) => format!("{key}: {}", flow_scalar(value)),
        values => format!("{key}: {}", flow_list(values.iter().copied())),
    });
    let line = format!("- {{{}}}", in_line.collect::<Vec<_>>().join(", "));
    if line.chars().count() <= WIDEST {
        return line;
    }
    let lines = fields.iter().map(|(key, values)| match values.as_slice() {
        [value] if !is_list(key) => format!("{key}: {}", scalar(value)),
        values if values.iter().any(|value| value.contains('/')) => {
            let values = values.iter().map(|value| format!("\n    - {}", scalar(value)));
            format!("{key}:{}", values.collect::<String>())
        }
        values => format!("{key}: {}", wrapped_list(values)),
    });
    format!("- {}", lines.collect::<Vec<_>>().join("\n  "))
}

/// Returns a list in brackets over as many lines as it needs.
fn wrapped_list(values: &[&str]) -> String {
    let mut lines = vec![String::from("[")];
    for value in values {
        let text = flow_scalar(value);
        let has_room = lines.last().is_some_and(|line| line.len() + text.len() < WIDEST - 20);
        if !has_room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() || line == "[" { "" } else { " " };
            line.extend([gap, &text, ","]);
        }
    }
    format!("{}]", lines.join("\n    ").trim_end_matches(','))
}

/// Returns a text in double quotes. JSON's escapes are YAML's, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Returns whether a text means itself without quotes, for every reader of YAML 1.1 and 1.2.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let first = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
    let any = |c: char| first(c) || matches!(c, '-' | '+' | ':' | '=' | '*' | '@');
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    // `1e3`, `0x1f`, `1:30` and `1.10` are numbers to some readers, `.inf` as well.
    let is_number = text.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit())
        || matches!(text.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    text.starts_with(first) && text.chars().all(any) && !text.ends_with(':') && !is_word && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_is_plain() {
        for text in [
            "uno",
            "arduino:avr:uno",
            "../examples/**",
            ".",
            "a:b:c:d=e_1,f".split(',').next().unwrap(),
            "v1.2",
        ] {
            assert_eq!(scalar(text), text);
        }
        for text in [
            "", "1.10", "7", "0x1f", "yes", "Null", "a: b", "a #b", "!x", "*", "a:", "-a", "{", ".inf", "é",
            "a,b",
        ] {
            assert_eq!(scalar(text), format!("\"{text}\""));
        }
        assert_eq!(scalar("a\"\n"), r#""a\"\n""#);
        assert_eq!(flow_list(["uno", "a:b", "**"]), r#"[uno, "a:b", "**"]"#);
    }

    #[test]
    fn an_item_is_as_short_as_it_can_be() {
        assert_eq!(item(&[("path", vec!["examples/**"])]), "- examples/**");
        assert_eq!(item(&[("name", vec!["A"])]), "- {name: A}");
        let boards = vec!["uno", "mega"];
        assert_eq!(item(&[("path", vec!["a/b"]), ("boards", boards)]), "- {path: a/b, boards: [uno, mega]}");
        let many = vec!["a_long_name_of_a_board"; 6];
        let lines = "[a_long_name_of_a_board, a_long_name_of_a_board, a_long_name_of_a_board,\n    \
                     a_long_name_of_a_board, a_long_name_of_a_board, a_long_name_of_a_board]";
        let long = item(&[("path", vec!["a"]), ("boards", many.clone())]);
        assert_eq!(long, format!("- path: a\n  boards: {lines}"));
        let paths = item(&[("path", vec!["a/b", "c/d"]), ("boards", many)]);
        assert_eq!(paths, format!("- path:\n    - a/b\n    - c/d\n  boards: {lines}"));
    }

    proptest::proptest! {
        /// Every text without control characters is read as it was.
        #[test]
        fn texts_are_read_back(text in "\\PC{0,30}") {
            for written in [scalar(&text), format!("[{}]", flow_scalar(&text))] {
                let mut events = saphyr_parser::Parser::new_from_str(&written);
                let read = events.find_map(|event| match event.unwrap().0 {
                    saphyr_parser::Event::Scalar(text, ..) => Some(text.into_owned()),
                    _ => None,
                });
                proptest::prop_assert_eq!(read.as_deref(), Some(text.as_str()), "{}", written);
            }
        }
    }
}
