//! Resolves an FQBN to a [`BoardConfig`]: selects platforms and menu options, and merges their properties. Knows
//! nothing of sketches or of the commands of recipes.

use std::path::{Component, Path, PathBuf};
use std::ptr;

use indexmap::IndexMap;

use super::config::{BoardConfig, Clash};
use super::error::BoardError;
use super::fqbn::Fqbn;
use super::host::HostOs;
use super::installed::{Platform, Platforms};
use super::menu::{MENU, MenuOption};
use super::overrides::Override;
use super::properties::Properties;
use crate::nearest::nearest_few;

/// Compiler warnings of a sketch: selects one of a platform's `compiler.warning_flags.LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum WarningLevel {
    /// As few as possible: Arduino's default.
    #[default]
    None,
    /// The compiler's default.
    Default,
    /// More than the default.
    More,
    /// All warnings.
    All,
}

impl WarningLevel {
    /// Returns the level's name in property keys and in the matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Default => "default",
            Self::More => "more",
            Self::All => "all",
        }
    }
}

/// Values of properties that come from the environment of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeEnv {
    /// `runtime.os`.
    pub os: HostOs,
    /// `runtime.ide.version` and `ide_version`, and so the value of the macro `ARDUINO`. arduino-cli
    /// sets 10607 (`internal/arduino/cores/packagemanager/package_manager.go`).
    pub ide_version: String,
    /// `runtime.ide.path`, unless the platform sets it; in arduino-cli the directory of its program. `None` stands for
    /// the platform's directory. It is never empty: an empty word is dropped from a command, and the next word takes
    /// its place (esp8266's hooks).
    pub ide_path: Option<PathBuf>,
    /// The directory of each tool, by `NAME` and by `NAME-VERSION`, for `runtime.tools.….path`. They override
    /// `platform.txt`, as an installed tool does in arduino-cli.
    pub tools: IndexMap<String, PathBuf>,
    /// Seconds since the Unix epoch for `extra.time.utc` and `extra.time.local`, in UTC. Arduino uses the clock; a
    /// fixed time keeps firmware reproducible.
    pub unix_time: i64,
    /// Words that a property must contain whatever overrides it, by key: those that a provider's compiler needs for its
    /// core.
    pub required: Vec<(String, String)>,
    /// The level whose `compiler.warning_flags.LEVEL` becomes `compiler.warning_flags`.
    pub warnings: WarningLevel,
}

impl Default for RuntimeEnv {
    /// Returns this system, arduino-cli's version of the IDE, no tools, time 0, no warnings.
    fn default() -> Self {
        Self {
            os: HostOs::current(),
            ide_version: "10607".to_owned(),
            ide_path: None,
            tools: IndexMap::new(),
            unix_time: 0,
            required: Vec::new(),
            warnings: WarningLevel::None,
        }
    }
}

