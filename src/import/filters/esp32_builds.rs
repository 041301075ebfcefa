//! What `ci.yml` of arduino-esp32 changes of a sketch's builds: board, menu options and libraries.
//!
//! Specification: `.github/CI_README.md` and `.github/scripts/sketch_utils.sh` of arduino-esp32. `fqbn` lists the builds of a
//! chip; without it, `fqbn_append` adds menu options to a board. `libs` names libraries that the builds need.

use std::ops::Range;
use std::path::{Path, PathBuf};

use indexmap::IndexSet;
use serde_json::Value;

use super::esp32_chip::{CHIP_TAG, ESP32, early_chip};
use super::esp32_ci::{Esp32Ci, device_of, refused_chips};
use crate::import::yaml;
use crate::nearest::quoted;
use crate::platform::Fqbn;

/// The key of `fqbn_append` for chips without a key of their own.
const DEFAULT: &str = "default";

/// The keys of a `ci.yml` that change builds.
#[derive(Debug)]
pub struct Esp32Builds {
    /// Path of the file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    value: Value,
    /// `fqbn_append` of the sketch's device, where several devices have one file.
    of_device: Option<String>,
}

/// A build of a sketch in the place of that for a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esp32Build {
    /// The board with its menu options.
    pub fqbn: Fqbn,
    /// The chip, where the build depends on it.
    pub chip: Option<String>,
    /// The bytes of the key in the file that says so; `None` for the board itself.
    pub key: Option<Range<usize>>,
}

/// An error of a `ci.yml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Esp32Problem {
    /// The problem, in one line.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// The bytes of the text with the error.
    pub range: Range<usize>,
}

impl Esp32Builds {
    /// Reads the file about a sketch. `None` if there is no file, if it is not valid, or if it changes no build.
    pub fn read(sketch: &Path) -> Option<Self> {
        let path = Esp32Ci::file(sketch)?;
        let value = yaml::read(&path).ok()?;
        let of_device = sketch
            .file_name()
            .and_then(|name| yaml::text(&device_of(&value, name.to_str()?)?["fqbn_append"]));
        let changes = ["fqbn", "fqbn_append", "libs"].iter().any(|key| !value[*key].is_null());
        let text = String::from_utf8_lossy(&std::fs::read(&path).ok()?).into_owned();
        (changes || of_device.is_some()).then_some(Self { path, text, value, of_device })
    }

    /// Returns the keys that change builds, as a message names them.
    pub fn keys(&self) -> String {
        let keys = ["fqbn", "fqbn_append", "libs"].into_iter().filter(|key| !self.value[*key].is_null());
        keys.map(quoted).collect::<Vec<_>>().join(", ")
    }

    /// Returns the libraries that the builds need, each as `NAME`, `NAME@VERSION` or the address of a Git repository.
    ///
    /// # Errors
    /// `libs` is no list of texts.
    pub fn libraries(&self) -> Result<Vec<String>, Esp32Problem> {
        match &self.value["libs"] {
            Value::Null => Ok(Vec::new()),
            Value::Array(items) if items.iter().all(|item| yaml::text(item).is_some()) => {
                Ok(items.iter().filter_map(yaml::text).map(|text| text.trim().to_owned()).collect())
            }
            _ => {
                Err(self.problem("libs", "", "`libs` is a list of libraries", "as in `libs: [ArduinoJson]`"))
            }
        }
    }

    /// Returns the builds of the sketch in the place of that for a board with these tags. Empty for boards of other cores, and
    /// for chips that the file refuses.
    ///
    /// # Errors
    /// A key with a wrong value, or builds that depend on a chip that neither the FQBN nor a tag names.
    pub fn builds(&self, board: &Fqbn, tags: &[String]) -> Result<Vec<Esp32Build>, Esp32Problem> {
        if board.architecture != ESP32 {
            return Ok(Vec::new());
        }
        let chip = early_chip(board, tags);
        if chip.as_ref().is_some_and(|chip| refused_chips(&self.value).any(|refused| refused == chip)) {
            return Ok(Vec::new());
        }
        let listed = self.listed(board, chip.as_deref())?;
        if !listed.is_empty() {
            let key = |fqbn: &Fqbn| (fqbn != board).then(|| self.key("fqbn"));
            let build = |fqbn| Esp32Build { key: key(&fqbn), fqbn, chip: chip.clone() };
            return Ok(listed.into_iter().map(build).collect());
        }
        let (appended, depends_on_chip) = self.appended(board, chip.as_deref())?;
        let mut fqbn = board.clone();
        for text in [appended.as_ref(), self.of_device.as_ref()].into_iter().flatten() {
            for (menu, option) in self.options(text)? {
                match fqbn.options.iter_mut().find(|(known, _)| *known == menu) {
                    Some(known) => known.1 = option,
                    None => fqbn.options.push((menu, option)),
                }
            }
        }
        let key = (fqbn != *board).then(|| self.key("fqbn_append"));
        Ok(vec![Esp32Build { fqbn, chip: chip.filter(|_| depends_on_chip), key }])
    }

