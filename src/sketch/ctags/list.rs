//! Converts tags to prototypes.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

use super::code::Sources;
use super::linkage;
use super::tag::Tag;
use crate::sketch::prototypes::{Prototype, Prototypes};

/// Returns the prototypes that arduino-cli makes of the output of ctags, and their place. `main` is the sketch's main
/// file; `sources` reads the files that tags name.
pub fn prototypes(output: &str, main: &str, sources: &mut Sources) -> Prototypes {
    // An output file of ctags begins with rows about ctags itself, which arduino-cli never receives.
    let rows = output.lines().filter(|row| !row.starts_with("!_TAG_"));
    let mut tags: Vec<Tag> = rows.filter_map(Tag::parse).collect();
    for tag in &mut tags {
        tag.skipped = !tag.is_function() && tag.kind != "prototype" || tag.member;
        if !tag.skipped {
            super::code::complete(tag, sources);
        }
    }
    skip_declared(&mut tags);
    skip_repeated(&mut tags);
    for tag in tags.iter_mut().filter(|tag| !tag.skipped) {
        if !super::code::matches(tag, sources) {
            tag.skipped = true;
            tag.reason = Some("Arduino does not recognise the way its head is written");
        }
    }
    linkage::mark(&mut tags, sources);
    let dropped = tags.iter().filter_map(|tag| Some((tag.name.clone(), tag.reason?.to_owned()))).collect();
    Prototypes { list: listed(&tags), line: place(&tags, main), dropped }
}

/// Skips prototypes, and functions that the sketch declares itself.
fn skip_declared(tags: &mut [Tag]) {
    let declared: HashSet<String> =
        tags.iter().filter(|tag| tag.kind == "prototype").map(|tag| tag.prototype.clone()).collect();
    for tag in tags {
        tag.skipped |= declared.contains(&tag.prototype);
    }
}

fn skip_repeated(tags: &mut [Tag]) {
    let mut seen = HashSet::new();
    for tag in tags {
        tag.skipped = tag.skipped || !seen.insert(tag.prototype.clone());
    }
}

fn listed(tags: &[Tag]) -> Vec<Prototype> {
    let written = tags.iter().filter(|tag| !tag.skipped && !tag.prototype.trim().is_empty());
    let prototype = |tag: &Tag| Prototype {
        name: tag.name.clone(),
        text: tag.prototype.clone(),
        modifiers: tag.modifiers.clone(),
        file: tag.file.clone(),
        line: tag.line,
    };
    written.map(prototype).collect()
}

/// Returns the line of the main file's first function, or of an earlier line that takes the address of a function.
fn place(tags: &[Tag], main: &str) -> usize {
    let first = tags.iter().find(|tag| tag.is_function() && !tag.member && tag.file == main);
    let functions: Vec<&Tag> = tags.iter().filter(|tag| tag.is_function() && !tag.skipped).collect();
    let used = uses(functions.iter().map(|tag| tag.name.as_str())).and_then(|words| {
        tags.iter().find(|tag| {
            let mut found = words.find_overlapping_iter(&tag.code);
            found.any(|word| functions[word.pattern().as_usize() / 2].line != tag.line)
        })
    });
    first.into_iter().chain(used).map(|tag| tag.line).min().unwrap_or_default()
}

/// Returns patterns for what arduino-cli regards as a function's address: `&name` and `(name)`, also as a part of a
/// longer word. There are two patterns for each name, in the order of `names`.
pub(in crate::sketch) fn uses<'n>(names: impl Iterator<Item = &'n str>) -> Option<AhoCorasick> {
    AhoCorasick::new(names.flat_map(|name| [format!("&{name}"), format!("({name})")])).ok()
}
