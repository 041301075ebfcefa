//! The boards of a sketch project file: `sketch.yaml`.
//!
//! Specification: `docs/sketch-project-file.md` of arduino-cli.

use std::path::Path;

use super::board::FilteredBoard;
use crate::import::notes::Notes;
use crate::import::yaml;
use crate::nearest::quoted;
use crate::platform::Fqbn;

/// The boards that a project file names.
#[derive(Debug)]
pub(super) struct SketchYaml {
    /// The key of each board, and the board.
    boards: Vec<(String, Fqbn)>,
}

impl SketchYaml {
    /// Reads the boards of the profiles, or without profiles that of `default_fqbn`. `None` if it names no board.
    pub(super) fn read(path: &Path, file: &str, notes: &mut Notes) -> Option<Self> {
        let value = notes.take(file, yaml::read(path))?;
        let profiles = value["profiles"].as_object().into_iter().flatten();
        let mut named: Vec<(String, Option<String>)> =
            profiles.map(|(name, profile)| (name.clone(), yaml::text(&profile["fqbn"]))).collect();
        if named.is_empty() {
            named.push(("default_fqbn".to_owned(), yaml::text(&value["default_fqbn"])));
        }
        let mut boards = Vec::new();
        for (name, fqbn) in named {
            match fqbn.as_deref().map(str::parse::<Fqbn>) {
                Some(Ok(fqbn)) => boards.push((name, fqbn)),
                Some(Err(error)) => {
                    notes.add(file, &format!("the board of {} is wrong: {error}", quoted(&name)));
                }
                None => {}
            }
        }
        (!boards.is_empty()).then_some(Self { boards })
    }

    /// Returns the boards with the names of their profiles.
    pub(super) fn into_boards(self) -> Vec<(String, Fqbn)> {
        self.boards
    }

    /// Returns the rule by which the board is left out.
    pub(super) fn skip(&self, board: &FilteredBoard) -> Option<String> {
        if self.boards.iter().any(|(_, fqbn)| board.is_meant_by(fqbn)) {
            return None;
        }
        let names: Vec<String> = self.boards.iter().map(|(name, fqbn)| format!("{name} ({fqbn})")).collect();
        Some(format!("no profile is for {}: {}", board.fqbn, names.join(", ")))
    }
}
