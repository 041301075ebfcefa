//! The resolved matrix. Names are unique and valid as directory names; FQBNs, globs and durations are parsed; paths are
//! absolute. Knows nothing of YAML, and reads no file.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indexmap::{IndexMap, IndexSet};

use super::board_profile::{BoardProfile, PinnedPlatform, ProfileChoice};
use super::board_variant::BoardVariant;
use super::diagnostic::{Diagnostic, MatrixError};
use super::expectation::Expectation;
use super::expression::{BoardFacts, Predicate, TextTest};
use super::name_glob::NameGlobs;
use super::path_pattern::{PathPattern, normalised};
use super::schema::{Emulator, Precompile, Warnings};
use super::source::{Position, Source, Span, Spanned};
use crate::import::SketchFilter;
use crate::limits::Budgets;
use crate::platform::{Fqbn, Override};
use crate::versions::VersionRange;

/// Property overrides, in the order in which they apply.
pub type Overrides = Vec<Override>;

/// A valid matrix file.
#[derive(Debug, Clone)]
pub struct Matrix {
    pub(super) source: Arc<Source>,
    /// The absolute directory of the file, which relative paths are relative to.
    pub dir: PathBuf,
    /// The nearest directory that contains the file and all its relative paths; absolute.
    pub reach: PathBuf,
    /// The name in reports: `name`, or the stem of the file.
    pub name: String,
    /// Providers and properties of cores, by `vendor:arch`. Without an entry, the newest installed core is used.
    pub cores: IndexMap<String, Core>,
    /// The boards by name.
    pub boards: IndexMap<Arc<str>, Board>,
    /// Its libraries.
    pub libraries: LibraryEntries,
    /// Settings of a run.
    pub settings: RunSettings,
    /// Entries of `sketches`.
    pub sketches: Vec<SketchEntry>,
    /// Entries of `exclude`.
    pub exclude: Vec<ExcludeRule>,
    /// Entries of `include`.
    pub include: Vec<SketchEntry>,
    /// Defaults for cells.
    pub defaults: Defaults,
}

/// An entry of `cores`.
#[derive(Debug, Clone)]
pub struct Core {
    /// Place of its key.
    pub span: Span,
    /// The provider of the core.
    pub provider: Provider,
    /// Overrides of its `platform.txt`.
    pub properties: Overrides,
    /// Files and directories, absolute, that its hooks read beside the known ones; `None` if that is unknown.
    pub inputs: Option<Vec<PathBuf>>,
}

/// Provider of a core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// The newest installed core.
    Installed,
    /// Packages of Debian.
    Apt,
    /// A directory.
    Path {
        /// The directory with `boards.txt` and `platform.txt`; absolute.
        dir: Spanned<PathBuf>,
        /// Values of `{runtime.tools.NAME.path}`, by name.
        tools: IndexMap<String, Tool>,
    },
    /// A package index.
    Index(IndexedCore),
    /// A data directory of arduino-cli or the Arduino IDE.
    DataDir {
        /// The directory; absolute. `None` for that of this machine.
        dir: Option<Spanned<PathBuf>>,
        /// The allowed versions.
        version: Option<Spanned<VersionRange>>,
    },
}

/// A core of a package index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexedCore {
    /// The allowed versions.
    pub version: Option<Spanned<VersionRange>>,
    /// Addresses of package indexes, beside Arduino's: URLs and absolute paths.
    pub urls: Vec<Spanned<String>>,
    /// The file with the public key that signs these indexes; absolute.
    pub key: Option<Spanned<PathBuf>>,
}

/// Settings of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSettings {
    /// What replaces the beginnings of addresses, by these beginnings.
    pub mirrors: IndexMap<String, String>,
    /// Whether headers that sketches begin with are precompiled.
    pub precompile: Precompile,
}

/// The libraries of a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryEntries {
    /// Entries of `libraries`; the first one with a library wins.
    pub entries: Vec<LibraryEntry>,
    /// Whether the libraries that others depend on are installed, where an entry does not say it.
    pub dependencies: bool,
}

/// An entry of `libraries`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryEntry {
    /// Place of the entry.
    pub span: Span,
    /// The source of the library.
    pub source: LibrarySource,
    /// The boards that see it, by index into [`Matrix::boards`]; `None` for all.
    pub boards: Option<IndexSet<usize>>,
    /// Whether the libraries that it depends on are installed.
    pub dependencies: bool,
    /// What asks for it, if it is not an entry of the matrix. A library of that name in another entry is used then.
    pub wanted_by: Option<Arc<str>>,
}

