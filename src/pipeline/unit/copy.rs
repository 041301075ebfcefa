//! Copies the staged files that a unit of a sketch can read to the directory where compilers run. The
//! directory's name depends only on the sketch and the command: the same sketch has the same objects in every
//! checkout and work directory.

use std::io;
use std::path::{Path, PathBuf};

use crate::fs::write_atomically;
use crate::pipeline::shared::checkout::Checkout;

/// Placeholder for a staged sketch's directory in keys and in stored compiler output.
pub(super) const NAME: &str = "\u{1}sketch";

/// The copies for one unit.
#[derive(Debug, Clone)]
pub(super) struct SketchCopy {
    /// The staged sketch.
    pub(super) from: PathBuf,
    /// Directory of the copies.
    pub(super) to: PathBuf,
    /// Paths of the files, relative to both directories.
    pub(super) files: Vec<PathBuf>,
    /// Whether `#line` directives name the checkout as compilers see it.
    pub(super) renamed: bool,
}

impl SketchCopy {
    /// Returns the compilers' name for a staged file.
    pub(super) fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.from).map_or_else(|_| path.to_owned(), |relative| self.to.join(relative))
    }

    /// Returns the staged file for a compiler's `path`; `path` itself if it is not a copy.
    pub(super) fn original(&self, path: PathBuf) -> PathBuf {
        path.strip_prefix(&self.to).map(|relative| self.from.join(relative)).unwrap_or(path)
    }

    /// Writes the missing copies.
    ///
    /// # Errors
    /// Any I/O error. Also an existing copy with other content, which happens only if hooks create different
    /// files for cells with equal commands.
    pub(super) fn write(&self, checkout: &Checkout) -> io::Result<()> {
        for relative in &self.files {
            let to = self.to.join(relative);
            let text = std::fs::read(self.from.join(relative))?;
            let text = if self.renamed { checkout.with_seen_names(&text) } else { text };
            match std::fs::read(&to) {
                Ok(there) if there == text => {}
                Ok(_) => return Err(io::Error::other("another unit has a different copy there")),
                Err(_) => {
                    to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                    write_atomically(&to, &text)?;
                }
            }
        }
        Ok(())
    }

    /// Returns compiler output with a placeholder for the directory of the copies.
    pub(super) fn forget_names(&self, printed: &str) -> String {
        printed.replace(&*self.to.to_string_lossy(), NAME)
    }

    /// Returns compiler output with the staged directory for the placeholder.
    pub(super) fn restore_names(&self, printed: &str) -> String {
        printed.replace(NAME, &self.from.to_string_lossy())
    }
}
