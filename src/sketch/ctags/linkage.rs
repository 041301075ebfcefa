//! Finds the functions in `extern "C"`. arduino-cli counts braces from the line with these words, and only in the files
//! of the first tags.

use std::collections::{HashMap, HashSet};

use super::code::Sources;
use super::tag::Tag;

/// Adds the modifier `extern "C"` to tags in such a block.
pub(super) fn mark(tags: &mut [Tag], sources: &mut Sources) {
    const EXTERN_C: &str = "extern \"C\"";
    let lines = linked_lines(tags, sources);
    for tag in tags {
        let inside = lines.get(&tag.file).is_some_and(|lines| lines.contains(&tag.line));
        if inside && !tag.modifiers.contains(EXTERN_C) {
            tag.modifiers = format!("{} {EXTERN_C}", tag.modifiers);
        }
    }
}

/// Returns the lines in `extern "C"` by file. The first tag whose file has been searched ends the search, as in
/// arduino-cli.
fn linked_lines(tags: &[Tag], sources: &mut Sources) -> HashMap<String, HashSet<usize>> {
    let mut found = HashMap::new();
    for tag in tags {
        if found.contains_key(&tag.file) {
            break;
        }
        if let Some(lines) = sources.lines(&tag.file) {
            found.insert(tag.file.clone(), lines_of(&lines));
        }
    }
    found
}

fn lines_of(lines: &[String]) -> HashSet<usize> {
    const EXTERN_C: &str = "extern\"C\"";
    let mut found = HashSet::new();
    let (mut inside, mut level) = (false, 0_i64);
    for (index, line) in lines.iter().enumerate() {
        let line = line.replace([' ', '\t'], "");
        if line.is_empty() {
            continue;
        }
        inside |= line.contains(EXTERN_C);
        if inside {
            found.insert(index + 1);
        }
        for c in line.chars() {
            level += i64::from(c == '{') - i64::from(c == '}');
        }
        // After `extern "C"` alone on its line, the brace may be on the next one.
        if level == 0 && line != EXTERN_C {
            inside = false;
        }
    }
    found
}
