//! The layers of the program: which module may name which, and who alone may touch what. Reads the
//! sources as text, so that an arrow that points back fails here before it is a habit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What each module at the root of the crate may use. `lib.rs` draws the same picture.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "board", "build", "compile", "event", "exit", "install", "library", "matrix", "nearest", "plan",
            "report", "source", "stage", "store", "symbols",
        ],
    ),
    ("stage", &["build", "compile", "diagnostics", "event", "plan", "store"]),
    ("build", &["board", "compile", "diagnostics", "event", "library", "plan", "source", "store", "symbols"]),
    ("plan", &["board", "event", "install", "library", "matrix", "nearest"]),
    ("compile", &["diagnostics", "event", "source"]),
    ("store", &["event", "source"]),
    ("report", &["diagnostics", "event", "symbols"]),
    ("install", &["event"]),
    ("matrix", &["board", "nearest"]),
    ("board", &["nearest"]),
    ("diagnostics", &["event"]),
    ("event", &[]),
    ("exit", &[]),
    ("library", &[]),
    ("nearest", &[]),
    ("source", &[]),
    ("symbols", &[]),
];

/// A source file of the program.
struct Source {
    /// Relative to `src/`, with `/`.
    path: String,
    /// Without comments.
    code: String,
    /// Where its own tests begin, or its end.
    tests: usize,
}

impl Source {
    /// The module at the root of the crate that it belongs to; `None` for the root itself.
    fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next()?;
        let name = first.strip_suffix(".rs").unwrap_or(first);
        (!["lib", "main"].contains(&name)).then_some(name)
    }

    /// Whether it holds only tests.
    fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts.any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
    }

    /// How many `super` lead from its own module to the root of the crate.
    fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { parts - 1 } else { parts }
    }

    /// The modules at the root of the crate that it names: behind `crate::`, also in braces, and behind
    /// as many `super::` as lead there.
    fn names(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (at, _) in self.code.match_indices("crate::") {
            // `$crate::` and `my_crate::` are others.
            if !self.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
                found.extend(heads(&self.code[at + "crate::".len()..]));
            }
        }
        let climb = "super::".repeat(self.depth());
        for (at, _) in self.code.match_indices(&climb) {
            if !self.code[..at].ends_with("super::") {
                found.extend(heads(&self.code[at + climb.len()..]));
            }
        }
        found
    }
}

/// The first name of each path that begins here: `a::b` gives `a`, `{a::b, c::{d, e}}` gives `a`, `c`.
fn heads(text: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = text.strip_prefix('{') else { return vec![name(text)] };
    let mut heads = vec![name(group)];
    let mut depth = 1;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => heads.push(name(&group[at + 1..])),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    read(&root, &root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 50, "only {} sources below {}", found.len(), root.display());
    found
}

fn read(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = lines.collect::<Vec<_>>().join("\n");
            found.push(source(path.strip_prefix(root).unwrap().to_str().unwrap(), code));
        }
    }
}

fn source(path: &str, code: String) -> Source {
    // `#[cfg(test)]`, `#[cfg(all(test, …))]`: the last attribute before the module.
    let tests = code.find("\nmod tests {").and_then(|module| code[..module].rfind("#[cfg("));
    let tests = tests.filter(|at| code[*at..].lines().next().is_some_and(|line| line.contains("test")));
    Source { path: path.to_owned(), tests: tests.unwrap_or(code.len()), code }
}

