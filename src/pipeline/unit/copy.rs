//! The staged files that a unit of a sketch can read, copied to where compilers run: into a directory whose name follows
//! from the sketch and the command, so that the same sketch has the same objects in every checkout and work directory.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::super::BuildContext;
use super::super::checkout::Checkout;
use super::{Key, Wanted};
use crate::fs::write_atomically;
use crate::includes::{Hash, Inputs, SourceFile, digest};

/// Stands for a staged sketch's directory in keys and in what is printed.
const NAME: &str = "\u{1}sketch";

/// The copies for one unit.
#[derive(Debug, Clone)]
pub(super) struct SketchCopy {
    /// The staged sketch.
    from: PathBuf,
    /// Where compilers find it.
    to: PathBuf,
    /// The files, relative.
    files: Vec<PathBuf>,
    /// Whether their `#line` names the checkout as compilers see it.
    renamed: bool,
}

impl SketchCopy {
    /// The copies of the staged files among `inputs` for a unit with this command; `None` where the source is no staged
    /// one. `renamed` says whether the command names the checkout as compilers see it.
    pub(super) fn of(
        cx: &BuildContext,
        inputs: &Inputs,
        wanted: &Wanted<'_>,
        argv: &[String],
        renamed: bool,
    ) -> Option<Self> {
        let (from, relative) = cx.checkout.staged(&wanted.source)?;
        // Not by content: the path is in debug information and in link-time bytecode, and an edit that changes no code
        // must change no object.
        let mut key = Key::new("sketch copy");
        key.add(cx.checkout.keyed(wanted.sketch?).as_encoded_bytes());
        key.add(relative.as_os_str().as_encoded_bytes()).add(&[u8::from(renamed)]);
        for word in argv {
            key.add(word.as_bytes());
        }
        // What names its own file (`__BASE_FILE__`) is to name a directory of this checkout.
        let place = if renamed { cx.staging.clone() } else { cx.layout.staging() };
        let to = place.join("sketches").join(&key.finish().to_hex()[..32]);
        let staged = inputs.files.iter().filter_map(|file| file.path.strip_prefix(&from).ok());
        Some(Self { files: staged.map(Path::to_owned).collect(), from, to, renamed })
    }

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

/// The hash of a staged file's text, wherever the checkout is.
fn portable_hash(cx: &BuildContext, file: &SourceFile) -> Hash {
    let read = std::fs::read(&file.path);
    read.map_or(file.hash, |text| cx.checkout.hash_of(&text))
}

/// A digest of a file that a unit reads, by a name that is the same in every checkout and work directory.
pub(super) fn portable_digest(cx: &BuildContext, file: &SourceFile) -> Hash {
    file.keyed_digest(|| match cx.checkout.staged(&file.path) {
        Some((_, relative)) => staged_digest(relative, &portable_hash(cx, file)),
        None => digest(&cx.checkout.keyed(&file.path), &file.hash),
    })
}

/// A digest of a file that a unit reads, by its path; of a staged one by its path below the sketch.
pub(super) fn exact_digest(cx: &BuildContext, file: &SourceFile) -> Hash {
    match cx.checkout.staged(&file.path) {
        Some((_, relative)) => staged_digest(relative, &file.hash),
        None => file.digest(),
    }
}

fn staged_digest(relative: &Path, content: &Hash) -> Hash {
    digest(OsStr::new(&Path::new(NAME).join(relative)), content)
}
