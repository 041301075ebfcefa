//! Conversions (`objcopy`) and sizes (`size`) without a process, where that makes no difference.
//!
//! A recipe is done in process if all of this is so; else its process runs, as it would without this module:
//!
//! * each of its words is understood ([`words`]), and the ELF has nothing that is not ([`elf`]);
//! * this tool, asked with these words, wrote the same bytes as we do, mode and printed text included, for
//!   programs that are made to be difficult and for the first real one ([`proof`], [`specimen`]).
//!
//! What GNU's tools do is written down where it is done: [`image`] (`objcopy.c`), [`ihex`] and [`binary`] (BFD's
//! targets of these names), [`listing`] (`size.c`), [`elf`] (BFD's reading of ELF). Knows nothing of keys: a tool's
//! content is in the firmware's key whoever does its work.

mod binary;
mod elf;
mod ihex;
mod image;
mod listing;
mod memory;
mod proof;
mod specimen;
mod verdict;
mod words;

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use elf::Elf;
pub(super) use memory::HexMemory;
use proof::{Answer, Recipe};
pub(super) use verdict::Verdict;
use words::{Format, Request, Work};

use super::blocking::blocking;
use super::context::BuildContext;
use super::error::BuildError;
use super::job_context::JobContext;
use super::step::Held;
use crate::event::Step;

/// Raised when what is written in process changes: proofs and firmware of another version are made anew.
pub(super) const VERSION: u32 = 1;

/// What stands in a log behind a command whose process was not started.
const REMARK: &str = "(done in process: this tool was seen to write the same bytes)";

/// How a recipe ended well.
#[derive(Debug)]
pub(super) struct Done {
    /// What it wrote to standard output.
    pub(super) stdout: Vec<u8>,
    /// What it wrote to either output.
    pub(super) printed: Vec<u8>,
}

/// Why something is left to the tool.
#[derive(Debug, thiserror::Error)]
enum Unsupported {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Elf(#[from] object::Error),
    #[error("{0}")]
    Odd(&'static str),
}

/// Runs a recipe of a job that converts or measures, in process or by its tool.
///
/// # Errors
/// As the tool's own process would have failed.
pub(super) async fn command(
    cx: &BuildContext,
    jcx: &mut JobContext,
    step: Step,
    label: &str,
    argv: Vec<String>,
    cwd: &Path,
) -> Result<Done, BuildError> {
    let Some(request) = Request::read(&argv, cwd) else {
        return by_tool(cx, jcx, step, label, argv, cwd).await;
    };
    let recipe = Recipe { step, label, request: &request, cwd };
    let verdict = match proof::ask(cx, jcx, &recipe).await? {
        Answer::Known(verdict) => verdict,
        Answer::Ran(done) => return Ok(done),
    };
    if verdict == Verdict::Same {
        let name = jcx.step(step, label);
        let held = Held::wait(&cx.runner, &name).await;
        let made = blocking(move || {
            let made = Product::make(&request)?;
            made.put(request.output.as_deref()).map(|()| made)
        });
        let made: Result<Product, Unsupported> = made.await?;
        held.done(None, None);
        match made {
            Ok(made) => {
                jcx.log.extend([argv.join(" "), REMARK.to_owned()]);
                let stdout = made.printed;
                return Ok(Done { printed: stdout.clone(), stdout });
            }
            Err(reason) => tracing::debug!(?argv, %reason, "left to the tool"),
        }
    }
    by_tool(cx, jcx, step, label, argv, cwd).await
}

/// Does a recipe in process whether its tool would do the same or not: what it prints, or `None` where that is left to
/// the tool. For whoever compares; builds prove it first.
pub fn in_process(argv: &[String], cwd: &Path) -> Option<Vec<u8>> {
    let request = Request::read(argv, cwd)?;
    let product = Product::make(&request).ok()?;
    product.put(request.output.as_deref()).ok()?;
    Some(product.printed)
}

async fn by_tool(
    cx: &BuildContext,
    jcx: &mut JobContext,
    step: Step,
    label: &str,
    argv: Vec<String>,
    cwd: &Path,
) -> Result<Done, BuildError> {
    let finished = jcx.command(cx, step, label, argv, cwd.to_owned()).await?;
    Ok(Done { printed: finished.printed(), stdout: finished.stdout })
}

/// What a recipe comes to.
#[derive(Debug, PartialEq, Eq)]
struct Product {
    /// The content and the mode, before the umask, of the file that it writes.
    file: Option<(Vec<u8>, u32)>,
    /// What it prints to standard output. It prints nothing to standard error.
    printed: Vec<u8>,
}

impl Product {
    /// What this recipe comes to.
    fn make(request: &Request) -> Result<Self, Unsupported> {
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
    fn put(&self, output: Option<&Path>) -> Result<(), Unsupported> {
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
