//! Finds the sketches of a directory that say themselves for which boards they are built.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::esp32_ci::Esp32Ci;
use super::fastled::Fastled;
use super::kind::SketchFilter;
use super::sketch_yaml::SketchYaml;
use crate::import::notes::Notes;
use crate::import::test_marks::marked_sketch;
use crate::platform::Fqbn;

/// Limit of the depth of sketches.
const DEEPEST: usize = 8;

/// A sketch and what it says of its boards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedSketch {
    /// Its directory, relative to the one that is searched.
    pub path: String,
    /// The filters that have a file or a comment of the sketch.
    pub filters: Vec<SketchFilter>,
    /// The boards of its `sketch.yaml`, each with the name of its profile.
    pub boards: Vec<(String, Fqbn)>,
}

/// Returns the sketches below a directory, sorted by path: directories with a main file of their name.
pub(crate) fn described_sketches(dir: &Path) -> Vec<DescribedSketch> {
    let is_shown = |entry: &DirEntry| {
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        entry.depth() == 0 || !entry.file_type().is_dir() || !is_hidden
    };
    let walk = WalkDir::new(dir).max_depth(DEEPEST).sort_by_file_name().into_iter().filter_entry(is_shown);
    let directories = walk.flatten().filter(|entry| entry.file_type().is_dir());
    directories.filter_map(|entry| described(dir, entry.path())).collect()
}

fn described(dir: &Path, sketch: &Path) -> Option<DescribedSketch> {
    let path = sketch.strip_prefix(dir).ok()?.to_str()?.to_owned();
    let name = sketch.file_name()?.to_str()?;
    let main_file = ["ino", "pde"].map(|extension| sketch.join(format!("{name}.{extension}")));
    let main_file = main_file.into_iter().find(|file| file.is_file())?;
    let mut filters = Vec::new();
    let text = std::fs::read(main_file).unwrap_or_default();
    filters.extend(Fastled::parse(&String::from_utf8_lossy(&text)).map(|_| SketchFilter::Fastled));
    filters.extend(Esp32Ci::file(sketch).filter(|file| Esp32Ci::is_one(file)).map(|_| SketchFilter::Esp32Ci));
    filters.extend(marked_sketch(sketch).map(|_| SketchFilter::Adafruit));
    let project = ["sketch.yaml", "sketch.yml"].map(|name| sketch.join(name));
    let project = project.into_iter().find(|file| file.is_file());
    // Warnings are those of a run.
    let project = project.and_then(|file| SketchYaml::read(&file, "", &mut Notes::default()));
    filters.extend(project.as_ref().map(|_| SketchFilter::SketchYaml));
    Some(DescribedSketch { path, filters, boards: project.map(SketchYaml::into_boards).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_found() {
        let directory = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("examples/A/A.ino", "// @filter (memory is large)\n"),
            ("examples/B/B.ino", ""),
            ("examples/B/ci.json", "{\"targets\": {\"esp32\": false}}"),
            ("examples/B/.uno.test.skip", ""),
            ("examples/C/C.pde", ""),
            ("examples/C/sketch.yaml", "profiles:\n  small: {fqbn: 'a:b:c'}\n"),
            ("examples/D/D.ino", ""),
            ("examples/D/ci.yml", "jobs: {}\n"),
            ("examples/E/Other.ino", "// @filter (memory is large)\n"),
            (".git/F/F.ino", "// @filter (memory is large)\n"),
        ] {
            let path = directory.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = described_sketches(directory.path());
        let shown: Vec<String> = found
            .iter()
            .map(|it| {
                let filters: Vec<&str> = it.filters.iter().map(|filter| filter.name()).collect();
                let boards: Vec<String> =
                    it.boards.iter().map(|(name, fqbn)| format!("{name}={fqbn}")).collect();
                format!("{} [{}] [{}]", it.path, filters.join(" "), boards.join(" "))
            })
            .collect();
        let expected = [
            "examples/A [fastled] []",
            "examples/B [esp32-ci adafruit] []",
            "examples/C [sketch-yaml] [small=a:b:c]",
            "examples/D [] []",
        ];
        assert_eq!(shown, expected);
    }
}
