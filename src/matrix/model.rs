//! The matrix as it is meant: names are unique and fit for directories, FQBNs, globs and durations are
//! parsed, paths are absolute. Knows nothing of YAML, and nothing of what is on the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use super::diagnostic::{Diagnostic, MatrixError};
use super::name_glob::NameGlobs;
use super::path_pattern::PathPattern;
use super::schema::{Emulator, Warnings};
use super::source::{Position, Source, Span, Spanned};
use crate::platform::{Fqbn, Override};

/// Property overrides, in the order in which they apply.
pub type Overrides = Vec<Override>;

/// A valid matrix file.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub(super) source: Arc<Source>,
    /// The directory of the file, absolute: what relative paths are relative to.
    pub dir: PathBuf,
    /// The nearest directory that contains the file and everything that it names by a relative path; absolute.
    pub reach: PathBuf,
    /// What reports call the matrix: its `name`, or the stem of its file.
    pub name: String,
    /// Where cores come from, by `vendor:arch`. A core without an entry is the newest installed one.
    pub cores: IndexMap<String, Core>,
    /// The boards, by name.
    pub boards: IndexMap<Arc<str>, Board>,
    /// Search roots for libraries, absolute; the first wins.
    pub libraries: Vec<Spanned<PathBuf>>,
    /// Entries of `sketches`.
    pub sketches: Vec<SketchEntry>,
    /// Entries of `exclude`.
    pub exclude: Vec<ExcludeRule>,
    /// Entries of `include`.
    pub include: Vec<SketchEntry>,
    /// What holds for cells that do not say otherwise.
    pub defaults: Defaults,
}

/// An entry of `cores`.
#[derive(Debug, Clone)]
pub struct Core {
    /// Where its key is written.
    pub span: Span,
    /// Where the core comes from.
    pub provider: Provider,
    /// Overrides of its `platform.txt`.
    pub properties: Overrides,
}

/// Where a core comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// The newest installed one.
    Installed,
    /// Debian's packages.
    Apt,
    /// A directory.
    Path {
        /// With `boards.txt` and `platform.txt`; absolute.
        dir: Spanned<PathBuf>,
        /// What `{runtime.tools.NAME.path}` means, by name.
        tools: IndexMap<String, Tool>,
    },
}

/// Where a tool of a core is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tool {
    /// In this directory, absolute.
    Directory(PathBuf),
    /// In packages of Debian's.
    Apt(Packages),
    /// In an environment with these Python packages.
    Pypi {
        /// `NAME==VERSION` each.
        packages: Vec<String>,
        /// What pins all that they need; absolute.
        lock: Option<PathBuf>,
    },
}

/// Packages, and where they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Packages {
    /// Their names.
    pub names: Vec<String>,
    /// The release that they are of, if it is not to be the machine's.
    pub suite: Option<String>,
}

/// An entry of `boards`.
#[derive(Debug, Clone)]
pub struct Board {
    /// What board it is, and where that is written.
    pub fqbn: Spanned<Fqbn>,
    /// Where its name is written.
    pub span: Span,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// Overrides for its cells; they reach the core too.
    pub properties: Overrides,
    /// No error if the core does not have it, or no sketch is built for it.
    pub optional: bool,
    /// How its firmware is run, where a sketch asks for that.
    pub run: Option<Emulation>,
}

/// How firmware is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emulation {
    /// What runs it.
    pub emulator: Emulator,
    /// What it runs on, if the matrix says so.
    pub machine: Option<String>,
}

/// A firmware is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// How.
    pub emulation: Emulation,
    /// What it must print.
    pub expect: String,
    /// How long it may take for that.
    pub timeout: Duration,
    /// Where that is written.
    pub span: Span,
}

impl Run {
    /// Whether both ask for the same, wherever they are written.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.emulation == other.emulation && self.expect == other.expect && self.timeout == other.timeout
    }
}

