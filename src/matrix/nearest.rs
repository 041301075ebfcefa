//! The nearest known name to a misspelt one, and names made fit to be printed.

/// Longer texts are no misspelt names; comparing them costs time for nothing.
const LONGEST_NAME: usize = 80;

/// The candidate that `word` most likely meant, if one is near enough: at most a third of its
/// characters differ, letter case counts little, or it is `word` with something cut off.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.is_empty() || word.len() > LONGEST_NAME {
        return None;
    }
    let lower = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.is_empty() || candidate.len() > LONGEST_NAME {
            continue;
        }
        let other = candidate.to_lowercase();
        let allowed = other.chars().count().max(lower.chars().count()).div_ceil(3);
        let distance = strsim::osa_distance(&lower, &other);
        let abbreviates = lower.len() >= 3 && other.starts_with(&lower);
        if (distance <= allowed || abbreviates) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// ``did you mean `…`?`` for the nearest of `candidates`, or else the list of them, if it is short.
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

/// `text` between backquotes, without control characters, shortened to what a message can bear.
pub(super) fn quoted(text: &str) -> String {
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
