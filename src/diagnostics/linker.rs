//! Errors of linkers, which have no severity in their lines: GNU ld's, with and without its name in front.

use super::line::{Head, Line, location, read};
use super::{Severity, overflow};
use crate::event::Location;

/// What a linker says of symbols, regions and inputs.
pub(super) const PHRASES: [&str; 8] = [
    "undefined reference to",
    "multiple definition of",
    "overflowed by",
    "will not fit in region",
    "is not within region",
    "relocation truncated to fit",
    "file not recognized",
    "file format not recognized",
];

/// The beginning of an error, without `ld:` in front.
pub(super) fn head(line: &str) -> Option<Head<'_>> {
    let own = without_name(line);
    let text = own.unwrap_or(line);
    let Some(phrase) = PHRASES.iter().find_map(|phrase| text.find(*phrase)) else {
        let own = own.filter(|message| is_refusal(message));
        return own.map(|message| Head {
            severity: Severity::Error,
            message: message.trim(),
            location: None,
        });
    };
    // The message begins behind the last `: ` before the phrase; what is before that is the place.
    let start = text[..phrase].rfind(": ").map_or(0, |at| at + 2);
    let place = text[..start].trim_end_matches(": ");
    let place = place.rsplit_once(": ").map_or(place, |(_, place)| place);
    Some(Head { severity: Severity::Error, message: text[start..].trim(), location: source_place(place) })
}

/// Whether what a linker says under its name, in words of no fixed form, is why it fails.
fn is_refusal(message: &str) -> bool {
    const WORDS: [&str; 9] = [
        "cannot ",
        "can't ",
        "error",
        "failed",
        "incompatible",
        "invalid",
        "overlaps",
        "unknown",
        "unrecognized",
    ];
    const HARMLESS: [&str; 3] = ["skipping incompatible", "DWARF error", "final link failed"];
    let has = |word: &&str| message.contains(*word);
    WORDS.iter().any(has) && !HARMLESS.iter().any(has)
}

/// The place in a source: `/s/a.c:3` of `a.o:/s/a.c:3` and of `/s/a.c:3:(.text+0x4)`.
fn source_place(place: &str) -> Option<Location> {
    let place = place.rsplit_once(".o:").map_or(place, |(_, source)| source);
    location(place.split_once(":(").map_or(place, |(source, _)| source))
}

/// A line that goes on with the linker's error before it.
pub(super) fn is_more(line: &str) -> bool {
    line.starts_with(">>> ")
        || (line.ends_with("first defined here") && !line.contains("multiple definition of"))
        || line.contains("more undefined references to")
}

/// The line without the linker's name, if it begins with that: `/usr/bin/ld: …`, `avr-ld: …`, `ld.gold: …`.
pub fn without_name(line: &str) -> Option<&str> {
    let (tool, rest) = line.split_once(": ")?;
    let name = tool.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_linker = name == "ld" || name.ends_with("-ld") || name.starts_with("ld.") || name.contains("-ld.");
    is_linker.then_some(rest)
}

/// A linker's first error about a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkError {
    /// ``undefined reference to `f'``, without what follows.
    pub message: String,
    /// The symbol, as the source spells it.
    pub symbol: String,
    /// Whether the symbol is defined more than once; it is undefined otherwise.
    pub is_duplicate: bool,
    /// Where it is, if the linker knows the line.
    pub location: Option<Location>,
    /// The object, as the linker names it: `a.o`, `core.a(b.o)`.
    pub object: Option<String>,
    /// Of a duplicate: the object and the place of the first definition.
    pub first: (Option<String>, Option<Location>),
}

