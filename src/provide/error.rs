//! Errors of an installation. Each message names the failure, in the tool's own words if there are any, and on a second
//! line how to fix it. All of them mean exit code 3.

use std::io;
use std::path::{Path, PathBuf};

use super::archive::{ArchiveError, ArchiveFault};
use super::download::DownloadError;

/// Error of an installation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// No apt package is known to hold this core.
    #[error(
        "no apt package is known for core `{core}` (known: {known})\n\
         bring the core yourself and name its directory in the matrix: `provider: path`"
    )]
    UnknownCore {
        /// `vendor:arch`.
        core: String,
        /// The known cores, comma-separated.
        known: String,
    },
    /// apt or dpkg is not on this machine.
    #[error(
        "`{tool}` is not on this machine (looked in PATH={path})\n\
         provider `apt` needs Debian, Ubuntu or one of their kin; elsewhere bring the core yourself \
         and name its directory in the matrix: `provider: path`"
    )]
    NoApt {
        /// `apt-get` or `dpkg-deb`.
        tool: String,
        /// The search path.
        path: String,
    },
    /// Something is not installed, and `--offline` forbids the network.
    #[error(
        "{what}: not installed, and --offline forbids fetching it\n\
         run once without --offline, with the same --cache-dir ({cache})"
    )]
    Offline {
        /// The subject in the user's words.
        what: String,
        /// The cache directory.
        cache: PathBuf,
    },
    /// The package lists could not be fetched.
    #[error(
        "the package lists could not be fetched: {detail}\n\
         check the network, the proxy (http_proxy, apt.conf) and /etc/apt/sources.list*; the command \
         was `{command}`"
    )]
    Lists {
        /// apt's own lines.
        detail: String,
        /// The command line.
        command: String,
    },
    /// No package source has such a package.
    #[error("apt knows no such package: {detail}\n{advice}")]
    UnknownPackage {
        /// apt's own line.
        detail: String,
        /// How to fix it on this distribution.
        advice: String,
    },
    /// The packages can't be installed together, or a package that they depend on is missing.
    #[error(
        "apt finds no way to install {packages}: {detail}\n\
         try it by hand to see more: {command}"
    )]
    Unsolvable {
        /// Their names, comma-separated.
        packages: String,
        /// apt's own lines.
        detail: String,
        /// The command line.
        command: String,
    },
    /// A package could not be downloaded, even with fresh lists.
    #[error(
        "a package could not be downloaded: {detail}\n\
         check the network and the proxy (http_proxy, apt.conf) and try again; the command was `{command}`"
    )]
    Download {
        /// apt's own lines.
        detail: String,
        /// The command line.
        command: String,
    },
    /// apt neither ends nor receives anything.
    #[error(
        "apt has brought nothing for {seconds} s and was ended\n\
         check the network and the proxy (http_proxy, apt.conf) and try again; the command was `{command}`"
    )]
    Stalled {
        /// Seconds without progress.
        seconds: u64,
        /// The command line.
        command: String,
    },
    /// A download does not match the package list.
    #[error(
        "{package}: the download does not match the package list: {algorithm} is {actual}, the list says \
         {expected}\n\
         something on the way changes files (a proxy, a broken mirror): do not use it; try another mirror"
    )]
    Checksum {
        /// The package's name.
        package: String,
        /// `SHA256` or `SHA512`.
        algorithm: &'static str,
        /// The checksum in the package list.
        expected: String,
        /// The file's checksum.
        actual: String,
    },
    /// apt's output does not follow its documentation.
    #[error("apt's answer was not understood: `{line}`\nplease report this; the command was `{command}`")]
    Answer {
        /// The line.
        line: String,
        /// The command line.
        command: String,
    },
    /// A package could not be extracted.
    #[error("{package} could not be unpacked: {detail}\ntry again; the command was `{command}`")]
    Unpack {
        /// The package's file name.
        package: String,
        /// dpkg-deb's own words.
        detail: String,
        /// The command line.
        command: String,
    },
    /// No package source of the machine has another release of its distribution.
    #[error(
        "no package source of this machine is its distribution's own ({family}), so nothing says where \
         release `{suite}` is to be had\n\
         see that /etc/apt/sources.list* names the distribution's archive, and that it can be fetched"
    )]
    NoSource {
        /// The release that the matrix names.
        suite: String,
        /// The distribution and those that it is derived from.
        family: String,
    },
    /// The programs of another release could not be bound to the C library of that release.
    #[error(
        "the programs of another release could not be made to work here: {detail}\n\
         the command was `{command}`"
    )]
    Settle {
        /// patchelf's own words.
        detail: String,
        /// The command line.
        command: String,
    },
    /// The disk or the user's quota is full.
    #[error(
        "no space left on the disk that holds {path}\nfree some, or choose another directory: --cache-dir"
    )]
    DiskFull {
        /// The directory that was written to.
        path: PathBuf,
    },
    /// The tools need shared libraries that neither this machine nor the package lists have.
    #[error(
        "the installed tools do not start: shared libraries are missing: {libraries}\n\
         install the packages that hold them on this machine"
    )]
    MissingLibraries {
        /// Their names, comma-separated.
        libraries: String,
    },
    /// The installed tools fail their test.
    #[error("the installed compiler fails its test: {detail}\nthe command was `{command}`")]
    Smoke {
        /// The output of the test.
        detail: String,
        /// The command line.
        command: String,
    },
    /// A directory is not a core.
    #[error("{path} is not a core: {missing}\nname the directory that holds boards.txt and platform.txt")]
    NotACore {
        /// The directory.
        path: PathBuf,
        /// The missing part.
        missing: String,
    },
    /// A package lacks a file that it should contain.
    #[error(
        "{package} holds no {path}\nthis version of the package is laid out differently; please report it"
    )]
    Layout {
        /// The package.
        package: String,
        /// The missing path, relative to its root.
        path: PathBuf,
    },
    /// A path can't be written into apt's configuration.
    #[error(
        "{path}: apt can't work in a directory with such a name (a quote, a line break, or not UTF-8)\n\
         choose another one: --cache-dir"
    )]
    UnusablePath {
        /// The cache directory.
        path: PathBuf,
    },
    /// A file or directory could not be used.
    #[error("could not {action} {path}: {source}{}", io_advice(.source))]
    Io {
        /// The action that failed.
        action: IoAction,
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A tool could not be started.
    #[error("could not start `{command}`: {source}\nsee `fbuild-matrix doctor`")]
    Start {
        /// The command line.
        command: String,
        /// The system's error.
        source: io::Error,
    },
    /// A program that the matrix asks for is missing, and its package is unavailable.
    #[error(
        "`{name}` is not on this machine, and its package `{package}` can't be brought in: {cause}\n\
         install it yourself so that it is in PATH (sudo apt-get install {package}){hint}"
    )]
    NoProgram {
        /// Another way to fix it, after a comma; or empty.
        hint: &'static str,
        /// The program's name.
        name: String,
        /// The package that contains it.
        package: String,
        /// The error of the package's installation.
        cause: Box<InstallError>,
    },
    /// No Python can create a private environment.
    #[error(
        "{what} needs Python 3.8 or newer with its modules venv and ssl: none is in PATH, and Debian's package \
         `{package}` can't be brought in: {cause}\n\
         install it yourself: sudo apt-get install {package}"
    )]
    NoPython {
        /// The tool that needs it, in the user's words.
        what: String,
        /// The package that contains the missing part.
        package: &'static str,
        /// The error of the package's installation.
        cause: Box<InstallError>,
    },
    /// A step of creating a private Python environment failed.
    #[error("{what}: {detail}\n{advice}; the command was `{command}`")]
    Python {
        /// The tool that was installed, in the user's words.
        what: String,
        /// The tool's own lines.
        detail: String,
        /// How to fix it.
        advice: &'static str,
        /// The command line.
        command: String,
    },
    /// The lock file and the matrix name different versions.
    #[error(
        "{what}: {lock} pins {pinned} where the matrix says {asked}\n\
         make the lock file anew, or name the version that it has"
    )]
    Pinned {
        /// The tool that was installed, in the user's words.
        what: String,
        /// The lock file.
        lock: PathBuf,
        /// `NAME==VERSION` of the matrix.
        asked: String,
        /// The version in the lock file.
        pinned: String,
    },
    /// The packages of an environment lack the directory that the matrix names.
    #[error("{what}: `site-packages` has no directory `{path}`\n{advice}")]
    NoToolDirectory {
        /// The tool, in the user's words.
        what: String,
        /// The missing directory, relative to `site-packages`.
        path: PathBuf,
        /// The directories that the matrix can name.
        advice: String,
    },
    /// The programs of a tool lack the permission to be executed.
    #[error(
        "{what}: {program} is not executable, nor is any other program beside it\n\
         the package was built without the permissions of its files: use another version or package"
    )]
    NotExecutable {
        /// The tool, in the user's words.
        what: String,
        /// The first of the programs.
        program: PathBuf,
    },
    /// A lock file can't be used.
    #[error(
        "{path} is not a lock file that this program can read: {detail}\nwrite it anew: fbuild-matrix core lock"
    )]
    LockFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        detail: String,
    },
    /// A download failed.
    #[error("{what}: {cause}")]
    Fetch {
        /// The package in the user's words.
        what: String,
        /// The error of the download.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An archive can't be extracted.
    #[error("{what}: {cause}")]
    Extract {
        /// The package in the user's words.
        what: String,
        /// The error of the archive.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An index, or an entry of an index, can't be used.
    #[error("{what}: {detail}")]
    Index {
        /// The subject in the user's words.
        what: String,
        /// The reason, and how to fix it.
        detail: String,
    },
    /// A tool has no archive for this machine.
    #[error(
        "core {core}: its tool {tool} is not available for this machine ({host}); the index has it for {hosts}\n\
         use another version of the core, or another machine"
    )]
    NoHost {
        /// The core and its version.
        core: String,
        /// The tool and its version.
        tool: String,
        /// This machine.
        host: String,
        /// The hosts of the index, comma-separated.
        hosts: String,
    },
    /// A Git repository can't be used.
    #[error(
        "library from {repository}: {detail}\n\
         check the address and the revision; git does not ask for a password here: use a credential helper or a key"
    )]
    Git {
        /// Its address, and the revision.
        repository: String,
        /// Git's own lines.
        detail: String,
    },
    /// The lock file does not cover the matrix, and `--locked` forbids anything else.
    #[error(
        "{path} does not match the matrix, and --locked forbids to resolve anew:\n{differences}\n\
         run `fbuild-matrix core lock {matrix}` and commit the file"
    )]
    NotLocked {
        /// The lock file.
        path: PathBuf,
        /// The matrix.
        matrix: PathBuf,
        /// A line for each difference.
        differences: String,
    },
    /// The run was interrupted.
    #[error("interrupted while bringing in {what}\nnothing half-done is left; run again")]
    Cancelled {
        /// The subject in the user's words.
        what: String,
    },
}

