//! Names of boards that are not written in the matrix. Knows no board.

/// Longest name of a board, which also names directories and files.
pub(super) const LONGEST: usize = 64;

/// Returns a text as the name of a board: what that must not have becomes `_`.
pub(super) fn cleaned(text: &str) -> String {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    let name: String = text.chars().map(|c| if is_good(c) { c } else { '_' }).collect();
    let name = name.trim_end_matches('.');
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) { name.to_owned() } else { format!("p{name}") }
}

/// Returns a name, then the same with a number behind it.
pub(super) fn numbered(name: &str) -> impl Iterator<Item = String> {
    let with_number = (2..).map(|number| {
        let end = format!("-{number}");
        name.chars().take(LONGEST - end.len()).chain(end.chars()).collect::<String>()
    });
    std::iter::once(name.to_owned()).chain(with_number)
}
