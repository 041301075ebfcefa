//! Boards out of `ci.yml` (`filters: [esp32-ci]`): where it changes the builds of a sketch, a board of the matrix is replaced
//! by another one for this sketch, with the menu options and the libraries of the file. Reads these files, and no other
//! content.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::board_names::{LONGEST, cleaned, numbered};
use super::board_variant::BoardVariant;
use super::diagnostic::{Diagnostic, MatrixError};
use super::discover::find;
use super::model::{Board, LibraryEntry, LibrarySource, Matrix};
use super::path_pattern::relative;
use super::source::{Source, Span, Spanned};
use crate::import::{Esp32Build, Esp32Builds, Esp32Problem, SketchFilter};
use crate::platform::Fqbn;
use crate::versions::{RelaxedVersion, VersionRange};

/// A build of a sketch in the place of that for a board.
struct Wanted {
    /// The board, by index.
    base: usize,
    /// The entry of `sketches`, by index.
    entry: usize,
    /// The sketch, as the entry finds it.
    sketch: PathBuf,
    build: Esp32Build,
    /// Whether the build for the board is not among those of the file.
    replaces: bool,
    /// The libraries that it needs, and the board does not have.
    libraries: Vec<LibrarySource>,
    file: Arc<Source>,
    span: Span,
}

/// Adds the boards of `ci.yml`, where an entry of the matrix reads it and it changes builds.
///
/// # Errors
/// A `ci.yml` with a wrong value, with its place in that file.
pub(super) fn add_variants(mut matrix: Matrix) -> Result<Matrix, MatrixError> {
    let mut variants: IndexMap<String, usize> = IndexMap::new();
    for one in wanted(&matrix)? {
        let key = key(&matrix, &one);
        let index = *variants.entry(key).or_insert_with(|| add(&mut matrix, &one));
        let Some(base) = matrix.boards.get_index(one.base).map(|(name, _)| Arc::clone(name)) else {
            continue;
        };
        if let Some(variant) =
            matrix.boards.get_index_mut(index).and_then(|(_, board)| board.variant.as_mut())
        {
            variant.bases.insert(base);
            variant.chip = variant.chip.take().or_else(|| one.build.chip.clone());
            variant.sketches.insert(one.sketch.clone());
        }
        share_libraries(&mut matrix, one.base, index);
        let entry = &mut matrix.sketches[one.entry];
        entry.choice.boards.insert(index);
        if one.replaces {
            entry.choice.replaced.insert((one.base, one.sketch));
        }
        if let Some(run) = entry.runs.get(&one.base).cloned() {
            entry.runs.insert(index, run);
        }
        // What leaves out the sketch for the board leaves it out here as well.
        for entry in matrix.sketches.iter_mut().filter(|entry| entry.leaves_out) {
            if entry.choice.boards.contains(&one.base) {
                entry.choice.boards.insert(index);
            }
        }
    }
    Ok(matrix)
}

/// Returns the builds that are other builds than those of the matrix.
fn wanted(matrix: &Matrix) -> Result<Vec<Wanted>, MatrixError> {
    let mut all = Vec::new();
    let mut files: HashMap<PathBuf, Arc<Source>> = HashMap::new();
    for (index, entry) in matrix.sketches.iter().enumerate() {
        let Some(root) = matrix.early_root(&entry.from) else { continue };
        if entry.leaves_out || !entry.choice.filters.contains(&SketchFilter::Esp32Ci) {
            continue;
        }
        // Where nothing is found, the expansion says so.
        for sketch in find(root, &entry.path).map(|found| found.sketches).unwrap_or_default() {
            let dir = sketch.main_file.parent().unwrap_or(&sketch.path);
            let Some(ci) = Esp32Builds::read(dir) else { continue };
            let file = files.entry(ci.path.clone()).or_insert_with(|| {
                let path = shown(&matrix.dir, &matrix.source.path, &ci.path);
                Arc::new(Source { path, text: ci.text.clone() })
            });
            let problem = |problem: Esp32Problem| {
                let span = Span { start: problem.range.start, end: problem.range.end };
                MatrixError::invalid(
                    file,
                    vec![Diagnostic::new(span, problem.message).maybe_help(problem.help)],
                )
            };
            for &base in &entry.choice.boards {
                let Some((_, board)) = matrix.boards.get_index(base) else { continue };
                if board.profile.is_some() {
                    continue;
                }
                let builds = ci.builds(&board.fqbn.value, &board.tags).map_err(problem)?;
                if builds.is_empty() {
                    continue;
                }
                let libraries = ci.libraries().map_err(problem)?;
                let libraries = libraries.iter().map(|text| library(text, entry.span));
                let libraries: Vec<LibrarySource> =
                    libraries.filter(|library| !is_seen(matrix, base, library)).collect();
                let is_own = |build: &Esp32Build| build.key.is_none() && libraries.is_empty();
                let replaces = !builds.iter().any(is_own);
                for build in builds.into_iter().filter(|build| !is_own(build)) {
                    all.push(Wanted {
                        base,
                        entry: index,
                        sketch: sketch.path.clone(),
                        build,
                        replaces,
                        libraries: libraries.clone(),
                        file: Arc::clone(file),
                        span: entry.span,
                    });
                }
            }
        }
    }
    Ok(all)
}

/// Returns the path of a file below the directory of the matrix as the user named that directory.
fn shown(dir: &Path, matrix: &Path, file: &Path) -> PathBuf {
    let parent = matrix.parent().filter(|parent| !parent.as_os_str().is_empty());
    let relative = relative(dir, file);
    parent.map_or_else(|| PathBuf::from(&relative), |parent| parent.join(&relative))
}

