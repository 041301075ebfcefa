//! Merges a sketch's `.hex` with the board's bootloader: `NAME.ino.with_bootloader.hex` and `.bin`, for programming a
//! blank chip.
//!
//! Follows `mergeSketchWithBootloader` of arduino-cli (`internal/arduino/builder/sketch.go`). As there, a
//! missing bootloader or a file that is not Intel HEX is no error, and no merged file is written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::Step;
use crate::fs::write_atomically;
use crate::includes::Disk;
use crate::pipeline::convert::HexMemory;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::plan::Target;

/// Largest `.bin` for boards without `upload.maximum_size`, in bytes.
const DEFAULT_LIMIT: u32 = 16_000_000;

/// The bootloader of a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pipeline) struct Bootloader {
    /// Path of the Intel HEX file.
    path: PathBuf,
    /// Largest `.bin`, in bytes; `None` if the board's `upload.maximum_size` allows none.
    limit: Option<u32>,
}

impl Bootloader {
    /// Returns the bootloader of `bootloader.noblink`, else of `bootloader.file`, if it exists, and adds it
    /// to `key`.
    ///
    /// # Errors
    /// The property can't be expanded, or the bootloader can't be read.
    pub(in crate::pipeline) async fn plan(
        cx: &BuildContext,
        key: &mut Key,
        target: &Arc<Target>,
    ) -> Result<Option<Self>, BuildError> {
        let (files, target) = (cx.files.clone(), target.clone());
        let found = blocking(move || {
            let Some(bootloader) = Self::of(files.disk(), &target)? else { return Ok(None) };
            let hash = files
                .hash_now(&bootloader.path)
                .map_err(|error| BuildError::io(Step::Objcopy, FileAction::Read, &bootloader.path, &error))?;
            Ok(Some((bootloader, hash)))
        });
        let found: Result<_, BuildError> = found.await?;
        Ok(found?.map(|(bootloader, hash)| {
            let limit = bootloader.limit.map(u32::to_le_bytes);
            key.add(b"bootloader").add(hash.as_bytes()).add(limit.as_ref().map_or(&[], |limit| limit));
            bootloader
        }))
    }

    fn of(disk: &Disk, target: &Target) -> Result<Option<Self>, BuildError> {
        let config = &target.config;
        let mut keys = ["bootloader.noblink", "bootloader.file"].into_iter();
        let Some(key) = keys.find(|key| config.properties.get(key).is_some()) else { return Ok(None) };
        let name = config.expanded(key).map_err(|error| BuildError::board(Step::Objcopy, &error))?;
        let named = config.platform_dir.join("bootloaders").join(name.trim_start_matches('/'));
        if !disk.exists(&named) {
            return Ok(None);
        }
        let is_binary = named.extension().is_some_and(|extension| extension == "bin");
        let path = if is_binary { named.with_extension("hex") } else { named };
        let limit = match config.properties.get("upload.maximum_size") {
            None => Some(DEFAULT_LIMIT),
            Some(size) => {
                size.parse::<i64>().unwrap_or_default().checked_mul(2).and_then(|it| it.try_into().ok())
            }
        };
        Ok(disk.is_file(&path).then_some(Self { path, limit }))
    }

    /// Merges the sketch's `.hex` in a build directory with the bootloader. Does nothing without a `.hex`.
    ///
    /// # Errors
    /// A merged file can't be written.
    pub(in crate::pipeline) async fn merge(
        &self,
        build_path: &Path,
        project_name: &str,
    ) -> Result<(), BuildError> {
        let (bootloader, build_path) = (self.clone(), build_path.to_owned());
        let name = format!("{project_name}.hex");
        let merged = format!("{project_name}.with_bootloader");
        blocking(move || {
            let directories = [build_path.clone(), build_path.join("sketch")];
            let Some(dir) = directories.into_iter().find(|dir| dir.join(&name).exists()) else {
                return Ok(());
            };
            let Some((hex, bin)) = bootloader.merged(&dir.join(&name)) else { return Ok(()) };
            let files = [(".hex", Some(hex)), (".bin", bin)];
            for (extension, bytes) in files {
                let path = dir.join(format!("{merged}{extension}"));
                if let Some(bytes) = bytes {
                    write_atomically(&path, &bytes)
                        .map_err(|error| BuildError::io(Step::Objcopy, FileAction::Write, &path, &error))?;
                }
            }
            Ok(())
        })
        .await?
    }

    /// Returns both files; `None` if one of the two inputs is no Intel HEX.
    fn merged(&self, sketch: &Path) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let read = |path: &Path| HexMemory::parse(&std::fs::read(path).ok()?);
        let (boot, sketch) = (read(&self.path)?, read(sketch)?);
        let mut merged = HexMemory::default();
        let (mut begin, mut end) = (u32::MAX, 0);
        // The bootloader's bytes take precedence: an overlapping piece of the sketch is omitted as a whole.
        for piece in boot.pieces().iter().chain(sketch.pieces()) {
            if merged.add(piece.address, &piece.bytes) {
                begin = begin.min(piece.address);
                end = end.max(piece.end());
            }
        }
        let size = end.wrapping_sub(begin);
        let bin = self.limit.is_some_and(|limit| size <= limit).then(|| merged.binary(begin, size));
        Some((merged.write(), bin))
    }
}
