//! Puts the `.ino` files of a sketch one after another into one C++ source, as Arduino does. It
//! reads no files and knows nothing of C++ but `#include <Arduino.h>`.

use std::path::{Path, PathBuf};

/// One `.ino` (or `.pde`) file of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchFile {
    /// What diagnostics and `__FILE__` name: the absolute path, to get Arduino's bytes.
    pub path: PathBuf,
    /// Its bytes, of whatever encoding: the compiler gets them as they are.
    pub text: Vec<u8>,
}

/// The `.ino` files of a sketch in one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The source. Lines end with `\n`.
    pub text: Vec<u8>,
    parts: Vec<Part>,
    /// Where each newline of `text` is.
    newlines: Vec<usize>,
}

/// Where a file's own text is in the merged source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    path: PathBuf,
    start: usize,
    end: usize,
}

impl Merged {
    /// The file and line (from 1) that the byte at `offset` comes from; `None` for what was added.
    pub fn locate(&self, offset: usize) -> Option<(&Path, usize)> {
        let part = self.parts.iter().find(|part| (part.start..part.end).contains(&offset))?;
        let newlines_before = |offset| self.newlines.partition_point(|&newline| newline < offset);
        Some((&part.path, newlines_before(offset) - newlines_before(part.start) + 1))
    }
}

/// Merges the files, in the order given: main file first (see [`super::folder`]).
///
/// Rules, after arduino-cli's `sketchMergeSources` and sketch-build-process.md:
/// - `#include <Arduino.h>` comes first, unless the main file has one at the start of a line
///   (also in a comment: Arduino asks a regular expression);
/// - `#line 1 "path"` comes before each file, and a newline after it;
/// - CR LF and lone CR become LF.
///
/// Unlike Arduino, a byte order mark is taken away: GCC takes one only at the start of a source.
pub fn merge(files: &[SketchFile]) -> Merged {
    let mut text = Vec::with_capacity(files.iter().map(|file| file.text.len() + 128).sum());
    let mut parts = Vec::with_capacity(files.len());
    if files.first().is_none_or(|main| !includes_arduino_h(without_mark(&main.text))) {
        text.extend_from_slice(b"#include <Arduino.h>\n");
    }
    for file in files {
        text.extend_from_slice(&line_directive(1, &file.path));
        let start = text.len();
        push_normalized(&mut text, without_mark(&file.text));
        text.push(b'\n');
        parts.push(Part { path: file.path.clone(), start, end: text.len() });
    }
    let newlines = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect();
    Merged { text, parts, newlines }
}

/// `#line LINE "PATH"` and a newline, with the escapes that GCC's preprocessor undoes.
pub(super) fn line_directive(line: usize, path: &Path) -> Vec<u8> {
    let mut directive = format!("#line {line} \"").into_bytes();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' | b'"' => directive.extend_from_slice(&[b'\\', byte]),
            b'\n' => directive.extend_from_slice(b"\\n"),
            b'\r' => directive.extend_from_slice(b"\\r"),
            _ => directive.push(byte),
        }
    }
    directive.extend_from_slice(b"\"\n");
    directive
}

/// Whether a line begins with an include of `Arduino.h`, as Arduino looks for it:
/// `(?m)^\s*#\s*include\s*[<"]Arduino\.h[>"]`.
fn includes_arduino_h(text: &[u8]) -> bool {
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|end| end + 1));
    starts.map(|start| &text[start..]).any(|text| {
        let name = without_blanks(text, b"\t\x0c\r ")
            .strip_prefix(b"#")
            // From here on the pattern's blanks may go over the ends of lines.
            .and_then(|text| without_blanks(text, b"\t\n\x0c\r ").strip_prefix(b"include"))
            .map(|text| without_blanks(text, b"\t\n\x0c\r "));
        matches!(
            name,
            Some([b'<' | b'"', b'A', b'r', b'd', b'u', b'i', b'n', b'o', b'.', b'h', b'>' | b'"', ..])
        )
    })
}

/// The text without the blanks that it begins with. Go's `\s`, in which Arduino wrote the rule, has no
/// vertical tab.
fn without_blanks<'a>(text: &'a [u8], blanks: &[u8]) -> &'a [u8] {
    &text[text.iter().take_while(|byte| blanks.contains(byte)).count()..]
}

/// The text without its byte order mark.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

fn push_normalized(out: &mut Vec<u8>, text: &[u8]) {
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            out.push(b'\n');
        } else {
            out.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[(&str, &[u8])]) -> String {
        let files: Vec<_> =
            files.iter().map(|(path, text)| SketchFile { path: path.into(), text: text.to_vec() }).collect();
        String::from_utf8_lossy(&merge(&files).text).into_owned()
    }

    #[test]
    fn each_file_is_named() {
        assert_eq!(
            merged(&[("/s/a.ino", b"int a;"), ("/s/b.ino", b"int b;\n")]),
            "#include <Arduino.h>\n#line 1 \"/s/a.ino\"\nint a;\n#line 1 \"/s/b.ino\"\nint b;\n\n"
        );
    }

    #[test]
    fn arduino_h_is_included_once() {
        for main in [
            "#include <Arduino.h>",
            " \t# include\t\"Arduino.h\"",
            "int a;\n\n#include<Arduino.h>",
            "int a;\r\n \n\x0c#\n include\r\n\"Arduino.h>",
            "/*\n#include <Arduino.h>\n*/",
        ] {
            assert!(merged(&[("a", main.as_bytes())]).starts_with("#line"), "{main}");
        }
        for main in [
            "",
            "// #include <Arduino.h>",
            "\x0b#include <Arduino.h>",
            "#include <xArduino.h>",
            "#include <Arduino.hpp>",
            "x #include <Arduino.h>",
            "#include <arduino.h>",
        ] {
            assert!(merged(&[("a", main.as_bytes())]).starts_with("#include <Arduino.h>\n#line"), "{main}");
        }
        assert!(
            merged(&[("a", b""), ("b", b"#include <Arduino.h>")]).starts_with("#include <Arduino.h>\n#line")
        );
    }

    #[test]
    fn line_ends_and_byte_order_marks() {
        assert!(merged(&[("a", b"\xef\xbb\xbfa\r\nb\rc\n\r\n")]).ends_with("\"a\"\na\nb\nc\n\n\n"));
        assert!(merged(&[("a", b"\xef\xbb\xbf#include <Arduino.h>")]).starts_with("#line"));
    }

    #[test]
    fn bytes_that_are_no_text_stay() {
        let files = [SketchFile { path: "a".into(), text: b"char c = '\xe9\xff';".to_vec() }];
        assert!(merge(&files).text.windows(4).any(|window| window == b"'\xe9\xff'"));
    }

    #[test]
    fn paths_are_escaped() {
        assert_eq!(line_directive(7, Path::new("C:\\a \"b\"\n")), b"#line 7 \"C:\\\\a \\\"b\\\"\\n\"\n");
    }

    #[test]
    fn offsets_are_located() {
        let files =
            ["a\nb\n", "c"].map(|text| SketchFile { path: format!("/{text}").into(), text: text.into() });
        let merged = merge(&files);
        let find = |byte| merged.locate(merged.text.iter().rposition(|&b| b == byte).unwrap());
        assert_eq!(merged.locate(0), None);
        assert_eq!(find(b'c'), Some((Path::new("/c"), 1)));
        assert_eq!(merged.locate(merged.parts[0].start + 2), Some((Path::new("/a\nb\n"), 2)));
    }
}