/// Returns a library of `libs`: `NAME`, `NAME@VERSION`, or the address of a Git repository with `#REVISION`.
fn library(text: &str, span: Span) -> LibrarySource {
    let spanned = |value: &str| Spanned { value: value.to_owned(), span };
    if text.contains("://") || text.starts_with("git@") {
        let (url, revision) = text.split_once('#').map_or((text, None), |(url, it)| (url, Some(it)));
        return LibrarySource::Git { url: spanned(url), revision: revision.map(spanned) };
    }
    let (name, version) = text.split_once('@').map_or((text, None), |(name, it)| (name, Some(it)));
    let exactly = |version: &str| VersionRange::exactly(RelaxedVersion::new(version));
    let version = version.map(|version| Spanned { value: exactly(version), span });
    LibrarySource::Index { name: spanned(name), version }
}

/// Returns the name of a library in the name of a board, and what tells it from others.
fn words(library: &LibrarySource) -> (String, String) {
    match library {
        LibrarySource::Index { name, version } => {
            let version = version.as_ref().map(|version| version.value.to_string()).unwrap_or_default();
            (name.value.clone(), format!("{}@{version}", name.value))
        }
        LibrarySource::Git { url, revision } => {
            let name = url.value.trim_end_matches('/').trim_end_matches(".git");
            let revision = revision.as_ref().map_or("", |revision| &revision.value);
            (name.rsplit('/').next().unwrap_or(name).to_owned(), format!("{}#{revision}", url.value))
        }
        LibrarySource::Path(_) | LibrarySource::Archive { .. } => Default::default(),
    }
}

/// Returns whether a board sees a library already, by an entry of `libraries`.
fn is_seen(matrix: &Matrix, board: usize, library: &LibrarySource) -> bool {
    let is_same = |source: &LibrarySource| match (library, source) {
        (LibrarySource::Index { name, version: None }, LibrarySource::Index { name: other, .. }) => {
            name.value.eq_ignore_ascii_case(&other.value)
        }
        (one, LibrarySource::Index { .. } | LibrarySource::Git { .. }) => words(one).1 == words(source).1,
        _ => false,
    };
    let sees = |entry: &&LibraryEntry| entry.boards.as_ref().is_none_or(|boards| boards.contains(&board));
    matrix.libraries.entries.iter().filter(sees).any(|entry| is_same(&entry.source))
}

/// Returns what builds of one board have in common: the FQBN, the libraries, and all else that boards say.
fn key(matrix: &Matrix, one: &Wanted) -> String {
    let libraries: Vec<String> = one.libraries.iter().map(|library| words(library).1).collect();
    let own = matrix.boards.get_index(one.base).map(|(_, board)| {
        let seen = matrix.libraries.entries.iter().enumerate();
        let sees = |entry: &LibraryEntry| entry.boards.as_ref().is_none_or(|it| it.contains(&one.base));
        let seen: Vec<usize> = seen.filter(|(_, entry)| sees(entry)).map(|(index, _)| index).collect();
        (&board.tags, &board.properties, board.optional, &board.run, board.budgets, seen)
    });
    format!("{} {libraries:?} {own:?}", one.build.fqbn)
}

/// Adds the board of a build, and its libraries. Returns its index.
fn add(matrix: &mut Matrix, one: &Wanted) -> usize {
    let index = matrix.boards.len();
    let Some((base, board)) = matrix.boards.get_index(one.base) else { return index };
    let (base, board) = (Arc::clone(base), board.clone());
    let name = name(matrix, &base, &board.fqbn.value, one);
    let variant = BoardVariant {
        bases: IndexSet::from([base]),
        base_fqbn: board.fqbn.value.clone(),
        sketches: IndexSet::new(),
        chip: one.build.chip.clone(),
        file: Arc::clone(&one.file),
        fqbn_key: one.build.key.clone(),
    };
    let fqbn = Spanned { value: one.build.fqbn.clone(), span: board.fqbn.span };
    matrix.boards.insert(name.into(), Board { fqbn, variant: Some(variant), ..board });
    let wanted_by: Arc<str> = format!("`libs` of {}", one.file.path.display()).into();
    for source in &one.libraries {
        matrix.libraries.entries.push(LibraryEntry {
            span: one.span,
            source: source.clone(),
            boards: Some(IndexSet::from([index])),
            dependencies: matrix.libraries.dependencies,
            wanted_by: Some(Arc::clone(&wanted_by)),
        });
    }
    index
}

/// Lets a board see the libraries of `libraries` that another one sees.
fn share_libraries(matrix: &mut Matrix, base: usize, index: usize) {
    for boards in matrix.libraries.entries.iter_mut().filter_map(|entry| entry.boards.as_mut()) {
        if boards.contains(&base) {
            boards.insert(index);
        }
    }
}

/// Returns a free name: that of the board, then what is different: `s3+PartitionScheme_huge_app`.
fn name(matrix: &Matrix, base: &str, own: &Fqbn, one: &Wanted) -> String {
    let fqbn = &one.build.fqbn;
    let mut parts = vec![base.to_owned()];
    parts.extend((fqbn.board != own.board).then(|| cleaned(&fqbn.board)));
    let other = fqbn.options.iter().filter(|option| !own.options.contains(option));
    parts.extend(other.map(|(menu, option)| cleaned(&format!("{menu}_{option}"))));
    parts.extend(one.libraries.iter().map(|library| cleaned(&words(library).0)));
    if let [base] = parts.as_slice() {
        // Its builds have fewer menu options than the board.
        parts = vec![base.clone(), "ci".to_owned()];
    }
    let name: String = parts.join("+").chars().take(LONGEST).collect();
    let is_free = |name: &str| !matrix.boards.keys().any(|board| board.eq_ignore_ascii_case(name));
    let free = numbered(&name).find(|name| is_free(name));
    free.unwrap_or(name)
}
