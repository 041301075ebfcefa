//! Marks beside the sketches of Adafruit's libraries: the platforms for which its CI builds a sketch. Knows no board.
//!
//! Specification: `build_platform.py` of <https://github.com/adafruit/ci-arduino>.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

/// Limit of the depth of sketches.
const DEEPEST: usize = 8;

/// A sketch that is built for some platforms only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedSketch {
    /// Its directory, relative to the directory of the library.
    pub path: String,
    /// The only platforms that it is built for, if any: `.PLATFORM.test.only`. `none` is no platform.
    pub only: Vec<String>,
    /// Platforms that it is not built for: `.PLATFORM.test.skip`, and the lines of `.skip.txt`.
    pub skip: Vec<String>,
    /// How many of `skip`, from the first, are files.
    pub skip_marks: usize,
}

/// Returns the marked sketches below a directory, sorted by path.
pub(super) fn read(dir: &Path) -> Vec<MarkedSketch> {
    let is_shown = |entry: &DirEntry| {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        entry.depth() == 0 || !entry.file_type().is_dir() || !is_hidden
    };
    let walk = WalkDir::new(dir).max_depth(DEEPEST).sort_by_file_name().into_iter().filter_entry(is_shown);
    let directories = walk.flatten().filter(|entry| entry.file_type().is_dir());
    directories.filter_map(|entry| marked(dir, entry.path())).collect()
}

/// Returns the marks of one sketch, whose path stays empty.
pub(super) fn marked_sketch(sketch: &Path) -> Option<MarkedSketch> {
    marked(sketch, sketch)
}

/// Returns a directory as a marked sketch if it has marks.
fn marked(dir: &Path, sketch: &Path) -> Option<MarkedSketch> {
    let path = sketch.strip_prefix(dir).ok()?.to_str()?.to_owned();
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
    (!only.is_empty() || !skip.is_empty()).then_some(MarkedSketch { path, only, skip, skip_marks })
}

impl MarkedSketch {
    /// Returns the file by which the sketch is not built for a board with these platform names, if any.
    pub(super) fn excluding_mark(&self, names: &[&str]) -> Option<String> {
        let mark = self.excluding(names)?;
        let is_listed = |skip: &String| mark.strip_suffix(".test.skip").is_some_and(|it| it == skip.as_str());
        // The marks come first in the list.
        let place = self.skip.iter().position(is_listed);
        Some(match place {
            Some(place) if place >= self.skip_marks => format!(".skip.txt has `{}`", self.skip[place]),
            _ => format!(".{mark}"),
        })
    }

    /// Returns the mark by which the sketch is not built for a board with these platform names, if any. `only` also holds for
    /// a platform that has one of the names as a part: `pico_rp2040` for `rp2040`.
    pub fn excluding(&self, names: &[&str]) -> Option<String> {
        let is_named = |platform: &str| names.iter().any(|name| name.eq_ignore_ascii_case(platform));
        if let Some(skip) = self.skip.iter().find(|platform| is_named(platform)) {
            return Some(format!("{skip}.test.skip"));
        }
        let is_meant = |platform: &String| is_named(platform) || platform.split('_').any(is_named);
        let first = self.only.first()?;
        (!self.only.iter().any(is_meant)).then(|| format!("{first}.test.only"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_beside_sketches() {
        let directory = tempfile::tempdir().unwrap();
        for file in [
            "examples/A/.uno.test.skip",
            "examples/A/.esp32.test.only",
            "examples/A/.pico_rp2040.test.only",
            "examples/B/.skip.txt",
            "examples/C/.uno.generate",
            ".git/.uno.test.skip",
        ] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "mega2560\n\n leonardo \n").unwrap();
        }
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let a = MarkedSketch {
            path: "examples/A".to_owned(),
            only: texts(&["esp32", "pico_rp2040"]),
            skip: texts(&["uno"]),
            skip_marks: 1,
        };
        let skip = texts(&["mega2560", "leonardo"]);
        let b = MarkedSketch { path: "examples/B".to_owned(), only: Vec::new(), skip, skip_marks: 0 };
        assert_eq!(read(directory.path()), [a.clone(), b.clone()]);
        assert_eq!(a.excluding(&["uno", "avr"]).as_deref(), Some("uno.test.skip"));
        assert_eq!(a.excluding(&["nodemcuv2", "esp8266"]).as_deref(), Some("esp32.test.only"));
        assert_eq!(a.excluding(&["rpipico", "rp2040"]), None);
        assert_eq!(b.excluding(&["uno", "avr"]), None);
        assert_eq!(b.excluding(&["Leonardo", "avr"]).as_deref(), Some("leonardo.test.skip"));
    }
}