/// Merges all properties of the board `fqbn`, as arduino-cli does (`ResolveFQBN` in
/// `internal/arduino/cores/packagemanager/package_manager.go`, `NewBuilder` in `internal/arduino/builder/builder.go`).
///
/// Later sources override earlier ones:
///
/// 1. `platform.txt` and `platform.local.txt` of the variant's platform, of the core's platform
///    (`build.core=vendor:core`), and of the board's own;
/// 2. the board's lines in `boards.txt`, `_id`, `build.fqbn` (as requested: arduino-cli does not add the default
///    options either) and `build.arch`;
/// 3. the chosen options of its menus, in the order in which `boards.txt` declares the menus (at random in arduino-cli:
///    [`BoardConfig::clashes`] has the properties that this decides);
/// 4. values of the environment: `runtime.*`, `build.core.path` and the like, `extra.time.*`;
/// 5. `compiler.optimization_flags` from `….release`;
/// 6. `overrides`, in order. An override of `build.core` or `build.variant` also selects the directory;
/// 7. [`RuntimeEnv::required`], appended to the property's value.
///
/// Checks that the directories of core and variant exist, and reads no file.
///
/// # Errors
///
/// An unknown platform, board, menu or option; a menu or an option without its name; a board without a core; a missing
/// core or platform of a core; a cycle in a property that is needed here.
pub fn resolve(
    platforms: &Platforms,
    fqbn: &Fqbn,
    env: &RuntimeEnv,
    overrides: &[Override],
) -> Result<BoardConfig, BoardError> {
    let (own, lines) = find(platforms, fqbn)?;
    let chosen = chosen_options(own, fqbn, lines)?;
    let board = board_properties(fqbn, lines, &chosen);

    // References are resolved with the board's lines and the matrix only; arduino-cli knows no matrix.
    let mut scope = board.clone();
    scope.apply(overrides, env.os);
    let core = reference(platforms, own, fqbn, &scope, "build.core")?;
    let variant = reference(platforms, own, fqbn, &scope, "build.variant")?;
    if let (Some(core), Some(variant)) = (&core.vendor, &variant.vendor)
        && core != variant
    {
        let (board, core, variant) = (fqbn.board.clone(), core.clone(), variant.clone());
        return Err(BoardError::TwoReferences { board, core, variant });
    }
    if !core.platform.has_recipes && !own.has_recipes {
        return Err(BoardError::NoPlatformTxt {
            path: core.platform.root.join("platform.txt"),
            board: fqbn.board.clone(),
        });
    }

    let mut properties = variant.platform.properties.clone();
    // Merging a platform with itself changes nothing.
    if !ptr::eq(core.platform, variant.platform) {
        properties.merge(&core.platform.properties);
    }
    if !ptr::eq(own, core.platform) || !ptr::eq(own, variant.platform) {
        properties.merge(&own.properties);
    }
    properties.merge(&board);
    set_runtime(&mut properties, own, core.platform, env)?;
    properties.set("build.core.path", text(&core.path("cores"))?);
    let has_variant = !variant.name.is_empty();
    let variant_path = has_variant.then(|| text(&variant.path("variants"))).transpose()?;
    properties.set("build.variant.path", variant_path.unwrap_or_default());
    if properties.get_nonempty("build.board").is_none() {
        properties.set("build.board", format!("{}_{}", fqbn.architecture, fqbn.board).to_uppercase());
    }
    if let Some(flags) = properties.get("compiler.optimization_flags.release").map(str::to_owned) {
        properties.set("compiler.optimization_flags", flags);
    }
    properties.apply(overrides, env.os);
    for (key, words) in &env.required {
        properties.require(key, words);
    }
    let warnings = properties.get(&format!("compiler.warning_flags.{}", env.warnings.name()));
    let warning_flags = warnings.unwrap_or_default().to_owned();

    let clashes = clashes(lines, &chosen);
    let full = Fqbn {
        vendor: fqbn.vendor.clone(),
        architecture: fqbn.architecture.clone(),
        board: fqbn.board.clone(),
        options: chosen,
    };
    let mut config = BoardConfig::new(full, properties, warning_flags, own, core.platform, variant.platform)?;
    config.clashes = clashes;
    if !overrides.iter().any(|it| it.key == "build.core.path") {
        core.check(&config, own)?;
    }
    Ok(config)
}

/// Returns the platform of a board, and the board's lines.
fn find<'a>(platforms: &'a Platforms, fqbn: &Fqbn) -> Result<(&'a Platform, &'a Properties), BoardError> {
    let own = platforms.get(&fqbn.vendor, &fqbn.architecture).ok_or_else(|| {
        let platform = format!("{}:{}", fqbn.vendor, fqbn.architecture);
        let known = platforms.ids();
        BoardError::UnknownPlatform {
            nearest: suggestions(&platform, known.iter().map(String::as_str)),
            platform,
            known,
        }
    })?;
    let lines = own.boards.get(&fqbn.board).ok_or_else(|| BoardError::UnknownBoard {
        path: own.root.join("boards.txt"),
        board: fqbn.board.clone(),
        nearest: suggestions(&fqbn.board, own.boards.keys().map(String::as_str)),
        known: own.boards.keys().cloned().collect(),
    })?;
    Ok((own, lines))
}

