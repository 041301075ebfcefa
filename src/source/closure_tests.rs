//! Closures over real folders: what each kind of change must change, and the host's compiler as the
//! judge of what can be read.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use proptest::prelude::*;

use super::super::{Files, SearchPath};
use super::*;

struct Tree {
    root: tempfile::TempDir,
    path: SearchPath,
    macros: MacroDefinitions,
}

impl Tree {
    /// A tree with these files; folders `i1` to `i3` are searched, and `s1` as a system folder.
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| -> Arc<Path> { root.path().join(name).into() };
        let path = SearchPath {
            quote: vec![folder("q1")],
            include: vec![folder("i1"), folder("i2"), folder("i3")],
            system: vec![folder("s1")],
        };
        for name in ["q1", "i1", "i2", "i3", "s1", "m"] {
            std::fs::create_dir(root.path().join(name)).unwrap();
        }
        let tree = Self { root, path, macros: MacroDefinitions::new() };
        for (name, text) in files {
            tree.write(name, text);
        }
        tree
    }

    fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// As a new run sees it.
    fn search(&self) -> Search {
        Search::new(Arc::new(Files::default()), self.path.clone())
    }

    fn inputs(&self) -> Inputs {
        let search = self.search();
        let main = search.files().get(&self.at("m/main.c")).unwrap();
        Closure::new(&search, &self.macros).of(&main, &[])
    }

    /// The files of the closure, relative to the tree, sorted, without the main one.
    fn files(&self) -> Vec<String> {
        let inputs = self.inputs();
        assert_eq!(&*inputs.files[0].path, self.at("m/main.c"), "the source comes first");
        let relative = |path: &Path| path.strip_prefix(self.root.path()).unwrap().display().to_string();
        let mut names: Vec<String> = inputs.files[1..].iter().map(|file| relative(&file.path)).collect();
        names.sort();
        names
    }

    fn change(&self, change: impl FnOnce()) -> bool {
        let before = self.inputs().hash();
        change();
        before != self.inputs().hash()
    }
}

#[test]
fn names_lead_where_gcc_finds_them() {
    let tree = Tree::new(&[
        ("m/main.c", "#include \"a.h\"\n#include <a.h>\n#include \"b.h\"\n#include \"sub/c.h\"\n#include \"../e.h\"\n"),
        ("m/a.h", ""),
        ("i1/a.h", ""),
        ("q1/b.h", ""),
        ("i1/b.h", ""),
        ("i2/sub/c.h", "#include \"d.h\"\n#include <./b.h>"),
        ("i2/sub/d.h", ""),
        ("i1/d.h", ""),
        ("e.h", ""),
    ]);
    assert_eq!(tree.files(), ["e.h", "i1/a.h", "i1/b.h", "i2/sub/c.h", "i2/sub/d.h", "m/../e.h", "m/a.h", "q1/b.h"][1..].to_vec().tap_sort());
}

trait TapSort {
    fn tap_sort(self) -> Self;
}

impl TapSort for Vec<&str> {
    fn tap_sort(mut self) -> Self {
        self.sort_unstable();
        self
    }
}
