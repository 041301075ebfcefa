//! The matrix file: from YAML to cells, and every way in which it can be wrong. Knows nothing of
//! installed cores, compilers or reports.
//!
//! ```text
//! text ─▶ syntax ─▶ validate ─▶ schema ─▶ resolve ─▶ Matrix ─▶ expand ─▶ Expansion ─▶ select
//!         tree      against      types     meaning              discover  cells
//!                   JSON Schema
//! ```
//!
//! Each step says all that it finds wrong, as [`Diagnostic`]s with places; a step begins only if the
//! one before was content.

mod diagnostic;
mod discover;
mod duration;
mod expand;
mod filter;
mod model;
mod name_glob;
mod path_pattern;
mod resolve;
mod schema;
mod select;
mod sketch_dir;
mod sketch_project;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod validate;
mod walk;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use diagnostic::{Diagnostic, Invalid, MatrixError};
pub use discover::SketchKind;
pub use duration::{DurationError, parse_duration};
pub use expand::{Cell, Expansion, NotASketch, SketchRef, SkippedCell, expand};
pub use filter::{Filter, FilterError};
pub use model::{
    BUILTIN, Board, Core, Defaults, Embed, Emulation, ExcludeRule, From, Matrix, Overrides, Packages,
    Provider, Run, SketchEntry, SketchRoots, Tool,
};
pub use name_glob::{GlobError, NameGlob, NameGlobs};
pub use schema::{Emulator, Warnings, json_schema};
pub use select::{SelectError, Selection, select};
pub use source::{Position, Span, Spanned};

use source::Source;

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 4 << 20;

impl Matrix {
    /// Reads and parses a matrix file.
    ///
    /// # Errors
    /// It can't be read, or is no valid matrix.
    pub fn read(path: &Path) -> Result<Self, MatrixError> {
        let error = |cause: io::Error| MatrixError::Read { path: path.to_owned(), cause };
        let mut bytes = Vec::new();
        // One byte more than allowed tells a file that is too large, also where it has no size.
        let file = File::open(path).map_err(error)?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(error)?;
        // The real folder: `..` is resolved by the letter from here on.
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let dir = folder.canonicalize().map_err(error)?;
        Self::parse(path, dir, &bytes)
    }

    /// Parses the content of a matrix file. `path` is for messages, `dir` is the folder that relative
    /// paths are relative to, absolute. Nothing is read.
    ///
    /// # Errors
    /// It is no valid matrix.
    pub fn parse(path: &Path, dir: PathBuf, bytes: &[u8]) -> Result<Self, MatrixError> {
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(MatrixError::TooLarge { path: path.to_owned(), limit: LARGEST_FILE });
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        let source = Arc::new(Source { path: path.to_owned(), text });
        let invalid = |diagnostics| MatrixError::invalid(&source, diagnostics);
        let root = syntax::parse(&source, syntax::LIMITS).map_err(invalid)?;
        let problems = validate::check(&root, &json_schema());
        if !problems.is_empty() {
            return Err(invalid(problems));
        }
        let raw = schema::typed(&root).map_err(|error| invalid(vec![Diagnostic::new(root.span, error)]))?;
        resolve::resolve(raw, &root, &source, dir)
    }
}
