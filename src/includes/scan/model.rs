//! The result of a scan, as values. Knows no text.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::needs::{MacroName, Needs};

/// Delimiters of a name in an include.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Form {
    /// `"name"`: searched in the directory of the including file first.
    Quote,
    /// `<name>`: searched along the search path only.
    Angle,
}

/// The directive or operator that names a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Directive {
    /// `#include` or `#import`.
    Include,
    /// `#include_next`: the search starts after the directory of the including file.
    Next,
    /// `__has_include` or `__has_embed`: only tests.
    Has,
    /// `__has_include_next`: tests after the directory of the including file.
    HasNext,
    /// `#embed`: the bytes are an input, but are not scanned.
    Embed,
    /// The assembler's `.incbin`: like [`Directive::Embed`], but searched in other directories first.
    EmbedAnywhere,
    /// The assembler's `.include`: searched like `.incbin`, and scanned.
    IncludeAnywhere,
}

/// Whether the preprocessor reaches an include whenever it reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Condition {
    /// Always (an include guard around the whole file does not count as a condition).
    Always,
    /// Inside an `#if` of some kind.
    Maybe,
}

/// A file name in an include.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Include {
    /// The text between the quotes or brackets; for a computed include the macro's text.
    pub name: String,
    /// `None` for a computed include (`#include MACRO`).
    pub form: Option<Form>,
    /// The directive.
    pub directive: Directive,
    /// Whether it is reached always.
    pub condition: Condition,
    /// Macros that must be defined for it to be reached, as far as that is certain.
    pub needs: Needs,
}

/// A dependency of a compile on more than the files that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Trait {
    /// `__DATE__`, where the preprocessor can see it.
    Date,
    /// `__TIME__`, where the preprocessor can see it.
    Time,
    /// `__TIMESTAMP__`, where the preprocessor can see it.
    Timestamp,
    /// `.incbin` or `.include` whose operand is not a plain literal.
    OpaqueEmbed,
    /// An include whose name is not UTF-8 or contains a NUL.
    OddName,
    /// `#pragma GCC dependency`: compares the times of files.
    FileTimes,
    /// `__FILE__` and others that expand to the name of a file as `#line` says it.
    OwnName,
    /// `__BASE_FILE__`: the compiler's name for the source.
    BaseName,
}

/// Result of the scan of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Its includes, in order.
    pub includes: Vec<Include>,
    /// The macro of an include guard around the whole file.
    pub guard: Option<String>,
    /// Macros that the file defines as empty or `1`, without its own guard: they may be guards of other files.
    pub flags: Vec<String>,
    /// Every macro that the file defines, in any branch; sorted.
    pub defines: Vec<MacroName>,
    /// Other dependencies.
    pub traits: Vec<Trait>,
}

impl Scan {
    /// Merges the results of two readings. Includes of only one reading become conditional.
    pub(super) fn merge(mut self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let theirs: HashSet<&Include> = other.includes.iter().collect();
        for include in &mut self.includes {
            if !theirs.contains(include) {
                include.condition = Condition::Maybe;
                include.needs.clear();
            }
        }
        let ours: HashSet<Include> = self.includes.iter().cloned().collect();
        for include in other.includes {
            let uncertain = Include { condition: Condition::Maybe, needs: Needs::new(), ..include.clone() };
            if !ours.contains(&include) && !ours.contains(&uncertain) {
                self.includes.push(uncertain);
            }
        }
        self.guard = self.guard.filter(|guard| Some(guard) == other.guard.as_ref());
        self.flags.extend(other.flags);
        self.flags.sort();
        self.flags.dedup();
        self.defines.extend(other.defines);
        self.defines.sort_unstable();
        self.defines.dedup();
        self.traits.extend(other.traits);
        self
    }
}
