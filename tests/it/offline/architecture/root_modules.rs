//! The layers of the root modules: which module may import from which.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::{Digraph, Imports, imports_of_this_crate};

/// The modules that each root module may import from. `just modules` draws those that it does.
const MAY_USE: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "budget",
            "cache",
            "event",
            "exit",
            "fs",
            "import",
            "includes",
            "limits",
            "matrix",
            "nearest",
            "pipeline",
            "plan",
            "platform",
            "process",
            "provide",
            "report",
            "schedule",
            "session",
            "shard",
            "sync",
            "toolchain",
        ],
    ),
    (
        "session",
        &[
            "budget",
            "cache",
            "event",
            "exit",
            "fs",
            "includes",
            "library",
            "matrix",
            "pipeline",
            "plan",
            "process",
            "provide",
            "report",
            "schedule",
            "shard",
            "sync",
            "toolchain",
        ],
    ),
    ("schedule", &["budget", "diagnostics", "event", "limits", "pipeline", "plan", "process", "sync"]),
    (
        "pipeline",
        &[
            "budget",
            "cache",
            "diagnostics",
            "event",
            "fs",
            "includes",
            "library",
            "plan",
            "platform",
            "process",
            "sketch",
            "symbols",
            "sync",
            "toolchain",
        ],
    ),
    ("plan", &["event", "fs", "library", "limits", "matrix", "nearest", "platform", "provide"]),
    ("cache", &["diagnostics", "event", "fs", "includes", "process", "sync"]),
    ("report", &["diagnostics", "event", "limits", "symbols", "sync"]),
    ("limits", &["event"]),
    ("matrix", &["import", "limits", "nearest", "platform", "versions"]),
    ("import", &["library", "nearest", "platform"]),
    ("toolchain", &["diagnostics", "includes", "process", "sync"]),
    ("provide", &["event", "fs", "nearest", "sync", "versions"]),
    ("budget", &["fs", "sync"]),
    ("includes", &["fs", "sync"]),
    ("diagnostics", &["event"]),
    ("library", &["sync"]),
    ("platform", &["nearest"]),
    ("process", &["sync"]),
    ("event", &[]),
    ("exit", &[]),
    ("fs", &[]),
    ("nearest", &[]),
    ("shard", &[]),
    ("sketch", &["includes"]),
    ("symbols", &[]),
    ("sync", &[]),
    ("versions", &[]),
];

/// Returns a line for each import between root modules that the table does not allow.
pub(crate) fn upward(imports: &Imports, may_use: &[(&str, &[&str])]) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = may_use.iter().copied().collect();
    let graph = imports.root_modules();
    let mut wrong = Vec::new();
    for from in graph.nodes() {
        let Some(may_use) = allowed.get(from) else {
            wrong.push(format!("the module {from} has no place among the layers"));
            continue;
        };
        for to in graph.targets(from).filter(|to| !may_use.contains(to)) {
            let example = imports.example(from, to).map(|(file, name)| format!("src/{file} imports {name}"));
            wrong.push(format!("{from} must not import from {to}: {}", example.unwrap_or_default()));
        }
    }
    wrong
}

#[test]
fn no_arrow_points_up() {
    let wrong = upward(imports_of_this_crate(), MAY_USE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_cycle() {
    let mut graph = Digraph::default();
    for (module, may_use) in MAY_USE {
        for used in *may_use {
            graph.add_edge(module, used, "may use");
        }
    }
    assert_eq!(graph.cycle(), None);
}

#[test]
fn the_table_has_the_modules_of_the_crate() {
    let graph = imports_of_this_crate().root_modules();
    let modules: BTreeSet<&str> = graph.nodes().collect();
    let table: BTreeSet<&str> = MAY_USE.iter().map(|(module, _)| *module).collect();
    assert_eq!(modules, table);
}
