//! The directory of installed cores, tools and libraries below the cache directory. Its layout is that of arduino-cli's
//! data directory, so that arduino-cli can use it as `directories.data`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::error::{InstallError, IoAction};

/// The file in each installed directory that names the archive it came from. Its time of modification is that of the last
/// use.
const ORIGIN: &str = ".fbuild-matrix-origin";

/// The directory `arduino` below a cache directory.
#[derive(Debug, Clone)]
pub struct ArduinoDirectory {
    root: PathBuf,
}

impl ArduinoDirectory {
    /// Returns the directory below `cache`.
    pub fn new(cache: &Path) -> Self {
        Self { root: cache.join("arduino") }
    }

    /// Returns the directory itself: arduino-cli's `directories.data`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of a core. `name` is `vendor:arch`.
    ///
    /// # Errors
    /// A part of the name, or the version, can't be a directory's name.
    pub(super) fn core(&self, name: &str, version: &str) -> Result<PathBuf, InstallError> {
        self.package(name, "hardware", version)
    }

    /// Returns the directory of a tool. `name` is `packager:name`.
    ///
    /// # Errors
    /// As [`Self::core`].
    pub(super) fn tool(&self, name: &str, version: &str) -> Result<PathBuf, InstallError> {
        self.package(name, "tools", version)
    }

    fn package(&self, name: &str, kind: &str, version: &str) -> Result<PathBuf, InstallError> {
        let (packager, item) = name.split_once(':').unwrap_or((name, ""));
        for part in [packager, item, version] {
            let is_one_directory = !part.is_empty() && !part.contains(['/', '\\', '\0']) && part != "." && part != "..";
            if !is_one_directory {
                return Err(InstallError::Index {
                    what: format!("{name} {version}"),
                    detail: format!("{part:?} can't be a directory's name; report it to the maintainer of the index"),
                });
            }
        }
        Ok(self.packages().join(packager).join(kind).join(item).join(version))
    }

    /// Returns the directory of cores and tools.
    pub(super) fn packages(&self) -> PathBuf {
        self.root.join("packages")
    }

    /// Returns the directory whose only library is the one with this directory name. `identity` distinguishes versions and
    /// sources.
    pub(super) fn library(&self, name: &str, identity: &str) -> PathBuf {
        self.libraries().join(format!("{name}@{identity}"))
    }

    /// Returns the directory of libraries.
    pub(super) fn libraries(&self) -> PathBuf {
        self.root.join("libraries")
    }

    /// Returns the file with what the last run of a matrix without a lock file has resolved.
    pub fn remembered(&self, matrix: &Path) -> PathBuf {
        let path = matrix.canonicalize().unwrap_or_else(|_| matrix.to_owned());
        let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
        let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.root.join("resolved").join(format!("{name}.lock"))
    }

    /// Returns the directory for incomplete installations, on the same file system as all others.
    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

/// Returns whether the directory was installed from the archive with this identity, and notes that it is used.
pub(super) fn is_installed(dir: &Path, identity: &str) -> bool {
    let file = dir.join(ORIGIN);
    let is_same = fs::read_to_string(&file).is_ok_and(|text| text.trim_end() == identity);
    if is_same {
        // Only `core list` and the removal of unused packages read the time.
        let _ = fs::File::options().append(true).open(&file).and_then(|it| it.set_modified(SystemTime::now()));
    }
    is_same
}

/// Returns the time of the last use of an installed directory; `None` for one that this program did not install.
pub(super) fn last_use(dir: &Path) -> Option<SystemTime> {
    fs::metadata(dir.join(ORIGIN)).and_then(|it| it.modified()).ok()
}

/// Moves a complete directory to its final place, in one step. Another archive's directory with the same name is removed.
///
/// # Errors
/// A directory can't be created, moved or removed.
pub(super) fn settle(complete: &Path, place: &Path, identity: &str) -> Result<(), InstallError> {
    let origin = complete.join(ORIGIN);
    fs::write(&origin, format!("{identity}\n")).map_err(|error| InstallError::io(IoAction::Write, &origin, error))?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(|error| InstallError::io(IoAction::Create, parent, error))?;
    }
    let moved = fs::rename(complete, place);
    if moved.is_err() && fs::symlink_metadata(place).is_ok() {
        let old = complete.with_extension("old");
        fs::rename(place, &old).map_err(|error| InstallError::io(IoAction::Rename, place, error))?;
        fs::rename(complete, place).map_err(|error| InstallError::io(IoAction::Rename, place, error))?;
        return remove(&old);
    }
    moved.map_err(|error| InstallError::io(IoAction::Rename, place, error))
}

/// Removes a directory with everything in it; a missing one is no error.
///
/// # Errors
/// Something in it can't be removed.
pub(super) fn remove(dir: &Path) -> Result<(), InstallError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(InstallError::io(IoAction::Remove, dir, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_another_archive_is_replaced() {
        let disk = tempfile::tempdir().unwrap();
        let place = disk.path().join("packages/v/tools/t/1.0");
        for identity in ["SHA-256:aa", "SHA-256:bb"] {
            assert!(!is_installed(&place, identity));
            let complete = disk.path().join("tmp");
            fs::create_dir_all(&complete).unwrap();
            fs::write(complete.join(identity.replace(':', "_")), "").unwrap();
            settle(&complete, &place, identity).unwrap();
            assert!(is_installed(&place, identity));
            assert!(last_use(&place).is_some());
        }
        assert!(!is_installed(&place, "SHA-256:aa"));
        assert!(place.join("SHA-256_bb").exists() && !place.join("SHA-256_aa").exists());
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1, "nothing else is left");
    }
}
