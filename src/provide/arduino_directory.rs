//! The directory of installed cores, tools and libraries below the cache directory. Its layout is that of arduino-cli's
//! data directory, so that arduino-cli can use it as `directories.data`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use super::error::{InstallError, IoAction};
use super::installed::InstalledCore;

/// The file in each installed directory that names the archive it came from.
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
            let is_one_directory =
                !part.is_empty() && !part.contains(['/', '\\', '\0']) && part != "." && part != "..";
            if !is_one_directory {
                return Err(InstallError::Index {
                    what: format!("{name} {version}"),
                    detail: format!(
                        "{part:?} can't be a directory's name; report it to the maintainer of the index"
                    ),
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
        let hash = format!("{:x}", Sha256::digest(path.as_os_str().as_encoded_bytes()));
        self.root.join("resolved").join(format!("{}.lock", &hash[..16]))
    }

    /// Notes that a run uses an installed directory. The time is not written into the directory itself: a compiler whose
    /// files have changed is examined anew.
    pub(super) fn note_use(&self, dir: &Path) {
        let file = self.use_file(dir);
        if let Some(parent) = file.parent() {
            // Only `core list` and the removal of unused packages read the time.
            let _ = fs::create_dir_all(parent);
        }
        let _ = fs::write(file, "");
    }

    /// Notes that a run uses a core and its tools, as far as they are in this directory.
    pub fn note_uses(&self, core: &InstalledCore) {
        let dirs = std::iter::once(&core.platform_dir).chain(core.tools.values());
        dirs.filter(|dir| dir.starts_with(&self.root)).for_each(|dir| self.note_use(dir));
    }

    /// Returns the time of the last use of an installed directory; `None` for one that no run has used.
    pub(super) fn last_use(&self, dir: &Path) -> Option<SystemTime> {
        fs::metadata(self.use_file(dir)).and_then(|it| it.modified()).ok()
    }

    fn use_file(&self, dir: &Path) -> PathBuf {
        self.root.join("used").join(self.flat_name(dir))
    }

    /// Returns a file name for an installed directory.
    pub(super) fn flat_name(&self, dir: &Path) -> String {
        let relative = dir.strip_prefix(&self.root).unwrap_or(dir);
        let parts = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
        parts.collect::<Vec<_>>().join("+")
    }

    /// Returns the directory of downloaded archives.
    pub(super) fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// Returns the directory for incomplete installations, on the same file system as all others.
    pub(super) fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }
}

/// Returns whether the directory was installed from the archive with this identity.
pub(super) fn is_installed(dir: &Path, identity: &str) -> bool {
    fs::read_to_string(dir.join(ORIGIN)).is_ok_and(|text| text.trim_end() == identity)
}

/// Moves a complete directory to its final place, in one step. Another archive's directory with the same name is removed.
///
/// # Errors
/// A directory can't be created, moved or removed.
pub(super) fn settle(complete: &Path, place: &Path, identity: &str) -> Result<(), InstallError> {
    let origin = complete.join(ORIGIN);
    fs::write(&origin, format!("{identity}\n"))
        .map_err(|error| InstallError::io(IoAction::Write, &origin, error))?;
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
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(InstallError::io(IoAction::Remove, dir, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_noted_beside_the_packages() {
        let disk = tempfile::tempdir().unwrap();
        let directory = ArduinoDirectory::new(disk.path());
        let core = directory.core("v:a", "1.0").unwrap();
        assert_eq!(directory.last_use(&core), None);
        directory.note_use(&core);
        assert!(directory.last_use(&core).is_some());
        assert_eq!(directory.flat_name(&core), "packages+v+hardware+a+1.0");
        for name in ["../x:a", "v:..", "v:a/b", ":a", "v"] {
            assert!(directory.core(name, "1.0").is_err(), "{name}");
        }
        assert!(directory.tool("v:t", "../../x").is_err());
    }

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
        }
        assert!(!is_installed(&place, "SHA-256:aa"));
        assert!(place.join("SHA-256_bb").exists() && !place.join("SHA-256_aa").exists());
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1, "nothing else is left");
    }
}
