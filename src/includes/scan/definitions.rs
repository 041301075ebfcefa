//! The definitions of one macro in a text.

use memchr::memmem::find;

use super::header_name::split_word;
use super::lines::LineKind;
use super::readings::each_reading;
use super::splices::without_splices;

/// Returns the bodies of every `#define name …` in a text, in any branch, sorted. The body of a function-like macro
/// begins with its parenthesis.
pub(crate) fn definitions(text: &[u8], name: &str) -> Vec<String> {
    // Most files do not contain the name, and a search costs a fraction of reading lines.
    let has = |text: &[u8]| find(text, name.as_bytes()).is_some();
    if !has(text) && !without_splices(text).is_some_and(|text| has(&text)) {
        return Vec::new();
    }
    let mut found: Vec<String> = each_reading(text, |lines| {
        let mut bodies = Vec::new();
        let mut line = Vec::new();
        while let Some(kind) = lines.next_into(&mut line) {
            if kind != LineKind::Directive {
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            let (word, rest) = split_word(line.trim());
            let (defined, body) = split_word(rest.trim_start());
            if word == "define" && defined == name {
                bodies.push(body.trim().to_owned());
            }
        }
        bodies
    })
    .flatten()
    .collect();
    found.sort();
    found.dedup();
    found
}
