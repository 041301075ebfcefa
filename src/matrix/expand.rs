//! Expands the matrix to its cells: finds the sketches, combines them with the boards, removes excluded cells and adds
//! included ones. Knows no core, and does not check that a board exists.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::cell::{Cell, Expansion, NotASketch, NotInstalled, SketchRef, SkippedCell};
use super::diagnostic::{Diagnostic, MatrixError};
use super::discover::{DiscoverError, FoundSketch, Lookalike, find};
use super::expectation::Expectation;
use super::expression::{BoardFacts, Facts, Hardware, SketchFacts};
use super::filtered::Filtered;
use super::model::{Board, Condition, Embed, ExcludeRule, From, Matrix, Overrides, SketchEntry, SketchRoots};
use super::name_glob::{NameGlob, NameGlobs, last_component};
use super::path_pattern::relative;
use super::source::Span;
use crate::import::chip_of_mcu;
use crate::nearest::{quoted, suggestion};

/// The hardware of boards, by their names. The core of a board without an entry is not installed.
pub type Hardwares = HashMap<Arc<str>, Hardware>;

/// Expands the matrix before its cores are installed. The result may be empty. Where [`Matrix::needs_hardware`], it has every
/// cell that may exist. It lacks the sketches of roots that `roots` does not have.
///
/// # Errors
/// An entry, a rule or a board without effect (unless it is optional), or two entries that differ about the same cell,
/// each with its place.
pub fn expand(matrix: &Matrix, roots: &SketchRoots) -> Result<Expansion, MatrixError> {
    expand_with(matrix, roots, None)
}

/// Expands the matrix like [`expand`], with what installed cores say of their boards. [`Expansion::unknown`] says where cells
/// still depend on something that is not installed.
///
/// # Errors
/// Those of [`expand`].
pub fn expand_installed(
    matrix: &Matrix,
    roots: &SketchRoots,
    hardware: &Hardwares,
) -> Result<Expansion, MatrixError> {
    expand_with(matrix, roots, Some(hardware))
}

fn expand_with(
    matrix: &Matrix,
    roots: &SketchRoots,
    hardware: Option<&Hardwares>,
) -> Result<Expansion, MatrixError> {
    let mut boards = matrix.board_facts();
    for board in &mut boards {
        board.hardware = hardware.and_then(|known| known.get(&board.name).cloned());
    }
    let not_installed = boards.iter().filter(|board| board.hardware.is_none() && matrix.needs_hardware());
    let unknown = NotInstalled {
        boards: not_installed.map(|board| board.name.clone()).collect(),
        has_roots: matrix.needed_roots().any(|root| !roots.contains_key(root)),
    };
    let mut expander = Expander {
        matrix,
        early: Early { unknown, doubtful: HashSet::new() },
        remarks: Vec::new(),
        filtered: Filtered::new(matrix, &boards),
        boards,
        roots,
        sketches: IndexMap::new(),
        paths: Vec::new(),
        lookalikes: IndexMap::new(),
        cells: HashMap::new(),
        sketches_missing: false,
        problems: Vec::new(),
    };
    for entry in &matrix.sketches {
        if entry.leaves_out {
            expander.leave_out(entry);
        } else {
            expander.entry(entry, false);
        }
    }
    // Rules apply to the cells of `sketches` only; cells of `include` are intended.
    let skipped = expander.exclude();
    for entry in &matrix.include {
        expander.entry(entry, true);
    }
    expander.unused_boards(&skipped);
    expander.finish(skipped)
}

/// A board and a sketch, by index.
type Key = (usize, usize);

/// What an expansion does not know yet.
struct Early {
    unknown: NotInstalled,
    /// Cells that may turn out not to exist, or to be those of another entry.
    doubtful: HashSet<Key>,
}

impl Early {
    /// Returns whether cells are missing, or may turn out not to exist: rules without effect are no errors then.
    fn is_early(&self) -> bool {
        !self.unknown.is_empty()
    }
}

