//! Why a platform can't be read or a board can't be resolved. Each says which file, and what to do;
//! what a caller may want to show elsewhere (suggestions, the valid names) is data.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::command::CommandError;
use super::expand::ExpandError;
use super::properties::ParseError;

/// Why a platform can't be read or a board can't be resolved.
#[derive(Debug, Error)]
pub enum BoardError {
    /// The directory is no platform.
    #[error("{} is missing: the directory of the platform {platform} is the one that holds boards.txt", .path.display())]
    NoBoardsTxt {
        /// Where it was looked for.
        path: PathBuf,
        /// `vendor:arch`.
        platform: String,
    },
    /// The platform that has the core has no `platform.txt`.
    #[error("{} is missing, and with it the recipes for the board `{board}`: reinstall the platform, or, if the board is meant to use another platform's core, set its `build.core` to `vendor:core`", .path.display())]
    NoPlatformTxt {
        /// Where it was looked for.
        path: PathBuf,
        /// The board that needs it.
        board: String,
    },
    /// A file can't be read.
    #[error("can't read {}: {source}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no properties file.
    #[error("{}: {source}", .path.display())]
    Parse {
        /// Which.
        path: PathBuf,
        /// Where.
        source: ParseError,
    },
    /// A path can't be a property.
    #[error("the path {} is not UTF-8: properties are text; move or link the directory to a path that is", .path.display())]
    NotUtf8 {
        /// Which.
        path: PathBuf,
    },
    /// No such platform is loaded.
    #[error("there is no platform `{platform}`{}; installed: {}", did_you_mean(.nearest), list(.known))]
    UnknownPlatform {
        /// `vendor:arch` as asked for.
        platform: String,
        /// Those with a similar name.
        nearest: Vec<String>,
        /// All.
        known: Vec<String>,
    },
    /// The platform has no such board.
    #[error("{} has no board `{board}`{}", .path.display(), did_you_mean(.nearest))]
    UnknownBoard {
        /// Its `boards.txt`.
        path: PathBuf,
        /// The id as asked for.
        board: String,
        /// Those with a similar id.
        nearest: Vec<String>,
        /// All.
        known: Vec<String>,
    },
    /// The board has no such menu.
    #[error("the board `{board}` has no menu `{menu}`{}; it has: {}", did_you_mean(.nearest), list(.known))]
    UnknownMenu {
        /// The board's id.
        board: String,
        /// The menu's id as asked for.
        menu: String,
        /// Those with a similar id.
        nearest: Vec<String>,
        /// All.
        known: Vec<String>,
    },
    /// The menu has no such option.
    #[error("the menu `{menu}` of the board `{board}` has no option `{option}`{}; it has: {}", did_you_mean(.nearest), list(.known))]
    UnknownOption {
        /// The board's id.
        board: String,
        /// The menu's id.
        menu: String,
        /// The option's id as asked for.
        option: String,
        /// Those with a similar id.
        nearest: Vec<String>,
        /// All, the default first.
        known: Vec<String>,
    },
    /// The platform's menus are not as arduino-cli wants them.
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
        /// What to add.
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
    /// The board does not say what its core is.
    #[error("{}: the board `{board}` has no `build.core`: add `{board}.build.core=…` to boards.local.txt beside it, or set the property in the matrix", .path.display())]
    NoCore {
        /// Its `boards.txt`.
        path: PathBuf,
        /// The board's id.
        board: String,
    },
    /// The board uses a core or a variant of a platform that is not there.
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
        /// All that are there.
        known: Vec<String>,
    },
    /// The directory of the board's core is not there.
    #[error("the core of the board `{board}` should be in {}, which is no directory; cores there: {}", .path.display(), list(.known))]
    MissingCore {
        /// The board's id.
        board: String,
        /// Where it should be.
        path: PathBuf,
        /// The cores that the platform has.
        known: Vec<String>,
    },
    /// A property should be a number of bytes.
    #[error("the board `{board}` has `{key}={value}`, which is not a whole number of bytes")]
    NotANumber {
        /// The board's id.
        board: String,
        /// Which property.
        key: &'static str,
        /// Its value, expanded.
        value: String,
    },
    /// A property can't be expanded.
    #[error("the board `{board}`, property `{key}`: {source}")]
    Expand {
        /// The board's id.
        board: String,
        /// Which property.
        key: String,
        /// Why.
        source: ExpandError,
    },
    /// A recipe gives no command.
    #[error("the board `{board}`, recipe `{pattern}`: {source}")]
    Command {
        /// The board's id.
        board: String,
        /// The pattern, cut to 200 characters.
        pattern: String,
        /// Why.
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
