//! From what `arduino-ctags` prints to prototypes, by the rules of arduino-cli
//! (`internal/arduino/builder/internal/preprocessor/internal/ctags`). Its oddities are kept: a sketch that only builds
//! because of one of them builds here too, and one that fails because of one fails.

use std::collections::HashSet;
use std::path::Path;

use aho_corasick::AhoCorasick;

use super::{Prototype, Prototypes};

mod code;
mod linkage;

pub use code::Sources;

/// The arguments of `arduino-ctags`, before `-f` with the output file and the source file.
pub const ARGUMENTS: [&str; 5] =
    ["-u", "--language-force=c++", "--c++-kinds=svpf", "--fields=KSTtzns", "--line-directives"];

/// arduino-cli stops reading a preprocessed source at a line of more than this many bytes.
const LONGEST_LINE: usize = 1024 * 1024;

/// The lines of a preprocessed source that come from the sketch's own `.ino` files: what ctags is given.
pub fn sketch_lines(preprocessed: &[u8], is_tab: impl Fn(&Path) -> bool) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut inside = false;
    for line in preprocessed.split(|&byte| byte == b'\n') {
        if line.len() > LONGEST_LINE {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(name) = line_marker(line) {
            inside = is_tab(Path::new(&name));
        }
        if inside {
            kept.extend_from_slice(line);
            kept.push(b'\n');
        }
    }
    kept
}

/// The file that a line marker names: `# 12 "name" 2`.
fn line_marker(line: &[u8]) -> Option<String> {
    let mut parts = line.splitn(3, |&byte| byte == b' ');
    let (hash, number, rest) = (parts.next()?, parts.next()?, parts.next()?);
    std::str::from_utf8(number).ok()?.parse::<i64>().ok().filter(|_| hash.starts_with(b"#"))?;
    let mut bytes = rest.strip_prefix(b"\"")?.iter().copied();
    let mut name = Vec::new();
    loop {
        match bytes.next()? {
            b'\\' => name.push(bytes.next()?),
            b'"' => break,
            byte => name.push(byte),
        }
    }
    matches!(bytes.next(), None | Some(b' ')).then(|| String::from_utf8_lossy(&name).into_owned())
}

/// One line of the output of ctags.
#[derive(Debug, Clone, Default)]
struct Tag {
    name: String,
    kind: String,
    line: usize,
    /// The source line, with `/` and `\` escaped as ctags prints it.
    code: String,
    /// Whether it belongs to a class, struct or namespace.
    member: bool,
    file: String,
    prototype: String,
    modifiers: String,
    skipped: bool,
    /// Why it is skipped although the function has no other declaration.
    reason: Option<&'static str>,
}

impl Tag {
    fn parse(row: &str) -> Option<Self> {
        let row = row.trim();
        let mut parts = row.split('\t');
        let name = parts.next()?.to_owned();
        // The compiler doubles backslashes in line markers, and ctags leaves them.
        let file = parts.next()?.replace("\\\\", "\\");
        let mut tag = Self { name, file, ..Self::default() };
        let (mut returns, mut signature) = ("", "");
        for (field, value) in parts.filter_map(|part| part.split_once(':')) {
            let value = value.trim();
            match field {
                "kind" => value.clone_into(&mut tag.kind),
                "line" => tag.line = value.parse().unwrap_or_default(),
                "signature" => signature = value,
                "returntype" => returns = value,
                "class" | "struct" | "namespace" => tag.member |= !value.is_empty(),
                _ => {}
            }
        }
        tag.prototype = format!("{returns} {}{signature};", tag.name);
        if let (Some(start), Some(end)) = (row.find("/^"), row.find("$/;")) {
            row.get(start + 2..end).unwrap_or_default().clone_into(&mut tag.code);
        }
        Some(tag)
    }

    fn is_function(&self) -> bool {
        self.kind == "function"
    }
}

/// The prototypes that arduino-cli makes of the output of ctags, and where it puts them. `main` is the sketch's main
/// file; `sources` reads the files that tags name.
pub fn prototypes(output: &str, main: &str, sources: &mut Sources) -> Prototypes {
    // In a file ctags begins with rows about itself, which arduino-cli does not see.
    let rows = output.lines().filter(|row| !row.starts_with("!_TAG_"));
    let mut tags: Vec<Tag> = rows.filter_map(Tag::parse).collect();
    for tag in &mut tags {
        tag.skipped = !tag.is_function() && tag.kind != "prototype" || tag.member;
        if !tag.skipped {
            code::complete(tag, sources);
        }
    }
    skip_declared(&mut tags);
    skip_repeated(&mut tags);
    for tag in tags.iter_mut().filter(|tag| !tag.skipped) {
        if !code::matches(tag, sources) {
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

/// The line of the main file's first function, or of an earlier line that takes the address of a function.
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

/// What arduino-cli takes for the use of a function's address: `&name` and `(name)`, also as a part of a longer word.
/// Two patterns for each name, in the order of `names`.
pub(super) fn uses<'n>(names: impl Iterator<Item = &'n str>) -> Option<AhoCorasick> {
    AhoCorasick::new(names.flat_map(|name| [format!("&{name}"), format!("({name})")])).ok()
}

#[cfg(test)]
mod tests;