/// State of an expansion.
struct Expander<'m> {
    matrix: &'m Matrix,
    /// What is known of each board.
    boards: Vec<BoardFacts>,
    early: Early,
    roots: &'m SketchRoots,
    /// Sketches by name, in the order of discovery.
    sketches: IndexMap<Arc<str>, Arc<SketchRef>>,
    /// The path of each sketch, in the same order.
    paths: Vec<PathBuf>,
    /// Paths that look like sketches, by name, each with its path without links.
    lookalikes: IndexMap<Arc<str>, (PathBuf, NotASketch)>,
    cells: HashMap<Key, Cell>,
    /// Whether an optional entry found no sketch.
    sketches_missing: bool,
    problems: Vec<Diagnostic>,
    remarks: Vec<String>,
    /// Cells that filters leave out.
    filtered: Filtered,
}

impl<'m> Expander<'m> {
    fn entry(&mut self, entry: &'m SketchEntry, is_include: bool) {
        let (root, prefix) = match &entry.from {
            From::Matrix => (&self.matrix.dir, None),
            From::Root(name) => match self.roots.get(name) {
                Some(root) => (root, Some(name.as_str())),
                // Its sketches are not needed.
                None => return,
            },
        };
        let found = match find(root, &entry.path) {
            Ok(found) => found,
            Err(DiscoverError::Nothing { lookalikes, .. }) if entry.optional => {
                for lookalike in lookalikes {
                    self.lookalike(root, prefix, lookalike, entry.span);
                }
                self.sketches_missing = true;
                return;
            }
            Err(error) => return self.not_found(entry, error),
        };
        for embed in entry.embed.iter().filter(|embed| !embed.value.path.is_file()) {
            self.problems.push(Diagnostic::new(embed.span, "there is no such file"));
        }
        let embed: Arc<[Embed]> = entry.embed.iter().map(|embed| embed.value.clone()).collect();
        // All cells of the entry share one set of properties for each board.
        let properties: Vec<(usize, Arc<Overrides>)> = entry
            .choice
            .boards
            .iter()
            .filter_map(|&board| {
                Some((board, Arc::new(merged(self.matrix.boards.get_index(board)?.1, entry))))
            })
            .collect();
        for lookalike in found.lookalikes {
            self.lookalike(root, prefix, lookalike, entry.span);
        }
        let mut is_used = false;
        for found in found.sketches {
            let Some(sketch) = self.sketch(root, prefix, &found, entry.span) else { continue };
            let Some(of_sketch) = self.sketches.get_index(sketch).map(|(_, it)| Arc::clone(it)) else {
                continue;
            };
            let rules = self.filtered.rules(entry, &of_sketch, self.matrix);
            let errors = self.filtered.errors(&rules).into_iter();
            self.problems.extend(errors.map(|(it, help)| Diagnostic::new(entry.span, it).maybe_help(help)));
            for (board, properties) in &properties {
                let fits = self.fits(entry, *board, sketch);
                let has_hardware = self.boards[*board].hardware.is_some();
                let is_judged = has_hardware || !entry.choice.needs_hardware();
                if !is_judged {
                    self.early.doubtful.insert((*board, sketch));
                }
                if fits.unwrap_or(!is_judged) {
                    is_used = true;
                    self.check_chip(entry, *board);
                    if is_judged && self.filtered.skips((*board, sketch), &rules, &of_sketch, entry) {
                        continue;
                    }
                    self.cell((*board, sketch), properties, &embed, entry, is_include);
                }
            }
        }
        let has_boards = !self.matrix.boards.is_empty();
        if !is_used && has_boards && !entry.optional && !self.early.is_early() && self.problems.is_empty() {
            let message = format!("no board fits `boards` for {}", quoted(&entry.path.text));
            let help = "correct the expression, or mark the entry `optional: true`";
            self.problems.push(Diagnostic::new(entry.span, message).help(help));
        }
    }

