//! What can go wrong while a core is brought in. Each message says what happened, in the tool's own
//! words where there are any, and on a second line what to do. All of them mean exit code 3.

use std::io;
use std::path::{Path, PathBuf};

/// Why a core or a package is not to be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// No apt package is known to hold this core.
    #[error(
        "no apt package is known for core `{core}` (known: {known})\n\
         bring the core yourself and name its folder in the matrix: `provider: path`"
    )]
    UnknownCore {
        /// `vendor:arch`.
        core: String,
        /// The cores that are, comma-separated.
        known: String,
    },
    /// apt or dpkg is not on this machine.
    #[error(
        "`{tool}` is not on this machine (looked in PATH={path})\n\
         provider `apt` needs Debian, Ubuntu or one of their kin; elsewhere bring the core yourself \
         and name its folder in the matrix: `provider: path`"
    )]
    NoApt {
        /// `apt-get` or `dpkg-deb`.
        tool: String,
        /// The search path.
        path: String,
    },
    /// It is not installed, and the network may not be used.
    #[error(
        "{what}: not installed, and --offline forbids fetching it\n\
         run once without --offline, with the same --cache-dir ({cache})"
    )]
    Offline {
        /// What, in the user's words.
        what: String,
        /// The cache folder.
        cache: PathBuf,
    },
    /// The package lists could not be fetched, so it can't be known where the packages are.
    #[error(
        "the package lists could not be fetched: {detail}\n\
         check the network, the proxy (http_proxy, apt.conf) and /etc/apt/sources.list*; the command \
         was `{command}`"
    )]
    Lists {
        /// apt's own lines.
        detail: String,
        /// What was run.
        command: String,
    },
    /// No package source has such a package.
    #[error("apt knows no such package: {detail}\n{advice}")]
    UnknownPackage {
        /// apt's own line.
        detail: String,
        /// What to do on this distribution.
        advice: String,
    },
    /// The packages can't be installed together, or a package that they depend on is missing.
    #[error(
        "apt finds no way to install {packages}: {detail}\n\
         try it by hand to see more: {command}"
    )]
    Unsolvable {
        /// Which, comma-separated.
        packages: String,
        /// apt's own lines.
        detail: String,
        /// What was run.
        command: String,
    },
    /// A package could not be fetched, also with fresh lists.
    #[error(
        "a package could not be downloaded: {detail}\n\
         check the network and the proxy (http_proxy, apt.conf) and try again; the command was `{command}`"
    )]
    Download {
        /// apt's own lines.
        detail: String,
        /// What was run.
        command: String,
    },
    /// apt neither ends nor brings anything.
    #[error(
        "apt has brought nothing for {seconds} s and was ended\n\
         check the network and the proxy (http_proxy, apt.conf) and try again; the command was `{command}`"
    )]
    Stalled {
        /// How long nothing came, in seconds.
        seconds: u64,
        /// What was run.
        command: String,
    },
    /// What arrived is not what the package lists promise.
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
        /// What the package list says.
        expected: String,
        /// What the file has.
        actual: String,
    },
    /// apt's answer is not what its documentation says.
    #[error("apt's answer was not understood: `{line}`\nplease report this; the command was `{command}`")]
    Answer {
        /// The line.
        line: String,
        /// What was run.
        command: String,
    },
    /// A package could not be unpacked.
    #[error("{package} could not be unpacked: {detail}\ntry again; the command was `{command}`")]
    Unpack {
        /// The package's file name.
        package: String,
        /// dpkg-deb's own words.
        detail: String,
        /// What was run.
        command: String,
    },
    /// The machine's package sources name no archive that another release could be taken from.
    #[error(
        "no package source of this machine is its distribution's own ({family}), so nothing says where \
         release `{suite}` is to be had\n\
         see that /etc/apt/sources.list* names the distribution's archive, and that it can be fetched"
    )]
    NoSource {
        /// What the matrix asks for.
        suite: String,
        /// The distribution, and what it is made from.
        family: String,
    },
    /// The programs of another release can't be given the C library of that release.
    #[error(
        "the programs of another release could not be made to work here: {detail}\n\
         the command was `{command}`"
    )]
    Settle {
        /// patchelf's own words.
        detail: String,
        /// What was run.
        command: String,
    },
    /// The disk or the user's quota is full.
    #[error("no space left on the disk that holds {path}\nfree some, or choose another folder: --cache-dir")]
    DiskFull {
        /// The folder that was being written to.
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
    /// The tools are there, but do not do what they are for.
    #[error("the installed compiler fails its test: {detail}\nthe command was `{command}`")]
    Smoke {
        /// What it printed.
        detail: String,
        /// What was run.
        command: String,
    },
    /// A folder that should be a core is none.
    #[error("{path} is not a core: {missing}\nname the folder that holds boards.txt and platform.txt")]
    NotACore {
        /// The folder.
        path: PathBuf,
        /// What is missing in it.
        missing: String,
    },
    /// A package does not hold what it should.
    #[error(
        "{package} holds no {path}\nthis version of the package is laid out differently; please report it"
    )]
    Layout {
        /// The package.
        package: String,
        /// What is missing, relative to its root.
        path: PathBuf,
    },
    /// A path can't be written into apt's configuration.
    #[error(
        "{path}: apt can't work in a folder with such a name (a quote, a line break, or not UTF-8)\n\
         choose another one: --cache-dir"
    )]
    UnusablePath {
        /// The cache folder.
        path: PathBuf,
    },
    /// A file or folder could not be used.
    #[error("could not {action} {path}: {source}{}", io_advice(.source))]
    Io {
        /// What was tried.
        action: IoAction,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A tool could not be started.
    #[error("could not start `{command}`: {source}\nsee `fbuild-matrix doctor`")]
    Start {
        /// What was run.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// A program that the matrix asks for is neither on this machine nor to be had.
    #[error(
        "`{name}` is not on this machine, and its package `{package}` can't be brought in: {cause}\n\
         install it yourself so that it is in PATH (sudo apt-get install {package}){hint}"
    )]
    NoProgram {
        /// What else can be done, after a comma; or nothing.
        hint: &'static str,
        /// What it is called.
        name: String,
        /// The package that has it.
        package: String,
        /// Why the package is not to be had.
        cause: Box<InstallError>,
    },
    /// There is no Python that could make a private environment.
    #[error(
        "{what} needs Python 3.8 or newer with its modules venv and ssl: none is in PATH, and Debian's package \
         `{package}` can't be brought in: {cause}\n\
         install it yourself: sudo apt-get install {package}"
    )]
    NoPython {
        /// What needs it, in the user's words.
        what: String,
        /// The package that has what is missing.
        package: &'static str,
        /// Why the package is not to be had.
        cause: Box<InstallError>,
    },
    /// A step of making a private Python environment failed.
    #[error("{what}: {detail}\n{advice}; the command was `{command}`")]
    Python {
        /// What was brought in, in the user's words.
        what: String,
        /// The tool's own lines.
        detail: String,
        /// What to do.
        advice: &'static str,
        /// What was run.
        command: String,
    },
    /// What a lock file pins is not what the matrix asks for.
    #[error(
        "{what}: {lock} pins {pinned} where the matrix says {asked}\n\
         make the lock file anew, or name the version that it has"
    )]
    Pinned {
        /// What was brought in, in the user's words.
        what: String,
        /// The lock file.
        lock: PathBuf,
        /// `NAME==VERSION` of the matrix.
        asked: String,
        /// What the lock file has.
        pinned: String,
    },
    /// The run was interrupted.
    #[error("interrupted while bringing in {what}\nnothing half-done is left; run again")]
    Cancelled {
        /// What, in the user's words.
        what: String,
    },
}

/// What was tried with a file, as a message says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IoAction {
    /// Make a folder.
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
    /// The error for `source`, which `action` on `path` met.
    pub(crate) fn io(action: IoAction, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path: path.to_path_buf() }
            }
            _ => Self::Io { action, path: path.to_path_buf(), source },
        }
    }

    /// What it is the cause of; where the user has cancelled, there is no more to tell.
    pub(super) fn cause_of(self, told: impl FnOnce(Box<Self>) -> Self) -> Self {
        match self {
            Self::Cancelled { .. } => self,
            cause => told(Box::new(cause)),
        }
    }
}

/// What helps against the two errors that a user can mend alone.
fn io_advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "\nchoose a folder that you may write to: --cache-dir"
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
