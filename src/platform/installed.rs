//! Installed platforms as their files describe them. Reads the file system; knows no FQBN, tool or command.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::error::BoardError;
use super::host::HostOs;
use super::menu::{self, BoardSummary, MENU, Menu};
use super::pluggable;
use super::properties::Properties;

/// An installed platform: the directory with `boards.txt`.
#[derive(Debug, Clone)]
pub struct Platform {
    /// Its vendor: `arduino`.
    pub vendor: String,
    /// Its architecture: `avr`.
    pub architecture: String,
    /// The directory with `boards.txt`, absolute.
    pub root: PathBuf,
    /// `platform.txt`, overridden by `platform.local.txt`.
    pub properties: Properties,
    /// Whether `platform.txt` exists. A platform that uses another's core needs none.
    pub(super) has_recipes: bool,
    /// Boards by id, in file order, with their `menu.` properties.
    pub(super) boards: IndexMap<String, Properties>,
    /// The titles of the menus by id, in file order.
    pub(super) menu_titles: IndexMap<String, String>,
    /// Whether the directory `libraries` exists.
    pub(super) has_libraries: bool,
}

impl Platform {
    /// Reads a platform's files: `boards.txt`, and where they exist `boards.local.txt`, `platform.txt`,
    /// `platform.local.txt` and `programmers.txt`.
    ///
    /// Ignores the “global platform.txt” beside all platforms, which arduino-cli reads: a build depends only on the
    /// platform and the matrix.
    ///
    /// # Errors
    ///
    /// A missing `boards.txt`, a file that can't be read, a line that is no property, or a directory whose path is not
    /// UTF-8 (properties are text).
    pub fn load(root: &Path, vendor: &str, architecture: &str, os: HostOs) -> Result<Self, BoardError> {
        let root =
            std::path::absolute(root).map_err(|source| BoardError::Read { path: root.into(), source })?;
        if root.to_str().is_none() {
            return Err(BoardError::NotUtf8 { path: root });
        }
        let boards_txt = root.join("boards.txt");
        let Some(mut all_boards) = read(&boards_txt, os)? else {
            return Err(BoardError::NoBoardsTxt {
                path: boards_txt,
                platform: format!("{vendor}:{architecture}"),
            });
        };
        if let Some(local) = read(&root.join("boards.local.txt"), os)? {
            all_boards.merge(&local);
        }
        let platform_txt = read(&root.join("platform.txt"), os)?;
        let has_recipes = platform_txt.is_some();
        let mut properties = platform_txt.unwrap_or_default();
        if let Some(local) = read(&root.join("platform.local.txt"), os)? {
            properties.merge(&local);
        }
        // The programmers serve uploads only, but arduino-cli refuses a platform as a whole.
        read(&root.join("programmers.txt"), os)?;
        let (mut boards, menu_titles) = by_board(&all_boards);
        pluggable::convert(&mut properties, &mut boards);
        Ok(Self {
            vendor: vendor.to_owned(),
            architecture: architecture.to_owned(),
            properties,
            has_recipes,
            boards,
            menu_titles,
            has_libraries: root.join("libraries").is_dir(),
            root,
        })
    }

    /// Returns `vendor:architecture`.
    pub fn id(&self) -> String {
        format!("{}:{}", self.vendor, self.architecture)
    }

    /// Iterates over the boards, in file order.
    pub fn boards(&self) -> impl Iterator<Item = BoardSummary> {
        self.boards.iter().map(|(id, board)| menu::summary(id, board, &self.menu_titles))
    }

    /// Returns the board `id`.
    pub fn board(&self, id: &str) -> Option<BoardSummary> {
        self.boards.get(id).map(|board| menu::summary(id, board, &self.menu_titles))
    }

    /// Returns the menus of a board of this platform.
    pub(super) fn menus(&self, board: &Properties) -> Vec<Menu> {
        menu::menus(board, &self.menu_titles)
    }

    /// Returns the names of its cores, for an error message. A link counts as its target; none where they can't be
    /// read.
    pub(super) fn cores(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join("cores")).into_iter().flatten().flatten();
        let directories = entries.filter(|entry| entry.path().is_dir());
        let mut names: Vec<String> = directories.filter_map(|it| it.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The platforms that a board may reference, by `vendor:architecture`.
#[derive(Debug, Clone, Default)]
pub struct Platforms(IndexMap<String, Platform>);

impl Platforms {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `platform`; replaces one of the same vendor and architecture.
    pub fn insert(&mut self, platform: Platform) {
        self.0.insert(platform.id(), platform);
    }

    /// Returns the platform of this vendor and architecture.
    pub fn get(&self, vendor: &str, architecture: &str) -> Option<&Platform> {
        self.0.get(&format!("{vendor}:{architecture}"))
    }

    /// Iterates over the platforms, in the order of insertion.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Platform> {
        self.0.values()
    }

    /// Returns `vendor:architecture` of all platforms.
    pub(super) fn ids(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

impl FromIterator<Platform> for Platforms {
    fn from_iter<I: IntoIterator<Item = Platform>>(iter: I) -> Self {
        let mut platforms = Self::new();
        iter.into_iter().for_each(|platform| platforms.insert(platform));
        platforms
    }
}

/// Splits `boards.txt` into the boards' properties and the menus' titles. A key without a dot belongs to no board.
fn by_board(all: &Properties) -> (IndexMap<String, Properties>, IndexMap<String, String>) {
    let mut boards: IndexMap<String, Properties> = IndexMap::new();
    let mut titles = IndexMap::new();
    for (key, value) in all.iter() {
        if let Some(menu) = key.strip_prefix(MENU) {
            let (menu, title) = menu.split_once('.').map_or((menu, None), |(menu, _)| (menu, Some("")));
            let title = title.unwrap_or(value);
            let before = titles.entry(menu.to_owned()).or_insert_with(|| title.to_owned());
            if !title.is_empty() {
                title.clone_into(before);
            }
        } else if let Some((board, key)) = key.split_once('.') {
            // The lines of a board are mostly adjacent: don't allocate its id for each.
            match boards.get_mut(board) {
                Some(properties) => properties.set(key, value),
                None => {
                    boards.insert(board.to_owned(), Properties::from_iter([(key, value)]));
                }
            }
        }
    }
    (boards, titles)
}

/// Reads the properties in a file; `None` where the file is missing.
fn read(path: &Path, os: HostOs) -> Result<Option<Properties>, BoardError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(BoardError::Read { path: path.into(), source }),
    };
    Properties::from_bytes(&bytes, os)
        .map(Some)
        .map_err(|source| BoardError::Parse { path: path.into(), source })
}

#[cfg(test)]
#[allow(clippy::format_collect)] // short texts
#[path = "installed_tests.rs"]
mod tests;
