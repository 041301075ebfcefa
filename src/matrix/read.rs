//! Reads a matrix file: runs the steps from its text to a [`Matrix`].

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::{Diagnostic, MatrixError};
use super::model::Matrix;
use super::profiles::add_profiles;
use super::schema::{self, json_schema};
use super::source::Source;
use super::variants::add_variants;
use super::{resolve, syntax, validate};

/// Limit of a matrix file in bytes.
const LARGEST_FILE: u64 = 4 << 20;

impl Matrix {
    /// Reads and parses a matrix file, and adds the boards of profiles and of `ci.yml`.
    ///
    /// # Errors
    /// A file that can't be read, or is no valid matrix; the same of project files with profiles, and of `ci.yml`.
    pub fn read(path: &Path) -> Result<Self, MatrixError> {
        let error = |cause: io::Error| MatrixError::Read { path: path.to_owned(), cause };
        let mut bytes = Vec::new();
        // One byte more than the limit reveals a file that is too large, even one without a size.
        let file = File::open(path).map_err(error)?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(error)?;
        // Links are resolved here, as `..` is resolved by text from here on.
        let directory = match path.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        let dir = directory.canonicalize().map_err(error)?;
        add_variants(add_profiles(Self::parse(path, dir, &bytes)?)?)
    }

    /// Parses the content of a matrix file. `path` is for messages, `dir` is the absolute base of relative paths. Reads no
    /// file.
    ///
    /// # Errors
    /// A text that is no valid matrix.
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
