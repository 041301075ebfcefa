//! The command `init`: writes a matrix for the library or the sketches of a directory, with what `library.properties`,
//! workflows and `.arduino-ci.yml` say of their builds. Installs and builds nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use builds::{builds, default_builds};
use draft::Draft;
use place::Place;
use sections::{Sections, sections};

use super::args::Init as Typed;
use super::options::colours_on_stderr;
use super::output::{complain, fail, print, warn};
use crate::exit::Exit;
use crate::fs::write_atomically;
use crate::import::{Imported, import};
use crate::matrix::{Expansion, Hardware, Hardwares, Matrix, MatrixError, SketchRoots, expand_installed};
use crate::nearest::quoted;
use crate::platform::Fqbn;
use crate::provide::apt;
use crate::session::SessionError;

mod boards;
mod builds;
mod cores;
mod draft;
mod filters;
mod libraries;
mod names;
mod place;
mod public_cores;
mod sections;
mod sketches;
mod yaml_text;

/// Name of the matrix by default.
const FILE_NAME: &str = "fbuild-matrix.yml";

/// Error of the command.
#[derive(Debug, thiserror::Error)]
enum InitError {
    /// An error that other commands have, too.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The directory has nothing to build.
    #[error("{0}")]
    Nothing(String),
}

/// Runs the command.
pub(super) fn run(typed: &Typed) -> Exit {
    match init(typed) {
        Ok(text) => print(&text),
        Err(InitError::Session(error)) => fail(&error, colours_on_stderr(&typed.console)),
        Err(InitError::Nothing(message)) => {
            complain(&message);
            Exit::NothingSelected
        }
    }
}

fn init(typed: &Typed) -> Result<String, InitError> {
    let (place, output) = places(typed)?;
    let boards = typed.boards.iter().map(|text| board(text)).collect::<Result<Vec<_>, _>>()?;
    let imported = import(&place.dir);
    let has_apt = apt::is_available();
    let builds = builds(&imported, &boards, &place.dir)?;
    let Sections { mut sections, mut notes } = sections(&imported, &builds, &place, has_apt);
    if sections.is_empty() && !imported.builds.is_empty() && boards.is_empty() {
        // Sketches that a workflow makes or fetches are not here.
        let found = sections::sections(&imported, &default_builds(&imported, &place.dir)?, &place, has_apt);
        sections = found.sections;
        notes.extend(found.notes);
    }
    notes.extend(
        imported.unused.as_ref().map(|file| format!("{file} is not used: the workflows say what is built")),
    );
    let warnings: Vec<String> = imported.warnings.iter().cloned().chain(notes).collect();
    if sections.is_empty() {
        warn_all(&warnings);
        return Err(InitError::Nothing(nothing(&imported, &place)));
    }
    let name = name(&imported, &place);
    let header = header(&imported, &name, &output, &warnings);
    let text = Draft { header, name, sections }.render();
    let checked = checked(&output, &place.matrix_dir, &text).map_err(SessionError::from)?;
    if checked.1.cells.is_empty() && checked.1.skipped.is_empty() {
        warn_all(&warnings);
        return Err(InitError::Nothing(nothing(&imported, &place)));
    }
    let left_out = checked.1.cells.is_empty().then(|| {
        "the sketches are for other boards than those of the matrix: add one of theirs to `boards`, as `--board FQBN` does"
            .to_owned()
    });
    let warnings: Vec<String> = warnings.into_iter().chain(left_out).collect();
    write_atomically(&output, text.as_bytes()).map_err(|error| SessionError::unwritable(&output, &error))?;
    warn_all(&warnings);
    Ok(summary(&checked, &output))
}

fn warn_all(warnings: &[String]) {
    for warning in warnings {
        warn(warning);
    }
}

