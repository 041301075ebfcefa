//! The module tree of a crate, without its tests: modules, the file of each, the names that each defines and imports.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Item, ItemMod, UseTree};

use super::sources::Sources;

/// The path of a module from the root of the crate; empty for the root.
pub(crate) type ModulePath = Vec<String>;

/// A module, in a file of its own or inline.
#[derive(Default)]
pub(crate) struct Module {
    /// Its file, below `src/`.
    pub(crate) file: String,
    /// The names of its items, without its child modules.
    pub(crate) defines: BTreeSet<String>,
    /// The names that it imports, each with the path in the `use` declaration.
    pub(crate) imports: BTreeMap<String, Vec<String>>,
    /// The paths of its glob imports.
    pub(crate) globs: Vec<Vec<String>>,
    /// Its items, without imports, tests and child modules.
    pub(crate) items: Vec<Item>,
}

/// Parses the modules of a crate, from `lib.rs` down. Skips modules for tests.
///
/// # Panics
/// On a missing file, or on one that is no Rust.
pub(crate) fn parse(sources: &Sources) -> BTreeMap<ModulePath, Module> {
    let mut tree = BTreeMap::new();
    add_file(sources, "lib.rs", ModulePath::new(), &mut tree);
    tree
}

fn add_file(sources: &Sources, file: &str, path: ModulePath, tree: &mut BTreeMap<ModulePath, Module>) {
    let text = sources.get(file).unwrap_or_else(|| panic!("src/{file} is missing"));
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("src/{file}: {error}"));
    add_module(sources, file, path, parsed.items, tree);
}

fn add_module(
    sources: &Sources,
    file: &str,
    path: ModulePath,
    items: Vec<Item>,
    tree: &mut BTreeMap<ModulePath, Module>,
) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    for item in items {
        match item {
            Item::Mod(child) if !is_for_tests(&child.attrs) => {
                let child_path = [path.as_slice(), &[child.ident.to_string()]].concat();
                match child.content {
                    Some((_, items)) => add_module(sources, file, child_path, items, tree),
                    None => add_file(sources, &file_of(sources, file, &path, &child), child_path, tree),
                }
            }
            Item::Use(declaration) if !is_for_tests(&declaration.attrs) => {
                flatten(&declaration.tree, &mut Vec::new(), &mut module);
            }
            Item::Mod(_) | Item::Use(_) => {}
            other => {
                if let Some(name) = name_of(&other) {
                    module.defines.insert(name);
                }
                module.items.push(other);
            }
        }
    }
    tree.insert(path, module);
}

/// Returns the file of a module: that of its attribute `path`, `NAME.rs` or `NAME/mod.rs`.
fn file_of(sources: &Sources, parent_file: &str, parent: &[String], module: &ItemMod) -> String {
    let directory =
        parent_file.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
    if let Some(path) = path_attribute(&module.attrs) {
        return format!("{directory}{path}");
    }
    let name = [parent, &[module.ident.to_string()]].concat().join("/");
    let flat = format!("{name}.rs");
    if sources.contains_key(&flat) { flat } else { format!("{name}/mod.rs") }
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| {
        let value =
            &attribute.meta.require_name_value().ok().filter(|pair| pair.path.is_ident("path"))?.value;
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
        Some(text.value())
    })
}

/// Returns whether an item is compiled only for tests: `#[cfg(test)]`, `#[cfg(all(test, …))]`.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Some(list) = attribute.meta.require_list().ok().filter(|list| list.path.is_ident("cfg")) else {
            return false;
        };
        let condition = list.tokens.to_string();
        let mut words = condition.split(|c: char| !c.is_alphanumeric() && c != '_');
        condition == "test" || condition.starts_with("all") && words.any(|word| word == "test")
    })
}

fn flatten(tree: &UseTree, prefix: &mut Vec<String>, module: &mut Module) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, module);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, module);
            }
        }
        UseTree::Glob(_) => module.globs.push(prefix.clone()),
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let mut path = prefix.clone();
            if name != "self" {
                path.push(name);
            }
            if let Some(last) = path.last().cloned() {
                module.imports.insert(last, path);
            }
        }
        UseTree::Rename(rename) => {
            let path = [prefix.as_slice(), &[rename.ident.to_string()]].concat();
            module.imports.insert(rename.rename.to_string(), path);
        }
    }
}

fn name_of(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}
