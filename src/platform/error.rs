//! Errors of reading platforms and resolving boards. Each message names the file and how to fix it. Suggestions and
//! valid names are also data, for other reports.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::command::CommandError;
use super::expand::ExpandError;
use super::properties::ParseError;

/// Error of reading a platform or resolving a board.
#[derive(Debug, Error)]
pub enum BoardError {
    /// The directory is no platform.
    #[error("{} is missing: the directory of the platform {platform} is the one that holds boards.txt", .path.display())]
    NoBoardsTxt {
        /// The expected path.
        path: PathBuf,
        /// `vendor:arch`.
        platform: String,
    },
    /// The platform that has the core has no `platform.txt`.
    #[error("{} is missing, and with it the recipes for the board `{board}`: reinstall the platform, or, if the board is meant to use another platform's core, set its `build.core` to `vendor:core`", .path.display())]
    NoPlatformTxt {
        /// The expected path.
        path: PathBuf,
        /// The board that requires it.
        board: String,
    },
    /// A file can't be read.
    #[error("can't read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file is no properties file.
    #[error("{}: {source}", .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The line.
        source: ParseError,
    },
    /// A path can't be a property.
    #[error("the path {} is not UTF-8: properties are text; move or link the directory to a path that is", .path.display())]
    NotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// The platform is not loaded.
    #[error("there is no platform `{platform}`{}; installed: {}", did_you_mean(.nearest), list(.known))]
    UnknownPlatform {
        /// The requested `vendor:arch`.
        platform: String,
        /// Platforms with a similar name.
        nearest: Vec<String>,
        /// All loaded platforms.
        known: Vec<String>,
    },
    /// The platform lacks the board.
    #[error("{} has no board `{board}`{}", .path.display(), did_you_mean(.nearest))]
    UnknownBoard {
        /// Its `boards.txt`.
        path: PathBuf,
        /// The requested id.
        board: String,
        /// Boards with a similar id.
        nearest: Vec<String>,
        /// All boards.
        known: Vec<String>,
    },
    /// The board lacks the menu.
    #[error("the board `{board}` has no menu `{menu}`{}; it has: {}", did_you_mean(.nearest), list(.known))]
    UnknownMenu {
        /// The board's id.
        board: String,
        /// The requested menu's id.
        menu: String,
        /// Menus with a similar id.
        nearest: Vec<String>,
        /// All menus.
        known: Vec<String>,
    },
    /// The menu lacks the option.
    #[error("the menu `{menu}` of the board `{board}` has no option `{option}`{}; it has: {}", did_you_mean(.nearest), list(.known))]
    UnknownOption {
        /// The board's id.
        board: String,
        /// The menu's id.
        menu: String,
        /// The requested option's id.
        option: String,
        /// Options with a similar id.
        nearest: Vec<String>,
        /// All options, the default first.
        known: Vec<String>,
    },
    /// A menu or an option has no name, so that arduino-cli refuses the board.
    #[error("{}: {problem} of the board `{board}` has no {wants}, and without it arduino-cli refuses every FQBN of the board: add `{line}`", .path.display())]
    Unnamed {
        /// Its `boards.txt`.
        path: PathBuf,
        /// The board's id.
        board: String,
        /// The menu, or the option.
        problem: String,
        /// `title` or `label`.
        wants: &'static str,
        /// The line that fixes it.
        line: String,
    },
    /// The board takes core and variant from two other platforms.
    #[error(
        "the board `{board}` takes its core from `{core}` and its variant from `{variant}`: both must be from one vendor"
    )]
    TwoReferences {
        /// The board's id.
        board: String,
        /// The vendor of the core.
        core: String,
        /// The vendor of the variant.
        variant: String,
    },
    /// The board does not name its core.
    #[error("{}: the board `{board}` has no `build.core`: add `{board}.build.core=…` to boards.local.txt beside it, or set the property in the matrix", .path.display())]
    NoCore {
        /// Its `boards.txt`.
        path: PathBuf,
        /// The board's id.
        board: String,
    },
    /// The platform of the referenced core or variant is not installed.
    #[error("the board `{board}` takes `{property}={value}` from the platform `{platform}`, which is not installed: add `{platform}` to the matrix's `cores`; installed: {}", list(.known))]
    MissingReference {
        /// The board's id.
        board: String,
        /// `build.core` or `build.variant`.
        property: &'static str,
        /// Its value.
        value: String,
        /// `vendor:arch` of the platform.
        platform: String,
        /// All installed platforms.
        known: Vec<String>,
    },
    /// The directory of the board's core is missing.
    #[error("the core of the board `{board}` should be in {}, which is no directory; cores there: {}", .path.display(), list(.known))]
    MissingCore {
        /// The board's id.
        board: String,
        /// The expected directory.
        path: PathBuf,
        /// The platform's cores.
        known: Vec<String>,
    },
    /// A property is not a number of bytes.
    #[error("the board `{board}` has `{key}={value}`, which is not a whole number of bytes")]
    NotANumber {
        /// The board's id.
        board: String,
        /// The property.
        key: &'static str,
        /// Its value, expanded.
        value: String,
    },
    /// A property can't be expanded.
    #[error("the board `{board}`, property `{key}`: {source}")]
    Expand {
        /// The board's id.
        board: String,
        /// The property.
        key: String,
        /// The reason.
        source: ExpandError,
    },
    /// A recipe gives no command.
    #[error("the board `{board}`, recipe `{pattern}`: {source}")]
    Command {
        /// The board's id.
        board: String,
        /// The pattern, cut to 200 characters.
        pattern: String,
        /// The reason.
        source: CommandError,
    },
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!(" (did you mean `{}`?)", names.join("`, `")),
    }
}

fn list(names: &[String]) -> String {
    const MOST: usize = 12;
    match names {
        [] => "none".to_owned(),
        names if names.len() <= MOST => names.join(", "),
        names => format!("{}, … ({} in all)", names[..MOST].join(", "), names.len()),
    }
}