    /// Reports a board with the options of another chip than its own, which only its core knows.
    fn check_chip(&mut self, entry: &SketchEntry, board: usize) {
        let matrix = self.matrix;
        let variant = matrix.boards.get_index(board).and_then(|(_, board)| board.variant.as_ref());
        let Some(variant) = variant else { return };
        let mcu = self.boards[board].hardware.as_ref().and_then(|hardware| hardware.mcu.as_deref());
        let Some((assumed, own)) = variant.chip.as_deref().zip(chip_of_mcu(mcu)) else { return };
        if assumed != own && !self.problems.iter().any(|known| known.span == entry.span) {
            let base = variant.bases.first().map_or("", |base| base);
            let path = variant.file.path.display();
            let message = format!("{path}: options for {assumed} are for {}, which has {own}", quoted(base));
            let help = format!("give the board a tag: `tags: [chip-{own}]`");
            self.problems.push(Diagnostic::new(entry.span, message).help(help));
        }
    }

    /// Returns whether the entry is for the board; `None` if that depends on something unknown.
    fn fits(&self, entry: &SketchEntry, board: usize, sketch: usize) -> Option<bool> {
        let (Some((_, of_matrix)), Some(path)) =
            (self.matrix.boards.get_index(board), self.paths.get(sketch))
        else {
            return Some(false);
        };
        if !of_matrix.is_for(path) || entry.choice.replaced.contains(&(board, path.clone())) {
            return Some(false);
        }
        if of_matrix.profile.is_some() {
            return Some(true);
        }
        let name = self.sketches.get_index(sketch).map_or("", |(name, _)| name);
        let sketch = Some(SketchFacts { name, tags: &entry.marks.tags });
        entry.choice.predicate.holds(&Facts { board: &self.boards[board], sketch })
    }

    /// Removes the sketches of the entry from those of earlier entries.
    fn leave_out(&mut self, entry: &SketchEntry) {
        let root = match &entry.from {
            From::Matrix => &self.matrix.dir,
            From::Root(name) => match self.roots.get(name) {
                Some(root) => root,
                None => return,
            },
        };
        let names = |path: &Path| entry.path.covers(root, path);
        let sketches = self.sketches.values().zip(&self.paths);
        let named: Vec<bool> =
            sketches.map(|(sketch, path)| names(path) || names(&sketch.main_file)).collect();
        let before = self.cells.len() + self.lookalikes.len();
        let all = self.matrix.boards.len();
        let chosen: HashSet<Key> = (0..named.len())
            .filter(|sketch| named[*sketch])
            .flat_map(|sketch| entry.choice.boards.iter().map(move |board| (*board, sketch)))
            .filter(|(board, sketch)| self.fits(entry, *board, *sketch) == Some(true))
            .collect();
        self.cells.retain(|key, _| !chosen.contains(key));
        self.filtered.remove(&chosen);
        if entry.choice.boards.len() == all {
            self.lookalikes.retain(|_, (path, _)| !names(path));
        }
        let is_idle = self.cells.len() + self.lookalikes.len() == before;
        // The entry may be about missing sketches.
        if is_idle
            && !entry.optional
            && !self.sketches_missing
            && !self.early.is_early()
            && self.problems.is_empty()
        {
            let text = format!("!{}", entry.path.text);
            let message = format!("{} leaves out nothing", quoted(&text));
            let help = if self.cells.is_empty() {
                "it takes sketches out of what the entries before it have found: put it behind them"
                    .to_owned()
            } else {
                let last = last_component(entry.path.text.trim_end_matches(['/', '*']));
                suggestion(last, self.sketches.keys().map(|name| last_component(name))).unwrap_or_else(|| {
                    "no entry before it has found such a sketch for such a board".to_owned()
                })
            };
            self.problems.push(Diagnostic::new(entry.span, message).help(help));
        }
    }

    fn not_found(&mut self, entry: &SketchEntry, error: DiscoverError) {
        let message = error.to_string();
        let help = match error {
            DiscoverError::Nothing { help, .. } => help,
            DiscoverError::Read { .. } => None,
        };
        self.problems.push(Diagnostic::new(entry.span, message).maybe_help(help));
    }

