//! The names of the recipes, and in which order those of a set run. Knows nothing of expansion.

use super::Properties;

/// What ends the key of a recipe.
const PATTERN: &str = ".pattern";

/// A recipe that is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe<'a> {
    /// Its key: `recipe.hooks.prebuild.1.pattern`.
    pub key: &'a str,
    /// What becomes its command.
    pub pattern: &'a str,
}

/// A place in the build where a platform may run commands of its own. `savehex` is not among
/// them: those write into the sketch's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// Before the sketch is preprocessed and libraries are looked for.
    Prebuild,
    /// Before the sketch is compiled.
    SketchPrebuild,
    /// After the sketch was compiled.
    SketchPostbuild,
    /// Before libraries are compiled.
    LibrariesPrebuild,
    /// After libraries were compiled.
    LibrariesPostbuild,
    /// Before the core is compiled.
    CorePrebuild,
    /// After the core was compiled.
    CorePostbuild,
    /// Before the link.
    LinkingPrelink,
    /// After the link.
    LinkingPostlink,
    /// Before the objcopy recipes.
    ObjcopyPreobjcopy,
    /// After the objcopy recipes.
    ObjcopyPostobjcopy,
    /// At the end.
    Postbuild,
}

impl Hook {
    /// All, in the order in which arduino-cli runs them.
    pub const ALL: [Self; 12] = [
        Self::Prebuild,
        Self::SketchPrebuild,
        Self::SketchPostbuild,
        Self::LibrariesPrebuild,
        Self::LibrariesPostbuild,
        Self::CorePrebuild,
        Self::CorePostbuild,
        Self::LinkingPrelink,
        Self::LinkingPostlink,
        Self::ObjcopyPreobjcopy,
        Self::ObjcopyPostobjcopy,
        Self::Postbuild,
    ];

    /// What its recipes' keys begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Prebuild => "recipe.hooks.prebuild",
            Self::SketchPrebuild => "recipe.hooks.sketch.prebuild",
            Self::SketchPostbuild => "recipe.hooks.sketch.postbuild",
            Self::LibrariesPrebuild => "recipe.hooks.libraries.prebuild",
            Self::LibrariesPostbuild => "recipe.hooks.libraries.postbuild",
            Self::CorePrebuild => "recipe.hooks.core.prebuild",
            Self::CorePostbuild => "recipe.hooks.core.postbuild",
            Self::LinkingPrelink => "recipe.hooks.linking.prelink",
            Self::LinkingPostlink => "recipe.hooks.linking.postlink",
            Self::ObjcopyPreobjcopy => "recipe.hooks.objcopy.preobjcopy",
            Self::ObjcopyPostobjcopy => "recipe.hooks.objcopy.postobjcopy",
            Self::Postbuild => "recipe.hooks.postbuild",
        }
    }
}

/// How a platform measures its firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRecipe<'a> {
    /// The command whose output the expressions read.
    pub recipe: Recipe<'a>,
    /// `recipe.size.regex`: every number in a group, of every match in any line, adds up to the
    /// flash used. As written: braces in it are quantifiers, not references.
    pub flash: &'a str,
    /// `recipe.size.regex.data`: likewise for RAM.
    pub ram: Option<&'a str>,
    /// `recipe.size.regex.eeprom`: likewise for EEPROM.
    pub eeprom: Option<&'a str>,
}

/// The recipe `key`, unless it is empty, which switches it off.
pub(super) fn one<'a>(properties: &'a Properties, key: &'a str) -> Option<Recipe<'a>> {
    Some(Recipe { key, pattern: properties.get_nonempty(key)? })
}

/// The recipes `PREFIX.….pattern`, sorted, or else `PREFIX.pattern`.
///
/// They are sorted as text by the whole key, as in arduino-builder and arduino-cli: `10` comes before
/// `2`, and the specification asks for `02` where there are more than nine.
pub(super) fn numbered<'a>(properties: &'a Properties, prefix: &str) -> Vec<Recipe<'a>> {
    let mut single = None;
    let mut recipes: Vec<Recipe<'a>> = Vec::new();
    for (key, pattern) in properties.iter() {
        let Some(rest) = key.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(PATTERN)) else {
            continue;
        };
        if pattern.trim().is_empty() {
            continue;
        }
        if rest.is_empty() {
            single = Some(Recipe { key, pattern });
        } else if rest.starts_with('.') {
            recipes.push(Recipe { key, pattern });
        }
    }
    if recipes.is_empty() {
        recipes.extend(single);
    }
    recipes.sort_by_key(|recipe| recipe.key);
    recipes
}

/// The recipe for a source with this extension: its own (`recipe.cxx.o.pattern`), or its language's.
pub(super) fn compile<'a>(properties: &'a Properties, extension: &str) -> Option<Recipe<'a>> {
    let language = match extension {
        "c" => "recipe.c.o.pattern",
        "S" => "recipe.S.o.pattern",
        "cpp" | "cc" | "cxx" => "recipe.cpp.o.pattern",
        _ => return None,
    };
    let own = match extension {
        "cc" => one(properties, "recipe.cc.o.pattern"),
        "cxx" => one(properties, "recipe.cxx.o.pattern"),
        _ => None,
    };
    own.or_else(|| one(properties, language))
}

/// Where the macros recipe is.
pub(super) const MACROS: &str = "recipe.preproc.macros";

/// The pattern that preprocesses a C++ source, and whether it was made out of the compile recipe.
pub(super) fn preprocess(properties: &Properties) -> Option<(String, bool)> {
    if let Some(pattern) = properties.get_nonempty(MACROS) {
        return Some((pattern.to_owned(), false));
    }
    let compile = properties.get_nonempty("recipe.cpp.o.pattern")?;
    let pattern = compile
        .replacen("{compiler.cpp.flags}", "{compiler.cpp.flags} {preproc.macros.flags}", 1)
        .replacen("{object_file}", "{preprocessed_file_path}", 1);
    Some((pattern, true))
}
