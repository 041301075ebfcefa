//! The macros of a compile that no file defines.

use super::scan::MacroName;

/// Bodies of the macros on the command line, by name.
pub type MacroDefinitions = std::collections::HashMap<String, String>;

/// The macros that a compiler predefines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predefined(foldhash::HashSet<MacroName>);

impl Predefined {
    /// Returns whether the compiler defines this macro; true too for a name with the same hash.
    pub fn has(&self, name: &str) -> bool {
        self.has_name(MacroName::of(name))
    }

    /// Returns whether the compiler defines the macro with this hashed name.
    pub(super) fn has_name(&self, name: MacroName) -> bool {
        self.0.contains(&name)
    }
}

impl<'n> FromIterator<&'n str> for Predefined {
    fn from_iter<T: IntoIterator<Item = &'n str>>(names: T) -> Self {
        Self(names.into_iter().map(MacroName::of).collect())
    }
}