    fn lookalike(&mut self, root: &Path, prefix: Option<&str>, found: Lookalike, span: Span) {
        let name = name_of(root, prefix, &found.path);
        let entry = NotASketch { name: Arc::clone(&name), reason: found.reason.into(), span };
        self.lookalikes.entry(name).or_insert((found.real, entry));
    }

    /// Returns the index of the sketch, adding it if it is new.
    fn sketch(
        &mut self,
        root: &Path,
        prefix: Option<&str>,
        found: &FoundSketch,
        span: Span,
    ) -> Option<usize> {
        let name = name_of(root, prefix, &found.path);
        let sketch = SketchRef {
            name: Arc::clone(&name),
            dir: found.main_file.parent()?.to_owned(),
            main_file: found.main_file.clone(),
            kind: found.kind(),
            problem: found.problem.as_deref().map(Into::into),
        };
        if let Some((index, _, known)) = self.sketches.get_full(&name) {
            if known.main_file != sketch.main_file {
                let message = format!("two sketches would be called {}", quoted(&name));
                let files = format!("{} and {}", known.main_file.display(), sketch.main_file.display());
                self.problems.push(Diagnostic::new(span, message).help(files));
            }
            return Some(index);
        }
        self.paths.push(found.path.clone());
        Some(self.sketches.insert_full(name, Arc::new(sketch)).0)
    }

    fn cell(
        &mut self,
        key: Key,
        properties: &Arc<Overrides>,
        embed: &Arc<[Embed]>,
        entry: &SketchEntry,
        is_include: bool,
    ) {
        let Some((board, settings)) = self.matrix.boards.get_index(key.0) else { return };
        let Some((_, sketch)) = self.sketches.get_index(key.1) else { return };
        let defaults = &self.matrix.defaults;
        let timeout = entry.limits.timeout.unwrap_or(defaults.timeout);
        let budgets = entry.limits.budgets.within(settings.budgets).within(defaults.budgets);
        let run = entry.runs.get(&key.0);
        if let Some(first) = self.cells.get_mut(&key) {
            add_tags(&mut first.tags, &entry.marks.tags);
            let expects_other =
                |it: &Arc<Expectation>| first.expect.as_ref().is_some_and(|known| known != it);
            let same_result = !entry.marks.expect.as_ref().is_some_and(expects_other);
            if first.expect.is_none() {
                first.expect.clone_from(&entry.marks.expect);
            }
            let same_run = match (&first.run, run) {
                (Some(first), Some(run)) => first.is_like(run),
                (first, run) => first.is_none() && run.is_none(),
            };
            let same = same_run
                && same_result
                && first.timeout == timeout
                && first.budgets == budgets
                && first.embed == *embed
                && (Arc::ptr_eq(&first.properties, properties) || first.properties == *properties);
            // The same pair of entries differs for many cells: it is reported once.
            let told = self.problems.last().is_some_and(|last| last.span == entry.span);
            let told = told || self.early.doubtful.contains(&key);
            if !same && !told {
                let what = if is_include { "this includes" } else { "two entries ask for" };
                let message =
                    format!("{what} {} for {} again, and differently", quoted(&sketch.name), quoted(board));
                let diagnostic =
                    Diagnostic::new(entry.span, message).related(first.span, "first asked for here");
                let help = "one sketch on one board is one cell: `boards` or `exclude` keeps them apart";
                self.problems.push(diagnostic.help(help));
            }
            return;
        }
        let cell = Cell {
            board: Arc::clone(board),
            sketch: Arc::clone(sketch),
            properties: Arc::clone(properties),
            timeout,
            retries: defaults.retries,
            warnings: defaults.warnings,
            run: run.cloned(),
            embed: Arc::clone(embed),
            budgets,
            tags: Arc::clone(&entry.marks.tags),
            expect: entry.marks.expect.clone(),
            span: entry.span,
        };
        self.cells.insert(key, cell);
    }