#[test]
fn no_arrow_points_back() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(module) = source.module() else { continue };
        let Some(may_use) = allowed.get(module) else {
            wrong.push(format!("src/{}: the module {module} has no place among the layers", source.path));
            continue;
        };
        for used in source.names() {
            if allowed.contains_key(used.as_str()) && used != module && !may_use.contains(&used.as_str()) {
                wrong.push(format!("src/{}: {module} must not use {used}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table itself has no way round.
#[test]
fn the_layers_have_an_order() {
    let mut open: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(module, uses)| (*module, uses.iter().copied().collect())).collect();
    while !open.is_empty() {
        let leaves: Vec<&str> = open
            .iter()
            .filter(|(_, uses)| uses.iter().all(|used| !open.contains_key(used)))
            .map(|(module, _)| *module)
            .collect();
        assert!(!leaves.is_empty(), "these use one another in a circle: {:?}", open.keys());
        open.retain(|module, _| !leaves.contains(module));
    }
}

/// The table and the crate have the same modules.
#[test]
fn every_layer_is_there() {
    let modules: BTreeSet<String> =
        sources().iter().filter_map(|source| source.module().map(str::to_owned)).collect();
    let table: BTreeSet<String> = MAY_USE.iter().map(|(module, _)| (*module).to_owned()).collect();
    assert_eq!(modules, table);
}

/// The sources outside of `allowed` that name one of `words`, other than in tests.
fn users(words: &[&str], allowed: &[&str]) -> Vec<String> {
    sources()
        .iter()
        .filter(|source| !source.is_test() && !allowed.iter().any(|place| source.path.starts_with(place)))
        .flat_map(|source| {
            let named = words.iter().filter(|word| source.code[..source.tests].contains(**word));
            named.map(|word| format!("src/{}: {word}", source.path)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn one_file_knows_the_frozen_yaml_crate() {
    assert_eq!(users(&["serde_yaml"], &["matrix/schema.rs"]), Vec::<String>::new());
}

#[test]
fn one_place_knows_the_compiler_cache() {
    assert_eq!(users(&["zccache::"], &["compile/zccache", "compile/mod.rs"]), Vec::<String>::new());
}

#[test]
fn only_report_and_cli_print() {
    let printers =
        ["anstream", "println!", "print!", "eprintln!", "eprint!", "dbg!", "io::stdout", "io::stderr"];
    assert_eq!(users(&printers, &["report/", "cli/"]), Vec::<String>::new());
}

/// What keys are made of is looked at where looks are noted. Others look at what the program itself has made, or at
/// what follows from a key.
#[test]
fn keys_are_made_of_what_is_noted() {
    let looks = [
        "fs::read(",
        "fs::read_dir",
        "fs::read_to_string",
        "fs::metadata",
        "fs::symlink_metadata",
        "canonicalize(",
        "WalkDir",
        "File::open",
        ".exists()",
        "path.is_file()",
        "path.is_dir()",
        "folder.is_dir()",
    ];
    let makers = ["src/build/", "src/source/", "src/compile/identity.rs"];
    let own = [
        // A file whose hash is in the key.
        "build/bootloader.rs",
        "build/checkout.rs",
        "build/convert/",
        "build/embed.rs",
        "build/error.rs",
        "build/firmware.rs",
        "build/folder.rs",
        "build/hooks/replay.rs",
        // For messages only.
        "build/incomplete.rs",
        "build/known.rs",
        "build/link.rs",
        // For messages only.
        "build/no_library.rs",
        "build/origin.rs",
        "build/overflow.rs",
        "build/prepare.rs",
        // Between processes of ours.
        "build/prototypes.rs",
        "build/run/",
        "build/size.rs",
        // Copies in a directory of ours.
        "build/staged.rs",
        "build/symbols.rs",
        // For messages only.
        "build/undeclared.rs",
        "build/unit/copy.rs",
        // For messages only.
        "build/unstaged.rs",
        "build/unit/depfile.rs",
        "build/unit/make.rs",
        // For reports only.
        "build/warnings.rs",
        "source/disk.rs",
        // Behind a look.
        "source/files.rs",
        "source/memo.rs",
    ];
    let mut users = users(&looks, &own);
    users.retain(|user| makers.iter().any(|maker| user.starts_with(maker)));
    assert_eq!(users, Vec::<String>::new());
}

#[test]
fn no_shell_is_started() {
    let shells = ["\"sh\"", "\"/bin/sh\"", "\"bash\"", "\"/bin/bash\""];
    // It knows a platform's shell by its name.
    assert_eq!(users(&shells, &["build/hooks/plain.rs"]), Vec::<String>::new());
}

#[test]
fn paths_are_read_as_written() {
    assert_eq!(heads("event::{Event, Span};"), ["event"]);
    assert_eq!(heads("{board::Fqbn, source::{Files, Hash}, event};"), ["board", "source", "event"]);
    let names = |path: &str, code: &str| source(path, code.to_owned()).names().contains("report");
    assert!(names("build/sketch/merge.rs", "use super::super::super::report::Reports;"));
    assert!(names("build/mod.rs", "use super::report::Reports;"));
    assert!(!names("build/cell.rs", "use super::report::Reports;"));
    assert!(!names("build/cell.rs", "$crate::report::x"));
}