/// Returns every menu of the board with the option that `fqbn`, or else `boards.txt`, chooses, in the order in which
/// they apply.
fn chosen_options(
    own: &Platform,
    fqbn: &Fqbn,
    lines: &Properties,
) -> Result<Vec<(String, String)>, BoardError> {
    let menus = own.menus(lines);
    let board = || fqbn.board.clone();
    let unnamed = |problem: String, wants, line: String| BoardError::Unnamed {
        path: own.root.join("boards.txt"),
        board: board(),
        problem,
        wants,
        line,
    };
    if let Some(menu) = menus.iter().find(|menu| !menu.is_titled) {
        let id = &menu.id;
        return Err(unnamed(format!("the menu `{id}`"), "title", format!("menu.{id}=TITLE")));
    }
    for (menu_id, option) in &fqbn.options {
        let Some(menu) = menus.iter().find(|menu| menu.id == *menu_id) else {
            return Err(BoardError::UnknownMenu {
                board: board(),
                menu: menu_id.clone(),
                nearest: suggestions(menu_id, menus.iter().map(|menu| menu.id.as_str())),
                known: menus.into_iter().map(|menu| menu.id).collect(),
            });
        };
        if !menu.options.iter().any(|known| known.id == *option) {
            return Err(BoardError::UnknownOption {
                board: board(),
                menu: menu_id.clone(),
                option: option.clone(),
                nearest: suggestions(option, menu.options.iter().map(|option| option.id.as_str())),
                known: menu.options.iter().map(|option| option.id.clone()).collect(),
            });
        }
    }
    let mut chosen = Vec::with_capacity(menus.len());
    for menu in menus {
        let given = fqbn.options.iter().rev().find(|(id, _)| *id == menu.id).map(|(_, option)| option);
        let is_chosen = |option: &MenuOption| given.is_none_or(|given| *given == option.id);
        let Some(option) = menu.options.into_iter().find(is_chosen) else { continue };
        let (menu, id) = (menu.id, option.id);
        if !option.is_labelled {
            let line = format!("{}.menu.{menu}.{id}=LABEL", fqbn.board);
            return Err(unnamed(format!("the option `{menu}={id}`"), "label", line));
        }
        chosen.push((menu, id));
    }
    Ok(chosen)
}

/// Returns the board's own lines, those of its menus included, and the properties of the chosen options.
fn board_properties(fqbn: &Fqbn, lines: &Properties, chosen: &[(String, String)]) -> Properties {
    let mut board = lines.clone();
    board.set("_id", fqbn.board.as_str());
    board.set("build.fqbn", fqbn.to_string());
    board.set("build.arch", fqbn.architecture.to_uppercase());
    for option in chosen {
        board.merge(&option_properties(lines, option));
    }
    board
}

/// Returns the properties that a menu option sets.
fn option_properties(lines: &Properties, (menu, option): &(String, String)) -> Properties {
    lines.subtree(&format!("{MENU}{menu}.{option}."))
}

/// Returns the keys that two chosen options set to different values, each with the last two of the options.
fn clashes(lines: &Properties, chosen: &[(String, String)]) -> Vec<Clash> {
    let mut found: IndexMap<String, (String, &(String, String))> = IndexMap::new();
    let mut clashes = Vec::new();
    for option in chosen {
        for (key, value) in option_properties(lines, option).iter() {
            let before = found.insert(key.to_owned(), (value.to_owned(), option));
            if let Some((_, (menu, id))) = before.filter(|(before, _)| before != value) {
                let (overridden, wins) = (format!("{menu}={id}"), format!("{}={}", option.0, option.1));
                clashes.push(Clash { key: key.to_owned(), overridden, wins });
            }
        }
    }
    clashes
}

/// The target of `build.core` or `build.variant`.
struct Reference<'a> {
    platform: &'a Platform,
    /// The vendor of another platform, where one is named.
    vendor: Option<String>,
    /// Empty where the property is not set.
    name: String,
}

