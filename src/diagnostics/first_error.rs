//! The first error of a tool's output, which is a failure's one-line message.

use super::head::{Head, Severity};
use super::line::{Line, read};
use super::{linker, overflow};
use crate::event::Location;

/// The first error of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnosis {
    /// The text in one line: `'foo' was not declared in this scope`.
    pub message: String,
    /// Its place, if it names one.
    pub location: Option<Location>,
}

/// Limit of a message in bytes: a tool may print megabytes without a line ending.
const MESSAGE_MAX: usize = 2000;

/// Returns the first error in the output of a GNU or LLVM tool. Falls back to the first line with `error` in it, then
/// to the last line that is not blank.
pub fn diagnose(printed: &str) -> Diagnosis {
    let lines = || printed.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    first_error(printed)
        .or_else(|| lines().find(|line| line.to_lowercase().contains("error")).map(plain))
        .or_else(|| lines().next_back().map(plain))
        .unwrap_or_else(|| plain("it failed without saying why"))
}

/// Returns the first error in the form of a compiler, an assembler or a linker.
pub fn first_error(printed: &str) -> Option<Diagnosis> {
    let error = |line| match read(line) {
        Line::Head(Head { severity: Severity::Error, message, location }) => {
            Some(Diagnosis { message: short(message), location })
        }
        _ => None,
    };
    let errors = || printed.lines().map(str::trim_end).filter_map(error);
    // The number of bytes is more useful than the fact that something does not fit.
    let is_told = printed.contains(overflow::BY);
    errors().find(|error| !(is_told && linker::is_vague(&error.message))).or_else(|| errors().next())
}

/// Returns the file that is missing by the first error, as the error names it: `api/Api.h`.
pub fn missing_file(printed: &str) -> Option<String> {
    let message = first_error(printed).map_or_else(|| diagnose(printed).message, |error| error.message);
    let name = message.strip_suffix(": No such file or directory").or_else(|| {
        // Clang's.
        message.strip_suffix("' file not found")?.strip_prefix('\'')
    })?;
    // `cc1plus: fatal error: NAME`, `avr-gcc: error: NAME`, `cannot find NAME`.
    let name = [": fatal error: ", ": error: "]
        .iter()
        .find_map(|mark| name.split_once(mark))
        .map_or(name, |it| it.1);
    let name = ["cannot find ", "cannot open linker script file "]
        .iter()
        .find_map(|start| name.strip_prefix(start))
        .unwrap_or(name);
    Some(name.to_owned())
}

fn plain(line: &str) -> Diagnosis {
    Diagnosis { message: short(line), location: None }
}

