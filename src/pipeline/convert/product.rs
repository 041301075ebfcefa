//! What a recipe writes and prints, made in process.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::elf::Elf;
use super::unsupported::Unsupported;
use super::words::{Format, Request, Work};
use super::{binary, ihex, image, listing};

/// What a recipe comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// The content and the mode, before the umask, of the file that it writes.
    pub(super) file: Option<(Vec<u8>, u32)>,
    /// What it prints to standard output. It prints nothing to standard error.
    pub(super) printed: Vec<u8>,
}

impl Product {
    /// What this recipe comes to.
    pub(super) fn make(request: &Request) -> Result<Self, Unsupported> {
        let elf = Elf::open(&request.input)?;
        Ok(match &request.work {
            Work::Copy { selection, format, .. } => {
                let image = image::Image::of(&elf, selection)?;
                let file = match format {
                    // BFD marks what was made from a program as one, if the format can say so.
                    Format::Binary => (binary::write(&image)?, 0o777),
                    Format::Ihex => (ihex::write(&image, elf.entry), 0o666),
                };
                Self { file: Some(file), printed: Vec::new() }
            }
            Work::List(style) => {
                Self { file: None, printed: listing::list(&elf, *style, request.input_word()) }
            }
        })
    }

    /// Writes the file, where there is one, to a place where nothing is yet.
    pub(super) fn put(&self, output: Option<&Path>) -> Result<(), Unsupported> {
        let (Some((bytes, mode)), Some(output)) = (&self.file, output) else { return Ok(()) };
        // The tool would write into what is there, and keep its mode.
        if output.symlink_metadata().is_ok() {
            return Err(Unsupported::Odd("the output is there already"));
        }
        let temporary = temporary_beside(output);
        let mut options = std::fs::File::options();
        let written = options
            .write(true)
            .create_new(true)
            .mode(*mode)
            .open(&temporary)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| std::fs::rename(&temporary, output));
        if written.is_err() {
            let _ = std::fs::remove_file(&temporary);
        }
        Ok(written?)
    }
}

/// A hidden name: one that a kill leaves there is no firmware, and goes with the next build. Of a long name only the
/// beginning: it may be as long as a file system allows.
fn temporary_beside(path: &Path) -> PathBuf {
    const LONGEST: usize = 200;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = &name[..name.floor_char_boundary(LONGEST)];
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// Does a recipe in process whether its tool would do the same or not: what it prints, or `None` where that is left to
/// the tool. For whoever compares; builds prove it first.
pub fn in_process(argv: &[String], cwd: &Path) -> Option<Vec<u8>> {
    let request = Request::read(argv, cwd)?;
    let product = Product::make(&request).ok()?;
    product.put(request.output.as_deref()).ok()?;
    Some(product.printed)
}
