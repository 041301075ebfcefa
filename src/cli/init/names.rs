//! Names of boards in a matrix: short, valid and distinct. Knows no board but by its FQBN.

use std::collections::HashSet;

use crate::platform::Fqbn;

/// Longest name, well below the limit of a matrix.
const LONGEST: usize = 60;

/// A board without a name: a name that its description has for it, and its FQBN.
pub(super) type Nameless<'b> = (Option<&'b str>, &'b Fqbn);

/// Returns a name for each board: that of its description, or its id, with more of its FQBN where another board has that
/// name already.
pub(super) fn board_names(boards: &[Nameless<'_>]) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut names = vec![String::new(); boards.len()];
    // The short name is for the board without options.
    let mut order: Vec<usize> = (0..boards.len()).collect();
    order.sort_by_key(|&index| !boards[index].1.options.is_empty());
    for index in order {
        // The candidates are endless.
        let name = candidates(boards[index]).find(|name| !taken.contains(&name.to_lowercase()));
        let name = name.unwrap_or_default();
        taken.insert(name.to_lowercase());
        names[index] = name;
    }
    names
}

/// Returns possible names, the best ones first.
fn candidates((given, fqbn): Nameless<'_>) -> impl Iterator<Item = String> + use<'_> {
    let options: Vec<&str> = fqbn.options.iter().map(|(_, choice)| choice.as_str()).collect();
    let with_options = |text: &str| {
        let parts: Vec<&str> = std::iter::once(text).chain(options.iter().copied()).collect();
        parts.join("-")
    };
    let with_core = format!("{}-{}", fqbn.architecture, fqbn.board);
    let full = format!("{}-{with_core}", fqbn.vendor);
    let mut names =
        vec![fqbn.board.clone(), with_options(&fqbn.board), with_core.clone(), with_options(&with_core)];
    names.extend([full.clone(), with_options(&full)]);
    let last = valid(&with_options(&full));
    let numbered = (2..).map(move |number| format!("{last}-{number}"));
    let given = given.map(str::to_owned);
    given.into_iter().chain(names).map(|name| valid(&name)).chain(numbered)
}

/// Returns a text as a name: with other characters replaced, and not too long.
fn valid(text: &str) -> String {
    let allowed =
        |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+') { c } else { '-' };
    let name: String = text.chars().map(allowed).take(LONGEST).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric()).trim_end_matches('.');
    if name.is_empty() { "board".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(boards: &[(Option<&str>, &str)]) -> Vec<String> {
        let fqbns: Vec<Fqbn> = boards.iter().map(|(_, fqbn)| fqbn.parse().unwrap()).collect();
        let boards: Vec<Nameless<'_>> =
            boards.iter().zip(&fqbns).map(|((name, _), fqbn)| (*name, fqbn)).collect();
        board_names(&boards)
    }

    #[test]
    fn names_are_as_short_as_they_are_distinct() {
        let names = named(&[
            (None, "arduino:mbed_portenta:envie_m7:target_core=cm4"),
            (None, "arduino:mbed_portenta:envie_m7"),
            (None, "other:mbed:Envie_M7"),
            (None, "third:mbed:envie_m7"),
            (None, "third:mbed:envie_m7"),
            (Some("cplay classic"), "arduino:avr:uno"),
            (Some("_"), "arduino:avr:uno"),
        ]);
        let expected = [
            "envie_m7-cm4",
            "envie_m7",
            "mbed-Envie_M7",
            "third-mbed-envie_m7",
            "third-mbed-envie_m7-2",
            "cplay-classic",
            "board",
        ];
        assert_eq!(names, expected);
    }
}
