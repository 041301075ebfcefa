//! Finds what a misspelt name probably meant. Knows nothing of what the names are.

/// At most this many suggestions: more are a list, not a hint.
const MOST: usize = 3;

/// The candidates that are nearest to `name`, nearest first, ties in the candidates' order.
///
/// A candidate counts if it differs only in case, contains `name` (or is contained in it) or is at
/// most a third of the longer of the two in edits away.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let lower = name.to_lowercase();
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            if other == lower {
                return Some((0, candidate));
            }
            let edits = strsim::damerau_levenshtein(&lower, &other);
            let longer = lower.chars().count().max(other.chars().count());
            let related =
                lower.len() >= 3 && other.len() >= 3 && (other.contains(&lower) || lower.contains(&other));
            (edits * 3 <= longer || related).then_some((edits, candidate))
        })
        .collect();
    found.sort_by_key(|(edits, _)| *edits);
    found.into_iter().take(MOST).map(|(_, candidate)| candidate.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn ranks_by_edits_and_stops_at_three() {
        let boards = ["uno", "unomini", "unowifi", "mega", "leonardo", "unor4"];
        assert_eq!(nearest("uno2", boards), ["uno"]);
        assert_eq!(nearest("unor3", boards), ["unor4", "uno"]);
        assert_eq!(nearest("UNO", boards)[0], "uno");
        assert_eq!(nearest("uno", boards).len(), 3);
        assert_eq!(nearest("leonard", boards), ["leonardo"]);
        assert!(nearest("esp32c6", boards).is_empty());
        assert!(nearest("", boards).is_empty());
    }
}
