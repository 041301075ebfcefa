//! The readings of a text: one for each combination of compiler options that changes its meaning.

use super::lines::{Dialect, Lines};
use super::splices::without_trigraphs;

/// Returns the results of `read` for each dialect in which the text has another meaning.
pub(super) fn each_reading<T>(text: &[u8], read: impl Fn(&mut Lines<'_>) -> T) -> impl Iterator<Item = T> {
    let mut results = Vec::new();
    for text in [Some(text), without_trigraphs(text).as_deref()].into_iter().flatten() {
        let (mut saw_raw_string, mut saw_separator) = (false, false);
        for (raw_strings, digit_separators) in [(true, true), (false, true), (true, false), (false, false)] {
            if (raw_strings || saw_raw_string) && (digit_separators || saw_separator) {
                let mut lines = Lines::new(text, Dialect { raw_strings, digit_separators });
                results.push(read(&mut lines));
                saw_raw_string |= lines.saw_raw_string;
                saw_separator |= lines.saw_separator;
            }
        }
    }
    results.into_iter()
}
