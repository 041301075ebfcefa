//! The inputs of the bench: sketches, libraries and boards in a directory of their own, where they can be edited, with
//! their matrix. Every way builds the same set.

pub(crate) mod examples;
pub(crate) mod library;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Result;

/// Matrix name and FQBN of each board.
pub(crate) const BOARDS: [(&str, &str); 3] = [
    ("uno", "arduino:avr:uno"),
    ("mega", "arduino:avr:mega:cpu=atmega2560"),
    ("leonardo", "arduino:avr:leonardo"),
];

/// Sketches × [`BOARDS`].
pub(crate) struct Set {
    /// Name in one word, for file names.
    pub(crate) name: &'static str,
    /// Title for reports.
    pub(crate) title: String,
    /// The matrix file; sketches and libraries are beside it.
    pub(crate) matrix: PathBuf,
    /// A matrix of the same sketches and as many that fail.
    pub(crate) failing: PathBuf,
    pub(crate) sketches: Vec<Sketch>,
    /// The edit of a line in one sketch.
    pub(crate) in_sketch: Edit,
    /// The edit of a line in one library's header.
    pub(crate) in_header: Edit,
}

/// A sketch and its libraries.
pub(crate) struct Sketch {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    /// Libraries in link order.
    pub(crate) libraries: Vec<Library>,
}

/// A library that a sketch needs.
#[derive(Clone, PartialEq)]
pub(crate) struct Library {
    pub(crate) name: String,
    /// Directory of its sources and headers.
    pub(crate) directory: PathBuf,
}

/// A line that is changed to a new text in every round.
pub(crate) struct Edit {
    pub(crate) file: PathBuf,
    /// A text that occurs in the file once.
    from: &'static str,
    /// Its replacement, with a number.
    to: fn(usize) -> String,
    original: String,
}

impl Edit {
    fn new(file: PathBuf, from: &'static str, to: fn(usize) -> String) -> Result<Self> {
        let original =
            std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        if original.matches(from).count() != 1 {
            return Err(format!("{} does not have {from:?} once", file.display()).into());
        }
        Ok(Self { file, from, to, original })
    }

    /// Applies the edit of a round.
    pub(crate) fn make(&self, round: usize) -> Result<()> {
        Ok(std::fs::write(&self.file, self.original.replace(self.from, &(self.to)(round)))?)
    }

    /// Restores the original file.
    pub(crate) fn undo(&self) -> Result<()> {
        Ok(std::fs::write(&self.file, &self.original)?)
    }
}

impl Set {
    /// Returns the number of cells.
    pub(crate) fn cells(&self) -> usize {
        self.sketches.len() * BOARDS.len()
    }
}

/// Writes a matrix of all sketches and libraries below `directory`. `sketches` is its list of patterns.
fn write_matrix(directory: &Path, name: &str, sketches: &str) -> Result<PathBuf> {
    let mut text = format!("version: 1\nname: {name}\ncores:\n  arduino:avr: {{provider: apt}}\nboards:\n");
    for (board, fqbn) in BOARDS {
        writeln!(text, "  {board}: {fqbn}")?;
    }
    writeln!(text, "libraries: [libraries]\nsketches: [{sketches}]")?;
    let path = directory.join(format!("{name}.yml"));
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Writes sketches that fail in three ways (a wrong line, a function that is nowhere, too much memory), and a matrix of
/// them and the others. Each begins with `head`.
fn write_failing(directory: &Path, name: &str, head: &str, count: usize) -> Result<PathBuf> {
    for number in 0..count {
        let body = match number % 3 {
            0 => "void setup() { int x = ; }\nvoid loop() {}\n",
            1 => "int nowhere(int);\nvoid setup() { nowhere(1); }\nvoid loop() {}\n",
            _ => "volatile char data[9000];\nvoid setup() { data[millis()] = 1; }\nvoid loop() {}\n",
        };
        let name = format!("Failing{number:02}");
        let place = directory.join("failing").join(&name);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(format!("{name}.ino")), format!("{head}// {number}\n{body}"))?;
    }
    write_matrix(directory, &format!("{name}-failing"), "\"sketches/**\", \"failing/**\"")
}

/// The pattern of the sketches that succeed.
const SKETCHES: &str = "\"sketches/**\"";
