//! Finds the includes at the beginning of a source. Reads text only; resolves no name.

use crate::includes::Form;

/// An include before which a source has nothing but comments, `#line` directives and other such includes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lead {
    /// Delimiters of the name.
    pub(super) form: Form,
    /// The name between them.
    pub(super) name: String,
}

impl Lead {
    /// Returns the directive with a newline.
    pub(super) fn directive(&self) -> String {
        match self.form {
            Form::Angle => format!("#include <{}>\n", self.name),
            Form::Quote => format!("#include \"{}\"\n", self.name),
        }
    }
}

/// Returns the leading includes of a source, in order. Stops at the first text whose meaning could differ: code, another
/// directive, a macro, a line splice, a digraph.
pub(super) fn leads(text: &[u8]) -> Vec<Lead> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(line) = next_line(&mut rest) {
        if let Line::Include(lead) = line {
            found.push(lead);
        }
    }
    found
}

/// A line that may precede or be a leading include.
enum Line {
    /// Blanks, comments and `#line`.
    Empty,
    Include(Lead),
}

/// Reads the next logical line with the comments around it; `None` at the first line that ends the leading includes.
fn next_line(rest: &mut &[u8]) -> Option<Line> {
    skip_blanks_and_comments(rest, true)?;
    let directive = rest.strip_prefix(b"#")?;
    *rest = directive;
    skip_blanks_and_comments(rest, false)?;
    let word = take_while(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    skip_blanks_and_comments(rest, false)?;
    let line = match word {
        b"include" => {
            let (form, end) = match rest.first()? {
                b'<' => (Form::Angle, b'>'),
                b'"' => (Form::Quote, b'"'),
                _ => return None,
            };
            *rest = rest.get(1..)?;
            let name = take_while(rest, |byte| byte != end && byte != b'\\' && !byte.is_ascii_control());
            *rest = rest.strip_prefix(&[end])?;
            let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
            Line::Include(Lead { form, name: name.to_owned() })
        }
        b"line" => {
            take_while(rest, |byte| byte.is_ascii_digit());
            skip_blanks_and_comments(rest, false)?;
            if let Some(name) = rest.strip_prefix(b"\"") {
                *rest = name;
                skip_string(rest)?;
            }
            Line::Empty
        }
        _ => return None,
    };
    skip_blanks_and_comments(rest, false)?;
    match rest.first() {
        None | Some(b'\n' | b'\r') => Some(line),
        Some(_) => None,
    }
}

/// Skips a string literal behind its opening quote; `None` if it does not end in its line.
fn skip_string(rest: &mut &[u8]) -> Option<()> {
    loop {
        match rest {
            [b'\\', b'\\' | b'"', tail @ ..] => *rest = tail,
            [b'"', tail @ ..] => {
                *rest = tail;
                return Some(());
            }
            [] | [b'\n' | b'\r' | b'\\', ..] => return None,
            [_, tail @ ..] => *rest = tail,
        }
    }
}

/// Skips blanks and comments, with `beyond` also beyond the end of the line. Returns `None` where a comment could end
/// elsewhere than it seems.
fn skip_blanks_and_comments(rest: &mut &[u8], beyond: bool) -> Option<()> {
    loop {
        match rest {
            [b' ' | b'\t' | 0x0b | 0x0c, tail @ ..] => *rest = tail,
            [b'\n' | b'\r', tail @ ..] if beyond => *rest = tail,
            [b'/', b'/', ..] => {
                let comment = take_while(rest, |byte| byte != b'\n' && byte != b'\r').trim_ascii_end();
                if comment.ends_with(b"\\") || comment.ends_with(b"??/") {
                    return None;
                }
            }
            [b'/', b'*', tail @ ..] => {
                let end = memchr::memmem::find(tail, b"*/")?;
                let (comment, behind) = tail.split_at(end + 2);
                if !beyond && comment.contains(&b'\n') {
                    return None;
                }
                // A splice between `*` and `/` ends a comment early.
                if memchr::memmem::find(comment, b"*\\").is_some()
                    || memchr::memmem::find(comment, b"*??/").is_some()
                {
                    return None;
                }
                *rest = behind;
            }
            _ => return Some(()),
        }
    }
}

fn take_while<'t>(rest: &mut &'t [u8], is_part: impl Fn(u8) -> bool) -> &'t [u8] {
    let end = rest.iter().position(|byte| !is_part(*byte)).unwrap_or(rest.len());
    let (taken, behind) = rest.split_at(end);
    *rest = behind;
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> String {
        leads(text.as_bytes())
            .iter()
            .map(|lead| lead.directive().replace("#include ", ""))
            .collect::<String>()
            .replace('\n', "")
    }

    #[test]
    fn what_precedes_an_include_may_only_be_comments_and_lines() {
        for (text, expected) in [
            (
                "#include <Arduino.h>\n#line 1 \"/a b/x.ino\"\n// x\n\n/* y\n */ #include \"F.h\" // z\nint x;",
                "<Arduino.h>\"F.h\"",
            ),
            ("# include <a.h>/* */\r\n#\tinclude <b.h>", "<a.h><b.h>"),
            ("#line 1 \"/a\\\\b\\\".ino\"\n#include <a.h>\n", "<a.h>"),
            ("/**/ /* // */\n//* \n#include <a.h>\n", "<a.h>"),
            ("", ""),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_ends_them() {
        for stop in [
            "#define X 1",
            "#if 1",
            "#ifdef X",
            "#pragma once",
            "#undef X",
            "#import <b.h>",
            "#include_next <b.h>",
            "#include MACRO",
            "#include <b.h> x",
            "#include <b.h",
            "#include \"\"",
            "#include \\\n<b.h>",
            "#inc\\\nlude <b.h>",
            "#include /* \n */ <b.h>",
            "// comment \\\n#include <b.h>",
            "// comment \\ \n#include <b.h>",
            "// comment ??/\n#include <b.h>",
            "/* *\\\n/ #include <b.h> /* */",
            "/* open",
            "%:include <b.h>",
            "??=include <b.h>",
            "#line X",
            "#line 1 \"x\n",
            "#line 1 \"x\" y",
            "# 1 \"x\"",
            ";",
            "int x;",
            "\\",
            "R\"(",
        ] {
            let text = format!("#include <a.h>\n{stop}\n#include <c.h>\n");
            assert_eq!(names(&text), "<a.h>", "{text}");
        }
    }

    proptest! {
        /// The leading includes of a text are those of its includes and comments alone, whatever follows.
        #[test]
        fn what_follows_changes_nothing(
            count in 0_usize..5,
            comment in "[ -\\[\\]-~]{0,20}",
            tail in "[a-z;{}][ -~\n]{0,60}",
        ) {
            let head: String = (0..count).map(|at| format!("// {comment} .\n#include <h{at}.h>\n")).collect();
            let expected = leads(head.as_bytes());
            prop_assert_eq!(expected.len(), count);
            prop_assert_eq!(leads(format!("{head}{tail}").as_bytes()), expected);
        }

        #[test]
        fn any_bytes_are_read(text: Vec<u8>) {
            leads(&text);
        }
    }
}
