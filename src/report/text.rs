//! Text for people and for XML: durations, bytes, cuts, and characters that a format forbids. Knows nothing of events.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// Returns a duration as people read it: `0.42s`, `12.3s`, `3m 05s`, `1h 02m`.
pub(super) fn duration(value: Duration) -> String {
    // Rounded first, so that 59.96 s is not shown as `60.0s`.
    let hundredths = value.as_millis().saturating_add(5) / 10;
    let tenths = value.as_millis().saturating_add(50) / 100;
    let seconds = value.as_millis().saturating_add(500) / 1000;
    if hundredths < 1_000 {
        format!("{}.{:02}s", hundredths / 100, hundredths % 100)
    } else if tenths < 600 {
        format!("{}.{}s", tenths / 10, tenths % 10)
    } else if seconds < 3_600 {
        format!("{}m {:02}s", seconds / 60, seconds % 60)
    } else {
        format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60)
    }
}

/// Returns a number of bytes as people read it: `812 B`, `22.0 MB` (powers of 1000, as usual for downloads).
pub(crate) fn bytes(value: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if value < 1_000 {
        return format!("{value} B");
    }
    let mut unit = 0;
    let mut size = 1_000_u64;
    while unit + 1 < UNITS.len() && value / size >= 1_000 {
        size *= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", value / size, value % size * 10 / size, UNITS[unit])
}

/// Returns `used` of `max` in tenths of a percent. Rounded down: only a full memory has 100%.
pub(super) fn per_mille(used: u64, max: u64) -> u64 {
    if max == 0 { 0 } else { u64::try_from(u128::from(used) * 1_000 / u128::from(max)).unwrap_or(u64::MAX) }
}

/// Returns tenths of a percent as `94.1%`.
pub(super) fn percent(per_mille: u64) -> String {
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}

/// Returns `1 cell`, `2 cells`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Returns a text in one line: each sequence of white space and control characters becomes one space.
pub(super) fn one_line(text: &str) -> String {
    let text = without_escapes(text);
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Removes terminal escape sequences, such as a compiler's colours.
pub(super) fn without_escapes(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1b}') {
        Cow::Owned(console::strip_ansi_codes(text).into_owned())
    } else {
        Cow::Borrowed(text)
    }
}

/// Replaces control characters other than tab and newline, so that a diagnostic can't move the terminal's cursor or
/// change its colours.
pub(super) fn for_terminal(text: &str) -> String {
    without_escapes(text)
        .chars()
        .filter(|c| *c != '\r')
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c })
        .collect()
}

/// Replaces every character that XML 1.0 forbids (its production 2, `Char`).
pub(super) fn for_xml(text: &str) -> String {
    without_escapes(text)
        .chars()
        .map(|c| match c {
            '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'.. => c,
            _ => char::REPLACEMENT_CHARACTER,
        })
        .collect()
}

/// Returns the start of a text, cut at a character, with a mark where it was cut.
pub(super) fn cut_end(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(max_bytes.saturating_sub('…'.len_utf8()))]))
}

/// Removes the middle of a text that is longer than `max_bytes`: the first errors and the last lines matter most. A
/// note gives the number of missing bytes; with it the result can be up to 64 bytes longer than `max_bytes`.
pub(super) fn cut_middle(text: &str, max_bytes: usize) -> Cow<'_, str> {
    if text.len() <= max_bytes {
        return Cow::Borrowed(text);
    }
    let head = text.floor_char_boundary(max_bytes / 4 * 3);
    // Cuts at line ends where there are any.
    let head = text[..head].rfind('\n').map_or(head, |newline| newline + 1);
    let tail = text.ceil_char_boundary(text.len() - max_bytes / 4);
    let tail = text[tail..].find('\n').map_or(tail, |newline| tail + newline + 1);
    let mut cut = String::with_capacity(max_bytes + 64);
    cut.push_str(&text[..head]);
    if !cut.is_empty() && !cut.ends_with('\n') {
        cut.push('\n');
    }
    // Writing to a String can't fail.
    let _ = writeln!(cut, "[… {} bytes cut …]", tail - head);
    cut.push_str(&text[tail..]);
    Cow::Owned(cut)
}

/// Returns a path as reports show it: relative to `current` if it is below it, with `/` between directories.
pub(super) fn shown_path(path: &Path, current: &Path) -> String {
    let shown = path.strip_prefix(current).ok().filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path);
    let text = shown.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_round_and_change_unit() {
        let shown = |ms| duration(Duration::from_millis(ms));
        assert_eq!(shown(0), "0.00s");
        assert_eq!(shown(424), "0.42s");
        assert_eq!(shown(9_994), "9.99s");
        assert_eq!(shown(9_996), "10.0s");
        assert_eq!(shown(59_949), "59.9s");
        assert_eq!(shown(59_960), "1m 00s");
        assert_eq!(shown(185_000), "3m 05s");
        assert_eq!(shown(3_599_600), "1h 00m");
        assert_eq!(duration(Duration::MAX).split('h').count(), 2);
    }

    #[test]
    fn sizes_and_shares() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_000), "1.0 kB");
        assert_eq!(bytes(22_040_000), "22.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.0 TB");
        assert_eq!(percent(per_mille(32_255, 32_256)), "99.9%");
        assert_eq!(percent(per_mille(2, 1)), "200.0%");
        assert_eq!(per_mille(1, 0), 0);
        assert_eq!(per_mille(u64::MAX, 1), u64::MAX);
    }

    #[test]
    fn lines_and_escapes() {
        assert_eq!(one_line("  a\n\tb\u{1}c \u{1b}[31mred\u{1b}[0m "), "a b c red");
        assert_eq!(for_xml("a\u{0}b\u{ffff}\u{10ffff}\n"), "a\u{fffd}b\u{fffd}\u{10ffff}\n");
        assert_eq!(for_terminal("x\u{1b}[2Jy\u{7}\r\n"), "xy\u{fffd}\n");
    }

    #[test]
    fn paths_below_the_current_directory_are_short() {
        assert_eq!(shown_path(Path::new("/a/b/c.ino"), Path::new("/a")), "b/c.ino");
        assert_eq!(shown_path(Path::new("/ab/c.ino"), Path::new("/a")), "/ab/c.ino");
        assert_eq!(shown_path(Path::new("/a"), Path::new("/a")), "/a");
    }

    #[test]
    fn the_middle_goes_first() {
        let text = (0..1000).fold(String::new(), |text, n| text + &format!("line {n}\n"));
        let cut = cut_middle(&text, 400);
        assert!(cut.starts_with("line 0\n") && cut.ends_with("line 999\n"), "{cut}");
        assert!(cut.contains("bytes cut …]\nline 9"), "{cut}");
    }

    proptest! {
        #[test]
        fn cuts_stay_within_their_bounds(text in "\\PC{0,300}|[a\n]{0,300}", max in 0_usize..200) {
            prop_assert!(cut_middle(&text, max).len() <= max.max(text.len().min(max)) + 64);
            prop_assert!(cut_end(&text, max).len() <= max.max(3));
            if text.len() <= max {
                prop_assert_eq!(&*cut_middle(&text, max), text.as_str());
            }
        }
    }
}