/// Source of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LibrarySource {
    /// A library on this disk, or a directory of libraries; absolute.
    Path(Spanned<PathBuf>),
    /// The library index.
    Index {
        /// The name in the index.
        name: Spanned<String>,
        /// The allowed versions.
        version: Option<Spanned<VersionRange>>,
    },
    /// A Git repository.
    Git {
        /// Its address.
        url: Spanned<String>,
        /// A commit, a tag or a branch; `None` for the default branch.
        revision: Option<Spanned<String>>,
    },
    /// An archive.
    Archive {
        /// Its address.
        url: Spanned<String>,
        /// Its checksum, `ALGORITHM:HEX`.
        checksum: Spanned<String>,
    },
}

/// Source of a core's tool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tool {
    /// A directory; absolute.
    Directory(PathBuf),
    /// Packages of Debian.
    Apt(Packages),
    /// An environment with these Python packages.
    Pypi {
        /// The packages, each as `NAME==VERSION`.
        packages: Vec<String>,
        /// The file with the pinned versions of all packages; absolute.
        lock: Option<PathBuf>,
        /// The tool's directory, relative to the environment's `site-packages`, where it is not the environment itself.
        path: Option<PathBuf>,
    },
}

/// Packages and their release.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Packages {
    /// Their names.
    pub names: Vec<String>,
    /// Their release, if it is not that of this machine.
    pub suite: Option<String>,
}

/// An entry of `boards`.
#[derive(Debug, Clone)]
pub struct Board {
    /// The FQBN and its place.
    pub fqbn: Spanned<Fqbn>,
    /// Place of its name.
    pub span: Span,
    /// Words to select the board by.
    pub tags: Vec<String>,
    /// Overrides for its cells and its core.
    pub properties: Overrides,
    /// Whether a missing board, or a board without sketches, is no error.
    pub optional: bool,
    /// The emulation of its firmware, for sketches that request a run.
    pub run: Option<Emulation>,
    /// The profile that it comes from, if it is not one of `boards`.
    pub profile: Option<BoardProfile>,
    /// The `ci.yml` that it comes from, if it is not one of `boards`.
    pub variant: Option<BoardVariant>,
    /// Limits of its firmware.
    pub budgets: Budgets,
}

impl Board {
    /// Returns its platforms, if it has its own versions of them.
    pub fn pinned_platforms(&self) -> &[PinnedPlatform] {
        self.profile.as_ref().map_or(&[], |profile| &profile.platforms)
    }

    /// Returns whether the sketch in this directory is built for it.
    pub(super) fn is_for(&self, sketch: &Path) -> bool {
        let of_profile = self.profile.as_ref().map(|profile| &profile.sketches);
        let only = of_profile.or(self.variant.as_ref().map(|variant| &variant.sketches));
        only.is_none_or(|sketches| sketches.contains(sketch))
    }

    /// Returns the boards in whose place it stands.
    pub(super) fn bases(&self) -> impl Iterator<Item = &Arc<str>> {
        self.variant.iter().flat_map(|variant| &variant.bases)
    }
}

/// Emulator and machine of a firmware run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emulation {
    /// The emulator.
    pub emulator: Emulator,
    /// The machine or controller, if the matrix names one.
    pub machine: Option<String>,
}

/// The run of a firmware in an emulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Emulator and machine.
    pub emulation: Emulation,
    /// The text that the firmware must print.
    pub expect: String,
    /// Time limit for the text.
    pub timeout: Duration,
    /// Place of the key `run`.
    pub span: Span,
}

impl Run {
    /// Returns whether both request the same run, regardless of their places.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.emulation == other.emulation && self.expect == other.expect && self.timeout == other.timeout
    }
}

/// An entry of `sketches` or of `include`.
#[derive(Debug, Clone)]
pub struct SketchEntry {
    /// Place of its path.
    pub span: Span,
    /// The base of its path.
    pub from: From,
    /// Path or glob of the sketches.
    pub(super) path: PathPattern,
    /// Whether the sketches are removed from those of earlier entries (`!` before the path).
    pub leaves_out: bool,
    /// The selected boards.
    pub(super) choice: BoardChoice,
    /// Overrides for its cells, applied after the board's.
    pub properties: Overrides,
    /// Limits of its cells.
    pub limits: EntryLimits,
    /// Whether a path without sketches is no error.
    pub optional: bool,
    /// Runs of its firmware, by index into [`Matrix::boards`].
    pub(super) runs: IndexMap<usize, Arc<Run>>,
    /// Files that are embedded in its firmware.
    pub(super) embed: Arc<[Spanned<Embed>]>,
    /// What it says of its cells without a change of their firmware.
    pub(super) marks: Marks,
}