    /// Returns the boards of `fqbn` for a chip, sorted. They are of the core of `board`: arduino-esp32's CI has its own name
    /// for it.
    fn listed(&self, board: &Fqbn, chip: Option<&str>) -> Result<Vec<Fqbn>, Esp32Problem> {
        let chips = match &self.value["fqbn"] {
            Value::Null => return Ok(Vec::new()),
            Value::Object(chips) => chips,
            _ => {
                let help = "as in `fqbn: {esp32s3: [\"espressif:esp32:esp32s3:PSRAM=opi\"]}`";
                return Err(self.problem("fqbn", "", "`fqbn` has a list of FQBNs for each chip", help));
            }
        };
        if chips.is_empty() {
            return Ok(Vec::new());
        }
        let Some(chip) = chip else { return Err(self.unknown_chip("fqbn", board)) };
        let texts: IndexSet<String> =
            yaml::texts(&chips.get(chip).cloned().unwrap_or_default()).into_iter().collect();
        let mut fqbns = Vec::new();
        for text in &texts {
            let mut fqbn = text.trim().parse::<Fqbn>().map_err(|error| {
                let message = format!("`fqbn` of {chip}: {} is no FQBN: {error}", quoted(text));
                Esp32Problem { message, help: None, range: self.range("fqbn", text) }
            })?;
            if fqbn.architecture != ESP32 {
                let message = format!("`fqbn` of {chip}: {} is no board of an ESP32 core", quoted(text));
                return Err(Esp32Problem { message, help: None, range: self.range("fqbn", text) });
            }
            fqbn.vendor.clone_from(&board.vendor);
            fqbns.push(fqbn);
        }
        fqbns.sort_by_key(ToString::to_string);
        Ok(fqbns)
    }

    /// Returns the text of `fqbn_append` for a chip, and whether it depends on the chip.
    fn appended(&self, board: &Fqbn, chip: Option<&str>) -> Result<(Option<String>, bool), Esp32Problem> {
        match &self.value["fqbn_append"] {
            Value::Object(chips) => {
                let depends = chips.keys().any(|key| key != DEFAULT);
                let Some(chip) = chip.or(if depends { None } else { Some(DEFAULT) }) else {
                    return Err(self.unknown_chip("fqbn_append", board));
                };
                let value = chips.get(chip).filter(|value| !value.is_null()).or_else(|| chips.get(DEFAULT));
                Ok((value.and_then(yaml::text), depends))
            }
            Value::Array(_) => {
                let help = "as in `fqbn_append: PartitionScheme=huge_app,PSRAM=enabled`";
                let message = "`fqbn_append` is a text, or a map with a text for each chip";
                Err(self.problem("fqbn_append", "", message, help))
            }
            other => Ok((yaml::text(other), false)),
        }
    }

