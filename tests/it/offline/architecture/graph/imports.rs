//! The imports of a crate, resolved. Within a root module a name counts for the file that defines it, also where a facade
//! re-exports it. Between root modules it counts for the module that is named: its facade is its interface.

use std::collections::{BTreeMap, BTreeSet};

use super::digraph::Digraph;
use super::sources::Sources;
use super::tree::{self, Module, ModulePath};
use super::uses;

/// The imports between the files of a crate.
pub(crate) struct Imports {
    /// For each file and each file of the same root module that it imports from, one of the imported names.
    within: BTreeMap<(String, String), String>,
    /// For each root module and each other one that it imports from, an importing file and an imported name.
    between: BTreeMap<(String, String), (String, String)>,
    files: BTreeSet<String>,
    detours: BTreeSet<Detour>,
}

/// An import through the facade of a module that the importing file is part of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Detour {
    /// The importing file.
    pub(crate) file: String,
    /// The file of the facade.
    pub(crate) facade: String,
    /// The imported name.
    pub(crate) name: String,
    /// The file that defines it.
    pub(crate) definition: String,
}

impl Imports {
    /// Resolves the imports of a crate.
    ///
    /// # Panics
    /// On sources that are no crate.
    pub(crate) fn of(sources: &Sources) -> Self {
        let tree = tree::parse(sources);
        let mut imports = Self {
            within: BTreeMap::new(),
            between: BTreeMap::new(),
            files: tree.values().map(|module| module.file.clone()).collect(),
            detours: BTreeSet::new(),
        };
        let resolver = Resolver { tree: &tree };
        for (path, module) in &tree {
            let declared = module.imports.values().chain(&module.globs).cloned();
            for used in declared.chain(uses::of_items(&module.items)) {
                if let Some(used) = resolver.absolute(path, &used) {
                    imports.add(module, path, &used, &resolver);
                }
            }
        }
        imports
    }

    /// Adds the import of a path, which starts at the root of the crate.
    fn add(&mut self, module: &Module, path: &[String], used: &[String], resolver: &Resolver<'_>) {
        let (Some(from), Some(to)) = (path.first(), used.first()) else { return };
        let target = resolver.definition(used);
        let name = target.name;
        if from != to {
            let edge = (from.clone(), to.clone());
            self.between.entry(edge).or_insert_with(|| (module.file.clone(), name));
            return;
        }
        let definition = &target.module.file;
        if *definition == module.file {
            return;
        }
        let is_own = |facade: &ModulePath| path.starts_with(facade) && path != facade.as_slice();
        if let Some((_, facade)) = target.facades.iter().find(|(path, _)| is_own(path)) {
            self.detours.insert(Detour {
                file: module.file.clone(),
                facade: facade.file.clone(),
                name: name.clone(),
                definition: definition.clone(),
            });
        }
        self.within.entry((module.file.clone(), definition.clone())).or_insert(name);
    }

    /// Returns the imports between the root modules of the crate.
    pub(crate) fn root_modules(&self) -> Digraph {
        let mut graph = Digraph::default();
        for module in self.files.iter().filter_map(|file| root_module(file)) {
            graph.add_node(module);
        }
        for ((from, to), (_, name)) in &self.between {
            graph.add_edge(from, to, name);
        }
        graph
    }

    /// Returns the imports between the files of a root module.
    pub(crate) fn files_of(&self, module: &str) -> Digraph {
        let mut graph = Digraph::default();
        let is_inside = |file: &str| root_module(file) == Some(module);
        for file in self.files.iter().filter(|file| is_inside(file)) {
            graph.add_node(file);
        }
        for ((from, to), name) in
            self.within.iter().filter(|((from, to), _)| is_inside(from) && is_inside(to))
        {
            graph.add_edge(from, to, name);
        }
        graph
    }

    /// Returns the imports within a root module that go through a facade of their own instead of naming the file that
    /// defines the name.
    pub(crate) fn detours(&self, module: &str) -> impl Iterator<Item = &Detour> {
        self.detours.iter().filter(move |detour| root_module(&detour.file) == Some(module))
    }

    /// Returns a file of the root module `from` that imports from the root module `to`, and the imported name.
    pub(crate) fn example(&self, from: &str, to: &str) -> Option<&(String, String)> {
        self.between.get(&(from.to_owned(), to.to_owned()))
    }
}

/// Returns the root module of a file; `None` for `lib.rs` and `main.rs`.
fn root_module(file: &str) -> Option<&str> {
    let name = file.split_once('/').map_or(file, |(directory, _)| directory);
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (!["lib", "main"].contains(&name)).then_some(name)
}

struct Resolver<'t> {
    tree: &'t BTreeMap<ModulePath, Module>,
}

/// The definition that a path leads to.
struct Target<'t> {
    module: &'t Module,
    name: String,
    /// The modules whose re-exports the path goes through.
    facades: Vec<(ModulePath, &'t Module)>,
}

impl<'t> Resolver<'t> {
    /// Returns the path from the root of the crate; `None` for a path into another crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => return Some(rest.to_vec()),
            "self" => return Some([module, rest].concat()),
            "super" => {
                let climbs = path.iter().take_while(|name| *name == "super").count();
                let parent = &module[..module.len().checked_sub(climbs)?];
                return Some([parent, &path[climbs..]].concat());
            }
            _ => {}
        }
        let own = &self.tree[module];
        let child = [module, std::slice::from_ref(first)].concat();
        if own.defines.contains(first) || self.tree.contains_key(&child) {
            return Some([module, path].concat());
        }
        let import = own.imports.get(first).filter(|import| import.first() != Some(first))?;
        Some([self.absolute(module, import)?.as_slice(), rest].concat())
    }

    /// Follows re-exports to the definition.
    fn definition(&self, path: &[String]) -> Target<'t> {
        let mut path = path.to_vec();
        let mut facades = Vec::new();
        // Cyclic re-exports do not compile; the limit only bounds the work on broken sources.
        for _ in 0..16 {
            let (module_path, module, rest) = self.split(&path);
            let Some(next) = rest.first().and_then(|name| self.reexport(&module_path, module, name)) else {
                break;
            };
            facades.push((module_path, module));
            path = [next.as_slice(), &rest[1..]].concat();
        }
        let (module_path, module, rest) = self.split(&path);
        let name = rest.first().or(module_path.last()).cloned().unwrap_or_default();
        Target { module, name, facades }
    }

    /// Splits a path after its longest module.
    fn split<'p>(&self, path: &'p [String]) -> (ModulePath, &'t Module, &'p [String]) {
        let found = (0..=path.len()).rev().find_map(|length| Some((length, self.tree.get(&path[..length])?)));
        let (length, module) = found.expect("the root module");
        (path[..length].to_vec(), module, &path[length..])
    }

    /// Returns the path that a module imports under a name, by name or by glob.
    fn reexport(&self, path: &[String], module: &Module, name: &String) -> Option<Vec<String>> {
        if module.defines.contains(name) {
            return None;
        }
        if let Some(import) = module.imports.get(name) {
            return self.absolute(path, import);
        }
        module.globs.iter().find_map(|glob| {
            let source = self.absolute(path, glob)?;
            let target = self.tree.get(&source)?;
            let has = target.defines.contains(name) || target.imports.contains_key(name);
            has.then(|| [source.as_slice(), std::slice::from_ref(name)].concat())
        })
    }
}
