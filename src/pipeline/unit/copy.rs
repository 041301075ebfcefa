//! The staged files that a unit of a sketch can read, copied to where compilers run: into a directory whose name follows
//! from the sketch and the command, so that the same sketch has the same objects in every checkout and work directory.

use std::io;
use std::path::{Path, PathBuf};

use crate::fs::write_atomically;
use crate::pipeline::shared::checkout::Checkout;

/// Stands for a staged sketch's directory in keys and in what is printed.
pub(super) const NAME: &str = "\u{1}sketch";

/// The copies for one unit.
#[derive(Debug, Clone)]
pub(super) struct SketchCopy {
    /// The staged sketch.
    pub(super) from: PathBuf,
    /// Where compilers find it.
    pub(super) to: PathBuf,
    /// The files, relative.
    pub(super) files: Vec<PathBuf>,
    /// Whether their `#line` names the checkout as compilers see it.
    pub(super) renamed: bool,
}

impl SketchCopy {
    /// What compilers call a staged file.
    pub(super) fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.from).map_or_else(|_| path.to_owned(), |relative| self.to.join(relative))
    }

    /// The staged file that compilers call `path`; `path` itself where it is none.
    pub(super) fn original(&self, path: PathBuf) -> PathBuf {
        path.strip_prefix(&self.to).map(|relative| self.from.join(relative)).unwrap_or(path)
    }

    /// Writes the copies that do not exist yet.
    ///
    /// # Errors
    /// Whatever the file system says; also where another unit has written other copies, which happens only where hooks give
    /// cells with equal commands different files.
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

    /// What a compiler printed, without the directory's name.
    pub(super) fn forget_names(&self, printed: &str) -> String {
        printed.replace(&*self.to.to_string_lossy(), NAME)
    }

    /// What a compiler printed, with the name of the staged directory.
    pub(super) fn restore_names(&self, printed: &str) -> String {
        printed.replace(NAME, &self.from.to_string_lossy())
    }
}
