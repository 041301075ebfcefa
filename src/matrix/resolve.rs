//! Resolves the written matrix: parses FQBNs, globs and durations, resolves board names, and reports every error.
//!
//! The typed values and the tree with places come from the same text, so both are traversed in parallel. Reads no file.

mod budgets;
mod entries;
mod expect;
mod expressions;
mod libraries;
mod provider;
mod run;
mod tools;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytesize::ByteSize;
use indexmap::{IndexMap, IndexSet};

use super::board_profile::ProfileChoice;
use super::diagnostic::{Diagnostic, MatrixError};
use super::duration::parse_duration;
use super::expression::TextTest;
use super::model::{
    BUILTIN, Board, Core, Defaults, From, LibraryEntries, Matrix, Overrides, RunSettings, SketchEntry,
};
use super::path_pattern::{PathPattern, normalised};
use super::schema::{
    RawBoard, RawBoards, RawCore, RawDefaults, RawLongBoard, RawMatrix, RawProperties, RawScalar,
};
use super::source::{Source, Span, Spanned};
use super::syntax::Node;
use crate::limits::Budgets;
use crate::nearest::{nearest, quoted};
use crate::platform::{Fqbn, FqbnErrorKind, Override};

/// Timeout of a cell where the matrix has none.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

/// The smallest output limit, in bytes.
const LEAST_OUTPUT: u64 = 1_000_000;

/// Longest name of a board, which also names directories and files.
const LONGEST_BOARD_NAME: usize = 64;

/// Resolves `raw`, which was deserialized from `root`, the tree of `source`. `dir` is the absolute directory of the
/// file.
///
/// # Errors
/// All errors, in the order of the file.
pub(super) fn resolve(
    raw: RawMatrix,
    root: &Node,
    source: &Arc<Source>,
    dir: PathBuf,
) -> Result<Matrix, MatrixError> {
    let (reach, broken_boards, problems) = (dir.clone(), Vec::new(), Vec::new());
    let (tags, compared_tags) = (IndexSet::new(), Vec::new());
    let mut resolver = Resolver { source, dir: &dir, reach, broken_boards, tags, compared_tags, problems };
    let matrix = resolver.matrix(raw, root);
    let Resolver { reach, problems, .. } = resolver;
    if problems.is_empty() {
        Ok(Matrix { dir, reach, ..matrix })
    } else {
        Err(MatrixError::invalid(source, problems))
    }
}

/// The boards by name.
type Boards = IndexMap<Arc<str>, Board>;

struct Resolver<'s> {
    source: &'s Arc<Source>,
    dir: &'s Path,
    /// See [`Matrix::reach`].
    reach: PathBuf,
    /// Names of boards that are declared, but invalid.
    broken_boards: Vec<String>,
    /// The tags of boards and sketches.
    tags: IndexSet<String>,
    /// Comparisons with tags, and their places.
    compared_tags: Vec<(Span, TextTest)>,
    problems: Vec<Diagnostic>,
}

/// The word for boards out of profiles.
const FROM_PROFILES: &str = "from-profiles";

/// Returns the place of a key's value, or of the mapping around it.
fn place(node: &Node, key: &str) -> Span {
    node.get(key).map_or(node.span, |value| value.span)
}

