//! Marks beside the sketches of Adafruit's libraries: the platforms for which its CI builds a sketch. Knows no board.
//!
//! Specification: `build_platform.py` of <https://github.com/adafruit/ci-arduino>.

use std::path::Path;

use super::adafruit_board::{self, AdafruitBoard, is_platform};
use crate::nearest::{nearest, quoted};

/// A sketch that is built for some platforms only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MarkedSketch {
    /// The only platforms that it is built for, if any: `.PLATFORM.test.only`. `none` is no platform.
    only: Vec<String>,
    /// Platforms that it is not built for: `.PLATFORM.test.skip`, and the lines of `.skip.txt`.
    skip: Vec<String>,
    /// How many of `skip`, from the first, are files.
    skip_marks: usize,
}

/// Returns the marks of a sketch, if it has any.
pub(super) fn marked_sketch(sketch: &Path) -> Option<MarkedSketch> {
    let mut names: Vec<String> = std::fs::read_dir(sketch)
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    let platforms = |suffix: &str| {
        let marks = names.iter().filter_map(|name| name.strip_prefix('.')?.strip_suffix(suffix));
        marks.filter(|platform| !platform.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (only, mut skip) = (platforms(".test.only"), platforms(".test.skip"));
    let skip_marks = skip.len();
    if names.iter().any(|name| name == ".skip.txt") {
        let text = std::fs::read(sketch.join(".skip.txt")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        skip.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    (!only.is_empty() || !skip.is_empty()).then_some(MarkedSketch { only, skip, skip_marks })
}

impl MarkedSketch {
    /// Returns the file by which the sketch is not built for a board, if any.
    pub(super) fn excluding(&self, board: &AdafruitBoard<'_>) -> Option<String> {
        // The marks come first in the list.
        if let Some(place) = self.skip.iter().position(|platform| board.is_of(platform)) {
            let platform = &self.skip[place];
            return Some(if place < self.skip_marks {
                format!(".{platform}.test.skip")
            } else {
                format!(".skip.txt has `{platform}`")
            });
        }
        let first = self.only.first()?;
        let is_meant = self.only.iter().any(|platform| board.is_of_family(platform));
        (!is_meant).then(|| format!(".{first}.test.only"))
    }

    /// Returns an error for each platform of `.PLATFORM.test.only` that is unknown: Adafruit's CI fails then. `names` are the names
    /// of boards.
    pub(super) fn errors(&self, names: &[&str]) -> Vec<(String, Option<String>)> {
        let unknown = self.only.iter().filter(|platform| !is_known(platform, names));
        let error = |platform: &String| {
            let message = format!(
                ".{platform}.test.only: {} is no platform of Adafruit's CI, and no board here",
                quoted(platform)
            );
            (message, suggested(platform, names))
        };
        unknown.map(error).collect()
    }

    /// Returns a warning for each other platform that is unknown: Adafruit's CI ignores it.
    pub(super) fn warnings(&self, names: &[&str]) -> Vec<String> {
        let unknown = self.skip.iter().enumerate().filter(|(_, platform)| !is_known(platform, names));
        let warning = |(place, platform): (usize, &String)| {
            let file = if place < self.skip_marks {
                format!(".{platform}.test.skip")
            } else {
                ".skip.txt".to_owned()
            };
            let hint = suggested(platform, names).map(|hint| format!("; {hint}")).unwrap_or_default();
            format!("{file}: {} is no platform of Adafruit's CI, and no board here{hint}", quoted(platform))
        };
        unknown.map(warning).collect()
    }
}

fn is_known(platform: &str, names: &[&str]) -> bool {
    is_platform(platform) || names.iter().any(|name| name.eq_ignore_ascii_case(platform))
}

/// Returns the nearest name of a platform or a board.
fn suggested(platform: &str, names: &[&str]) -> Option<String> {
    let mut known: Vec<&str> = adafruit_board::names().collect();
    known.extend_from_slice(names);
    nearest(platform, known).map(|near| format!("did you mean {}?", quoted(near)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_beside_sketches() {
        let directory = tempfile::tempdir().unwrap();
        for file in [
            "A/.uno.test.skip",
            "A/.esp32.test.only",
            "A/.pico_rp2040.test.only",
            "B/.skip.txt",
            "C/.uno.generate",
        ] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "mega2560\n\n leonardo \n").unwrap();
        }
        let read = |name: &str| marked_sketch(&directory.path().join(name));
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let a = MarkedSketch { only: texts(&["esp32", "pico_rp2040"]), skip: texts(&["uno"]), skip_marks: 1 };
        let skip = texts(&["mega2560", "leonardo"]);
        let b = MarkedSketch { only: Vec::new(), skip, skip_marks: 0 };
        assert_eq!([read("A"), read("B"), read("C")], [Some(a.clone()), Some(b.clone()), None]);
        let excluding = |sketch: &MarkedSketch, fqbn: &str| {
            let fqbn = fqbn.parse().unwrap();
            sketch.excluding(&AdafruitBoard::new("board", &fqbn))
        };
        assert_eq!(excluding(&a, "arduino:avr:uno").as_deref(), Some(".uno.test.skip"));
        assert_eq!(excluding(&a, "esp8266:esp8266:nodemcuv2").as_deref(), Some(".esp32.test.only"));
        assert_eq!(excluding(&a, "rp2040:rp2040:rpipico"), None);
        assert_eq!(excluding(&b, "arduino:avr:uno"), None);
        assert_eq!(excluding(&b, "arduino:avr:leonardo").as_deref(), Some(".skip.txt has `leonardo`"));
    }

    #[test]
    fn unknown_platforms_have_the_nearest_known_name() {
        let directory = tempfile::tempdir().unwrap();
        for file in [
            ".esp23.test.only",
            ".none.test.only",
            ".Mine.test.only",
            ".unoo.test.skip",
            ".main_platforms.test.skip",
        ] {
            std::fs::write(directory.path().join(file), "").unwrap();
        }
        std::fs::write(directory.path().join(".skip.txt"), "lenardo\nmine\n").unwrap();
        let marked = marked_sketch(directory.path()).unwrap();
        let errors = marked.errors(&["mine", "avr"]);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].0.starts_with(".esp23.test.only: `esp23` is no platform"), "{errors:?}");
        assert_eq!(errors[0].1.as_deref(), Some("did you mean `esp32`?"));
        let warnings = marked.warnings(&["mine", "avr"]);
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(
            warnings[0].ends_with("did you mean `uno`?") && warnings[1].ends_with("did you mean `leonardo`?"),
            "{warnings:?}"
        );
    }
}
