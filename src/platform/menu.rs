//! The menus of a board, as `boards.txt` declares them, and the entries of a list of boards. Knows nothing of merging.

use indexmap::IndexMap;

use super::properties::Properties;

/// Prefix of menu keys, at the top of `boards.txt` and below a board.
pub(super) const MENU: &str = "menu.";

/// A menu of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    /// Its id: `cpu`.
    pub id: String,
    /// Its title: `Processor`; the id where `boards.txt` gives none.
    pub title: String,
    /// Whether `boards.txt` gives it a title. Without one arduino-cli refuses the board.
    pub is_titled: bool,
    /// Its options in file order; the first is the default. Never empty.
    pub options: Vec<MenuOption>,
}

/// An option of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuOption {
    /// Its id: `atmega2560`.
    pub id: String,
    /// Its label: `ATmega2560 (Mega 2560)`; the id where `boards.txt` gives none.
    pub label: String,
    /// Whether `boards.txt` gives it a label. Without one arduino-cli refuses the option.
    pub is_labelled: bool,
}

/// A board in a list of boards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardSummary {
    /// Its id: `mega`.
    pub id: String,
    /// Its name: `Arduino Mega or Mega 2560`; the id where `boards.txt` gives none.
    pub name: String,
    /// Whether `boards.txt` hides it from lists. It can be built nevertheless.
    pub hidden: bool,
    /// Its menus, in the order in which their options apply.
    pub menus: Vec<Menu>,
}

/// Returns the menus of a board.
///
/// Menus are in the order of the `menu.ID=Title` lines at the top of `boards.txt` (`titles`); menus without such a line
/// follow in the order of the board's own lines.
pub(super) fn menus(board: &Properties, titles: &IndexMap<String, String>) -> Vec<Menu> {
    let mut found: IndexMap<&str, IndexMap<&str, Option<&str>>> = IndexMap::new();
    for (key, value) in board.iter() {
        // menu.MENU.OPTION=label, menu.MENU.OPTION.property=value
        let Some((menu, rest)) = key.strip_prefix(MENU).and_then(|key| key.split_once('.')) else { continue };
        let (option, is_label) = match rest.split_once('.') {
            Some((option, _)) => (option, false),
            None => (rest, true),
        };
        let label = found.entry(menu).or_default().entry(option).or_default();
        if is_label {
            *label = Some(value);
        }
    }
    let titled = titles.keys().map(String::as_str).filter(|menu| found.contains_key(menu));
    let untitled = found.keys().copied().filter(|menu| !titles.contains_key(*menu));
    titled
        .chain(untitled)
        .map(|menu| Menu {
            id: menu.to_owned(),
            is_titled: titles.contains_key(menu),
            title: titles.get(menu).filter(|title| !title.is_empty()).map_or(menu, String::as_str).to_owned(),
            options: found[menu]
                .iter()
                .map(|(&option, label)| MenuOption {
                    id: option.to_owned(),
                    is_labelled: label.is_some(),
                    label: label.filter(|label| !label.is_empty()).unwrap_or(option).to_owned(),
                })
                .collect(),
        })
        .collect()
}

/// Returns the entry of the board `id` in a list of boards.
pub(super) fn summary(id: &str, board: &Properties, titles: &IndexMap<String, String>) -> BoardSummary {
    BoardSummary {
        id: id.to_owned(),
        name: board.get_nonempty("name").unwrap_or(id).to_owned(),
        // “It's the presence or absence of the property that controls the board's visibility.”
        hidden: board.get("hide").is_some(),
        menus: menus(board, titles),
    }
}
