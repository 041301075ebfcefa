//! The firmware that a way built, for comparison with that of another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Result;
use super::set::{BOARDS, Set};

/// Content of `.hex` and `.eep` files, by board and file name.
pub(crate) type Firmware = BTreeMap<(String, String), Vec<u8>>;

/// Reads the firmware below `directory`, which has a directory for each board.
pub(crate) fn read(set: &Set, directory: &Path) -> Result<Firmware> {
    let mut found = Firmware::new();
    for (board, _) in BOARDS {
        for entry in walkdir::WalkDir::new(directory.join(board)) {
            let path: PathBuf = entry?.into_path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // arduino-cli also writes a `.ino.with_bootloader.hex`.
            if name.ends_with(".ino.hex") || name.ends_with(".ino.eep") {
                found.insert((board.to_owned(), name), std::fs::read(path)?);
            }
        }
    }
    let expected = set.cells() * 2;
    if found.len() == expected {
        Ok(found)
    } else {
        Err(format!("{}: {} firmware files, not {expected}", directory.display(), found.len()).into())
    }
}

/// Returns the files that differ, as `BOARD/NAME`.
pub(crate) fn differences(one: &Firmware, other: &Firmware) -> Vec<String> {
    let differ = one.iter().filter(|(name, bytes)| other.get(*name) != Some(bytes));
    differ.map(|((board, name), _)| format!("{board}/{name}")).collect()
}

/// Returns an error unless all firmware is equal.
pub(crate) fn same(way: &str, firmware: &Firmware, floor: &Firmware) -> Result<()> {
    let differ = differences(firmware, floor);
    if differ.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{way}: {} of {} files are not the floor's: {}",
        differ.len(),
        floor.len(),
        differ.join(", ")
    )
    .into())
}

/// Returns an error unless the firmware of at least one sketch has changed on every board: otherwise the edit had no
/// effect.
pub(crate) fn changed(way: &str, firmware: &Firmware, before: &Firmware) -> Result<()> {
    let boards = BOARDS.len();
    let files = differences(firmware, before).len();
    if files >= boards && files.is_multiple_of(boards) {
        Ok(())
    } else {
        Err(format!("{way}: {files} firmware files changed, on {boards} boards").into())
    }
}
