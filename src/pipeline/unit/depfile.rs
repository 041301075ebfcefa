//! Compares the inputs in a compiler's depfile with those that a key covers. The include scanner may miss an
//! input; the object is uncacheable then.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::includes::Inputs;

/// Returns a file that the compiler read and that is missing in `inputs`, if any. Returns `None` if the
/// compile writes no depfile. `known_as` maps a path of the compiler's to its name in `inputs`.
pub(super) fn unforeseen(
    depfile: &Path,
    cwd: &Path,
    inputs: &Inputs,
    known_as: impl Fn(PathBuf) -> PathBuf,
) -> Option<PathBuf> {
    let text = std::fs::read_to_string(depfile).ok()?;
    let known: HashSet<&Path> = inputs.files.iter().map(|file| &*file.path).collect();
    let strange: Vec<PathBuf> = prerequisites(&text)
        .into_iter()
        .map(|path| known_as(cwd.join(path)))
        .filter(|path| !known.contains(path.as_path()))
        .collect();
    if strange.is_empty() {
        return None;
    }
    // Usually another spelling: the compiler shortens some paths.
    let real: HashSet<PathBuf> = known.iter().filter_map(|path| path.canonicalize().ok()).collect();
    strange.into_iter().find(|path| path.canonicalize().is_ok_and(|path| !real.contains(&path)))
}

/// Returns the makefile rule for an object, as a compiler writes it.
pub(super) fn rule<'f>(object: &Path, files: impl Iterator<Item = &'f Path>) -> String {
    let escaped =
        |path: &Path| path.to_string_lossy().replace('$', "$$").replace('#', "\\#").replace(' ', "\\ ");
    let mut text = format!("{}:", escaped(object));
    for file in files {
        text.push_str(" \\\n ");
        text.push_str(&escaped(file));
    }
    text.push('\n');
    text
}

/// Returns a compile command without `-c` and the options for a depfile.
pub(super) fn without(argv: &[String]) -> impl Iterator<Item = String> {
    let mut words = argv.iter();
    std::iter::from_fn(move || {
        loop {
            let word = words.next()?;
            match word.as_str() {
                "-MF" | "-MT" | "-MQ" => {
                    words.next();
                }
                "-c" | "-MMD" | "-MD" | "-MP" | "-MG" => {}
                _ => return Some(word.clone()),
            }
        }
    })
}

/// Returns the prerequisites of a makefile's first rule.
fn prerequisites(text: &str) -> Vec<String> {
    let Some((_, list)) = text.split_once(": ") else { return Vec::new() };
    let mut found = Vec::new();
    let mut name = String::new();
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, next) {
            ('\\', Some('\n')) => {
                chars.next();
            }
            ('\\', Some(escaped @ (' ' | '#' | '\\' | ':'))) | ('$', Some(escaped @ '$')) => {
                chars.next();
                name.push(escaped);
            }
            // Rules that `-MP` adds follow.
            ('\n', _) => break,
            (' ' | '\r', _) => found.extend((!name.is_empty()).then(|| std::mem::take(&mut name))),
            _ => name.push(c),
        }
    }
    found.extend((!name.is_empty()).then_some(name));
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::includes::{Closure, Files, MacroDefinitions, Search, SearchPath};

    #[test]
    fn a_rule_is_read_as_it_was_written() {
        let files = ["/a b/x.cpp", "/c#/$d.h"].map(Path::new);
        let text = rule(Path::new("/o/x.cpp.o"), files.into_iter());
        assert!(text.starts_with("/o/x.cpp.o: \\\n /a\\ b/x.cpp \\\n "));
        let read: Vec<PathBuf> = prerequisites(&text).into_iter().map(PathBuf::from).collect();
        assert_eq!(read, files);
    }

    #[test]
    fn prerequisites_are_read_as_make_reads_them() {
        let text =
            "/x/a.o: /x/a.cpp \\\n /x/with\\ blank.h \\\n  /x/hash\\#.h /x/money$$.h\n/x/with\\ blank.h:\n";
        assert_eq!(prerequisites(text), ["/x/a.cpp", "/x/with blank.h", "/x/hash#.h", "/x/money$.h"]);
        assert_eq!(prerequisites("nothing"), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_the_scan_missed_is_noticed_however_it_is_spelled() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("a.c"), "#include \"a.h\"\n").unwrap();
        std::fs::write(at("a.h"), "").unwrap();
        std::fs::write(at("b.h"), "").unwrap();
        let search = Search::new(Arc::new(Files::default()), SearchPath::default());
        let main = search.files().get(&at("a.c")).unwrap();
        let inputs = Closure::new(&search, &MacroDefinitions::new(), None).of(&main, &[]);
        let check = |text: &str| {
            std::fs::write(at("a.d"), text).unwrap();
            unforeseen(&at("a.d"), directory.path(), &inputs, |path| path)
        };
        assert_eq!(check("a.o: a.c a.h\n"), None);
        assert_eq!(check("a.o: a.c sub/../a.h\n"), None);
        assert_eq!(check("a.o: a.c a.h b.h\n"), Some(at("b.h")));
        assert_eq!(unforeseen(&at("missing.d"), directory.path(), &inputs, |path| path), None);
    }
}