/// Returns the directory with the place of the matrix, and the path of the matrix.
fn places(typed: &Typed) -> Result<(Place, PathBuf), SessionError> {
    let unreadable = |path: &Path, error: std::io::Error| {
        SessionError::Usage(format!("the directory {} can't be read: {error}", path.display()))
    };
    let dir = typed.directory.canonicalize().map_err(|error| unreadable(&typed.directory, error))?;
    if !dir.is_dir() {
        return Err(SessionError::Usage(format!("{} is not a directory", typed.directory.display())));
    }
    let is_here = typed.directory.as_os_str() == ".";
    let in_directory = || if is_here { PathBuf::from(FILE_NAME) } else { typed.directory.join(FILE_NAME) };
    let output = typed.output.clone().unwrap_or_else(in_directory);
    if output.is_dir() {
        return Err(SessionError::Usage(format!(
            "--output {} is a directory: name a file",
            output.display()
        )));
    }
    if output.symlink_metadata().is_ok() && !typed.force {
        let message = format!(
            "{} exists already: --force overwrites it, --output FILE writes another one",
            output.display()
        );
        return Err(SessionError::Usage(message));
    }
    let parent = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let matrix_dir = parent.canonicalize().map_err(|error| unreadable(parent, error))?;
    Ok((Place::new(dir, matrix_dir), output))
}

fn board(text: &str) -> Result<Fqbn, SessionError> {
    text.parse().map_err(|error| SessionError::Usage(format!("--board {}: {error}", quoted(text))))
}

/// Returns the message about a directory without sketches.
fn nothing(imported: &Imported, place: &Place) -> String {
    let dir = place.dir.display();
    match &imported.library {
        Some(library) => format!(
            "the library {} in {dir} has no sketch to build: looked for a directory `Name` with `Name.ino` below \
             examples, and in the whole directory",
            quoted(&library.name)
        ),
        None => format!(
            "there is nothing to build in {dir}: looked for library.properties, for examples, for sketches (a directory \
             `Name` with `Name.ino`), for .github/workflows/*.yml with arduino/compile-sketches and for .arduino-ci.yml"
        ),
    }
}

fn name(imported: &Imported, place: &Place) -> String {
    let directory = || place.dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    imported.library.as_ref().map_or_else(directory, |library| library.name.clone())
}

/// Returns the lines of the comment at the top.
fn header(imported: &Imported, name: &str, output: &Path, warnings: &[String]) -> Vec<String> {
    let file = output.file_name().unwrap_or_default().to_string_lossy();
    let (file, lock) =
        (in_shell(&file), in_shell(&Path::new(&*file).with_extension("lock").to_string_lossy()));
    let subject = if imported.library.is_some() { "examples of the library" } else { "sketches of" };
    let mut lines = vec![
        format!("Builds the {subject} {name}. Written by `fbuild-matrix init`: change it as you like."),
        String::new(),
        format!("  fbuild-matrix run {file}: builds all sketches for all boards."),
        format!(
            "  fbuild-matrix core lock {file}: pins the versions of cores, tools and libraries in {lock}."
        ),
        "  fbuild-matrix schema: describes all keys, for editors.".to_owned(),
    ];
    if !warnings.is_empty() {
        lines.extend([String::new(), "Not taken over:".to_owned()]);
        lines.extend(warnings.iter().map(|warning| format!("  {warning}")));
    }
    lines
}

/// Reads the matrix as `run` will.
fn checked(output: &Path, dir: &Path, text: &str) -> Result<(Matrix, Expansion), MatrixError> {
    let matrix = Matrix::parse(output, dir.to_owned(), text.as_bytes())?;
    // What filters say without the memory of a board is known now.
    let hardware: Hardwares =
        matrix.boards.keys().map(|board| (Arc::clone(board), Hardware::default())).collect();
    let expansion = expand_installed(&matrix, &SketchRoots::default(), &hardware)?;
    Ok((matrix, expansion))
}

/// Returns what was written, and the next command.
fn summary((matrix, expansion): &(Matrix, Expansion), output: &Path) -> String {
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let sketches = expansion.sketch_names().collect::<BTreeSet<_>>().len();
    let shown = in_shell(&output.to_string_lossy());
    // Filters that ask for the memory of a board leave out cells when its core is installed.
    let at_most = if matrix.needs_hardware() { "at most " } else { "" };
    format!(
        "wrote {}: {} for {}, {at_most}{}\nnext: fbuild-matrix run {shown}",
        output.display(),
        count(sketches, "sketch").replace("sketchs", "sketches"),
        count(matrix.boards.len(), "board"),
        count(expansion.cells.len(), "cell"),
    )
}

/// Returns a word as it is typed in a shell.
fn in_shell(word: &str) -> String {
    let is_safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+');
    if !word.is_empty() && word.chars().all(is_safe) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
