//! The definitions of objects, and their owners: from their symbol tables, and for link-time bytecode from the tables
//! that GCC adds for the linker.

use std::collections::{HashMap, HashSet};

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use super::demangle::{scopes, stem};
use super::owner::Owner;

/// The definitions of objects, added in link order.
#[derive(Debug, Default)]
pub struct Definitions {
    owners: Vec<Owner>,
    /// The definition that the linker resolves a reference to: the strong one, else the first weak one.
    global: HashMap<String, Global>,
    local: HashMap<String, Vec<Local>>,
    /// The sources named in the objects.
    files: HashSet<String>,
}

/// An index into the owners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OwnerId(usize);

#[derive(Debug, Clone, Copy)]
struct Global {
    owner: OwnerId,
    is_strong: bool,
}

#[derive(Debug, Clone)]
struct Local {
    owner: OwnerId,
    /// The source, where the object names it; bytecode does not.
    file: Option<String>,
}

/// A definition in an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found<'a> {
    /// A definition that other objects can use.
    Global { name: &'a str, is_strong: bool },
    /// A static definition, with the name of its source where the object has one.
    Local { name: &'a str, file: Option<&'a str> },
}

/// Kinds of entries in the linker's table of bytecode: `LDPK_DEF`, `LDPK_WEAKDEF` and `LDPK_COMMON` of GCC's
/// `plugin-api.h`; other kinds are no definitions.
const DEFINED: u8 = 0;
const WEAK: u8 = 1;
const COMMON: u8 = 4;

const BYTECODE: &str = ".gnu.lto_";
const LINKER_TABLE: &str = ".gnu.lto_.symtab";

impl Definitions {
    /// Adds an object. An object that can't be read defines nothing.
    pub fn add(&mut self, owner: &Owner, object: &[u8]) {
        let Ok(file) = object::File::parse(object) else { return };
        let mut source = None;
        for symbol in file.symbols() {
            let Ok(name) = symbol.name() else { continue };
            if symbol.kind() == SymbolKind::File {
                source = Some(name);
            } else if !name.is_empty() && (symbol.is_definition() || symbol.is_common()) {
                self.note(
                    owner,
                    if symbol.is_local() {
                        Found::Local { name, file: source }
                    } else {
                        Found::Global { name, is_strong: !symbol.is_weak() }
                    },
                );
            }
        }
        let (mut bodies, mut told) = (Vec::new(), HashSet::new());
        for section in file.sections() {
            let Ok(name) = section.name() else { continue };
            if name.starts_with(LINKER_TABLE) {
                for (name, is_strong) in section.data().map(linker_table).unwrap_or_default() {
                    self.note(owner, Found::Global { name: &name, is_strong });
                    told.insert(name);
                }
            } else {
                bodies.extend(name.strip_prefix(BYTECODE).and_then(body));
            }
        }
        // A body that is not in the linker's table is static.
        for name in bodies {
            if !told.contains(name) {
                self.note(owner, Found::Local { name, file: None });
            }
        }
    }

    /// Notes a definition.
    pub(super) fn note(&mut self, owner: &Owner, found: Found<'_>) {
        let owner = self.owner(owner);
        match found {
            Found::Global { name, is_strong } => self.add_global(name, Global { owner, is_strong }),
            Found::Local { name, file } => {
                if let Some(file) = file.filter(|file| !self.files.contains(*file)) {
                    self.files.insert(file.to_owned());
                }
                self.add_local(name, Local { owner, file: file.map(str::to_owned) });
            }
        }
    }

    fn owner(&mut self, owner: &Owner) -> OwnerId {
        OwnerId(self.owners.iter().position(|known| known == owner).unwrap_or_else(|| {
            self.owners.push(owner.clone());
            self.owners.len() - 1
        }))
    }

    fn add_global(&mut self, name: &str, new: Global) {
        let first = self.global.entry(name.to_owned()).or_insert(new);
        if new.is_strong && !first.is_strong {
            *first = new;
        }
    }

    fn add_local(&mut self, name: &str, new: Local) {
        self.local.entry(name.to_owned()).or_default().push(new);
    }

