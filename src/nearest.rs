//! Suggestions for misspelt names, and names made safe for messages. Knows nothing of what the names stand for.

/// Limit of the length of a name in bytes: longer texts are not misspelt names, and comparing them takes time.
const LONGEST_NAME: usize = 80;

/// Limit of the suggestions.
const MOST: usize = 3;

/// Returns the candidates nearest to `word`, at most three, nearest first; equally near ones in their original order.
///
/// A candidate counts if it differs only in case or if one of the two contains the other. It also counts if their
/// distance in edits is at most a third of the longer one.
pub fn nearest_few<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    if word.is_empty() || word.len() > LONGEST_NAME {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| !candidate.is_empty() && candidate.len() <= LONGEST_NAME)
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let edits = strsim::osa_distance(&lower, &other);
            let longer = lower.chars().count().max(other.chars().count());
            let related =
                lower.len() >= 3 && other.len() >= 3 && (other.contains(&lower) || lower.contains(&other));
            (edits * 3 <= longer || related).then_some((edits, candidate))
        })
        .collect();
    found.sort_by_key(|(edits, _)| *edits);
    found.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}

/// Returns the candidate nearest to `word`, if one is near enough ([`nearest_few`]).
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    nearest_few(word, candidates).into_iter().next()
}

/// Returns ``did you mean `…`?`` with the nearest of `candidates`, or else their list, if it is short.
pub fn suggestion<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    const MOST: usize = 12;
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(name) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean {}?", quoted(name)));
    }
    match candidates.as_slice() {
        [] => None,
        [only] => Some(format!("the only one known here is {}", quoted(only))),
        some if some.len() <= MOST => {
            let names: Vec<String> = some.iter().map(|name| quoted(name)).collect();
            Some(format!("known here: {}", names.join(", ")))
        }
        _ => None,
    }
}

/// Returns `text` between backquotes, without control characters, shortened for a message.
pub fn quoted(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::from("`");
    for (count, c) in text.chars().enumerate() {
        if count == MOST {
            shown.push('…');
            break;
        }
        // Escapes control and bidirectional characters, which could disguise a terminal's output.
        if c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let keys = ["version", "name", "boards", "sketches", "libraries"];
        assert_eq!(nearest("boads", keys), Some("boards"));
        assert_eq!(nearest("Boards", keys), Some("boards"));
        assert_eq!(nearest("libs", keys), None);
        assert_eq!(nearest("lib", keys), Some("libraries"));
        assert_eq!(nearest("", keys), None);
        assert_eq!(nearest(&"x".repeat(4_000_000), keys), None);
    }

    #[test]
    fn few_are_ranked_by_edits_and_stop_at_three() {
        let boards = ["uno", "unomini", "unowifi", "mega", "leonardo", "unor4"];
        assert_eq!(nearest_few("uno2", boards), ["uno"]);
        assert_eq!(nearest_few("unor3", boards), ["unor4", "uno"]);
        assert_eq!(nearest_few("UNO", boards)[0], "uno");
        assert_eq!(nearest_few("uno", boards).len(), 3);
        assert_eq!(nearest_few("leonard", boards), ["leonardo"]);
        assert!(nearest_few("esp32c6", boards).is_empty());
        assert!(nearest_few("", boards).is_empty());
    }

    #[test]
    fn without_a_near_name_the_list_is_told() {
        assert_eq!(suggestion("zzz", ["uno", "mega"]).unwrap(), "known here: `uno`, `mega`");
        assert_eq!(suggestion("zzz", ["uno"]).unwrap(), "the only one known here is `uno`");
        assert_eq!(suggestion("zzz", []), None);
    }

    #[test]
    fn quoting_disarms_and_shortens() {
        assert_eq!(quoted("a\u{1b}[31m"), "`a\\u{1b}[31m`");
        assert_eq!(quoted(&"x".repeat(1000)).chars().count(), 63);
    }
}
