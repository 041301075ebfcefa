//! From an FQBN to a [`BoardConfig`]: which platforms take part, which options are chosen, and what
//! overrides what. Pure; knows nothing of sketches or of the commands that the recipes become.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::config::BoardConfig;
use super::error::BoardError;
use super::menu::MENU;
use super::{Fqbn, HostOs, Platform, Platforms, Properties};
use crate::nearest::nearest_few;

/// How many warnings a sketch asks for; chooses among a platform's `compiler.warning_flags.LEVEL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum WarningLevel {
    /// As few as possible. Arduino's default.
    #[default]
    None,
    /// The compiler's own.
    Default,
    /// More.
    More,
    /// All.
    All,
}

impl WarningLevel {
    /// The level's name in property keys and in the matrix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Default => "default",
            Self::More => "more",
            Self::All => "all",
        }
    }
}

/// What a board's properties take from the world around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeEnv {
    /// `runtime.os`.
    pub os: HostOs,
    /// `runtime.ide.version` and `ide_version`, and so the value of the macro `ARDUINO`.
    pub ide_version: String,
    /// `runtime.ide.path`. Without it the platform's folder, for there is no IDE: never empty, because a word
    /// that is empty is dropped from a command, and what follows it takes its place (esp8266's hooks).
    pub ide_path: Option<PathBuf>,
    /// The folder of each tool, by `NAME` and by `NAME-VERSION`, for `runtime.tools.….path`. They
    /// override what `platform.txt` sets, as an installed tool does in arduino-cli.
    pub tools: IndexMap<String, PathBuf>,
    /// Seconds since the Unix epoch for `extra.time.utc` and `extra.time.local`, in UTC. Arduino takes
    /// the clock; a fixed time keeps firmware reproducible.
    pub unix_time: i64,
    /// Which `compiler.warning_flags.LEVEL` becomes `compiler.warning_flags`.
    pub warnings: WarningLevel,
    /// Whether to link for the `ATmega2560` with `--relax` after `--gc-sections`, as arduino-builder
    /// does and arduino-cli, since its version 0.11, does not.
    pub relax_atmega2560: bool,
}

impl Default for RuntimeEnv {
    /// This system, IDE 1.8.19, no tools, time 0, no warnings, and arduino-builder's `--relax`.
    fn default() -> Self {
        Self {
            os: HostOs::current(),
            ide_version: "10819".to_owned(),
            ide_path: None,
            tools: IndexMap::new(),
            unix_time: 0,
            warnings: WarningLevel::None,
            relax_atmega2560: true,
        }
    }
}

/// Merges everything that is known about the board `fqbn`.
///
/// What comes later overrides what came before:
///
/// 1. `platform.txt` and `platform.local.txt` of the platform that has the variant, of the one
///    that has the core (`build.core=vendor:core`), and of the board's own;
/// 2. the board's lines in `boards.txt`, `_id`, `build.fqbn` (as given: arduino-cli does not add
///    the default options either) and `build.arch`;
/// 3. the chosen options of its menus, in the order in which `boards.txt` declares the menus;
/// 4. what the environment sets: `runtime.*`, `build.core.path` and the like, `extra.time.*`;
/// 5. `compiler.warning_flags` from the level, `compiler.optimization_flags` from `….release`;
/// 6. `overrides`. One of `build.core` or `build.variant` also decides which folder is meant.
///
/// # Errors
///
/// An unknown platform, board, menu or option; a board without a core; a core, or a platform it is
/// taken from, that is not there; a cycle in a property that is needed here.
pub fn resolve(
    platforms: &Platforms,
    fqbn: &Fqbn,
    env: &RuntimeEnv,
    overrides: &IndexMap<String, String>,
) -> Result<BoardConfig, BoardError> {
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
    let chosen = chosen_options(own, fqbn, lines)?;
    let board = board_properties(fqbn, lines, &chosen);

    // What the two names may refer to. arduino-cli looks only at the board; a platform's default and
    // the matrix count here, too.
    let mut scope = own.properties.clone();
    scope.merge(&board);
    scope.extend(overrides);
    let core = reference(platforms, own, fqbn, &scope, "build.core")?
        .ok_or_else(|| BoardError::NoCore { path: own.root.join("boards.txt"), board: fqbn.board.clone() })?;
    let variant = reference(platforms, own, fqbn, &scope, "build.variant")?;
    if !core.platform.has_recipes {
        return Err(BoardError::NoPlatformTxt {
            path: core.platform.root.join("platform.txt"),
            board: fqbn.board.clone(),
        });
    }
    let core_path = core.platform.root.join("cores").join(&core.name);
    if !core.platform.cores.contains(&core.name) && !overrides.contains_key("build.core.path") {
        return Err(BoardError::MissingCore {
            board: fqbn.board.clone(),
            path: core_path,
            known: core.platform.cores.iter().cloned().collect(),
        });
    }

    let mut properties = Properties::from_iter([("preproc.macros.flags", "-w -x c++ -E -CC")]);
    if let Some(variant) = &variant {
        properties.merge(&variant.platform.properties);
    }
    properties.merge(&core.platform.properties);
    properties.merge(&own.properties);
    properties.merge(&board);
    set_runtime(&mut properties, own, core.platform, env)?;
    properties.set("build.core.path", text(&core_path)?);
    let variant_path = variant
        .as_ref()
        .map(|variant| text(&variant.platform.root.join("variants").join(&variant.name)))
        .transpose()?;
    properties.set("build.variant.path", variant_path.unwrap_or_default());
    if properties.get_nonempty("build.board").is_none() {
        properties.set("build.board", format!("{}_{}", fqbn.architecture, fqbn.board).to_uppercase());
    }
    let warnings = properties.get(&format!("compiler.warning_flags.{}", env.warnings.name()));
    properties.set("compiler.warning_flags", warnings.unwrap_or_default().to_owned());
    if let Some(flags) = properties.get("compiler.optimization_flags.release").map(str::to_owned) {
        properties.set("compiler.optimization_flags", flags);
    }
    properties.extend(overrides);
    if env.relax_atmega2560 {
        relax(&mut properties);
    }

    let full = Fqbn {
        vendor: fqbn.vendor.clone(),
        architecture: fqbn.architecture.clone(),
        board: fqbn.board.clone(),
        options: chosen,
    };
    let variant = variant.filter(|variant| {
        overrides.contains_key("build.variant.path") || variant.platform.has_variant(&variant.name)
    });
    BoardConfig::new(full, properties, own, core.platform, variant.map(|variant| variant.platform))
}