/// The first error of a link, if it is about a symbol.
pub fn link_error(printed: &str) -> Option<LinkError> {
    let mut lines = printed.lines().map(str::trim_end);
    let mut scope = None;
    let (line, head) = lines.by_ref().find_map(|line| match read(line) {
        Line::Head(head) if head.severity == Severity::Error => Some((line, head)),
        Line::Scope => {
            scope = Some(line);
            None
        }
        _ => None,
    })?;
    let is_duplicate = head.message.starts_with("multiple definition of");
    if !is_duplicate && !head.message.starts_with("undefined reference to") {
        return None;
    }
    let text = without_name(line).unwrap_or(line);
    let (message, tail) = match head.message.split_once("; ") {
        Some((message, tail)) => (message, Some(tail)),
        None => (head.message, None),
    };
    let symbol = message.split_once('`').map(|(_, name)| name)?.trim_end_matches('\'');
    let scope = scope.map(|line| without_name(line).unwrap_or(line));
    let second = tail.or_else(|| lines.next().filter(|line| is_duplicate && is_more(line)));
    let second = second.and_then(|text| text.split_once(": first defined here")).map(|(place, _)| place);
    Some(LinkError {
        message: message.to_owned(),
        symbol: symbol.to_owned(),
        is_duplicate,
        location: head.location,
        object: object(text).or_else(|| scope.and_then(object)).map(str::to_owned),
        first: (second.and_then(object).map(str::to_owned), second.and_then(source_place)),
    })
}

/// The object that a place begins with: `a.o`, `core.a(b.o)`. Names of temporary objects of link-time optimisation say
/// nothing.
fn object(place: &str) -> Option<&str> {
    let end = [".o:", ".o (symbol from plugin)", ".o)"].iter().filter_map(|mark| place.find(mark)).min()?;
    let name = &place[..end + 2];
    let name = if place[end + 2..].starts_with(')') { &place[..end + 3] } else { name };
    (!name.contains(".ltrans")).then_some(name)
}

/// Whether the message only says that something does not fit, which another one says in numbers.
pub(super) fn is_vague(message: &str) -> bool {
    message.contains("will not fit in region") && !message.contains(overflow::BY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32) -> Location {
        Location { file: file.into(), line, column: None }
    }

    #[test]
    fn symbols_objects_and_places() {
        let found = link_error(
            "/w/sketch/b.cpp.o (symbol from plugin): In function `twice':\n(.text+0x0): multiple definition of `twice'\n\
             /w/sketch/A.ino.cpp.o (symbol from plugin):(.text+0x0): first defined here\ncollect2: error: ld returned 1 exit status",
        );
        let found = found.expect("a duplicate");
        assert_eq!(
            (found.message.as_str(), found.symbol.as_str()),
            ("multiple definition of `twice'", "twice")
        );
        assert_eq!(found.object.as_deref(), Some("/w/sketch/b.cpp.o"));
        assert_eq!(found.first, (Some("/w/sketch/A.ino.cpp.o".to_owned()), None));

        let found = link_error(
            "/usr/bin/ld: /w/b.o:/s/b.c:1: multiple definition of `x'; /w/a.o:/s/a.c:2: first defined here\n",
        )
        .expect("a duplicate");
        assert_eq!(
            (found.message.as_str(), found.location),
            ("multiple definition of `x'", Some(at("/s/b.c", 1)))
        );
        assert_eq!(found.object.as_deref(), Some("/w/b.o"));
        assert_eq!(found.first, (Some("/w/a.o".to_owned()), Some(at("/s/a.c", 2))));

        let found = link_error(
            "/w/core/core.a(main.cpp.o): In function `main':\nmain.cpp:(.text.startup+0x6): undefined reference to `setup()'\n",
        )
        .expect("undefined");
        assert_eq!((found.symbol.as_str(), found.is_duplicate, &found.location), ("setup()", false, &None));
        assert_eq!(found.object.as_deref(), Some("/w/core/core.a(main.cpp.o)"));

        let found = link_error(
            "/tmp/ccXXXXXX.ltrans0.ltrans.o: In function `loop':\n/s/A.ino:7: undefined reference to `missing'\n",
        )
        .expect("undefined");
        assert_eq!((found.object, found.location), (None, Some(at("/s/A.ino", 7))));
        assert_eq!(link_error("/s/A.ino:1:1: error: undefined reference to nothing\n"), None);
        assert_eq!(link_error("ld: region `text' overflowed by 4 bytes\n"), None);
    }
}
