//! Finds the warnings in the output of compilers, assemblers and linkers.

use std::collections::HashSet;

use super::first_error::Diagnosis;
use super::head::{Head, Severity};
use super::line::{Line, read};

/// Limit of a warning's text in bytes.
const TEXT_MAX: usize = 500;

/// Returns the warnings in order, each place and text once: a compiler repeats the warnings of a header for each
/// source that includes it.
pub fn warnings(printed: &str) -> Vec<Diagnosis> {
    let mut seen = HashSet::new();
    let found = printed.lines().filter_map(warning_line);
    found.filter(|warning| seen.insert(warning.clone())).collect()
}

/// Parses the first line of a warning. Accepts `warning: TEXT` too, which size checks print.
fn warning_line(line: &str) -> Option<Diagnosis> {
    if !line.contains("arning: ") {
        return None;
    }
    let line = console::strip_ansi_codes(line);
    let (text, location) = match read(&line) {
        Line::Head(Head { severity: Severity::Warning, message, location }) => (message, location),
        _ => (line.strip_prefix("warning: ")?, None),
    };
    let text = text.trim();
    let message = format!("{}{}", &text[..text.floor_char_boundary(TEXT_MAX)], cut_mark(text));
    Some(Diagnosis { message, location })
}

const fn cut_mark(text: &str) -> &'static str {
    if text.len() > TEXT_MAX { "…" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns place and text of each.
    fn found(printed: &str) -> Vec<String> {
        let text = |warning: Diagnosis| match warning.location {
            Some(at) => format!("{}|{}|{}", at.file.display(), at.line, warning.message),
            None => warning.message,
        };
        warnings(printed).into_iter().map(text).collect()
    }

    #[test]
    fn each_tools_warnings_are_found_with_their_places() {
        let printed = "In file included from /s/A.ino:1:0:\n\
                       /l/Lib.h: In function 'int f()':\n\
                       /l/Lib.h:3:7: warning: unused variable 'x' [-Wunused-variable]\n   int x;\n       ^\n\
                       /s/x.S: Assembler messages:\n/s/x.S:4: Warning: value truncated\n\
                       cc1plus: warning: command line option '-std=gnu11' is valid for C/ObjC but not for C++\n\
                       /usr/bin/ld: warning: A.elf has a LOAD segment with RWX permissions\n\
                       warning: nearly full\n1 warning generated.\n";
        assert_eq!(
            found(printed),
            [
                "/l/Lib.h|3|unused variable 'x' [-Wunused-variable]",
                "/s/x.S|4|value truncated",
                "cc1plus: warning: command line option '-std=gnu11' is valid for C/ObjC but not for C++",
                "/usr/bin/ld: warning: A.elf has a LOAD segment with RWX permissions",
                "nearly full",
            ]
        );
    }

    #[test]
    fn a_place_and_a_text_count_once() {
        let one = "/l/Lib.h:3:7: warning: one\n";
        let printed = format!("{one}{one}/l/Lib.h:3:9: warning: one\n/l/Lib.h:3:7: warning: two\n{one}");
        assert_eq!(found(&printed), ["/l/Lib.h|3|one", "/l/Lib.h|3|one", "/l/Lib.h|3|two"]);
    }

    #[test]
    fn what_only_speaks_of_a_warning_is_none() {
        for none in [
            "    3 |   log(\"a:1:2: warning: x\");",
            "a.c:1:2: error: #error b: warning: x",
            "a.c:1:2: note: see b: warning: x",
            "2 warnings generated.",
            "",
        ] {
            assert_eq!(found(none), Vec::<String>::new(), "{none}");
        }
        // The text of `#warning` is arbitrary.
        assert_eq!(found("a.c:1:2: warning: #warning b: error: x"), ["a.c|1|#warning b: error: x"]);
    }

    #[test]
    fn colours_and_endless_lines_do_no_harm() {
        let colours =
            "\u{1b}[01m\u{1b}[Ka.c:1:2:\u{1b}[m\u{1b}[K \u{1b}[01;35m\u{1b}[Kwarning: \u{1b}[m\u{1b}[Kx";
        assert_eq!(found(colours), ["a.c|1|x"]);
        let long = found(&format!("a.c:1:2: warning: {}", "é".repeat(TEXT_MAX)));
        assert!(long[0].ends_with("é…") && long[0].len() < TEXT_MAX + 20, "{}", long[0].len());
    }
}
