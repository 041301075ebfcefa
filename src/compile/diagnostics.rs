//! Finds the first error in what compilers, assemblers and linkers print.

use std::path::PathBuf;

use crate::event::Location;

/// The first error of a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// In one line: `'foo' was not declared in this scope`.
    pub message: String,
    /// Where, if it says so.
    pub location: Option<Location>,
}

/// Reads the first error out of what tools of the GNU and LLVM kind print. Where none looks like one,
/// the last line that is not blank stands for it.
pub fn diagnose(printed: &str) -> Diagnosis {
    let lines = || printed.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    // By how much a region overflows says more than that something does not fit in it.
    let overflow = printed.contains("overflowed by");
    let linker =
        |line: &str| linker_line(line).filter(|_| !(overflow && line.contains("will not fit in region")));
    lines()
        // What is indented is a line of the source, whatever it says.
        .filter(|line| !line.starts_with([' ', '\t']))
        .find_map(|line| error_line(line).or_else(|| linker(line)))
        .or_else(|| lines().find(|line| line.to_lowercase().contains("error")).map(plain))
        .or_else(|| lines().next_back().map(plain))
        .unwrap_or_else(|| plain("it failed without saying why"))
}

fn plain(line: &str) -> Diagnosis {
    Diagnosis { message: line.trim().to_owned(), location: None }
}

/// The line in which a tool says that it could not write: the disk is full or broken, the folder read-only
/// or gone. The code is not at fault then. What the code itself makes a compiler say is no such line.
pub fn storage_fault(printed: &str) -> Option<&str> {
    // As the C library says them; our children run in the C locale.
    const FULL: [&str; 4] =
        ["No space left on device", "Disk quota exceeded", "Read-only file system", "Input/output error"];
    // A file that can't be read may be the code's fault, one that can't be written is not.
    const WRITING: [&str; 7] = [
        "can't create ",
        "cannot create ",
        "cannot open output file ",
        "error writing to ",
        "error closing ",
        "final link failed: ",
        "for writing: ",
    ];
    const WHY: [&str; 2] = ["No such file or directory", "Permission denied"];
    // `#error`, `#warning` and `static_assert` say what they are told to say.
    const QUOTING: [&str; 4] = ["#error", "#warning", "static assertion", "warning: "];
    printed.lines().map(str::trim_end).find(|line| {
        !line.starts_with([' ', '\t'])
            && !QUOTING.iter().any(|quoting| line.contains(quoting))
            && (FULL.iter().any(|full| line.contains(full))
                || (WRITING.iter().any(|writing| line.contains(writing))
                    && WHY.iter().any(|why| line.contains(why))))
    })
}

/// `FILE:LINE[:COLUMN]: [fatal ]error: MESSAGE`, and `FILE:LINE: Error: …` of the assembler.
fn error_line(line: &str) -> Option<Diagnosis> {
    let (place, message) = [": fatal error: ", ": error: ", ": Error: "]
        .iter()
        .find_map(|marker| line.split_once(marker))
        // What `collect2` and the drivers say at the end only sums up what was said before.
        .filter(|(place, _)| place.contains(':') && !place.contains(": warning:"))?;
    Some(Diagnosis { message: message.trim().to_owned(), location: location(place) })
}

/// What the linker says of symbols and regions: `FILE:LINE: undefined reference to …`,
/// `…: multiple definition of …`, `region … overflowed by … bytes`.
fn linker_line(line: &str) -> Option<Diagnosis> {
    const PHRASES: [&str; 5] = [
        "undefined reference to",
        "multiple definition of",
        "overflowed by",
        "will not fit in region",
        "is not within region",
    ];
    if let Some((_, message)) = line.split_once("ld: ").filter(|(_, message)| {
        ["cannot find ", "cannot open "].iter().any(|phrase| message.starts_with(phrase))
    }) {
        return Some(plain(message));
    }
    let phrase = PHRASES.iter().find_map(|phrase| line.find(phrase))?;
    // The message begins behind the last `: ` before the phrase; what is before that is the place.
    let start = line[..phrase].rfind(": ").map_or(0, |at| at + 2);
    // `…/ld: a.o:/s/a.c:3`: the linker and the object are not part of the source's name.
    let place = line[..start].trim_end_matches(": ");
    let place = place.rsplit_once(": ").map_or(place, |(_, place)| place);
    let place = place.rsplit_once(".o:").map_or(place, |(_, place)| place);
    Some(Diagnosis { message: line[start..].trim().to_owned(), location: location(place) })
}

fn location(place: &str) -> Option<Location> {
    let mut parts = place.rsplitn(3, ':');
    let last = parts.next()?;
    let middle = parts.next()?;
    let first = parts.next();
    let (file, line, column) = match (first, middle.parse::<u32>(), last.parse::<u32>()) {
        (Some(file), Ok(line), Ok(column)) => (file.to_owned(), line, Some(column)),
        (Some(first), Err(_), Ok(line)) => (format!("{first}:{middle}"), line, None),
        (None, _, Ok(line)) => (middle.to_owned(), line, None),
        _ => return None,
    };
    Some(Location { file: PathBuf::from(file), line, column })
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
    fn a_full_disk_is_nobodys_code() {
        let assembler = "/w/tmp/x.s: Assembler messages:\n/w/tmp/x.s: Fatal error: can't write 52 bytes to section .text of /w/tmp/x.o: 'No space left on device'";
        assert_eq!(storage_fault(assembler), assembler.lines().nth(1));
        for fault in [
            "cc1plus: fatal error: error writing to /w/tmp/cc1.s: No space left on device",
            "/s/A.ino:7:1: fatal error: error writing to /w/tmp/cc1.s: No space left on device",
            "/usr/bin/ld: final link failed: No space left on device",
            "avr-objcopy: /w/A.hex: Disk quota exceeded",
            "/w/tmp/x.s: Fatal error: can't create /w/tmp/x.o: No such file or directory",
            "/usr/bin/ld: cannot open output file /w/A.elf: Permission denied",
        ] {
            assert_eq!(storage_fault(fault), Some(fault));
        }
        for code in [
            "/s/A.ino:1:2: error: #error No space left on device",
            "/s/A.ino:1:1: error: static assertion failed: No space left on device",
            "/s/A.ino:1:10: fatal error: Missing.h: No such file or directory",
            "/s/A.ino:1:1: warning: unused\n    1 | log(\"No space left on device\");",
        ] {
            assert_eq!(storage_fault(code), None);
        }
    }

    #[test]
    fn whatever_is_printed_there_is_a_message() {
        assert_eq!(diagnose("").message, "it failed without saying why");
        assert_eq!(diagnose("\n  \nKilled\n").message, "Killed");
    }
}