impl Reference<'_> {
    /// Returns the directory of this name in `parent` of the platform.
    fn path(&self, parent: &str) -> PathBuf {
        clean(&self.platform.root.join(parent).join(self.name.trim_start_matches('/')))
    }

    /// Checks that the core's directory exists. Without a name it is `cores` itself, as in arduino-cli; where that has
    /// no `Arduino.h`, nothing can be built.
    fn check(&self, config: &BoardConfig, own: &Platform) -> Result<(), BoardError> {
        let has_header = |dir: &PathBuf| dir.join("Arduino.h").is_file();
        let board = config.fqbn.board.clone();
        if self.name.is_empty()
            && !has_header(&config.core_dir)
            && !config.variant_dir.as_ref().is_some_and(has_header)
        {
            return Err(BoardError::NoCore { path: own.root.join("boards.txt"), board });
        }
        if !config.core_dir.is_dir() {
            let known = self.platform.cores();
            return Err(BoardError::MissingCore { board, path: config.core_dir.clone(), known });
        }
        Ok(())
    }
}

/// Returns `path` without `.` and `..`, as Go's `filepath.Clean` does.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(cleaned.pop()),
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// Resolves `property` (`name`, or `vendor:name` of the same architecture).
fn reference<'a>(
    platforms: &'a Platforms,
    own: &'a Platform,
    fqbn: &Fqbn,
    scope: &Properties,
    property: &'static str,
) -> Result<Reference<'a>, BoardError> {
    let raw = scope.get(property).unwrap_or_default();
    let value = scope.expand(raw).map_err(|source| BoardError::Expand {
        board: fqbn.board.clone(),
        key: property.to_owned(),
        source,
    })?;
    let mut parts = value.split(':');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let Some(name) = second else {
        return Ok(Reference { platform: own, vendor: None, name: first.to_owned() });
    };
    let name = name.to_owned();
    if first.is_empty() {
        return Ok(Reference { platform: own, vendor: None, name });
    }
    let platform = platforms.get(first, &fqbn.architecture).ok_or_else(|| BoardError::MissingReference {
        board: fqbn.board.clone(),
        property,
        value: value.clone(),
        platform: format!("{first}:{}", fqbn.architecture),
        known: platforms.ids(),
    })?;
    Ok(Reference { platform, vendor: Some(first.to_owned()), name })
}

/// Sets the properties that depend on the environment and on the platforms' directories.
fn set_runtime(
    properties: &mut Properties,
    own: &Platform,
    core: &Platform,
    env: &RuntimeEnv,
) -> Result<(), BoardError> {
    let own_root = text(&own.root)?;
    let core_root = text(&core.root)?;
    let use_core = properties.is_true("runtime.use_core_platform_path_for_runtime_platform_path");
    properties.set("runtime.platform.path", if use_core { &core_root } else { &own_root }.as_str());
    properties.set("runtime.hardware.path", text(own.root.parent().unwrap_or(&own.root))?);
    properties.set("build.board.platform.path", own_root);
    properties.set("build.system.path", text(&core.root.join("system"))?);
    properties.set("build.core.platform.path", core_root);
    for (tool, directory) in &env.tools {
        properties.set(format!("runtime.tools.{tool}.path"), text(directory)?);
    }
    if !properties.contains("runtime.ide.path") {
        properties.set("runtime.ide.path", text(env.ide_path.as_deref().unwrap_or(&own.root))?);
    }
    properties.set("tools.avrdude.path", "{runtime.tools.avrdude.path}");
    properties.set("runtime.ide.version", env.ide_version.as_str());
    properties.set("ide_version", env.ide_version.as_str());
    properties.set("runtime.os", env.os.name());
    properties.set("build.library_discovery_phase", "0");
    properties.set("extra.time.utc", env.unix_time.to_string());
    properties.set("extra.time.local", env.unix_time.to_string());
    properties.set("extra.time.zone", "0");
    properties.set("extra.time.dst", "0");
    if properties.get("software").is_none() {
        properties.set("software", "ARDUINO");
    }
    Ok(())
}

/// Returns `path` as a property's value.
fn text(path: &Path) -> Result<String, BoardError> {
    path.to_str().map(str::to_owned).ok_or_else(|| BoardError::NotUtf8 { path: path.into() })
}

#[cfg(test)]
#[allow(clippy::format_collect)] // short texts
#[path = "resolve_tests.rs"]
mod tests;

/// Returns the nearest names, for an error message.
fn suggestions<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    nearest_few(name, known).into_iter().map(str::to_owned).collect()
}
