//! Concatenates the `.ino` files of a sketch into one source (arduino-cli `internal/arduino/builder/sketch.go`,
//! `sketchMergeSources`). Reads no files.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::bytes::Regex;

/// One `.ino` or `.pde` file of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchFile {
    /// The absolute path, which diagnostics and `__FILE__` name.
    pub path: PathBuf,
    /// The content in bytes, of any encoding.
    pub text: Vec<u8>,
}

/// The merged source of a sketch: `Name.ino.cpp.merged` in arduino-cli's build directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The source. Line endings are those of the files.
    pub text: Vec<u8>,
    /// Number of lines before the main file's first line: 1 or 2.
    pub offset: usize,
    /// The main file's path.
    pub main: PathBuf,
}

/// The expression by which arduino-cli searches for an include of `Arduino.h`, also in comments. Go's `\s` excludes the
/// vertical tab.
static INCLUDES_ARDUINO_H: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m-u)^[\t\n\f\r ]*#[\t\n\f\r ]*include[\t\n\f\r ]*[<"]Arduino\.h[>"]"#).ok()
});

/// Merges the files, in the order given, main file first:
/// - `#include <Arduino.h>` comes first, unless the main file has one;
/// - `#line 1 "path"` comes before each file, a newline after it;
/// - a byte order mark is removed.
pub fn merge(files: &[SketchFile]) -> Merged {
    let mut text = Vec::with_capacity(files.iter().map(|file| file.text.len() + 128).sum());
    let main = files.first();
    let includes = |file: &SketchFile| {
        INCLUDES_ARDUINO_H.as_ref().is_some_and(|include| include.is_match(without_mark(&file.text)))
    };
    let mut offset = 1;
    if !main.is_some_and(includes) {
        text.extend_from_slice(b"#include <Arduino.h>\n");
        offset += 1;
    }
    for file in files {
        text.extend_from_slice(&line_directive(1, &file.path));
        text.extend_from_slice(without_mark(&file.text));
        text.push(b'\n');
    }
    Merged { text, offset, main: main.map(|file| file.path.clone()).unwrap_or_default() }
}

/// Returns `#line LINE "PATH"` and a newline, quoted as in arduino-cli (`cpp.QuoteString`).
pub fn line_directive(line: usize, path: &Path) -> Vec<u8> {
    let mut directive = format!("#line {line} ").into_bytes();
    directive.extend(quoted(path.as_os_str().as_encoded_bytes()));
    directive.push(b'\n');
    directive
}

/// Returns bytes in double quotes, with a backslash before each quote and backslash.
pub(super) fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for &byte in bytes {
        if matches!(byte, b'\\' | b'"') {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text.push(b'"');
    text
}

/// Returns a text without its UTF-8 byte order mark.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(files: &[(&str, &str)]) -> (String, usize) {
        let file =
            |(path, text): &(&str, &str)| SketchFile { path: path.into(), text: text.as_bytes().into() };
        let merged = merge(&files.iter().map(file).collect::<Vec<_>>());
        assert_eq!(merged.main, Path::new(files[0].0));
        (String::from_utf8(merged.text).unwrap(), merged.offset)
    }

    #[test]
    fn each_file_is_named_and_ends_with_a_newline() {
        let expected =
            "#include <Arduino.h>\n#line 1 \"/S/S.ino\"\nint a;\r\n\n#line 1 \"/S/t\\\"\\\\.ino\"\nint b;\n";
        let (text, offset) = merged(&[("/S/S.ino", "\u{feff}int a;\r\n"), ("/S/t\"\\.ino", "int b;")]);
        assert_eq!((text.as_str(), offset), (expected, 2));
    }

    #[test]
    fn arduino_h_is_looked_for_in_the_main_file_only() {
        for text in [
            "#include <Arduino.h>",
            "int a;\n \t# include\"Arduino.h>",
            "/*\n#include <Arduino.h>*/",
            "\n\n#\ninclude <Arduino.h>",
        ] {
            assert_eq!(merged(&[("/S.ino", text)]).1, 1, "{text:?}");
        }
        for text in [
            "//#include <Arduino.h>",
            "#include <arduino.h>",
            "x #include <Arduino.h>",
            "\x0b#include <Arduino.h>",
        ] {
            assert_eq!(merged(&[("/S.ino", text)]).1, 2, "{text:?}");
        }
        assert_eq!(merged(&[("/S.ino", ""), ("/a.ino", "#include <Arduino.h>")]).1, 2);
    }
}