fn short(line: &str) -> String {
    let line = line.trim();
    if line.len() <= MESSAGE_MAX {
        line.to_owned()
    } else {
        format!("{}…", &line[..line.floor_char_boundary(MESSAGE_MAX)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32, column: Option<u32>) -> Location {
        Location { file: file.into(), line, column }
    }

    #[test]
    fn the_first_error_is_found_among_warnings_and_context() {
        let printed = "/s/A.ino: In function 'void setup()':\n/s/A.ino:2:3: warning: unused: error-prone [-Wall]\n\
                       /s/A.ino:3:5: error: 'foo' was not declared in this scope\n   foo();\n     ^\n\
                       /s/A.ino:9:1: error: second\n";
        let found = diagnose(printed);
        assert_eq!(found.message, "'foo' was not declared in this scope");
        assert_eq!(found.location, Some(at("/s/A.ino", 3, Some(5))));
    }

    #[test]
    fn linkers_and_assemblers_are_understood() {
        let undefined = diagnose(
            "/tmp/ccX.ltrans0.ltrans.o: In function `main':\n/s/A.ino:7: undefined reference to `missing'\ncollect2: error: ld returned 1 exit status",
        );
        assert_eq!(undefined.message, "undefined reference to `missing'");
        assert_eq!(undefined.location, Some(at("/s/A.ino", 7, None)));
        let overflow = diagnose(
            "/usr/lib/avr/bin/ld: A.elf section `.text' will not fit in region `text'\n/usr/lib/avr/bin/ld: region `text' overflowed by 12 bytes\ncollect2: error: ld returned 1 exit status",
        );
        assert_eq!(overflow.message, "region `text' overflowed by 12 bytes");
        let assembler = diagnose("/s/x.S: Assembler messages:\n/s/x.S:4: Error: unknown opcode `frob'");
        assert_eq!(
            (assembler.message.as_str(), assembler.location),
            ("unknown opcode `frob'", Some(at("/s/x.S", 4, None)))
        );
    }

    #[test]
    fn newer_linkers_put_more_before_the_place() {
        let twice = diagnose(
            "/usr/bin/ld: b.o:/s/b.c:1: multiple definition of `x'; a.o:/s/a.c:1: first defined here\ncollect2: error: ld returned 1 exit status",
        );
        assert_eq!(twice.message, "multiple definition of `x'; a.o:/s/a.c:1: first defined here");
        assert_eq!(twice.location, Some(at("/s/b.c", 1, None)));
        let nowhere = diagnose(
            "/usr/bin/ld: a.o: in function `main':\na.c:(.text+0x5): undefined reference to `missing'\ncollect2: error: ld returned 1 exit status",
        );
        assert_eq!((nowhere.message.as_str(), nowhere.location), ("undefined reference to `missing'", None));
        for missing in [
            "cannot find -lnope: No such file or directory",
            "cannot open linker script file nope.ld: No such file or directory",
        ] {
            let found =
                diagnose(&format!("/usr/bin/ld: {missing}\ncollect2: error: ld returned 1 exit status"));
            assert_eq!(found, Diagnosis { message: missing.to_owned(), location: None });
        }
    }

    #[test]
    fn lines_of_the_source_are_no_errors() {
        let printed = "/s/A.ino:2:3: warning: unused [-Wall]\n    2 |   log(\"a:1: error: undefined reference to x\");\n      |   ^~~\n/s/A.ino:3:5: error: real";
        assert_eq!(diagnose(printed).message, "real");
    }

    #[test]
    fn the_missing_file_is_named_by_the_first_error_only() {
        let here = "No such file or directory";
        for (printed, name) in [
            (
                format!("/s/A.ino:1:10: fatal error: api/Api.h: {here}\ncompilation terminated."),
                Some("api/Api.h"),
            ),
            ("x.c:1:10: fatal error: 'a/b.h' file not found".to_owned(), Some("a/b.h")),
            (format!("cc1plus: fatal error: /core/cores/x.cpp: {here}"), Some("/core/cores/x.cpp")),
            (format!("avr-gcc: error: /core/lib.a: {here}"), Some("/core/lib.a")),
            (format!("/usr/bin/ld: cannot find /core/lib.a: {here}"), Some("/core/lib.a")),
            (format!("/usr/bin/ld: cannot open linker script file x.ld: {here}"), Some("x.ld")),
            (format!("/s/A.ino:1:1: error: expected ';'\n/s/A.ino:2:10: fatal error: B.h: {here}"), None),
            ("/s/A.ino:1:1: error: expected ';'".to_owned(), None),
        ] {
            assert_eq!(missing_file(&printed).as_deref(), name, "{printed}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut() {
        let line = "é".repeat(MESSAGE_MAX);
        let long = format!("a.c:1:1: error: {line}");
        for printed in [&line, &long] {
            let message = diagnose(printed).message;
            assert!(message.len() < MESSAGE_MAX + 10 && message.ends_with('…'), "{}", message.len());
        }
    }

    #[test]
    fn whatever_is_printed_there_is_a_message() {
        assert_eq!(diagnose("").message, "it failed without saying why");
        assert_eq!(diagnose("\n  \nKilled\n").message, "Killed");
    }
}
