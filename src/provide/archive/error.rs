//! Errors of an extraction. Knows no format.

use std::io;
use std::path::{Path, PathBuf};

/// Longest part of a name that a message shows, in bytes.
const SHOWN: usize = 200;

/// Error of an extraction: the archive, the fault, and how to fix it.
#[derive(Debug, thiserror::Error)]
#[error("cannot extract {}: {fault}\n{}", archive.display(), fault.advice())]
pub(crate) struct ArchiveError {
    /// The archive.
    pub(crate) archive: PathBuf,
    /// The fault.
    #[source]
    pub(crate) fault: ArchiveFault,
}

impl ArchiveError {
    /// Returns the error of `archive`.
    pub(super) fn new(archive: &Path, fault: ArchiveFault) -> Self {
        Self { archive: archive.to_path_buf(), fault }
    }
}

/// Fault that ends an extraction.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveFault {
    /// The caller cancelled the extraction.
    #[error("cancelled")]
    Cancelled,
    /// The archive can't be read.
    #[error("the file can't be read: {0}")]
    Read(#[source] io::Error),
    /// The destination can't be written: a full disk among others, which `source` tells.
    #[error("{path} can't be written: {source}")]
    Write {
        /// The path below the destination, or the destination.
        path: String,
        /// The error of the file system.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// The content is of no known format.
    #[error("it is no archive of a known format: it begins with `{start}`")]
    UnknownFormat {
        /// The first bytes, escaped.
        start: String,
    },
    /// The format is known and not supported.
    #[error("it is an archive of type {0}, which is not supported")]
    UnsupportedFormat(&'static str),
    /// The archive ends too early.
    #[error("the archive is truncated{}", within(entry.as_deref()))]
    Truncated {
        /// The entry with the end of the file.
        entry: Option<String>,
    },
    /// The content contradicts its checksums or its format.
    #[error("the archive is damaged{}: {detail}", within(entry.as_deref()))]
    Damaged {
        /// The damaged entry, if it is known.
        entry: Option<String>,
        /// The decoder's words.
        detail: String,
    },
    /// Bytes follow the end of the archive.
    #[error("the archive is followed by other data")]
    TrailingData,
    /// The archive holds no directory.
    #[error("the archive holds no directory: all files must be below one root directory")]
    NoRoot,
    /// The archive holds several directories in its root.
    #[error("the archive holds two root directories, `{first}` and `{second}`: all files must be below one")]
    TwoRoots {
        /// The first one.
        first: String,
        /// Another one.
        second: String,
    },
    /// Too many entries.
    #[error("the archive holds more than {limit} entries")]
    Entries {
        /// The limit.
        limit: u64,
    },
    /// Too many links for the memory that an extraction may use.
    #[error("the archive holds links with more than {limit} bytes of names")]
    Links {
        /// The limit.
        limit: usize,
    },
    /// The extracted files are too large.
    #[error("the archive extracts to more than {limit} bytes")]
    TotalSize {
        /// The limit.
        limit: u64,
    },
    /// The extracted files are too large in comparison with the archive.
    #[error("the archive extracts to more than {ratio} times its size, as decompression bombs do")]
    Ratio {
        /// The limit.
        ratio: u64,
    },
    /// The decompressor needs too much memory.
    #[error("its decompression needs more than {limit} bytes of memory")]
    Memory {
        /// The limit.
        limit: u64,
    },
    /// An entry is unsafe, broken or not supported.
    #[error("entry `{entry}`: {problem}")]
    Entry {
        /// Its name, escaped.
        entry: String,
        /// Its problem.
        problem: EntryProblem,
    },
}

impl ArchiveFault {
    /// Returns the fault of the entry `name`.
    pub(super) fn entry(name: &[u8], problem: EntryProblem) -> Self {
        Self::Entry { entry: shown(name), problem }
    }

    /// Returns the error of a write to `path`.
    pub(super) fn write(path: &[u8], source: impl Into<io::Error>) -> Self {
        Self::Write { path: shown(path), source: source.into() }
    }

    /// Classifies an error of a reader: the file system's, ours inside, or a decoder's.
    pub(super) fn read(error: io::Error, entry: Option<&[u8]>) -> Self {
        if error.raw_os_error().is_some() {
            return Self::Read(error);
        }
        let entry = entry.map(shown);
        match error.downcast::<Self>() {
            Ok(fault) => fault,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Self::Truncated { entry },
            Err(error) => Self::Damaged { entry, detail: error.to_string() },
        }
    }

    /// Returns a damage outside of entries.
    pub(super) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { entry: None, detail: detail.into() }
    }

    /// Returns how to fix it.
    fn advice(&self) -> &'static str {
        match self {
            Self::Cancelled => "run again to install it",
            Self::Read(_) => "check the permissions and the disk of the file",
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free space on the disk of the cache directory, or set another one with --cache-dir"
            }
            Self::Write { .. } => "check the permissions and the disk of the cache directory",
            Self::EmptyFile | Self::UnknownFormat { .. } => {
                "the download may be an error page: delete the file and check its URL \
                 (known: zip, tar, tar.gz, tar.bz2, tar.xz, tar.zst)"
            }
            Self::UnsupportedFormat(_) => "supported are zip, tar, tar.gz, tar.bz2, tar.xz and tar.zst",
            Self::Truncated { .. } | Self::Damaged { .. } | Self::TrailingData => {
                "delete the file, so that it is downloaded again; if that does not help, its publisher must repack it"
            }
            Self::NoRoot | Self::TwoRoots { .. } => "its publisher must repack it with one root directory",
            Self::Entries { .. }
            | Self::Links { .. }
            | Self::TotalSize { .. }
            | Self::Ratio { .. }
            | Self::Memory { .. } => "do not use the archive unless its publisher confirms it",
            Self::Entry { .. } => "do not use the archive; its publisher must repack it",
        }
    }
}