/// Every menu of the board with the option that `fqbn` or else the file chooses, in the order in
/// which they apply.
fn chosen_options(
    own: &Platform,
    fqbn: &Fqbn,
    lines: &Properties,
) -> Result<Vec<(String, String)>, BoardError> {
    let menus = own.menus(lines);
    let board = || fqbn.board.clone();
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
    Ok(menus
        .into_iter()
        .filter_map(|menu| {
            let given =
                fqbn.options.iter().rev().find(|(id, _)| *id == menu.id).map(|(_, option)| option.clone());
            let option = given.or_else(|| menu.options.into_iter().next().map(|option| option.id))?;
            Some((menu.id, option))
        })
        .collect())
}

/// The board's own lines and the chosen options.
fn board_properties(fqbn: &Fqbn, lines: &Properties, chosen: &[(String, String)]) -> Properties {
    let mut board: Properties = lines.iter().filter(|(key, _)| !key.starts_with(MENU)).collect();
    board.set("_id", fqbn.board.as_str());
    board.set("build.fqbn", fqbn.to_string());
    board.set("build.arch", fqbn.architecture.to_uppercase());
    for (menu, option) in chosen {
        let prefix = format!("{MENU}{menu}.{option}.");
        board.extend(lines.iter().filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?, value))));
    }
    board
}

/// What `build.core` or `build.variant` names.
struct Reference<'a> {
    platform: &'a Platform,
    name: String,
}

/// Finds what `property` (`name`, or `vendor:name` of the same architecture) refers to; `None` where
/// it is not set.
fn reference<'a>(
    platforms: &'a Platforms,
    own: &'a Platform,
    fqbn: &Fqbn,
    scope: &Properties,
    property: &'static str,
) -> Result<Option<Reference<'a>>, BoardError> {
    let raw = scope.get(property).unwrap_or_default();
    let value = scope.expand(raw).map_err(|source| BoardError::Expand {
        board: fqbn.board.clone(),
        key: property.to_owned(),
        source,
    })?;
    let value = value.trim();
    let (platform, name) = match value.split_once(':') {
        Some((vendor, name)) => {
            let platform =
                platforms.get(vendor, &fqbn.architecture).ok_or_else(|| BoardError::MissingReference {
                    board: fqbn.board.clone(),
                    property,
                    value: value.to_owned(),
                    platform: format!("{vendor}:{}", fqbn.architecture),
                    known: platforms.ids(),
                })?;
            (platform, name)
        }
        None => (own, value),
    };
    Ok((!name.is_empty()).then(|| Reference { platform, name: name.to_owned() }))
}

/// What the environment, and where the platforms lie, sets.
fn set_runtime(
    properties: &mut Properties,
    own: &Platform,
    core: &Platform,
    env: &RuntimeEnv,
) -> Result<(), BoardError> {
    let own_root = text(&own.root)?;
    let core_root = text(&core.root)?;
    let use_core = properties.get("runtime.use_core_platform_path_for_runtime_platform_path") == Some("true");
    properties.set("runtime.platform.path", if use_core { &core_root } else { &own_root }.as_str());
    properties.set("runtime.hardware.path", text(own.root.parent().unwrap_or(&own.root))?);
    properties.set("build.board.platform.path", own_root);
    properties.set("build.system.path", text(&core.root.join("system"))?);
    properties.set("build.core.platform.path", core_root);
    for (tool, folder) in &env.tools {
        properties.set(format!("runtime.tools.{tool}.path"), text(folder)?);
    }
    properties.set("runtime.ide.path", text(env.ide_path.as_deref().unwrap_or(&own.root))?);
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

/// arduino-builder's rule for the `ATmega2560`: its linker needs `--relax` for calls beyond 128 KB.
fn relax(properties: &mut Properties) {
    const SECTIONS: &str = "-Wl,--gc-sections";
    const FLAGS: &str = "compiler.c.elf.flags";
    if properties.get("build.mcu") != Some("atmega2560") {
        return;
    }
    let Some(flags) = properties.get(FLAGS) else { return };
    let relaxed: Vec<String> = flags
        .split(' ')
        .map(|word| if word == SECTIONS { format!("{SECTIONS},--relax") } else { word.to_owned() })
        .collect();
    let relaxed = relaxed.join(" ");
    properties.set(FLAGS, relaxed);
}

/// `path` as a property's value.
fn text(path: &Path) -> Result<String, BoardError> {
    path.to_str().map(str::to_owned).ok_or_else(|| BoardError::NotUtf8 { path: path.into() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::format_collect)] // a test may
#[path = "resolve_tests.rs"]
mod tests;

/// The nearest names, for an error.
fn suggestions<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    nearest_few(name, known).into_iter().map(str::to_owned).collect()
}