    /// Returns the owner of a symbol of the linked program. `file` is the source that the symbol table names before a
    /// local symbol, `None` for a name made by link-time optimisation.
    pub(super) fn owner_of(&self, raw: &str, is_local: bool, file: Option<&str>) -> &Owner {
        let names = [raw, stem(raw)];
        let inside = file.is_none_or(|file| self.files.contains(file));
        let found = match file {
            _ if !is_local => names.iter().find_map(|name| self.global.get(*name)).map(|global| global.owner),
            // A symbol after the name of a source was compiled from it.
            Some(file) => self.local_of(raw, file),
            None => names.iter().find_map(|name| self.only_owner(name)),
        };
        let found = found.or_else(|| self.scope_of(raw).filter(|_| is_local && inside));
        match found {
            Some(OwnerId(index)) => &self.owners[index],
            None if is_local && inside => &Owner::Unknown,
            None => &Owner::Other,
        }
    }

    /// Returns the owner of all static definitions of this name in sources of this name, if they have only one.
    fn local_of(&self, raw: &str, file: &str) -> Option<OwnerId> {
        let fits = |local: &&Local| local.file.as_deref() == Some(file);
        only(self.local.get(raw)?.iter().filter(fits).map(|local| local.owner))
    }

    /// Returns the owner of all definitions of this name, if they have only one.
    fn only_owner(&self, raw: &str) -> Option<OwnerId> {
        let local = self.local.get(raw).into_iter().flatten().map(|local| local.owner);
        only(self.global.get(raw).map(|global| global.owner).into_iter().chain(local))
    }

    /// Returns the owner of the function that declares a variable.
    fn scope_of(&self, raw: &str) -> Option<OwnerId> {
        scopes(stem(raw)).find_map(|function| self.only_owner(&function))
    }
}

/// Returns the owner, if all are equal.
fn only(mut owners: impl Iterator<Item = OwnerId>) -> Option<OwnerId> {
    let first = owners.next()?;
    owners.all(|other| other == first).then_some(first)
}

/// Parses a table for the linker's plugin: name, group, kind, visibility, size, slot. Returns each definition with
/// whether it is strong. An incomplete entry ends the table.
fn linker_table(bytes: &[u8]) -> Vec<(String, bool)> {
    const REST: usize = 1 + 1 + 8 + 4;
    let mut found = Vec::new();
    let mut rest = bytes;
    let text = |rest: &mut &[u8]| -> Option<String> {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let text = String::from_utf8_lossy(&rest[..end]).into_owned();
        *rest = &rest[end + 1..];
        Some(text)
    };
    while let Some(name) = text(&mut rest) {
        let Some(group) = text(&mut rest) else { break };
        let Some((fields, behind)) = rest.split_at_checked(REST) else { break };
        rest = behind;
        let strong = match fields[0] {
            DEFINED | COMMON => group.is_empty(),
            WEAK => false,
            _ => continue,
        };
        found.push((name, strong));
    }
    found
}

/// Returns the function whose body is in the section `NAME.HASH`, or `NAME.NUMBER.HASH` since GCC 10; other sections of
/// bytecode have names that begin with a dot.
fn body(section: &str) -> Option<&str> {
    if section.starts_with('.') {
        return None;
    }
    let (name, _hash) = section.rsplit_once('.')?;
    match name.rsplit_once('.') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(name)
        }
        _ => Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linkers_table_says_what_is_defined() {
        let entry = |name: &str, group: &str, kind: u8| {
            let rest = [kind, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
            [name.as_bytes(), b"\0", group.as_bytes(), b"\0", &rest].concat()
        };
        let table = [
            entry("main", "", DEFINED),
            entry("_ZN1A1fEv", "_ZN1A1fEv", DEFINED),
            entry("yield", "", WEAK),
            entry("abort", "", 2),
            entry("buffer", "", COMMON),
        ]
        .concat();
        let expected: Vec<(String, bool)> =
            [("main", true), ("_ZN1A1fEv", false), ("yield", false), ("buffer", true)]
                .map(|(name, strong)| (name.to_owned(), strong))
                .into();
        assert_eq!(linker_table(&table), expected);
        // Cut at every length.
        for end in 0..table.len() {
            assert!(linker_table(&table[..end]).len() <= expected.len());
        }
    }

    #[test]
    fn sections_of_bytecode_are_named_after_functions() {
        let names = ["main.5e1effc3", "_Z3sayv.12.5e1effc3", "f.part.0.5e1effc3", ".symtab.5e1effc3", "none"];
        assert_eq!(names.map(body), [Some("main"), Some("_Z3sayv"), Some("f.part"), None, None]);
    }
}
