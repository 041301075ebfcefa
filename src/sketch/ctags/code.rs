//! Checks whether a prototype matches the source. arduino-cli compares both without blanks, and reads the lines around
//! a function whose head has several lines.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::tag::Tag;
use crate::includes::Disk;

/// Length of a line at which Go's scanner stops.
const LONGEST_LINE: usize = 64 * 1024;

/// The lines of the files that tags name, each read once.
#[derive(Debug)]
pub struct Sources<'a> {
    disk: &'a Disk,
    files: HashMap<String, Option<Arc<[String]>>>,
}

impl<'a> Sources<'a> {
    /// Returns sources without any file read yet.
    pub fn new(disk: &'a Disk) -> Self {
        Self { disk, files: HashMap::new() }
    }

    /// Returns the lines of a file; `None` where it can't be read.
    pub(super) fn lines(&mut self, file: &str) -> Option<Arc<[String]>> {
        if let Some(known) = self.files.get(file) {
            return known.clone();
        }
        let lines = self.disk.read(Path::new(file)).ok().map(|text| {
            let text = String::from_utf8_lossy(&text);
            text.lines().take_while(|line| line.len() < LONGEST_LINE).map(str::to_owned).collect()
        });
        self.files.insert(file.to_owned(), lines.clone());
        lines
    }
}

/// Adds what the fields of ctags lack: the head of a template, `static`.
pub(super) fn complete(tag: &mut Tag, sources: &mut Sources) {
    const TEMPLATE: &str = "template";
    if tag.prototype.starts_with(TEMPLATE) {
        let head = if !tag.code.starts_with(TEMPLATE) {
            let lines = sources.lines(&tag.file);
            through_bracket(
                &with_lines_before(tag, &tag.code, lines, |code| code.contains(TEMPLATE), false).0,
            )
        } else if let Some((head, _)) = tag.code.split_once('{') {
            head.to_owned()
        } else {
            tag.code.get(..tag.code.rfind(')').map_or(0, |at| at + 1)).unwrap_or_default().to_owned()
        };
        tag.prototype = head + ";";
    } else if tag.code.contains("static ") {
        "static".clone_into(&mut tag.modifiers);
    }
}

/// Returns whether the source contains the prototype. Moves the tag's line to the start of a head of several lines.
pub(super) fn matches(tag: &mut Tag, sources: &mut Sources) -> bool {
    let mut code = without_blanks(&tag.code);
    let lines = sources.lines(&tag.file);
    if !code.contains(')')
        && let Some(lines) = &lines
    {
        code = without_blanks(&through_next_bracket(lines, tag.line));
    }
    let prototype = without_blanks(&tag.prototype);
    let prototype = prototype.strip_suffix(';').unwrap_or(&prototype);
    if code.contains(prototype) {
        return true;
    }
    // The head may start on an earlier line.
    let code = through_bracket(&code);
    // The length of the head with its missing start. arduino-cli uses one less than the code's length where the code is
    // no part of the prototype.
    let length = prototype.find(&code).map_or(code.len().saturating_sub(1), |missing| code.len() + missing);
    let (code, line) = with_lines_before(tag, &code, lines, |code| code.len() >= length, true);
    let found = code.contains(prototype);
    if found {
        tag.line = line;
    }
    found
}

/// Returns the text from a line, numbered from 1, through the next later line with a closing bracket, without comments.
fn through_next_bracket(lines: &[String], line: usize) -> String {
    let mut lines = lines.iter().skip(line.saturating_sub(1));
    let mut within = false;
    let mut code = lines.next().map_or_else(String::new, |text| without_comments(text, &mut within));
    for text in lines {
        let text = without_comments(text, &mut within);
        code.push_str(&text);
        if text.contains(')') {
            break;
        }
    }
    code
}

/// Returns `code` with preceding lines added until it is `enough`, and the number of lines before the result.
fn with_lines_before(
    tag: &Tag,
    code: &str,
    lines: Option<Arc<[String]>>,
    enough: impl Fn(&str) -> bool,
    compact: bool,
) -> (String, usize) {
    let lines = lines.unwrap_or_default();
    let mut line = tag.line.saturating_sub(1).min(lines.len());
    let mut code = code.to_owned();
    let mut within = false;
    while line > 0 && !enough(&code) {
        line -= 1;
        code = without_comments(&lines[line], &mut within) + &code;
        if compact {
            code = without_blanks(&code);
        }
    }
    (code, line)
}

fn without_blanks(text: &str) -> String {
    text.replace([' ', '\t'], "")
}

/// Returns the text through its first closing bracket; empty where it has none.
fn through_bracket(text: &str) -> String {
    text.find(')').map_or_else(String::new, |at| text[..=at].to_owned())
}

/// Returns a line without comments, as arduino-cli removes them when it reads lines upwards: `*/` starts one and `/*`
/// ends it. The slash of `*/` and the last character of the line get lost.
fn without_comments(line: &str, within: &mut bool) -> String {
    let line = line.split_once("//").map_or(line, |(before, _)| before);
    let mut text = line.as_bytes().to_vec();
    if let Some(end) = line.find("*/") {
        let rest = &line.as_bytes()[end + 1..line.len() - 1];
        text = if let Some(start) = line.find("/*") {
            [&line.as_bytes()[..start], rest].concat()
        } else {
            *within = true;
            rest.to_vec()
        };
    }
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if *within {
        match text.find("/*") {
            Some(start) => {
                text.truncate(start);
                *within = false;
            }
            None => text.clear(),
        }
    }
    text
}
