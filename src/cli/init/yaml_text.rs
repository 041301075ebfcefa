//! Writes values as YAML. Knows no matrix.

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