    /// Removes excluded cells. The first rule that matches a cell gives the reason.
    fn exclude(&mut self) -> Vec<(Key, SkippedCell)> {
        let mut skipped: HashMap<Key, SkippedCell> = HashMap::new();
        // A rule without effect may be about missing sketches.
        let complete = self.problems.is_empty() && !self.sketches_missing && !self.early.is_early();
        for rule in &self.matrix.exclude {
            let boards: Vec<bool> = self
                .boards
                .iter()
                .map(|board| rule.board.as_ref().is_none_or(|it| board.is_named(it)))
                .collect();
            let sketches: Vec<bool> =
                matching(rule.sketch.as_ref(), self.sketches.keys().map(|name| &**name));
            let mut matched = false;
            for (&(board, sketch), cell) in &self.cells {
                let holds = |when: &Condition| {
                    let sketch = SketchFacts { name: &cell.sketch.name, tags: &cell.tags };
                    when.predicate.is_true(&Facts { board: &self.boards[board], sketch: Some(sketch) })
                };
                if boards[board] && sketches[sketch] && rule.when.as_ref().is_none_or(holds) {
                    matched = true;
                    skipped.entry((board, sketch)).or_insert_with(|| SkippedCell {
                        board: Arc::clone(&cell.board),
                        sketch: Arc::clone(&cell.sketch),
                        tags: Arc::clone(&cell.tags),
                        reason: Arc::clone(&rule.reason),
                        span: rule.span,
                    });
                }
            }
            if complete {
                self.stale(rule, matched);
            }
            // A rule about a path that only looks like a sketch silences the remark on it.
            if rule.board.is_none()
                && rule.when.is_none()
                && let Some(globs) = &rule.sketch
            {
                self.lookalikes.retain(|name, _| !globs.matches(name));
            }
        }
        self.cells.retain(|key, _| !skipped.contains_key(key));
        for (key, cell) in self.filtered.take() {
            skipped.entry(key).or_insert(cell);
        }
        skipped.into_iter().collect()
    }

    /// Reports a pattern of a rule that matches nothing, or a rule without effect.
    fn stale(&mut self, rule: &'m ExcludeRule, matched: bool) {
        let boards = || self.matrix.boards.keys().map(|name| &**name);
        let sketches = || self.sketches.keys().map(|name| &**name);
        let lookalikes = || self.lookalikes.keys().map(|name| &**name);
        let no_board = |glob: &&NameGlob| !boards().any(|name| glob.matches(name));
        let no_sketch = |glob: &&NameGlob| !sketches().chain(lookalikes()).any(|name| glob.matches(name));
        let patterns = |globs: &'m Option<NameGlobs>| globs.iter().flat_map(NameGlobs::patterns);
        let mut compared = rule.when.iter().flat_map(|when| &when.sketches);
        let unknown = compared.find(|(_, test)| !sketches().any(|name| test.pattern.matches(name)));
        if let Some((span, test)) = unknown {
            let message = format!("no sketch of this matrix matches {}", quoted(&test.text));
            let help = suggestion(last_component(&test.text), sketches().map(last_component));
            self.problems.push(Diagnostic::new(*span, message).maybe_help(help));
            return;
        }
        let (message, help) = if let Some(glob) = patterns(&rule.board).find(no_board) {
            let message = format!("no board of this matrix matches {}", quoted(glob.as_str()));
            (message, suggestion(glob.as_str(), boards()))
        } else if let Some(glob) = patterns(&rule.sketch).find(no_sketch) {
            let message = format!("no sketch of this matrix matches {}", quoted(glob.as_str()));
            (message, suggestion(last_component(glob.as_str()), sketches().map(last_component)))
        } else if matched
            || rule.board.is_none()
                && self
                    .lookalikes
                    .keys()
                    .any(|name| rule.sketch.as_ref().is_some_and(|globs| globs.matches(name)))
        {
            return;
        } else if rule.when.is_some() {
            // An expression describes cells, which may come later; a list of names can only be wrong.
            let line = self.matrix.position(rule.span).line;
            self.remarks.push(format!("the rule of `exclude` in line {line} excludes no cell"));
            return;
        } else {
            ("this rule excludes no cell: none has such a sketch for such a board".to_owned(), None)
        };
        let help = help.unwrap_or_else(|| "take the rule out, or correct its pattern".to_owned());
        self.problems.push(Diagnostic::new(rule.span, message).help(help));
    }