/// What an entry says of its cells without a change of their firmware.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    /// Words to select the cells by.
    pub(super) tags: Arc<[String]>,
    /// The result that is expected, if the entry says one.
    pub(super) expect: Option<Arc<Expectation>>,
}

/// The boards of an entry.
#[derive(Debug, Clone)]
pub(super) struct BoardChoice {
    /// The condition on a cell.
    pub(super) predicate: Predicate,
    /// Descriptions for other tools that leave out cells.
    pub(super) filters: Vec<SketchFilter>,
    /// The boards that the condition does not rule out, and boards of profiles, by index into [`Matrix::boards`].
    pub(super) boards: IndexSet<usize>,
    /// The profiles of its sketches that are boards, too.
    pub(super) profiles: Option<ProfileChoice>,
    /// Boards that others take the place of for a sketch: each board by index, with the sketch's directory.
    pub(super) replaced: HashSet<(usize, PathBuf)>,
}

impl BoardChoice {
    /// Returns the choice of no board.
    pub(super) fn none() -> Self {
        let predicate = Predicate::Any(Vec::new());
        Self {
            predicate,
            filters: Vec::new(),
            boards: IndexSet::new(),
            profiles: None,
            replaced: HashSet::new(),
        }
    }

    /// Returns whether it depends on what only an installed core knows.
    pub(super) fn needs_hardware(&self) -> bool {
        self.predicate.needs_hardware() || self.filters.iter().any(|filter| filter.needs_hardware())
    }
}

/// Limits of an entry's cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EntryLimits {
    /// Their timeout.
    pub timeout: Option<Duration>,
    /// Limits of their firmware.
    pub budgets: Budgets,
}

/// A file that is embedded in firmware.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Embed {
    /// The file; absolute.
    pub path: PathBuf,
    /// Whether a NUL byte is appended.
    pub text: bool,
}

impl Embed {
    /// Returns the part of its symbols that is made of its name: `index_html` for `index.html`.
    pub fn symbol(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte) } else { '_' }).collect()
    }
}

/// The base of a sketch's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The matrix file's directory.
    Matrix,
    /// A directory in [`SketchRoots`]: `builtin`, or a core's `vendor:arch`.
    Root(String),
}

/// The directories that `from:` can name: `builtin`, and installed cores by `vendor:arch`. Absolute.
pub type SketchRoots = IndexMap<String, PathBuf>;

/// The name of Arduino's built-in examples in `from:`.
pub const BUILTIN: &str = "builtin";

/// An entry of `exclude`.
#[derive(Debug, Clone)]
pub struct ExcludeRule {
    /// Place of the rule.
    pub span: Span,
    /// The sketches; `None` for all.
    pub sketch: Option<NameGlobs>,
    /// The boards; `None` for all.
    pub board: Option<NameGlobs>,
    /// The condition (`when`), if any.
    pub(super) when: Option<Condition>,
    /// The given reason, or the rule itself.
    pub reason: Arc<str>,
}

/// An expression of the matrix.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub(super) predicate: Predicate,
    /// Its comparisons with the names of sketches, with their places.
    pub(super) sketches: Vec<(Span, TextTest)>,
}

/// Defaults for cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Timeout of a cell: 10 minutes if the matrix has none.
    pub timeout: Duration,
    /// Number of retries of a cell that failed for an infrastructure reason.
    pub retries: u32,
    /// The compiler warnings to show.
    pub warnings: Warnings,
    /// Limit of a process's output in bytes, if the matrix has one; a process that exceeds it is ended.
    pub output_limit: Option<u64>,
    /// Limits of firmware: the top-level `budgets`.
    pub budgets: Budgets,
}

impl Matrix {
    /// Returns whether an entry's path is relative to Arduino's built-in examples.
    pub fn needs_builtin_examples(&self) -> bool {
        self.needed_roots().any(|root| root == BUILTIN)
    }

    /// Returns the roots that `from:` names, one for each entry: `builtin` or `vendor:arch`.
    pub fn needed_roots(&self) -> impl Iterator<Item = &str> {
        self.sketches.iter().chain(&self.include).filter_map(|entry| match &entry.from {
            From::Root(root) => Some(root.as_str()),
            From::Matrix => None,
        })
    }

