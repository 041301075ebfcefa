//! `ci.yml` of arduino-esp32, before 2025 `ci.json`: the chips for which its CI builds a sketch.
//!
//! Specification: `.github/CI_README.md` and `.github/scripts/sketch_utils.sh` of arduino-esp32. Boards of other cores are
//! none of its business, so they are never left out.

use std::path::{Path, PathBuf};

use regex::RegexBuilder;
use serde_json::Value;

use super::board::FilteredBoard;
use crate::import::notes::Notes;
use crate::import::yaml;
use crate::nearest::quoted;

/// Names of the file; the first one that exists counts.
const FILES: [&str; 2] = ["ci.yml", "ci.json"];

/// The keys that decide for which chips a sketch is built.
#[derive(Debug)]
pub(super) struct Esp32Ci {
    /// Chips with `false` in `targets`.
    refused: Vec<String>,
    /// `requires`: all must match.
    requires: Vec<String>,
    /// `requires_any`: one must match.
    requires_any: Vec<String>,
}

impl Esp32Ci {
    /// Returns the path of the file beside a sketch. That of sketches for several devices is in the directory above, which
    /// has no sketch itself.
    pub(super) fn file(sketch: &Path) -> Option<PathBuf> {
        let in_dir = |dir: &Path| FILES.iter().map(|name| dir.join(name)).find(|path| path.is_file());
        let name = sketch.file_name()?.to_str()?;
        in_dir(sketch).or_else(|| {
            let path = in_dir(sketch.parent()?)?;
            let devices = yaml::read(&path).ok()?["multi_device"].as_object()?.clone();
            devices.values().filter_map(yaml::text).any(|device| device == name).then_some(path)
        })
    }

    /// Reads the file.
    pub(super) fn read(path: &Path, file: &str, notes: &mut Notes) -> Option<Self> {
        let value = notes.take(file, yaml::read(path))?;
        let is_refused = |value: &Value| {
            *value == Value::Bool(false)
                || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
        };
        let targets = value["targets"].as_object().into_iter().flatten();
        let refused = targets.filter(|(_, value)| is_refused(value)).map(|(chip, _)| chip.clone()).collect();
        for key in ["fqbn", "fqbn_append", "libs"].iter().filter(|key| !value[**key].is_null()) {
            let message = match *key {
                "libs" => "`libs` is for `init`: add them to `libraries` of the matrix",
                _ => "board options do not come from here: give the boards of the matrix these options",
            };
            notes.add(file, &format!("{}: {message}", quoted(key)));
        }
        let (requires, requires_any) = (yaml::texts(&value["requires"]), yaml::texts(&value["requires_any"]));
        Some(Self { refused, requires, requires_any })
    }

    /// Returns the rule by which the board is left out.
    pub(super) fn skip(&self, board: &FilteredBoard) -> Option<String> {
        let chip = board.esp32_chip()?;
        if self.refused.iter().any(|refused| refused == chip) {
            return Some(format!("targets: {chip}: false"));
        }
        // Without the file, the requirements count as met: the build shows whether they are.
        let sdkconfig =
            board.sdk.as_ref().and_then(|sdk| std::fs::read_to_string(sdk.join("sdkconfig")).ok())?;
        let is_met = |requirement: &String| has_line(&sdkconfig, requirement);
        if let Some(missing) = self.requires.iter().find(|requirement| !is_met(requirement)) {
            return Some(format!("requires: {missing}, which the sdkconfig of {chip} does not have"));
        }
        let any = &self.requires_any;
        (!any.is_empty() && !any.iter().any(is_met))
            .then(|| format!("requires_any: the sdkconfig of {chip} has none of {}", any.join(", ")))
    }
}

/// Returns whether a line begins with what the extended regular expression matches, as `grep -E "^…"` finds it.
fn has_line(text: &str, requirement: &str) -> bool {
    let pattern = format!("^(?:{requirement})");
    match RegexBuilder::new(&pattern).multi_line(true).size_limit(1 << 20).build() {
        Ok(regex) => regex.is_match(text),
        Err(_) => text.lines().any(|line| line.starts_with(requirement)),
    }
}
