//! Stores a cell's firmware for later runs: in this checkout and work directory, and in others if it names no
//! directory.

use std::io;
use std::path::{Path, PathBuf};

use super::data::Firmware;
use crate::cache::{Artifacts, Output, Record};
use crate::event::Step;
use crate::fs::Sharing;
use crate::includes::{Files, Hash};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::places::{Named, Places, ResultKeys};
use crate::plan::CellJob;
use crate::symbols::CellSymbols;

/// Subdirectory for texts with placeholders, until they are in the artifact store.
const WITH_PLACEHOLDERS: &str = ".placeholders";

/// Records a link's outputs under its keys, and stores them in the artifact store. Returns the keys of the
/// record, one of each.
///
/// The linker's map names directories, and is stored with placeholders for them. A binary with such a name
/// (debug information, `__FILE__`) is valid for these directories only.
///
/// # Errors
/// The cell's directory can't be read or written.
pub(in crate::pipeline) async fn store(
    cx: &BuildContext,
    job: &CellJob,
    keys: &[ResultKeys],
    firmware: &Firmware,
) -> Result<Vec<Hash>, BuildError> {
    let places = Places::of(&cx.checkout, &job.directory);
    let (cx, directory, keys) = (cx.clone(), job.directory.clone(), keys.to_vec());
    let mut firmware = firmware.clone();
    let recorded = blocking(move || {
        let found = FilesWithPaths::of(&directory, &made(&firmware), &places)?;
        firmware.change_names(|text| places.forget(text));
        firmware.texts_with_paths.clone_from(&found.texts);
        let of_record = if found.texts.is_empty() { found.binaries } else { Named::Other };
        let recorded = one_of_each(&keys, of_record);
        record(&directory, &recorded, &firmware, &cx.files)?;
        if let Some(artifacts) = &cx.stores.artifacts {
            let keys = one_of_each(&keys, found.binaries);
            if let Err(error) = store_artifact(artifacts, &directory, &keys, &firmware, &places) {
                // A lost hit, not a lost result.
                tracing::warn!(%error, directory = %directory.display(), "firmware could not be stored in the cache");
            }
        }
        Ok(recorded)
    });
    recorded
        .await?
        .map_err(|error: io::Error| BuildError::io(Step::Link, FileAction::Record, &job.directory, &error))
}

/// Returns one key of each.
fn one_of_each(keys: &[ResultKeys], named: Named) -> Vec<Hash> {
    keys.iter().map(|keys| keys.of(named)).collect()
}

/// Outputs of a link that contain the path of a directory of the run.
#[derive(Debug, Default)]
struct FilesWithPaths {
    /// Texts in which placeholders can replace every path.
    texts: Vec<PathBuf>,
    /// The directories that other files name.
    binaries: Named,
}

impl FilesWithPaths {
    fn of(directory: &Path, files: &[PathBuf], places: &Places) -> io::Result<Self> {
        let mut found = Self::default();
        for path in files {
            let bytes = std::fs::read(directory.join(path))?;
            let named = places.named_in(&bytes);
            if named == Named::Nothing {
                continue;
            }
            let is_text = std::str::from_utf8(&bytes)
                .is_ok_and(|text| !text.contains('\0') && places.can_be_forgotten_in(text));
            if is_text {
                found.texts.push(path.clone());
            } else {
                found.binaries = found.binaries.max(named);
            }
        }
        // Firmware with such a path is stored as it is.
        if found.binaries == Named::Other {
            found.texts.clear();
        }
        Ok(found)
    }
}

/// Returns the outputs of the link. Outputs of hooks are not among them: hooks create them in every run.
fn made(firmware: &Firmware) -> Vec<PathBuf> {
    let files = firmware.files.iter().filter(|path| !firmware.given.contains(path));
    files.chain(&firmware.others).cloned().collect()
}

/// Stores firmware, whose text has placeholders already, in the artifact store.
fn store_artifact(
    artifacts: &Artifacts,
    directory: &Path,
    keys: &[Hash],
    firmware: &Firmware,
    places: &Places,
) -> io::Result<()> {
    let replaced = directory.join(WITH_PLACEHOLDERS);
    for path in &firmware.texts_with_paths {
        let to = replaced.join(path);
        to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(to, places.forget(&std::fs::read_to_string(directory.join(path))?))?;
    }
    let from = |path: &PathBuf| if firmware.texts_with_paths.contains(path) { &replaced } else { directory };
    let mut files: Vec<(PathBuf, PathBuf)> =
        made(firmware).into_iter().map(|path| (path.clone(), from(&path).join(path))).collect();
    let symbols = directory.join(CellSymbols::FILE);
    files.extend(symbols.is_file().then(|| (CellSymbols::FILE.into(), symbols)));
    let stored = keys.iter().try_for_each(|key| artifacts.keep(key, &files, Sharing::Copy, firmware));
    if !firmware.texts_with_paths.is_empty() {
        let _ = std::fs::remove_dir_all(&replaced);
    }
    stored
}

/// Records firmware that is complete in the cell's directory. Its text has placeholders already.
///
/// # Errors
/// The directory can't be read or written.
pub(super) fn record(directory: &Path, keys: &[Hash], firmware: &Firmware, files: &Files) -> io::Result<()> {
    let outputs = made(firmware).into_iter().map(|path| Output::of(directory, path, files));
    let Firmware { files: artifacts, removed, sizes, compiled, printed, .. } = firmware.clone();
    Record {
        keys: keys.iter().map(|key| key.to_hex().to_string()).collect(),
        outputs: outputs.collect::<io::Result<_>>()?,
        artifacts,
        removed,
        sizes,
        compiled,
        printed,
    }
    .save(directory)
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
        let found = |bytes: &[u8]| {
            std::fs::write(cell.join("file"), bytes).unwrap();
            let found = FilesWithPaths::of(&cell, &["file".into()], &places).unwrap();
            (found.texts.len(), found.binaries)
        };
        let name = |path: PathBuf| path.display().to_string();
        assert_eq!(found(b"no name"), (0, Named::Nothing));
        assert_eq!(found(format!(" {}/a.o\n", name(cell.clone())).as_bytes()), (1, Named::Nothing));
        assert_eq!(found(format!("{}/a.ino:1", name(at("repo"))).as_bytes()), (1, Named::Nothing));
        assert_eq!(found(format!("\0{}\0", name(at("repo"))).as_bytes()), (0, Named::Checkout));
        // A text that would name this directory elsewhere too.
        assert_eq!(found(format!("x{}/a", name(at("repo"))).as_bytes()), (0, Named::Checkout));
        assert_eq!(found(format!(" {}/cell/a.o", name(at("real"))).as_bytes()), (0, Named::Other));
        assert_eq!(found(&[&[0xff], name(at("repo")).as_bytes()].concat()), (0, Named::Checkout));
    }
}
