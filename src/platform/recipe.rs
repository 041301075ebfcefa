//! The names of the recipes, and the order within a set of recipes. Knows nothing of expansion.

use super::properties::Properties;

/// Suffix of a recipe's key.
const PATTERN: &str = ".pattern";

/// A recipe that is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipe<'a> {
    /// Its key: `recipe.hooks.prebuild.1.pattern`.
    pub key: &'a str,
    /// The pattern that its command is made from.
    pub pattern: &'a str,
}

/// A point in the build where a platform may run its own commands. `savehex` is not among them: its commands write into
/// the sketch's directory.
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
    /// All hooks, in the order in which arduino-cli runs them.
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

    /// The hooks that run before the link.
    pub const BEFORE_LINK: [Self; 7] = [
        Self::Prebuild,
        Self::SketchPrebuild,
        Self::SketchPostbuild,
        Self::LibrariesPrebuild,
        Self::LibrariesPostbuild,
        Self::CorePrebuild,
        Self::CorePostbuild,
    ];

    /// The hooks that run before a compile, which may read their output.
    pub const BEFORE_COMPILES: [Self; 6] = [
        Self::Prebuild,
        Self::SketchPrebuild,
        Self::SketchPostbuild,
        Self::LibrariesPrebuild,
        Self::LibrariesPostbuild,
        Self::CorePrebuild,
    ];

    /// Returns the prefix of its recipes' keys.
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

/// The recipe that measures firmware, with the expressions for its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRecipe<'a> {
    /// The command whose output the expressions read.
    pub recipe: Recipe<'a>,
    /// `recipe.size.regex`: the sum of every number that is a whole match or a group is the flash used. Not expanded:
    /// braces in it are quantifiers, not references.
    pub flash: &'a str,
    /// `recipe.size.regex.data`: likewise for RAM.
    pub ram: Option<&'a str>,
    /// `recipe.size.regex.eeprom`: likewise for EEPROM.
    pub eeprom: Option<&'a str>,
}

/// Returns the recipe `key`, unless it is empty, which switches it off.
pub(super) fn one<'a>(properties: &'a Properties, key: &'a str) -> Option<Recipe<'a>> {
    Some(Recipe { key, pattern: properties.get_nonempty(key)? })
}

/// Returns the recipes whose keys begin with `prefix` and end with `.pattern`, with any text between (`findRecipes` of
/// arduino-cli): `PREFIX.1.pattern`, `PREFIX.foo.pattern`, `PREFIXfoo.pattern`. Without any, returns `PREFIX.pattern`.
///
/// They are sorted as text by the whole key: `10` comes before `2`. The specification asks for `02` where there are
/// more than nine.
pub(super) fn set<'a>(properties: &'a Properties, prefix: &str) -> Vec<Recipe<'a>> {
    let mut single = None;
    let mut recipes: Vec<Recipe<'a>> = Vec::new();
    for (key, pattern) in properties.iter().filter(|(_, pattern)| !pattern.is_empty()) {
        match key.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(PATTERN)) {
            Some("") => single = Some(Recipe { key, pattern }),
            Some(_) => recipes.push(Recipe { key, pattern }),
            None => {}
        }
    }
    if recipes.is_empty() {
        recipes.extend(single);
    }
    recipes.sort_by_key(|recipe| recipe.key);
    recipes
}

/// Returns the recipe for a source with this extension: its own (`recipe.cxx.o.pattern`) where the platform has the
/// key, even with an empty value, or else that of its language.
pub(super) fn compile<'a>(properties: &'a Properties, extension: &str) -> Option<Recipe<'a>> {
    let language = match extension {
        "c" => "recipe.c.o.pattern",
        "S" => "recipe.S.o.pattern",
        "cpp" | "cc" | "cxx" => "recipe.cpp.o.pattern",
        _ => return None,
    };
    let key = match extension {
        "cc" => "recipe.cc.o.pattern",
        "cxx" => "recipe.cxx.o.pattern",
        _ => language,
    };
    one(properties, if properties.contains(key) { key } else { language })
}

/// Key of the recipe that preprocesses.
pub(super) const MACROS: &str = "recipe.preproc.macros";

/// Returns the pattern that preprocesses a C++ source.
pub(super) fn preprocess(properties: &Properties) -> Option<String> {
    if let Some(pattern) = properties.get_nonempty(MACROS) {
        return Some(pattern.to_owned());
    }
    let compile = properties.get_nonempty("recipe.cpp.o.pattern")?;
    let pattern = compile
        .replacen("{compiler.cpp.flags}", "{compiler.cpp.flags} {preproc.macros.flags}", 1)
        .replacen("{object_file}", "{preprocessed_file_path}", 1);
    Some(pattern)
}
