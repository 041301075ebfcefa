//! Finds the first lines of diagnostics in long output, without parsing the lines between them.

use super::head::Severity;
use super::line::{Line, next_word, read};

/// Returns the number of warnings.
pub fn count_warnings(printed: &str) -> usize {
    heads(printed).filter(|(_, severity)| *severity == Severity::Warning).count()
}

/// Returns at most about `most` bytes of a tool's output, in whole lines, from a little before the first error on.
/// Searches for the error in a part of the output that is proportional to `most`.
pub fn around_first_error(printed: &str, most: usize) -> &str {
    const BEFORE: usize = 8 * 1024;
    if printed.len() <= most {
        return printed;
    }
    let searched = printed.floor_char_boundary(most.saturating_mul(512).max(256 * 1024));
    let mut errors = heads(&printed[..searched]).filter(|(_, severity)| *severity == Severity::Error);
    let first = errors.next().map_or(0, |(at, _)| at);
    let start = printed.floor_char_boundary(first.saturating_sub(BEFORE.min(most / 2)));
    let start = printed[..start].rfind('\n').map_or(0, |end| end + 1);
    let end = printed.floor_char_boundary(start.saturating_add(most));
    let whole = printed[start..end].rfind('\n').map_or(end, |last| start + last);
    &printed[start..whole.max(start)]
}

/// Returns offset and severity of each line that begins a diagnostic.
fn heads(printed: &str) -> impl Iterator<Item = (usize, Severity)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some((from, to)) = next_word(&printed[at..]) {
            let start = printed[..at + from].rfind('\n').map_or(0, |end| end + 1);
            let end = printed[at + to..].find('\n').map_or(printed.len(), |line| at + to + line);
            at = end;
            if let Line::Head(head) = read(printed[start..end].trim_end()) {
                return Some((start, head.severity));
            }
        }
        None
    })
}