/// An entry of `sketches` or of `include`.
#[derive(Debug, Clone)]
pub struct SketchEntry {
    /// Where its path is written.
    pub span: Span,
    /// What its path is relative to.
    pub from: From,
    /// Which sketches.
    pub(super) path: PathPattern,
    /// Whether these are left out of what the entries before this one have found (`!` in front of the path).
    pub leaves_out: bool,
    /// The boards that it is built for, by index into [`Matrix::boards`].
    pub(super) boards: IndexSet<usize>,
    /// Overrides for its cells, on top of the board's.
    pub properties: Overrides,
    /// For its cells.
    pub timeout: Option<Duration>,
    /// No error if there is no such sketch.
    pub optional: bool,
    /// How its firmware is run, by index into [`Matrix::boards`], if it is.
    pub(super) runs: IndexMap<usize, Arc<Run>>,
    /// What its firmware holds beside the program.
    pub(super) embed: Arc<[Spanned<Embed>]>,
}

/// A file that firmware holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Embed {
    /// The file; absolute.
    pub path: PathBuf,
    /// Whether a NUL byte follows it.
    pub text: bool,
}

impl Embed {
    /// The name that its symbols are made of: `index_html` for `index.html`.
    pub fn symbol(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }).collect()
    }
}

/// What the path of a sketch is relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The matrix file.
    Matrix,
    /// A directory that [`SketchRoots`] knows: `builtin`, or a core's `vendor:arch`.
    Root(String),
}

/// Where the directories are that `from:` names: `builtin`, and installed cores by `vendor:arch`. Absolute.
pub type SketchRoots = IndexMap<String, PathBuf>;

/// The name of Arduino's built-in examples in `from:`.
pub const BUILTIN: &str = "builtin";

/// An entry of `exclude`.
#[derive(Debug, Clone)]
pub struct ExcludeRule {
    /// Where it is written.
    pub span: Span,
    /// Which sketches; `None` is all.
    pub sketch: Option<NameGlobs>,
    /// Which boards; `None` is all.
    pub board: Option<NameGlobs>,
    /// The reason that is given, or else the rule itself.
    pub reason: Arc<str>,
}

/// What holds for cells that do not say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// For a cell: 10 minutes if the matrix does not say.
    pub timeout: Duration,
    /// How often a cell that failed for an infrastructure reason is tried again.
    pub retries: u32,
    /// Which compiler warnings are shown.
    pub warnings: Warnings,
    /// How many bytes a process may print before it is ended, if the matrix says so.
    pub output_limit: Option<u64>,
}

impl Matrix {
    /// Whether an entry's path is relative to Arduino's built-in examples.
    pub fn needs_builtin_examples(&self) -> bool {
        self.needed_roots().any(|root| root == BUILTIN)
    }

    /// The roots that `from:` names, each once for each entry: `builtin` or `vendor:arch`.
    pub fn needed_roots(&self) -> impl Iterator<Item = &str> {
        self.sketches.iter().chain(&self.include).filter_map(|entry| match &entry.from {
            From::Root(root) => Some(root.as_str()),
            From::Matrix => None,
        })
    }

    /// The cores that the boards belong to, as `vendor:arch`, each once, in the order of the boards.
    pub fn core_names(&self) -> IndexSet<String> {
        self.boards.values().map(|board| board.fqbn.core_name()).collect()
    }

    /// The file, as the user named it.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column of the beginning of `span`.
    pub fn position(&self, span: Span) -> Position {
        self.source.position(span.start)
    }

    /// An error about a place of the matrix that only a later stage can find: an unknown board of an
    /// installed core, a library path that is not there. `message` is one line without a full stop.
    pub fn error_at(&self, span: Span, message: impl Into<String>, help: Option<String>) -> MatrixError {
        let diagnostic = Diagnostic::new(span, message).maybe_help(help);
        MatrixError::invalid(&self.source, vec![diagnostic])
    }

    /// The place of a part of a board's FQBN, for [`Matrix::error_at`]: `part` is a slice of what
    /// `fqbn` displays, such as a menu's choice; the whole FQBN where it is not spelt out in the file.
    pub fn fqbn_part(&self, board: &Board, part: &str) -> Span {
        let text = board.fqbn.value.to_string();
        match text.rfind(part) {
            Some(at) => board.fqbn.span.part(&self.source, &text, &(at..at + part.len())),
            None => board.fqbn.span,
        }
    }
}
