//! Inserts prototypes into a merged source (arduino-cli `internal/arduino/builder/internal/preprocessor/ctags.go`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::merge::{Merged, quoted};

/// The declaration of a function of the sketch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prototype {
    /// The function's name.
    pub name: String,
    /// The declaration: `int f(int a);`.
    pub text: String,
    /// `static`, `extern "C"` or nothing.
    pub modifiers: String,
    /// The file that defines the function, as line markers name it.
    pub file: String,
    /// The line of the definition, from 1.
    pub line: usize,
}

/// The prototypes of a sketch and their place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prototypes {
    /// The prototypes in the order of insertion.
    pub list: Vec<Prototype>,
    /// The line of the main file before which they are inserted; 0 where the main file has no function.
    pub line: usize,
    /// Functions of ctags without a prototype, with the reason. For diagnostics only.
    pub dropped: Vec<(String, String)>,
}

/// Error of inserting prototypes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// The place lies outside of the source. arduino-cli ends with an internal error there.
    #[error(
        "the first function seems to stand in line {line} of {}, which has fewer lines; a #line directive in the sketch hides where it is",
        main.display()
    )]
    Outside {
        /// The line.
        line: usize,
        /// The main file.
        main: PathBuf,
    },
}

impl Prototypes {
    /// Returns all texts that can name a directory.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let list = self.list.iter().flat_map(|it| [&it.name, &it.text, &it.modifiers, &it.file]);
        list.chain(self.dropped.iter().flat_map(|(name, reason)| [name, reason])).map(String::as_str)
    }

    /// Applies `change` to these texts.
    #[must_use]
    pub fn with_names(mut self, change: impl Fn(&str) -> String) -> Self {
        for text in
            self.list.iter_mut().flat_map(|it| [&mut it.name, &mut it.text, &mut it.modifiers, &mut it.file])
        {
            *text = change(text);
        }
        for text in self.dropped.iter_mut().flat_map(|(name, reason)| [name, reason]) {
            *text = change(text);
        }
        self
    }

    /// Returns the merged source with the prototypes, with LF line endings. Returns `None` where arduino-cli writes no
    /// source: the line of the first function lies beyond the end of the merged source.
    ///
    /// Without a function in the main file, they are inserted after the first character of the source, or after its
    /// first line, as arduino-cli does.
    ///
    /// # Errors
    /// The conditions under which arduino-cli fails.
    pub fn insert_into(&self, merged: &Merged) -> Result<Option<Vec<u8>>, InsertError> {
        let source = with_unix_lines(&merged.text);
        let rows: Vec<&[u8]> = source.split(|&byte| byte == b'\n').collect();
        if self.line > rows.len() - 1 {
            return Ok(None);
        }
        let before = self.line + merged.offset - 1;
        let outside = || InsertError::Outside { line: self.line, main: merged.main.clone() };
        let head = rows.get(..before).ok_or_else(outside)?;
        let length: usize = head.iter().map(|row| row.len()).sum();
        let at = length + head.len().saturating_sub(1) + 1;
        let section = self.section();
        let (head, tail) = source.split_at_checked(at).ok_or_else(outside)?;
        Ok(Some([head, &section, tail].concat()))
    }

    fn section(&self) -> Vec<u8> {
        let Some(first) = self.list.first() else { return Vec::new() };
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for prototype in self.list.iter().filter(|prototype| !prototype.text.contains('=')) {
            parts.push(
                [format!("#line {} ", prototype.line).as_bytes(), &quoted(prototype.file.as_bytes())]
                    .concat(),
            );
            let modifiers = &prototype.modifiers;
            let space = if modifiers.is_empty() { "" } else { " " };
            parts.push(format!("{modifiers}{space}{}", prototype.text).into_bytes());
        }
        let mut section = parts.join(&b'\n');
        section.extend_from_slice(format!("\n#line {} ", self.line).as_bytes());
        section.extend(quoted(first.file.as_bytes()));
        section.push(b'\n');
        section
    }
}

/// Returns the text with LF in place of CR LF and of each other CR.
fn with_unix_lines(text: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' {
            bytes.next_if_eq(&b'\n');
            lines.push(b'\n');
        } else {
            lines.push(byte);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::{SketchFile, merge};
    use super::*;

    fn prototype(text: &str, line: usize, modifiers: &str) -> Prototype {
        Prototype {
            name: "f".into(),
            text: text.into(),
            modifiers: modifiers.into(),
            file: "/S.ino".into(),
            line,
        }
    }

    fn inserted(text: &str, prototypes: &Prototypes) -> String {
        let merged = merge(&[SketchFile { path: "/S.ino".into(), text: text.as_bytes().into() }]);
        String::from_utf8(prototypes.insert_into(&merged).unwrap().unwrap()).unwrap()
    }

    #[test]
    fn prototypes_stand_before_the_first_function() {
        let list = vec![
            prototype("void a();", 2, ""),
            prototype("int b(int x = 1);", 3, ""),
            prototype("void c();", 4, "static"),
        ];
        let found =
            inserted("int x;\r\nvoid a() {}\rint y;", &Prototypes { list, line: 2, ..Prototypes::default() });
        let expected = "#include <Arduino.h>\n#line 1 \"/S.ino\"\nint x;\n#line 2 \"/S.ino\"\nvoid a();\n\
                        #line 4 \"/S.ino\"\nstatic void c();\n#line 2 \"/S.ino\"\nvoid a() {}\nint y;\n";
        assert_eq!(found, expected);
    }

    #[test]
    fn without_a_function_in_the_main_file_the_place_is_arduinos() {
        let none = Prototypes::default();
        assert_eq!(inserted("int x;", &none), "#include <Arduino.h>\n#line 1 \"/S.ino\"\nint x;\n");
        let one = Prototypes { list: vec![prototype("void a();", 1, "")], ..Prototypes::default() };
        let section = "#line 1 \"/S.ino\"\nvoid a();\n#line 0 \"/S.ino\"\n";
        assert_eq!(inserted("", &one), format!("#include <Arduino.h>\n{section}#line 1 \"/S.ino\"\n\n"));
        let own = inserted("#include <Arduino.h>\n", &one);
        assert!(own.starts_with(&format!("#{section}line 1")), "{own}");
    }

    #[test]
    fn a_line_behind_the_end_gives_no_source() {
        let merged = merge(&[SketchFile { path: "/S.ino".into(), text: b"int x;".to_vec() }]);
        let at = |line| Prototypes { line, ..Prototypes::default() }.insert_into(&merged);
        assert_eq!(at(900), Ok(None));
        assert!(at(3).is_err(), "arduino-cli ends there with an internal error");
    }
}
