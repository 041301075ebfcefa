//! Redraws lines at the bottom of a terminal while others are written above them. Returns the text to write; knows
//! neither the terminal nor the lines' contents.
//!
//! indicatif is not used because it leaves the cursor in the last column, after filling the line with blanks. The `^C`
//! of an interrupt then wraps, and so does every line when the window gets narrower; both leave broken copies of the
//! bars. Here the cursor stays at the end of the last line.

use std::fmt::Write as _;

/// The lines at the bottom, each shorter than the terminal's width.
#[derive(Debug, Default)]
pub(super) struct Screen {
    lines: Vec<String>,
}

impl Screen {
    /// Returns the text that replaces the lines; `None` if they are the same.
    pub(super) fn replace(&mut self, lines: Vec<String>) -> Option<String> {
        if lines == self.lines {
            return None;
        }
        let mut text = self.erasure();
        self.lines = lines;
        text.push_str(&self.lines.join("\n"));
        Some(text)
    }

    /// Returns the text that writes `text`, which ends with a newline, above the lines.
    pub(super) fn above(&self, text: &str) -> String {
        format!("{}{text}{}", self.erasure(), self.lines.join("\n"))
    }

    /// Returns the text that removes the lines: it moves the cursor to the first, and clears everything from there.
    fn erasure(&self) -> String {
        let mut text = String::new();
        if let Some(up) = self.lines.len().checked_sub(1) {
            text.push('\r');
            if up > 0 {
                // Writing to a String can't fail.
                let _ = write!(text, "\x1b[{up}A");
            }
            text.push_str("\x1b[J");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Simulates a terminal: returns its content after everything was written.
    fn on_terminal(written: &str) -> Vec<String> {
        let (mut rows, mut row, mut column) = (vec![String::new()], 0_usize, 0_usize);
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            if let Some(code) = rest.strip_prefix("\x1b[") {
                let end = code.find(|c: char| c.is_ascii_alphabetic()).expect("a code");
                match &code[end..=end] {
                    "A" => row -= code[..end].parse::<usize>().expect("a number"),
                    "J" => {
                        rows.truncate(row + 1);
                        rows[row].truncate(column);
                    }
                    other => panic!("unexpected code {other}"),
                }
                rest = &code[end + 1..];
                continue;
            }
            match c {
                '\r' => column = 0,
                '\n' => {
                    row += 1;
                    column = 0;
                    if row == rows.len() {
                        rows.push(String::new());
                    }
                }
                c => {
                    assert_eq!(column, rows[row].len(), "nothing is overwritten");
                    rows[row].push(c);
                    column += 1;
                }
            }
            rest = &rest[c.len_utf8()..];
        }
        rows
    }

    #[test]
    fn the_same_lines_are_not_drawn_again() {
        let mut screen = Screen::default();
        assert_eq!(screen.replace(vec!["a".to_owned()]).as_deref(), Some("a"));
        assert_eq!(screen.replace(vec!["a".to_owned()]), None);
        assert_eq!(screen.replace(Vec::new()).as_deref(), Some("\r\x1b[J"));
        assert_eq!(screen.above("text\n"), "text\n");
    }

    proptest! {
        /// For any sequence of draws and writes, the written lines are above, in order, and the last drawn lines below
        /// them.
        #[test]
        fn what_is_above_stays_and_the_lines_stay_below(
            steps in proptest::collection::vec(
                prop_oneof![
                    "[a-z]{1,5}".prop_map(Ok),
                    proptest::collection::vec("[A-Z]{1,5}", 0..5).prop_map(Err),
                ],
                0..20,
            ),
        ) {
            let (mut screen, mut written, mut above) = (Screen::default(), String::new(), Vec::new());
            for step in steps {
                match step {
                    Ok(text) => {
                        written.push_str(&screen.above(&format!("{text}\n")));
                        above.push(text);
                    }
                    Err(lines) => written.extend(screen.replace(lines)),
                }
            }
            let mut wanted = above;
            wanted.extend(screen.lines.iter().cloned());
            let mut shown = on_terminal(&written);
            if screen.lines.is_empty() {
                prop_assert_eq!(shown.pop(), Some(String::new()));
            }
            prop_assert_eq!(shown, wanted);
        }
    }
}
