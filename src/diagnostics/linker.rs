//! Parses lines of linkers, which have no severity: GNU ld's, with and without the program's name.

use super::head::{Head, Severity, location};
use super::overflow;
use crate::event::Location;

/// Phrases of a linker's errors about symbols, regions and inputs.
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

/// Parses the first line of an error, with or without `ld:` in front.
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
    // The message starts after the last `: ` before the phrase; the text before that is the place.
    let start = text[..phrase].rfind(": ").map_or(0, |at| at + 2);
    let place = text[..start].trim_end_matches(": ");
    let place = place.rsplit_once(": ").map_or(place, |(_, place)| place);
    Some(Head { severity: Severity::Error, message: text[start..].trim(), location: source_place(place) })
}

/// Returns whether a message of a linker, in no fixed form, is an error.
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

/// Returns the place in a source: `/s/a.c:3` of `a.o:/s/a.c:3` and of `/s/a.c:3:(.text+0x4)`.
pub(super) fn source_place(place: &str) -> Option<Location> {
    let place = place.rsplit_once(".o:").map_or(place, |(_, source)| source);
    location(place.split_once(":(").map_or(place, |(source, _)| source))
}

/// Returns whether the line continues the linker's error before it.
pub(super) fn is_more(line: &str) -> bool {
    line.starts_with(">>> ")
        || (line.ends_with("first defined here") && !line.contains("multiple definition of"))
        || line.contains("more undefined references to")
}

/// Returns the line without the linker's name, if it begins with one: `/usr/bin/ld: …`, `avr-ld: …`, `ld.gold: …`.
pub fn without_name(line: &str) -> Option<&str> {
    let (tool, rest) = line.split_once(": ")?;
    let name = tool.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let is_linker = name == "ld" || name.ends_with("-ld") || name.starts_with("ld.") || name.contains("-ld.");
    is_linker.then_some(rest)
}

/// Returns whether the message reports an overflow without a number, which another message gives.
pub(super) fn is_vague(message: &str) -> bool {
    message.contains("will not fit in region") && !message.contains(overflow::BY)
}