    /// Returns the directory that an entry's path is relative to, if it is known before any installation.
    pub(super) fn early_root(&self, from: &From) -> Option<&Path> {
        match from {
            From::Matrix => Some(&self.dir),
            From::Root(name) => match &self.cores.get(name)?.provider {
                Provider::Path { dir, .. } => Some(&dir.value),
                _ => None,
            },
        }
    }

    /// Returns the entries of `sketches` and `include`, and whether each is one of `include`.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&SketchEntry, bool)> {
        let included = self.include.iter().map(|entry| (entry, true));
        self.sketches.iter().map(|entry| (entry, false)).chain(included)
    }

    /// Returns the directories that its sketches are in or below, as far as they are its own; absolute.
    pub fn sketch_directories(&self) -> impl Iterator<Item = PathBuf> {
        let entries = self.sketches.iter().chain(&self.include);
        let own = entries.filter(|entry| entry.from == From::Matrix && !entry.leaves_out);
        own.map(|entry| normalised(&self.dir.join(&entry.path.prefix)))
    }

    /// Returns whether an expression depends on what only an installed core knows: `mcu`, `flash`, `ram`.
    pub fn needs_hardware(&self) -> bool {
        let mut rules = self.exclude.iter().filter_map(|rule| rule.when.as_ref());
        self.sketches.iter().chain(&self.include).any(|entry| entry.choice.needs_hardware())
            || rules.any(|when| when.predicate.needs_hardware())
    }

    /// Returns whether the choice of cells depends on a file of a tool.
    pub fn reads_tools(&self) -> bool {
        self.entries().any(|(entry, _)| entry.choice.filters.contains(&SketchFilter::Esp32Ci))
    }

    /// Returns the facts about the boards, without those of their cores, in the order of the boards.
    pub fn board_facts(&self) -> Vec<BoardFacts> {
        let facts = |(name, board): (&Arc<str>, &Board)| BoardFacts {
            bases: board.bases().cloned().collect(),
            ..BoardFacts::new(name, &board.fqbn, &board.tags)
        };
        self.boards.iter().map(facts).collect()
    }

    /// Returns the cores of the boards as `vendor:arch`, each once, in the order of the boards; without those of which a
    /// board has its own version.
    pub fn core_names(&self) -> IndexSet<String> {
        let boards = self.boards.values().filter(|board| board.pinned_platforms().is_empty());
        boards.map(|board| board.fqbn.core_name()).collect()
    }

    /// Returns the platforms of boards that have their own versions, each list once.
    pub fn pinned_platforms(&self) -> IndexSet<&[PinnedPlatform]> {
        self.boards.values().map(Board::pinned_platforms).filter(|platforms| !platforms.is_empty()).collect()
    }

    /// Returns the path of the file, as the user named it.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Returns a hash of the file's text.
    pub fn digest(&self) -> String {
        blake3::hash(self.source.text.as_bytes()).to_hex()[..16].to_owned()
    }

    /// Returns the text at `span`, in one line.
    pub fn written(&self, span: Span) -> &str {
        let text = self.source.text.get(self.source.first_line(span)).unwrap_or_default();
        text.trim_matches(['"', '\''])
    }

    /// Returns line and column of the start of `span`.
    pub fn position(&self, span: Span) -> Position {
        self.source.position(span.start)
    }

    /// Returns an error at a place of the matrix that only a later stage can find, such as an unknown board of an
    /// installed core or a missing library path. `message` is one line without a full stop.
    pub fn error_at(&self, span: Span, message: impl Into<String>, help: Option<String>) -> MatrixError {
        let diagnostic = Diagnostic::new(span, message).maybe_help(help);
        MatrixError::invalid(&self.source, vec![diagnostic])
    }

    /// Returns an error at a part of a board's FQBN, like [`Matrix::error_at`]: in the `ci.yml` that it comes from, else in the
    /// matrix. `part` is a slice of the displayed `fqbn`, such as a menu's choice. The place is the whole FQBN where the file
    /// does not spell the part out.
    pub fn fqbn_error(
        &self,
        board: &Board,
        part: &str,
        message: String,
        help: Option<String>,
    ) -> MatrixError {
        if let Some((variant, span)) = board.variant.as_ref().and_then(|it| Some((it, it.place(part)?))) {
            let diagnostic = Diagnostic::new(span, message).maybe_help(help);
            return MatrixError::invalid(&variant.file, vec![diagnostic]);
        }
        let text = board.fqbn.value.to_string();
        let span = match text.rfind(part) {
            Some(at) => board.fqbn.span.part(&self.source, &text, &(at..at + part.len())),
            None => board.fqbn.span,
        };
        self.error_at(span, message, help)
    }
}