    /// Reports a board without cells.
    fn unused_boards(&mut self, skipped: &[(Key, SkippedCell)]) {
        if self.early.is_early() || !self.problems.is_empty() || self.cells.is_empty() && skipped.is_empty() {
            return;
        }
        let mut used = vec![false; self.matrix.boards.len()];
        let keys = self.cells.keys().chain(skipped.iter().map(|(key, _)| key));
        for &(board, _) in keys {
            used[board] = true;
        }
        // A board is used where another one stands in its place.
        for (index, board) in self.matrix.boards.values().enumerate() {
            for base in board.bases().filter_map(|base| self.matrix.boards.get_index_of(base)) {
                used[base] |= used[index];
            }
        }
        for ((name, board), used) in self.matrix.boards.iter().zip(used) {
            if !used && !board.optional && board.variant.is_none() {
                let message = format!("no sketch is built for the board {}", quoted(name));
                let help = "add it to the `boards` of a sketch, or mark it `optional: true`";
                self.problems.push(Diagnostic::new(board.span, message).help(help));
            }
        }
    }

    fn finish(self, skipped: Vec<(Key, SkippedCell)>) -> Result<Expansion, MatrixError> {
        if !self.problems.is_empty() {
            return Err(MatrixError::invalid(&self.matrix.source, self.problems));
        }
        // A cell that is included after all is not skipped.
        let skipped = skipped.into_iter().filter(|(key, _)| !self.cells.contains_key(key)).collect();
        // Another entry may name a file of such a directory as a sketch.
        let dirs: HashSet<&Path> = self.sketches.values().map(|sketch| sketch.dir.as_path()).collect();
        let is_none = |(real, _): &(PathBuf, NotASketch)| !dirs.contains(real.as_path());
        let mut not_sketches: Vec<NotASketch> =
            self.lookalikes.into_values().filter(is_none).map(|(_, entry)| entry).collect();
        not_sketches.sort_by(|one, other| one.name.cmp(&other.name));
        let (skipped, cells) = (sorted(skipped), sorted(self.cells.into_iter().collect()));
        let remarks = self.remarks.into_iter().chain(self.filtered.remarks).collect();
        let unknown = self.early.unknown;
        Ok(Expansion { cells, skipped, not_selected: Vec::new(), remarks, not_sketches, unknown })
    }
}

/// Returns the name of `path`, which was found in `root`.
fn name_of(root: &Path, prefix: Option<&str>, path: &Path) -> Arc<str> {
    let relative = relative(root, path);
    prefix.map_or_else(|| relative.clone(), |prefix| format!("{prefix}/{relative}")).into()
}

/// Returns the board's overrides, then the entry's.
fn merged(board: &Board, entry: &SketchEntry) -> Overrides {
    board.properties.iter().chain(&entry.properties).cloned().collect()
}

/// Adds tags that are not there yet.
fn add_tags(tags: &mut Arc<[String]>, more: &Arc<[String]>) {
    let new: Vec<&String> = more.iter().filter(|tag| !tags.contains(tag)).collect();
    if !new.is_empty() {
        *tags = tags.iter().chain(new).cloned().collect();
    }
}

fn matching<'n>(glob: Option<&NameGlobs>, names: impl Iterator<Item = &'n str>) -> Vec<bool> {
    names.map(|name| glob.is_none_or(|glob| glob.matches(name))).collect()
}

fn sorted<T>(mut pairs: Vec<(Key, T)>) -> Vec<T> {
    pairs.sort_by_key(|(key, _)| *key);
    pairs.into_iter().map(|(_, value)| value).collect()
}
