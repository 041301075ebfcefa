//! `ci.yml` of arduino-esp32, before 2025 `ci.json`: the chips for which its CI builds a sketch. How it builds the sketch is
//! the subject of `esp32_builds`.
//!
//! Specification: `.github/CI_README.md` and `.github/scripts/sketch_utils.sh` of arduino-esp32. Boards of other cores are
//! none of its business, so they are never left out.

use std::path::{Path, PathBuf};

use regex::RegexBuilder;
use serde_json::Value;

use super::board::FilteredBoard;
use crate::import::notes::Notes;
use crate::import::yaml;

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
            device_of(&yaml::read(&path).ok()?, name).is_some().then_some(path)
        })
    }

    /// Returns whether a file is one of arduino-esp32's CI: its name is common.
    pub(super) fn is_one(path: &Path) -> bool {
        const KEYS: [&str; 6] = ["targets", "requires", "requires_any", "fqbn", "fqbn_append", "libs"];
        yaml::read(path).is_ok_and(|value| KEYS.iter().any(|key| !value[*key].is_null()))
    }

    /// Reads the file.
    pub(super) fn read(path: &Path, file: &str, notes: &mut Notes) -> Option<Self> {
        let value = notes.take(file, yaml::read(path))?;
        let refused = refused_chips(&value).map(str::to_owned).collect();
        let (requires, requires_any) = (yaml::texts(&value["requires"]), yaml::texts(&value["requires_any"]));
        Some(Self { refused, requires, requires_any })
    }

    /// Returns the rule by which the board is left out.
    pub(super) fn skip(&self, board: &FilteredBoard) -> Option<String> {
        let chip = board.esp32_chip()?;
        if self.refused.contains(&chip) {
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

/// Returns the chips with `false` in `targets`.
pub(super) fn refused_chips(value: &Value) -> impl Iterator<Item = &str> {
    let is_refused = |value: &Value| {
        *value == Value::Bool(false) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
    };
    let targets = value["targets"].as_object().into_iter().flatten();
    targets.filter(move |(_, value)| is_refused(value)).map(|(chip, _)| chip.as_str())
}

/// Returns the device of `multi_device` that a sketch is for: the sketch's name, or a map with it.
pub(super) fn device_of<'v>(value: &'v Value, sketch: &str) -> Option<&'v Value> {
    let devices = value["multi_device"].as_object()?;
    let is_for = |device: &&Value| {
        yaml::text(device).or_else(|| yaml::text(&device["sketch"])).is_some_and(|name| name == sketch)
    };
    devices.values().find(is_for)
}

/// Returns whether a line begins with what the extended regular expression matches, as `grep -E "^…"` finds it.
fn has_line(text: &str, requirement: &str) -> bool {
    let pattern = format!("^(?:{requirement})");
    match RegexBuilder::new(&pattern).multi_line(true).size_limit(1 << 20).build() {
        Ok(regex) => regex.is_match(text),
        Err(_) => text.lines().any(|line| line.starts_with(requirement)),
    }
}
