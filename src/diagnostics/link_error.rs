//! A link's error about a symbol that is undefined or defined twice.

use super::head::Severity;
use super::line::{Line, read};
use super::linker::{is_more, source_place, without_name};
use crate::event::Location;

/// A linker's error about a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkError {
    /// ``undefined reference to `f'``, without what follows.
    pub message: String,
    /// The symbol's name, as the source spells it.
    pub symbol: String,
    /// Whether the symbol is defined more than once; otherwise it is undefined.
    pub is_duplicate: bool,
    /// Its place, if the linker names the line.
    pub location: Option<Location>,
    /// The object, as the linker names it: `a.o`, `core.a(b.o)`.
    pub object: Option<String>,
    /// Object and place of a duplicate's first definition.
    pub first: (Option<String>, Option<Location>),
}

/// Returns the first error of a link, if it is about a symbol.
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

/// Returns the object that a place begins with: `a.o`, `core.a(b.o)`. Skips temporary objects of link-time
/// optimisation, whose names mean nothing.
fn object(place: &str) -> Option<&str> {
    let end = [".o:", ".o (symbol from plugin)", ".o)"].iter().filter_map(|mark| place.find(mark)).min()?;
    let name = &place[..end + 2];
    let name = if place[end + 2..].starts_with(')') { &place[..end + 3] } else { name };
    (!name.contains(".ltrans")).then_some(name)
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
