//! Extracts any bytes and checks what an extraction promises: the entry of `fuzz/fuzz_targets/archive.rs`.

use std::fs;
use std::path::Path;

use super::format::checksum;
use super::{ArchiveFault, ArchiveLimits, extract};

/// Limits that keep one run short.
const LIMITS: ArchiveLimits =
    ArchiveLimits { total_size: 4 << 20, ratio: 200, any_ratio: 1 << 20, entries: 2000 };

/// Extracts `bytes`, as an archive of any format, below a temporary directory.
///
/// # Panics
/// Something outside of the destination has changed, a link leads outside of it, or a message is unfit for a terminal.
#[doc(hidden)]
pub fn fuzz_archive(bytes: &[u8]) {
    let Ok(directory) = tempfile::tempdir() else { return };
    let archive = directory.path().join("archive");
    let destination = directory.path().join("destination");
    let written = fs::write(&archive, with_checksums(bytes)).and_then(|()| fs::create_dir(&destination));
    if written.is_err() {
        return;
    }
    match extract(&archive, &destination, &LIMITS, &|| false) {
        Ok(done) => {
            assert!(!done.root.is_empty() && done.size <= LIMITS.total_size);
            let types =
                walkdir::WalkDir::new(&destination).into_iter().flatten().map(|entry| entry.file_type());
            let (mut files, mut symlinks) = (0, 0);
            for file_type in types {
                files += u64::from(file_type.is_file());
                symlinks += u64::from(file_type.is_symlink());
                assert!(file_type.is_file() || file_type.is_symlink() || file_type.is_dir());
            }
            assert_eq!((files, symlinks), (done.files, done.symlinks));
        }
        Err(error) => {
            // Each name and target is checked before the file system sees it.
            let fault = &error.fault;
            assert!(!matches!(fault, ArchiveFault::Read(_) | ArchiveFault::Write { .. }), "{fault}");
            let text = error.to_string();
            assert!(
                text.lines().count() == 2 && !text.contains(|char: char| char.is_control() && char != '\n')
            );
        }
    }
    assert_eq!(fs::read_dir(directory.path()).map_or(2, Iterator::count), 2, "beside the destination");
    check_links(&destination);
}

/// Checks that each link below the directory leads to something in it, if to anything.
fn check_links(destination: &Path) {
    let Ok(inside) = destination.canonicalize() else { return };
    for entry in walkdir::WalkDir::new(destination).into_iter().flatten() {
        if entry.path_is_symlink()
            && let Ok(target) = entry.path().canonicalize()
        {
            assert!(target.starts_with(&inside), "{} leads outside", entry.path().display());
        }
    }
}

/// Sets the checksum of each block that looks like a tar's header: a mutation would not get past it otherwise.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512) {
        if block[257..262] == *b"ustar"
            && let Some(header) = block.first_chunk_mut::<512>()
        {
            let sum = checksum(header);
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    bytes
}