    /// Returns menus with their options: `MENU=OPTION,…`.
    fn options(&self, text: &str) -> Result<Vec<(String, String)>, Esp32Problem> {
        let mut options = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            // An FQBN has the same rules.
            match format!("a:b:c:{part}").parse::<Fqbn>() {
                Ok(fqbn) => options.extend(fqbn.options),
                Err(error) => {
                    let message = format!("`fqbn_append`: {} is no menu option: {error}", quoted(part));
                    return Err(Esp32Problem { message, help: None, range: self.range("fqbn_append", part) });
                }
            }
        }
        Ok(options)
    }

    fn unknown_chip(&self, key: &str, board: &Fqbn) -> Esp32Problem {
        let message = format!("{} depends on the chip, which the FQBN {board} does not name", quoted(key));
        let help = format!("give the board a tag in the matrix: `tags: [{CHIP_TAG}esp32s3]`");
        self.problem(key, "", &message, &help)
    }

    fn problem(&self, key: &str, part: &str, message: &str, help: &str) -> Esp32Problem {
        Esp32Problem {
            message: message.to_owned(),
            help: Some(help.to_owned()),
            range: self.range(key, part),
        }
    }

    /// Returns the bytes of a part behind a key; those of the key if the text does not spell the part out.
    fn range(&self, key: &str, part: &str) -> Range<usize> {
        let key = self.key(key);
        let found = self.text[key.end..].find(part).filter(|_| !part.is_empty());
        found.map_or(key.clone(), |at| key.end + at..key.end + at + part.len())
    }

    /// Returns the bytes of a key.
    fn key(&self, key: &str) -> Range<usize> {
        let is_whole = |at: &usize| {
            let rest = &self.text[at + key.len()..];
            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        };
        let at = self.text.match_indices(key).map(|(at, _)| at).find(is_whole);
        at.map_or(0..0, |at| at..at + key.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the builds for a board, one a line, or the error with its place.
    fn builds(yaml: &str, board: &str, tags: &[&str]) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ci.yml"), yaml).unwrap();
        let Some(file) = Esp32Builds::read(directory.path()) else { return Ok("none".to_owned()) };
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let found = file.libraries().and_then(|_| file.builds(&board.parse().unwrap(), &tags));
        let found = found.map_err(|it| format!("{} at {}", it.message, &file.text[it.range.clone()]))?;
        Ok(found.iter().map(|build| build.fqbn.to_string()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    #[rustfmt::skip] // a table
    fn each_key_changes_the_builds_of_a_board() {
        for (yaml, board, tags, expected) in [
            ("targets: {esp32: true}\n", "e:esp32:esp32", &[][..], "none"),
            ("fqbn_append: PartitionScheme=huge_app\n", "e:esp32:esp32", &[], "e:esp32:esp32:PartitionScheme=huge_app"),
            ("fqbn_append: A=b,C=d\n", "e:esp32:esp32:C=x,E=f", &[], "e:esp32:esp32:C=d,E=f,A=b"),
            ("fqbn_append: A=b,A=c\n", "e:esp32:esp32", &[], "e:esp32:esp32:A=c"),
            ("fqbn_append: A=b\n", "e:esp32:um_tinys3", &[], "e:esp32:um_tinys3:A=b"),
            ("fqbn_append: A=b\n", "arduino:avr:uno", &[], ""),
            ("fqbn_append: {default: A=b, esp32s3: A=c}\n", "e:esp32:esp32", &[], "e:esp32:esp32:A=b"),
            ("fqbn_append: {default: A=b, esp32s3: A=c}\n", "e:esp32:x_esp32s3", &[], "e:esp32:x_esp32s3:A=c"),
            ("fqbn_append: {esp32s3: A=c}\n", "e:esp32:esp32", &[], "e:esp32:esp32"),
            ("fqbn_append: {esp32s3: A=c}\n", "e:esp32:um_tinys3", &["chip-esp32s3"], "e:esp32:um_tinys3:A=c"),
            ("fqbn_append: {default: A=b}\n", "e:esp32:um_tinys3", &[], "e:esp32:um_tinys3:A=b"),
            ("fqbn_append: A=b\ntargets: {esp32: false}\n", "e:esp32:esp32", &[], ""),
            ("fqbn: {esp32: ['espressif:esp32:esp32:B=2', 'espressif:esp32:esp32:A=1']}\n", "e:esp32:esp32:C=3", &[], "e:esp32:esp32:A=1 e:esp32:esp32:B=2"),
            ("fqbn: {esp32: ['espressif:esp32:esp32:B=2']}\nfqbn_append: C=3\n", "e:esp32:esp32", &[], "e:esp32:esp32:B=2"),
            ("fqbn: {esp32: ['espressif:esp32:esp32:B=2']}\nfqbn_append: C=3\n", "e:esp32:esp32s3", &[], "e:esp32:esp32s3:C=3"),
            ("{\"fqbn\": {\"esp32s2\": [\"e:esp32:esp32s2:B=2\"]}}", "e:esp32:esp32s2", &[], "e:esp32:esp32s2:B=2"),
            ("libs: [A]\n", "e:esp32:esp32", &[], "e:esp32:esp32"),
        ] {
            assert_eq!(builds(yaml, board, tags).as_deref(), Ok(expected), "{yaml} for {board}");
        }
    }

    #[test]
    fn errors_have_their_place() {
        for (yaml, board, expected) in [
            ("libs: A\n", "e:esp32:esp32", "`libs` is a list of libraries at libs"),
            ("fqbn: x\n", "e:esp32:esp32", "`fqbn` has a list of FQBNs for each chip at fqbn"),
            ("fqbn_append: A=b\nfqbn: {esp32: ['a:b']}\n", "e:esp32:esp32", "at a:b"),
            ("fqbn: {esp32: ['a:avr:b']}\n", "e:esp32:esp32", "no board of an ESP32 core at a:avr:b"),
            ("fqbn_append: A=b,C\n", "e:esp32:esp32", "at C"),
            ("fqbn_append: [A=b]\n", "e:esp32:esp32", "at fqbn_append"),
            ("fqbn_append: {esp32s3: A=b}\n", "e:esp32:um_tinys3", "depends on the chip"),
        ] {
            let error = builds(yaml, board, &[]).unwrap_err();
            assert!(error.contains(expected), "{yaml}: {error}");
        }
    }

    #[test]
    fn a_device_has_options_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let file =
            "multi_device: {device0: One, device1: {sketch: Two, fqbn_append: B=2}}\nfqbn_append: A=1\n";
        std::fs::write(directory.path().join("ci.yml"), file).unwrap();
        let of = |name: &str| {
            let dir = directory.path().join(name);
            std::fs::create_dir_all(&dir).unwrap();
            let board = "e:esp32:esp32".parse().unwrap();
            Esp32Builds::read(&dir).map(|file| file.builds(&board, &[]).unwrap()[0].fqbn.to_string())
        };
        assert_eq!(of("One").as_deref(), Some("e:esp32:esp32:A=1"));
        assert_eq!(of("Two").as_deref(), Some("e:esp32:esp32:A=1,B=2"));
        assert_eq!(of("Three"), None);
    }
}
