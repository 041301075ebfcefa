//! `.arduino-ci.yml` of the Ruby gem `arduino_ci`: the platforms for which examples are compiled, and their libraries. Unit
//! tests are ignored, as they run on the host.
//!
//! Specification: `REFERENCE.md` and `lib/arduino_ci/ci_config.rb` (<https://github.com/Arduino-CI/arduino_ci>).

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value;
use walkdir::WalkDir;

use super::arduino_ci_platforms::{COMPILED, PLATFORMS};
use super::model::{CoreSource, ImportedBuild, ImportedCore, ImportedLibrary, LeftOut};
use super::notes::Notes;
use super::yaml;
use crate::nearest::{nearest, quoted};
use crate::platform::Fqbn;

/// Names of the file, the first one that exists counts.
const FILES: [&str; 2] = [".arduino-ci.yml", ".arduino-ci.yaml"];

/// Directory of a library's examples.
const EXAMPLES: &str = "examples";

/// Limit of the depth of examples.
const DEEPEST: usize = 6;

/// Returns the name of the file in a directory.
pub(super) fn file(dir: &Path) -> Option<String> {
    FILES.iter().find(|name| dir.join(name).is_file()).map(|name| (*name).to_owned())
}

/// Returns the builds that `file` and the files beside examples describe.
pub(super) fn read(dir: &Path, file: &str, notes: &mut Notes) -> Vec<ImportedBuild> {
    let mut settings = Settings::default();
    match yaml::read(&dir.join(file)) {
        Ok(value) => settings.apply(&value),
        Err(reason) => {
            notes.add(file, &reason);
            return Vec::new();
        }
    }
    let own = own_settings(dir, &settings, notes);
    let mut builds = settings.builds(file, &[EXAMPLES.to_owned()], notes);
    for build in &mut builds {
        let left_out = own.iter().map(|(example, file, _)| LeftOut {
            path: example.clone(),
            reason: format!("{file} says what it is built for."),
        });
        build.left_out = left_out.collect();
    }
    for (example, file, settings) in own {
        builds.extend(settings.builds(&file, &[example], notes));
    }
    builds
}

/// Returns the names and boards of the platforms that are compiled for, by files that each replace sections of those before.
/// `None` if the last file can't be read. `file` is its name in messages.
pub(super) fn compiled_boards<'p>(
    files: impl Iterator<Item = &'p PathBuf>,
    file: &str,
    notes: &mut Notes,
) -> Option<Vec<(String, Fqbn)>> {
    let mut settings = Settings::default();
    let mut is_read = false;
    for path in files {
        match yaml::read(path) {
            Ok(value) => settings.apply(&value),
            Err(ref reason) => notes.add(file, reason),
        }
        is_read = yaml::read(path).is_ok();
    }
    let builds = settings.builds(file, &[], notes);
    is_read.then(|| builds.into_iter().filter_map(|build| Some((build.name?, build.fqbn))).collect())
}

/// Returns the examples with a file of their own: each with its path, the path of the file and the settings.
fn own_settings(dir: &Path, settings: &Settings, notes: &mut Notes) -> Vec<(String, String, Settings)> {
    let mut found = Vec::new();
    let entries = WalkDir::new(dir.join(EXAMPLES)).min_depth(1).max_depth(DEEPEST).sort_by_file_name();
    for entry in entries.into_iter().flatten().filter(|entry| entry.file_type().is_dir()) {
        let Some(name) = file(entry.path()) else { continue };
        let Ok(example) = entry.path().strip_prefix(dir) else { continue };
        let example = example.to_string_lossy().into_owned();
        // Only that of a sketch counts.
        let sketch = entry.path().join(format!("{}.ino", entry.file_name().to_string_lossy()));
        let file = format!("{example}/{name}");
        match yaml::read(&entry.path().join(name)) {
            Ok(value) if sketch.is_file() => {
                let mut settings = settings.clone();
                settings.apply(&value);
                found.push((example, file, settings));
            }
            Ok(_) => {}
            Err(reason) => notes.add(&file, &reason),
        }
    }
    found
}

/// Settings that decide what is compiled.
#[derive(Debug, Clone)]
struct Settings {
    /// Boards by the names of platforms; `None` for a platform that was removed.
    platforms: IndexMap<String, Option<String>>,
    /// Addresses of package indexes by core.
    indexes: IndexMap<String, String>,
    /// Names of the platforms that are compiled for.
    compiled: Vec<String>,
    /// Names of libraries.
    libraries: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let platforms = PLATFORMS.iter().map(|(name, fqbn)| ((*name).to_owned(), Some((*fqbn).to_owned())));
        Self {
            platforms: platforms.collect(),
            indexes: IndexMap::new(),
            compiled: COMPILED.iter().map(|name| (*name).to_owned()).collect(),
            libraries: Vec::new(),
        }
    }
}

impl Settings {
    /// Replaces the settings that a file has.
    fn apply(&mut self, value: &Value) {
        for (name, package) in value["packages"].as_object().into_iter().flatten() {
            self.indexes.extend(yaml::text(&package["url"]).map(|url| (name.clone(), url)));
        }
        for (name, platform) in value["platforms"].as_object().into_iter().flatten() {
            self.platforms.insert(name.clone(), yaml::text(&platform["board"]));
        }
        let compile = &value["compile"];
        if let Some(platforms) = compile.get("platforms") {
            self.compiled = yaml::texts(platforms);
        }
        if let Some(libraries) = compile.get("libraries") {
            self.libraries = yaml::texts(libraries);
        }
    }

    /// Returns the builds of sketches for each platform.
    fn builds(&self, file: &str, sketches: &[String], notes: &mut Notes) -> Vec<ImportedBuild> {
        let mut builds = Vec::new();
        for name in &self.compiled {
            let Some(board) = self.platforms.get(name).cloned().flatten() else {
                let known =
                    self.platforms.iter().filter(|(_, board)| board.is_some()).map(|(name, _)| name.as_str());
                let hint = nearest(name, known).map(|known| format!("; did you mean {}?", quoted(known)));
                let hint = hint.unwrap_or_default();
                notes.add(file, &format!("the platform {} is unknown{hint}", quoted(name)));
                continue;
            };
            let fqbn: Fqbn = match board.parse() {
                Ok(fqbn) => fqbn,
                Err(error) => {
                    let name = quoted(name);
                    notes.add(
                        file,
                        &format!("the board {} of the platform {name} is wrong: {error}", quoted(&board)),
                    );
                    continue;
                }
            };
            let core = fqbn.core_name();
            let source = CoreSource::Index(self.indexes.get(&core).cloned());
            let named = self
                .libraries
                .iter()
                .map(|name| ImportedLibrary::Index { name: name.clone(), version: None });
            builds.push(ImportedBuild {
                origin: file.to_owned(),
                name: Some(name.clone()),
                fqbn,
                cores: vec![ImportedCore { name: core, version: None, source }],
                libraries: std::iter::once(ImportedLibrary::Path(".".to_owned())).chain(named).collect(),
                sketches: sketches.to_vec(),
                left_out: Vec::new(),
                properties: Vec::new(),
                warnings: None,
            });
        }
        builds
    }
}
