//! The boards for which `.arduino-ci.yml` or workflows build a sketch.

use std::path::{Path, PathBuf};

use super::board::FilteredBoard;
use super::places::{shown, upwards};
use crate::import::notes::Notes;
use crate::import::{arduino_ci, workflow};
use crate::platform::Fqbn;

/// The boards of the builds with the sketch.
#[derive(Debug)]
pub(super) struct Builds {
    /// The boards, and where each is named.
    boards: Vec<(Fqbn, String)>,
    /// What the description calls them.
    what: &'static str,
}

impl Builds {
    /// Returns the platforms of the `.arduino-ci.yml` that is nearest to the sketch, with its path. The file in the
    /// sketch's directory replaces sections of the library's.
    pub(super) fn of_arduino_ci(sketch: &Path, base: &Path, notes: &mut Notes) -> Option<(PathBuf, Self)> {
        let files: Vec<PathBuf> =
            upwards(sketch).filter_map(|dir| Some(dir.join(arduino_ci::file(dir)?))).collect();
        let nearest = files.first()?.clone();
        let file = shown(&nearest, base);
        let boards = arduino_ci::compiled_boards(files.iter().rev(), &file, notes)?;
        let boards = boards.into_iter().map(|(name, fqbn)| (fqbn, name)).collect();
        Some((nearest, Self { boards, what: "compile: platforms" }))
    }

    /// Returns the boards of the workflows of the repository that compile the sketch, and the directory of the workflows.
    /// `None` without such a workflow.
    pub(super) fn of_workflows(sketch: &Path, notes: &mut Notes) -> Option<(PathBuf, Self)> {
        let root = upwards(sketch).find(|dir| dir.join(workflow::WORKFLOWS).is_dir())?;
        let builds = workflow::read(root, notes);
        if builds.is_empty() {
            return None;
        }
        let has_sketch = |paths: &[String]| {
            paths.iter().any(|path| {
                let path = path.trim_start_matches("./").trim_end_matches('/');
                matches!(path, "" | ".") || sketch.starts_with(root.join(path))
            })
        };
        let with_sketch = builds.into_iter().filter(|build| has_sketch(&build.sketches));
        let boards = with_sketch.map(|build| (build.fqbn, build.origin)).collect();
        Some((
            root.join(workflow::WORKFLOWS),
            Self { boards, what: "no step compiles the sketch for this board" },
        ))
    }

    /// Returns the rule by which the board is left out.
    pub(super) fn skip(&self, board: &FilteredBoard) -> Option<String> {
        if self.boards.iter().any(|(fqbn, _)| board.is_meant_by(fqbn)) {
            return None;
        }
        let mut names: Vec<&str> = self.boards.iter().map(|(_, name)| name.as_str()).collect();
        names.dedup();
        let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Some(if self.what.contains(':') {
            format!("{}: [{listed}] has no platform with {}", self.what, board.fqbn)
        } else {
            format!("{}, {}", self.what, board.fqbn)
        })
    }
}