impl From<ArchiveFault> for io::Error {
    /// Carries the fault through a reader; [`ArchiveFault::read`] takes it out again.
    fn from(fault: ArchiveFault) -> Self {
        Self::other(fault)
    }
}

/// Problem of one entry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryProblem {
    /// An empty name.
    #[error("its name is empty")]
    EmptyName,
    /// An absolute name.
    #[error("its name is absolute")]
    AbsoluteName,
    /// A name with `..`.
    #[error("its name contains `..`")]
    ParentInName,
    /// A name with a NUL byte.
    #[error("its name contains a NUL byte")]
    NulInName,
    /// A name beyond the limits of file systems.
    #[error("its name is too long (limits: 255 bytes a component, 4095 bytes and 255 components in all)")]
    LongName,
    /// A device, a pipe or a socket.
    #[error("it is a {0}; only files, directories and links are extracted")]
    Device(&'static str),
    /// A type that tar or zip does not define for files.
    #[error("its type {0:?} is not supported")]
    UnknownType(char),
    /// A second entry of this name.
    #[error("another entry has the same name")]
    Duplicate,
    /// An entry whose name differs only by case.
    #[error(
        "the name of another entry differs only by case, so one would replace the other on some file systems"
    )]
    CaseCollision,
    /// A file or link with the name of a directory.
    #[error("one entry makes it a directory, another one a file or a link")]
    FileAndDirectory,
    /// A link whose target is outside the archive's root directory.
    #[error("it is a link to `{0}`, outside of the archive's root directory")]
    LinkLeaves(String),
    /// A link with a target that no file system has.
    #[error("it is a link without a valid target")]
    LinkTarget,
    /// A symlink that refers to itself through other ones.
    #[error("it is a link to `{0}`, which leads through too many links")]
    LinkLoop(String),
    /// A hardlink to a file that the archive does not hold.
    #[error("it is a hardlink to `{0}`, and the archive holds no such file")]
    MissingTarget(String),
    /// A header field is no number.
    #[error("its field `{0}` is invalid")]
    Field(&'static str),
    /// The map of a sparse file contradicts the data.
    #[error("the map of this sparse file is invalid")]
    SparseMap,
    /// An encrypted entry.
    #[error("it is encrypted")]
    Encrypted,
    /// A compression method of zip that is not supported.
    #[error("its compression method {0} is not supported (supported: stored, deflate)")]
    Method(String),
    /// Two entries of a zip share bytes.
    #[error("its data overlaps that of another entry, as in decompression bombs")]
    Overlap,
    /// The extracted size differs from the declared one.
    #[error("it holds {actual} bytes, and the archive declares {declared}")]
    Size {
        /// The declared size.
        declared: u64,
        /// The extracted size.
        actual: u64,
    },
}

/// Returns a name for messages: escaped, because it may control the terminal, and shortened.
pub(super) fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let short = &text[..text.floor_char_boundary(SHOWN)];
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{}{dots}", short.escape_debug())
}

/// Returns ` in entry …`, where an entry is known.
fn within(entry: Option<&str>) -> String {
    entry.map(|entry| format!(" in entry `{entry}`")).unwrap_or_default()
}