impl Resolver<'_> {
    fn matrix(&mut self, raw: RawMatrix, root: &Node) -> Matrix {
        let stem = || self.source.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = raw.name.or_else(stem).unwrap_or_default();
        if name.trim().is_empty() {
            self.problem(place(root, "name"), "the name of the matrix is empty");
        }
        if root.get("sketches").is_none() && root.get("include").is_none() {
            let start = Span { start: root.span.start, end: root.span.start };
            let help = "`sketches` lists what is built for every board, such as `../examples/**`";
            self.problems.push(Diagnostic::new(start, "the key `sketches` is missing here").help(help));
        }
        let cores = raw.cores.into_iter().filter_map(|(name, core)| {
            let entry = root.get("cores")?.entry(&name)?;
            let core = self.core(&name, core, &entry.node, entry.key);
            Some((name, core))
        });
        let cores = cores.collect();
        let (named, profiles) = self.board_sources(raw.boards, root);
        let boards = self.boards(named, root);
        let nodes = |key: &str| root.get(key).map(Node::items).unwrap_or_default();
        let dependencies = raw.settings.dependencies.unwrap_or(true);
        let libraries = raw.libraries.into_iter().zip(nodes("libraries"));
        let libraries = libraries
            .filter_map(|(library, node)| self.library(library, node, &boards, dependencies))
            .collect();
        let mirrors = self.mirrors(raw.settings.mirrors, root);
        let sketches = raw.sketches.into_iter().zip(nodes("sketches"));
        let sketches =
            sketches.flat_map(|(sketch, node)| self.sketch(sketch, node, &boards, profiles.as_ref()));
        let sketches: Vec<SketchEntry> = sketches.collect();
        if root.get("boards").is_none() && sketches.iter().all(|entry| entry.choice.profiles.is_none()) {
            let start = Span { start: root.span.start, end: root.span.start };
            let help = "`boards` lists what is built for, such as `uno: arduino:avr:uno`";
            self.problems.push(Diagnostic::new(start, "the key `boards` is missing here").help(help));
        }
        let exclude = raw.exclude.into_iter().zip(nodes("exclude"));
        let exclude = exclude.map(|(rule, node)| self.exclude(rule, node, &boards)).collect();
        let include = raw.include.into_iter().zip(nodes("include"));
        let include = include.flat_map(|(cell, node)| self.include(cell, node, &boards)).collect();
        self.check_tags();
        let defaults = self.defaults(&raw.defaults, root.get("defaults").unwrap_or(root));
        let defaults = Defaults { budgets: self.budgets(raw.budgets, root), ..defaults };
        Matrix {
            source: Arc::clone(self.source),
            dir: PathBuf::new(),
            reach: PathBuf::new(),
            name,
            cores,
            boards,
            libraries: LibraryEntries { entries: libraries, dependencies },
            settings: RunSettings { mirrors, precompile: raw.settings.precompile },
            sketches,
            exclude,
            include,
            defaults,
        }
    }

    /// Returns the mirrors. Both sides of an entry are beginnings of addresses.
    fn mirrors(&mut self, raw: IndexMap<String, String>, root: &Node) -> IndexMap<String, String> {
        let nodes = root.get("mirrors");
        for (from, to) in &raw {
            let Some(entry) = nodes.and_then(|nodes| nodes.entry(from)) else { continue };
            for (text, span) in [(from, entry.key), (to, entry.node.span)] {
                if !["https://", "http://", "file://"].iter().any(|scheme| text.starts_with(scheme)) {
                    let message = format!("{} is not the beginning of an address", quoted(text));
                    let help =
                        "as in `mirrors: {https://downloads.arduino.cc/: https://mirror.example/arduino/}`";
                    self.problems.push(Diagnostic::new(span, message).help(help));
                }
            }
        }
        raw
    }

    fn problem(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Diagnostic::new(span, message));
    }

    fn core(&mut self, name: &str, mut raw: RawCore, node: &Node, key: Span) -> Core {
        if !is_core_name(name) {
            let message = format!("{} does not name a core", quoted(name));
            let help = "a core is named `vendor:arch`, as in `arduino:avr`";
            self.problems.push(Diagnostic::new(key, message).help(help));
        }
        let provider = self.provider(&mut raw, node);
        let nodes = node.get("inputs").map(Node::items).unwrap_or_default();
        let inputs = raw.inputs.map(|paths| {
            paths.iter().zip(nodes).map(|(path, node)| self.path(path, node.span).value).collect()
        });
        Core { span: key, provider, properties: self.properties(raw.properties, node), inputs }
    }

    /// Returns the boards with names, and the profiles that are boards of every sketch.
    fn board_sources(
        &mut self,
        raw: Option<RawBoards>,
        root: &Node,
    ) -> (IndexMap<String, RawBoard>, Option<ProfileChoice>) {
        match raw {
            None => (IndexMap::new(), None),
            Some(RawBoards::Word(word)) => {
                let span = place(root, "boards");
                if word != FROM_PROFILES {
                    let message = format!("{} is no board", quoted(&word));
                    let help = if word.contains(':') {
                        "a key is followed by `:` and a space"
                    } else {
                        "`boards` maps names to FQBNs, or is `from-profiles`"
                    };
                    self.problems.push(Diagnostic::new(span, message).help(help));
                }
                (IndexMap::new(), Some(ProfileChoice { span, names: None }))
            }
            Some(RawBoards::Named(named)) => {
                let node = root.get("boards").and_then(|boards| boards.get(FROM_PROFILES));
                let profiles =
                    named.from_profiles.zip(node).map(|(names, node)| self.profile_choice(names, node));
                (named.boards, profiles)
            }
        }
    }

    fn boards(&mut self, raw: IndexMap<String, RawBoard>, root: &Node) -> Boards {
        let mut boards = Boards::new();
        let mut directories: IndexMap<String, Span> = IndexMap::new();
        let Some(nodes) = root.get("boards") else { return boards };
        for (name, raw) in raw {
            let Some(entry) = nodes.entry(&name) else { continue };
            if let Err(why) = check_board_name(&name) {
                let message = format!("{} can't be a board's name: {why}", quoted(&name));
                let help =
                    "it names directories: letters, digits, `-`, `_`, `.` and `+`, a letter or digit first";
                self.problems.push(Diagnostic::new(entry.key, message).help(help));
            }
            if let Some(first) = directories.insert(name.to_lowercase(), entry.key) {
                let message = format!("{} differs only in case from another board's name", quoted(&name));
                let diagnostic = Diagnostic::new(entry.key, message).related(first, "the other one");
                self.problems.push(diagnostic.help("on some systems both would name the same directory"));
            }
            match self.board(raw, &entry.node, entry.key) {
                Some(board) => drop(boards.insert(name.into(), board)),
                None => self.broken_boards.push(name),
            }
        }
        boards
    }

    fn board(&mut self, raw: RawBoard, node: &Node, span: Span) -> Option<Board> {
        let (raw, place) = match raw {
            RawBoard::Long(long) => (*long, place(node, "fqbn")),
            RawBoard::Fqbn(fqbn) => {
                let tags = Vec::new();
                let properties = RawProperties::new();
                let long = RawLongBoard { fqbn, tags, properties, optional: false, run: None, budgets: None };
                (long, node.span)
            }
        };
        let properties = self.properties(raw.properties, node);
        let run = self.emulation(raw.run, node);
        let budgets = self.budgets(raw.budgets, node);
        let fqbn = match raw.fqbn.parse::<Fqbn>() {
            Ok(fqbn) => fqbn,
            Err(error) => {
                let span = place.part(self.source, &raw.fqbn, &error.range);
                let mut diagnostic = Diagnostic::new(span, error.to_string());
                if matches!(error.kind, FqbnErrorKind::TooFewParts(_)) {
                    diagnostic =
                        diagnostic.help("as in `arduino:avr:uno`; `fbuild-matrix boards` lists them");
                }
                self.problems.push(diagnostic);
                return None;
            }
        };
        let fqbn = Spanned { value: fqbn, span: place };
        let tags = self.tags(raw.tags, node);
        Some(Board {
            fqbn,
            span,
            tags,
            properties,
            optional: raw.optional,
            run,
            profile: None,
            variant: None,
            budgets,
        })
    }

    fn defaults(&mut self, raw: &RawDefaults, node: &Node) -> Defaults {
        let timeout = self.timeout(raw.timeout.as_deref(), place(node, "timeout"));
        Defaults {
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            retries: raw.retries.unwrap_or(0),
            warnings: raw.warnings.unwrap_or_default(),
            output_limit: raw
                .output_limit
                .as_deref()
                .and_then(|raw| self.output_limit(raw, place(node, "output-limit"))),
            budgets: Budgets::default(),
        }
    }

    fn output_limit(&mut self, raw: &str, span: Span) -> Option<u64> {
        match raw.parse::<ByteSize>() {
            Ok(ByteSize(bytes)) if bytes >= LEAST_OUTPUT => Some(bytes),
            Ok(_) => {
                self.problem(
                    span,
                    "`output-limit` can't be less than 1MB: compilers print their macros when asked",
                );
                None
            }
            Err(_) => {
                self.problem(span, "`output-limit` is a number with a unit: `64MB`, `1GB`");
                None
            }
        }
    }

    fn pattern(&mut self, text: &str, span: Span, from: &From) -> Option<PathPattern> {
        match PathPattern::new(text) {
            Ok(pattern) if *from != From::Matrix && !pattern.stays_below() => {
                self.problem(span, "with `from`, a path stays below that directory");
                None
            }
            Ok(pattern) => {
                if *from == From::Matrix {
                    self.reached(&pattern.prefix);
                }
                Some(pattern)
            }
            Err(problem) => {
                self.problem(span, format!("{} is not a valid path or glob: {problem}", quoted(text)));
                None
            }
        }
    }

    fn from(&mut self, raw: Option<String>, span: Span) -> From {
        let Some(root) = raw else { return From::Matrix };
        if root != BUILTIN && !is_core_name(&root) {
            let message = format!("{} is nothing that a sketch can be from", quoted(&root));
            let help = match nearest(&root, [BUILTIN]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`{BUILTIN}`, or a core as `vendor:arch`"),
            };
            self.problems.push(Diagnostic::new(span, message).help(help));
        }
        From::Root(root)
    }

    fn timeout(&mut self, raw: Option<&str>, span: Span) -> Option<Duration> {
        match parse_duration(raw?) {
            Ok(duration) => Some(duration),
            Err(error) => {
                self.problem(span, error.to_string());
                None
            }
        }
    }

    fn path(&mut self, text: &str, span: Span) -> Spanned<PathBuf> {
        if text.is_empty() {
            self.problem(span, "the path is empty");
        }
        Spanned { value: self.reached(Path::new(text)), span }
    }

    /// Returns a path of the matrix as an absolute path. Extends `reach` to contain a relative path.
    fn reached(&mut self, path: &Path) -> PathBuf {
        let reached = normalised(&self.dir.join(path));
        while path.is_relative() && !reached.starts_with(&self.reach) && self.reach.pop() {}
        reached
    }

    /// Returns the overrides of one `properties`. Appended values apply after replacements, wherever they are written.
    fn properties(&mut self, raw: RawProperties, node: &Node) -> Overrides {
        // The lines of a block are words of one value: no flag contains a line ending.
        let one_line =
            |value: RawScalar| String::from(value).lines().map(str::trim).collect::<Vec<_>>().join(" ");
        let written = |(name, value): (String, RawScalar)| (Override::written(&name, one_line(value)), name);
        let mut overrides: Vec<(Override, String)> = raw.into_iter().map(written).collect();
        for (Override { key, .. }, name) in &overrides {
            let place = node.get("properties").and_then(|properties| properties.entry(name));
            let is_name = !key.trim().is_empty() && !key.contains(['=', '\n']) && !key.ends_with(['+', ' ']);
            if let (false, Some(entry)) = (is_name, place) {
                let message = format!("{} can't be a property's name", quoted(name));
                let help = "`NAME: value` replaces the value of a property, `NAME+: value` appends to it";
                self.problems.push(Diagnostic::new(entry.key, message).help(help));
            }
        }
        overrides.sort_by_key(|(it, _)| it.appends);
        overrides.into_iter().map(|(it, _)| it).collect()
    }
}

/// Returns whether a text has the form `vendor:arch`.
fn is_core_name(text: &str) -> bool {
    let part = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    text.split_once(':').is_some_and(|(vendor, architecture)| part(vendor) && part(architecture))
}

fn check_board_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if name.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some(c) = name.chars().find(|&c| !allowed(c)) {
        return Err(format!("{c:?} is in it"));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("it does not begin with a letter or digit".to_owned());
    }
    if name.ends_with('.') {
        return Err("it ends with a dot".to_owned());
    }
    if name.len() > LONGEST_BOARD_NAME {
        return Err(format!("it is longer than {LONGEST_BOARD_NAME} characters"));
    }
    Ok(())
}
