//! Output of a recipe, made in process.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::elf::Elf;
use super::unsupported::Unsupported;
use super::words::{Format, Request, Work};
use super::{binary, ihex, image, listing};

/// Output of a recipe.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// Content of the output file, and its mode before the umask.
    pub(super) file: Option<(Vec<u8>, u32)>,
    /// Standard output. Standard error is always empty.
    pub(super) printed: Vec<u8>,
}

impl Product {
    /// Computes the output of a recipe.
    pub(super) fn make(request: &Request) -> Result<Self, Unsupported> {
        let elf = Elf::open(&request.input)?;
        Ok(match &request.work {
            Work::Copy { selection, format, .. } => {
                let image = image::Image::of(&elf, selection)?;
                let file = match format {
                    // BFD marks a file made from a program as executable, if the format supports it.
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

    /// Writes the file, if any, to a path that must not exist.
    pub(super) fn put(&self, output: Option<&Path>) -> Result<(), Unsupported> {
        let (Some((bytes, mode)), Some(output)) = (&self.file, output) else { return Ok(()) };
        // The tool would write into an existing file, and preserve its mode.
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

/// Returns a hidden name beside `path`. A file that remains after a kill is not taken for firmware, and the
/// next build removes it. A long name is cut: it may already have the maximum length of the file system.
fn temporary_beside(path: &Path) -> PathBuf {
    const LONGEST: usize = 200;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = &name[..name.floor_char_boundary(LONGEST)];
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

/// Does a recipe in process without verifying its tool, for comparisons. Returns the standard output, or
/// `None` if the recipe is left to its tool.
pub fn in_process(argv: &[String], cwd: &Path) -> Option<Vec<u8>> {
    let request = Request::read(argv, cwd)?;
    let product = Product::make(&request).ok()?;
    product.put(request.output.as_deref()).ok()?;
    Some(product.printed)
}