/// An action on a file, worded for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IoAction {
    /// Create a directory.
    Create,
    /// Read.
    Read,
    /// Write.
    Write,
    /// Lock.
    Lock,
    /// Move into place.
    Rename,
    /// Remove.
    Remove,
}

impl std::fmt::Display for IoAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::Lock => "lock",
            Self::Rename => "move into place",
            Self::Remove => "remove",
        })
    }
}

impl InstallError {
    /// Converts an I/O error of `action` on `path`. A full disk or quota is an error of its own.
    pub(crate) fn io(action: IoAction, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path: path.to_path_buf() }
            }
            _ => Self::Io { action, path: path.to_path_buf(), source },
        }
    }

    /// Converts the error of a download of `what`.
    pub(crate) fn from_download(what: &str, error: DownloadError) -> Self {
        match error {
            DownloadError::Cancelled { .. } => Self::Cancelled { what: what.to_owned() },
            DownloadError::DiskFull { path } => Self::DiskFull { path },
            cause => Self::Fetch { what: what.to_owned(), cause: Box::new(cause) },
        }
    }

    /// Converts the error of an extraction of `what`.
    pub(super) fn from_archive(what: &str, error: ArchiveError) -> Self {
        match error.fault {
            ArchiveFault::Cancelled => Self::Cancelled { what: what.to_owned() },
            _ => Self::Extract { what: what.to_owned(), cause: Box::new(error) },
        }
    }

    /// Wraps the error as the cause of another one; a cancellation stays unchanged.
    pub(super) fn cause_of(self, told: impl FnOnce(Box<Self>) -> Self) -> Self {
        match self {
            Self::Cancelled { .. } => self,
            cause => told(Box::new(cause)),
        }
    }
}

/// Returns a hint for the two errors that the user can fix alone.
fn io_advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "\nchoose a directory that you may write to: --cache-dir"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_errors() {
        let full = InstallError::io(IoAction::Write, Path::new("/x"), io::ErrorKind::StorageFull.into());
        assert!(matches!(full, InstallError::DiskFull { .. }), "{full}");
        let denied =
            InstallError::io(IoAction::Create, Path::new("/x"), io::ErrorKind::PermissionDenied.into());
        assert!(denied.to_string().contains("--cache-dir"), "{denied}");
    }
}
