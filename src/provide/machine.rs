//! The machine that the program runs on: its search path, distribution and processor. Read once for each installation
//! and passed on, so that a test can describe another machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::InstallError;

/// The machine, as an installation sees it.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// `PATH`.
    pub path: OsString,
    /// Distribution, release and processor: `debian-12-x86_64`. Programs that were fetched on one machine are not
    /// trusted on another: cache directories travel between CI images.
    pub tag: String,
    /// `ID` and `ID_LIKE` of `/etc/os-release`.
    pub family: String,
    /// Further lines of apt's configuration. Empty, except in tests.
    pub apt_conf: String,
    /// Longest time in which apt may receive nothing. Longer than its own timeouts (30 s, some retries, several
    /// addresses).
    pub patience: Duration,
}

impl Machine {
    /// Describes this machine.
    pub(super) fn here() -> Self {
        let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
        let (tag, family) = describe(&release);
        Self {
            path: std::env::var_os("PATH").unwrap_or_default(),
            tag: format!("{tag}-{}", std::env::consts::ARCH),
            family,
            apt_conf: String::new(),
            patience: Duration::from_mins(5),
        }
    }

    /// Returns the path of `program`.
    ///
    /// # Errors
    /// [`InstallError::NoApt`] where it is in no directory of `PATH`.
    pub(super) fn find(&self, program: &str) -> Result<PathBuf, InstallError> {
        std::env::split_paths(&self.path)
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join(program))
            .find(|file| is_executable(file))
            .ok_or_else(|| InstallError::NoApt {
                tool: program.to_owned(),
                path: self.path.to_string_lossy().into_owned(),
            })
    }

    /// Returns whether the distribution is Ubuntu or derived from it.
    pub(super) fn is_ubuntu(&self) -> bool {
        self.family.split(' ').any(|word| word == "ubuntu")
    }
}

/// Returns whether `file` is a program that this process may start.
pub(super) fn is_executable(file: &Path) -> bool {
    file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Returns the free bytes of the disk that holds `dir`, if the system says so.
pub(super) fn free_space(dir: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(dir).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns `ID-VERSION_ID` and `ID ID_LIKE` of a text in the format of `os-release(5)`.
fn describe(release: &str) -> (String, String) {
    let value = |key: &str| {
        release
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim().trim_matches(['"', '\'']).to_owned())
            .unwrap_or_default()
    };
    let id = value("ID");
    // Debian's testing has no VERSION_ID.
    let version = [value("VERSION_ID"), value("VERSION_CODENAME")].into_iter().find(|it| !it.is_empty());
    let tag = format!("{}-{}", if id.is_empty() { "linux" } else { &id }, version.unwrap_or_default());
    (tag, format!("{id} {}", value("ID_LIKE")).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_release_is_read_with_and_without_quotes() {
        assert_eq!(
            describe("PRETTY_NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n"),
            ("debian-12".to_owned(), "debian".to_owned())
        );
        assert_eq!(
            describe("ID=linuxmint\nID_LIKE='ubuntu debian'\nVERSION_ID=21\n"),
            ("linuxmint-21".to_owned(), "linuxmint ubuntu debian".to_owned())
        );
        assert_eq!(describe("ID=debian\nVERSION_CODENAME=forky").0, "debian-forky");
        assert_eq!(describe(""), ("linux-".to_owned(), String::new()));
    }

    #[test]
    fn only_programs_in_absolute_directories_are_found() {
        let machine = Machine { path: "bin::/usr/bin:/bin".into(), ..Machine::here() };
        assert!(machine.find("sh").unwrap().is_absolute());
        let error = machine.find("no-such-program").unwrap_err().to_string();
        assert!(
            error.starts_with("`no-such-program` is not on this machine (looked in PATH=bin::"),
            "{error}"
        );
    }
}
