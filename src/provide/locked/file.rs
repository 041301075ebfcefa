//! A lock file on disk: `MATRIX.lock` beside the matrix. Knows nothing of how versions are resolved.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::error::{InstallError, IoAction};
use super::model::{FORMAT, Locked};
use crate::fs::write_atomically;

/// The first line of each lock file.
const HEAD: &str = "# Written by `fbuild-matrix core lock`; to be committed, not to be edited.\n";

/// Returns the path of the lock file of a matrix: `avr.lock` for `avr.yml`.
pub fn lock_path(matrix: &Path) -> PathBuf {
    matrix.with_extension("lock")
}

/// Returns the content of a lock file; `None` where the file is missing.
///
/// # Errors
/// The file can't be read, is not a lock file, or has a later format.
pub fn read_lock(path: &Path) -> Result<Option<Locked>, InstallError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(InstallError::io(IoAction::Read, path, error)),
    };
    let bad = |detail: String| InstallError::LockFile { path: path.to_owned(), detail };
    let locked: Locked =
        toml::from_str(&text).map_err(|error| bad(error.to_string().trim_end().to_owned()))?;
    if locked.version != FORMAT {
        return Err(bad(format!(
            "its format is version {}, this program reads version {FORMAT}",
            locked.version
        )));
    }
    Ok(Some(locked))
}

/// Returns the text of a lock file.
///
/// # Errors
/// None in practice: each value of a lock has a form in TOML.
pub fn lock_text(locked: &Locked) -> Result<String, InstallError> {
    let body = toml::to_string(locked)
        .map_err(|error| InstallError::LockFile { path: PathBuf::new(), detail: error.to_string() })?;
    Ok(format!("{HEAD}{body}"))
}

/// Writes a lock file, unless it has this content already. Returns whether it was written.
///
/// # Errors
/// The file can't be written.
pub fn write_lock(path: &Path, locked: &Locked) -> Result<bool, InstallError> {
    let text = lock_text(locked)?;
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(false);
    }
    write_atomically(path, text.as_bytes())
        .map_err(|error| InstallError::io(IoAction::Write, path, error))?;
    Ok(true)
}
