//! The rules of all filters for one sketch.

use std::path::Path;

use super::board::FilteredBoard;
use super::builds::Builds;
use super::esp32_ci::Esp32Ci;
use super::fastled::Fastled;
use super::kind::SketchFilter;
use super::places::{nearest_file, shown};
use super::sketch_yaml::SketchYaml;
use crate::import::adafruit_board::AdafruitBoard;
use crate::import::library;
use crate::import::notes::Notes;
use crate::import::test_marks::{MarkedSketch, marked_sketch};
use crate::nearest::quoted;

/// The rules that files have about one sketch.
#[derive(Debug, Default)]
pub struct SketchRules {
    rules: Vec<(String, Rule)>,
    warnings: Vec<String>,
}

#[derive(Debug)]
enum Rule {
    Fastled(Fastled),
    Esp32Ci(Esp32Ci),
    Adafruit(MarkedSketch),
    SketchYaml(SketchYaml),
    Architectures(Vec<String>),
    Builds(Builds),
}

impl SketchRules {
    /// Reads the rules about the sketch in the directory `dir` with the main file `main_file`. Shows paths relative to
    /// `base`. A file that can't be read is a warning, and has no rule.
    pub fn read(filters: &[SketchFilter], dir: &Path, main_file: &Path, base: &Path) -> Self {
        let mut notes = Notes::default();
        let rules =
            filters.iter().filter_map(|filter| rule(*filter, dir, main_file, base, &mut notes)).collect();
        Self { rules, warnings: notes.into_lines() }
    }

    /// Returns the file and the rule that leave out the sketch for the board, if there are any.
    pub fn skip(&self, board: &FilteredBoard) -> Option<String> {
        self.rules.iter().find_map(|(file, rule)| Some(format!("{file}: {}", rule.skip(board)?)))
    }

    /// Returns errors that depend on the boards, each with a way to fix it.
    pub fn errors(&self, boards: &[FilteredBoard]) -> Vec<(String, Option<String>)> {
        let of_rule = |(file, rule): &(String, Rule)| match rule {
            Rule::Adafruit(marked) => {
                let errors = marked.errors(&names(boards)).into_iter();
                errors.map(|(message, help)| (format!("{file}/{message}"), help)).collect()
            }
            _ => Vec::new(),
        };
        self.rules.iter().flat_map(of_rule).collect()
    }

    /// Returns warnings that depend on the boards.
    pub fn remarks(&self, boards: &[FilteredBoard]) -> Vec<String> {
        let of_rule = |(file, rule): &(String, Rule)| match rule {
            Rule::Adafruit(marked) => {
                marked.warnings(&names(boards)).into_iter().map(|it| format!("{file}/{it}")).collect()
            }
            _ => Vec::new(),
        };
        self.rules.iter().flat_map(of_rule).collect()
    }

    /// Returns what was not understood.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

fn rule(
    filter: SketchFilter,
    dir: &Path,
    main_file: &Path,
    base: &Path,
    notes: &mut Notes,
) -> Option<(String, Rule)> {
    match filter {
        SketchFilter::Fastled => {
            let text = std::fs::read(main_file).ok()?;
            let file = shown(main_file, base);
            let filter = Fastled::parse(&String::from_utf8_lossy(&text))?;
            filter.warnings().into_iter().for_each(|warning| notes.add(&file, &warning));
            Some((file, Rule::Fastled(filter)))
        }
        SketchFilter::Esp32Ci => {
            let path = Esp32Ci::file(dir)?;
            let file = shown(&path, base);
            Some((file.clone(), Rule::Esp32Ci(Esp32Ci::read(&path, &file, notes)?)))
        }
        SketchFilter::Adafruit => Some((shown(dir, base), Rule::Adafruit(marked_sketch(dir)?))),
        SketchFilter::ArduinoCi => {
            let (path, builds) = Builds::of_arduino_ci(dir, base, notes)?;
            Some((shown(&path, base), Rule::Builds(builds)))
        }
        SketchFilter::SketchYaml => {
            let path = ["sketch.yaml", "sketch.yml"].map(|name| dir.join(name));
            let path = path.into_iter().find(|path| path.is_file())?;
            let file = shown(&path, base);
            Some((file.clone(), Rule::SketchYaml(SketchYaml::read(&path, &file, notes)?)))
        }
        SketchFilter::LibraryProperties => {
            let path = nearest_file(dir, &["library.properties"])?;
            let facts = library::read(path.parent()?, notes)?;
            Some((shown(&path, base), Rule::Architectures(facts.architectures)))
        }
        SketchFilter::CompileSketches => {
            let (path, builds) = Builds::of_workflows(dir, notes)?;
            Some((shown(&path, base), Rule::Builds(builds)))
        }
    }
}

/// Returns the words by which marks can name the boards.
fn names(boards: &[FilteredBoard]) -> Vec<&str> {
    let names = boards.iter().flat_map(|board| [&board.name, &board.fqbn.board, &board.fqbn.architecture]);
    names.map(String::as_str).collect()
}

impl Rule {
    /// Returns the rule that leaves out the board, in words.
    fn skip(&self, board: &FilteredBoard) -> Option<String> {
        match self {
            Self::Fastled(filter) => filter.skip(board),
            Self::Esp32Ci(file) => file.skip(board),
            Self::Adafruit(marked) => marked.excluding(&AdafruitBoard::new(&board.name, &board.fqbn)),
            Self::SketchYaml(file) => file.skip(board),
            Self::Architectures(names) => {
                let own = &board.fqbn.architecture;
                let is_for = names.is_empty() || names.iter().any(|name| name == "*" || name == own);
                (!is_for).then(|| format!("architectures={} does not have {}", names.join(","), quoted(own)))
            }
            Self::Builds(builds) => builds.skip(board),
        }
    }
}
