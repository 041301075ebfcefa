//! Stores a cell's firmware for later runs: in this checkout and work directory, and in others if it names no
//! directory.

use std::io;
use std::path::{Path, PathBuf};

use super::data::{Firmware, FirmwareKeys};
use crate::cache::{Output, Record};
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::Hash;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::Places;
use crate::plan::CellJob;
use crate::symbols::CellSymbols;

/// Subdirectory for texts with placeholders, until they are in the artifact store.
const NAMELESS: &str = ".nameless";

/// Records a link's outputs under its keys, and stores them in the artifact store. Returns the keys of the
/// record, one for each pair.
///
/// The linker's map names directories, and is stored with placeholders for them. A binary with such a name
/// (debug information, `__FILE__`) is valid for these directories only.
///
/// # Errors
/// The cell's directory can't be read or written.
pub(in crate::pipeline) async fn keep(
    cx: &BuildContext,
    job: &CellJob,
    keys: &[FirmwareKeys],
    firmware: &mut Firmware,
) -> Result<Vec<Hash>, BuildError> {
    let (directory, places) = (job.directory.clone(), Places::of(&cx.checkout, &job.directory));
    let files = made(firmware);
    let naming = blocking(move || Naming::of(&directory, &files, &places)).await?;
    let naming =
        naming.map_err(|error| BuildError::io(Step::Link, FileAction::Record, &job.directory, &error))?;
    let general = |keys: &FirmwareKeys| keys.general;
    let here = |keys: &FirmwareKeys| keys.here;
    let recorded =
        keys.iter().map(if naming == Naming::default() { general } else { here }).collect::<Vec<_>>();
    let stored = keys.iter().map(if naming.in_binary { here } else { general }).collect::<Vec<_>>();
    firmware.naming = if naming.in_binary { Vec::new() } else { naming.texts };
    record(cx, job, recorded.clone(), firmware).await?;
    let (cx, directory, firmware) = (cx.clone(), job.directory.clone(), firmware.clone());
    let places = Places::of(&cx.checkout, &directory);
    blocking(move || store(&cx, &directory, &stored, firmware, &places)).await?;
    Ok(recorded)
}

/// Files of a build directory that contain names of directories.
#[derive(Debug, Default, PartialEq, Eq)]
struct Naming {
    texts: Vec<PathBuf>,
    in_binary: bool,
}

impl Naming {
    fn of(directory: &Path, files: &[PathBuf], places: &Places) -> io::Result<Self> {
        let mut naming = Self::default();
        for path in files {
            let bytes = std::fs::read(directory.join(path))?;
            if !places.are_named_in(&bytes) {
                continue;
            }
            let is_text = std::str::from_utf8(&bytes).is_ok_and(|text| {
                let forgotten = places.forget(text);
                let names_none = !places.are_named_in(forgotten.as_bytes());
                names_none && !text.contains('\0') && places.restore(&forgotten) == text
            });
            if is_text {
                naming.texts.push(path.clone());
            } else {
                naming.in_binary = true;
            }
        }
        Ok(naming)
    }
}

/// Returns the files that the link created. Hooks create theirs again in every run.
fn made(firmware: &Firmware) -> Vec<PathBuf> {
    let files = firmware.files.iter().filter(|path| !firmware.given.contains(path));
    files.chain(&firmware.others).cloned().collect()
}

/// Stores firmware in the artifact store. A failure is logged and costs only a later cache hit.
fn store(cx: &BuildContext, directory: &Path, keys: &[Hash], mut firmware: Firmware, places: &Places) {
    let Some(store) = &cx.artifacts else { return };
    firmware.change_names(|text| places.forget(text));
    let nameless = directory.join(NAMELESS);
    let mut files: Vec<(PathBuf, PathBuf)> = made(&firmware)
        .into_iter()
        .map(|path| {
            let from = if firmware.naming.contains(&path) { &nameless } else { directory };
            (path.clone(), from.join(path))
        })
        .collect();
    let symbols = directory.join(CellSymbols::FILE);
    files.extend(symbols.is_file().then(|| (CellSymbols::FILE.into(), symbols)));
    let kept = write_nameless(directory, &firmware.naming, &nameless, places)
        .and_then(|()| keys.iter().try_for_each(|key| store.keep(key, &files, Sharing::Copy, &firmware)));
    if let Err(error) = kept {
        tracing::warn!(%error, directory = %directory.display(), "what was made could not be kept in the cache");
    }
    let _ = std::fs::remove_dir_all(nameless);
}

/// Writes texts with placeholders for the directories that they name.
fn write_nameless(directory: &Path, texts: &[PathBuf], to: &Path, places: &Places) -> io::Result<()> {
    for path in texts {
        let nameless = to.join(path);
        nameless.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(nameless, places.forget(&std::fs::read_to_string(directory.join(path))?))?;
    }
    Ok(())
}

/// Records firmware that is complete in the cell's directory.
///
/// # Errors
/// The directory can't be read or written.
pub(super) async fn record(
    cx: &BuildContext,
    job: &CellJob,
    keys: Vec<Hash>,
    firmware: &Firmware,
) -> Result<(), BuildError> {
    let (directory, known, mut firmware) = (job.directory.clone(), cx.files.clone(), firmware.clone());
    let places = Places::of(&cx.checkout, &directory);
    firmware.change_names(|text| places.forget(text));
    blocking(move || {
        let outputs: Result<Vec<Output>, _> =
            made(&firmware).into_iter().map(|path| Output::of(&directory, path, &known)).collect();
        outputs
            .and_then(|outputs| {
                let keys = keys.iter().map(|key| key.to_hex().to_string()).collect();
                let Firmware { files: artifacts, removed, sizes, compiled, printed, .. } = firmware;
                Record { keys, outputs, artifacts, removed, sizes, compiled, printed }.save(&directory)
            })
            .map_err(|error| BuildError::io(Step::Link, FileAction::Record, &directory, &error))
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::shared::checkout::Checkout;
    use crate::plan::Layout;

    #[test]
    fn a_binary_with_a_name_is_told_from_a_text_with_one() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(at("real/cell")).unwrap();
        std::os::unix::fs::symlink(at("real"), at("work")).unwrap();
        let cell = at("work/cell");
        let checkout = Checkout::new(at("repo"), &Layout::new(at("work")), &at("staging"));
        let places = Places::of(&checkout, &cell);
        let naming = |bytes: &[u8]| {
            std::fs::write(cell.join("file"), bytes).unwrap();
            let naming = Naming::of(&cell, &["file".into()], &places).unwrap();
            (naming.texts.len(), naming.in_binary)
        };
        let name = |path: PathBuf| path.display().to_string();
        assert_eq!(naming(b"no name"), (0, false));
        assert_eq!(naming(format!(" {}/a.o\n", name(cell.clone())).as_bytes()), (1, false));
        assert_eq!(naming(format!("{}/a.ino:1", name(at("repo"))).as_bytes()), (1, false));
        assert_eq!(naming(format!("\0{}\0", name(at("repo"))).as_bytes()), (0, true));
        // A text that would name this directory elsewhere too.
        assert_eq!(naming(format!("x{}/a", name(at("repo"))).as_bytes()), (0, true));
        assert_eq!(naming(format!(" {}/cell/a.o", name(at("real"))).as_bytes()), (0, true));
        assert_eq!(naming(&[&[0xff], name(at("repo")).as_bytes()].concat()), (0, true));
    }
}
