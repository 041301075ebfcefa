//! Errors of a download. Each message names the failure and the URL, without credentials, and on a second line how to
//! fix it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::checksum::Checksum;

/// The URL of a request, without credentials, and where it led. Displayed as `URL (mirror URL, redirected to URL)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceUrl {
    /// The URL of the index or the matrix.
    pub(crate) url: String,
    /// The URL that a mirror replaced it with.
    pub(crate) mirror: Option<String>,
    /// The last URL that the server redirected to.
    pub(crate) redirect: Option<String>,
}

impl fmt::Display for SourceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)?;
        match (&self.mirror, &self.redirect) {
            (None, None) => Ok(()),
            (Some(mirror), None) => write!(f, " (mirror {mirror})"),
            (None, Some(redirect)) => write!(f, " (redirected to {redirect})"),
            (Some(mirror), Some(redirect)) => write!(f, " (mirror {mirror}, redirected to {redirect})"),
        }
    }
}

/// Error of a download.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DownloadError {
    /// The server could not be reached, or did not deliver the file.
    #[error("could not download {url}{}: {cause}\n{}", repeated(*.tries), .cause.advice())]
    Failed {
        /// The URL.
        url: Box<SourceUrl>,
        /// The cause of the last try.
        cause: DownloadCause,
        /// Number of tries.
        tries: u32,
    },
    /// The file differs from the checksum. Nothing of it is kept.
    #[error(
        "{url}: the download does not match its checksum: {} is {actual}, expected {expected}\n\
         the file was changed on the server or on the way: update the index, or report it to its maintainer",
        .algorithm
    )]
    Checksum {
        /// The URL.
        url: Box<SourceUrl>,
        /// `SHA-256`, `SHA-1` or `MD5`.
        algorithm: &'static str,
        /// The expected digits.
        expected: String,
        /// The digits of the downloaded file.
        actual: String,
    },
    /// The file is missing or too old, and `--offline` forbids the network.
    #[error(
        "{url} is not downloaded, and --offline forbids it\nrun once without --offline, with the same --cache-dir"
    )]
    Offline {
        /// The URL, without credentials.
        url: String,
        /// The path that the file would have.
        path: PathBuf,
    },
    /// The text is no URL of a supported scheme and no absolute path.
    #[error("{url}: {reason}\nuse a URL with https, http or file, or an absolute path")]
    Url {
        /// The text, without credentials.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The name of an archive can't be used as a file name.
    #[error(
        "the archive's file name {name:?} is not usable: {reason}\nreport this to the maintainer of the index"
    )]
    FileName {
        /// The name.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// A local source could not be read.
    #[error("could not read {path}: {source}\nsee that the file exists and can be read")]
    Source {
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The certificates of the custom CA file are not usable.
    #[error("could not use the CA file {path}: {reason}\nit must contain certificates in PEM form")]
    CaFile {
        /// Its path.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A proxy variable is not usable. Its value may hold a password and is not shown.
    #[error(
        "the proxy in the environment variable `{variable}` is not usable: {reason}\nset it to a URL such as http://proxy:3128, or unset it"
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// The reason.
        reason: String,
    },
    /// The disk or the user's quota is full. The incomplete file was removed.
    #[error(
        "no space left on the disk that holds {path}\nfree some, or choose another directory: --cache-dir"
    )]
    DiskFull {
        /// The file that was written.
        path: PathBuf,
    },
    /// A file of the download directory could not be used.
    #[error(
        "could not {action} {path}: {source}\nsee that the directory can be written to, or choose another one: --cache-dir"
    )]
    Io {
        /// The action that failed: `create`, `read`, `write`, …
        action: &'static str,
        /// Its path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The run was interrupted. An archive resumes in the next run.
    #[error("interrupted while downloading {what}\nrun again: the download continues where it stopped")]
    Cancelled {
        /// The name of the download.
        what: String,
    },
}

impl DownloadError {
    /// Converts an I/O error of `action` on `path`. A full disk or quota is an error of its own.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::DiskFull { path: path.to_path_buf() }
            }
            _ => Self::Io { action, path: path.to_path_buf(), source },
        }
    }

    /// Returns the error of a file whose checksum is `actual`.
    pub(super) fn checksum(url: &SourceUrl, expected: &Checksum, actual: &Checksum) -> Self {
        Self::Checksum {
            url: Box::new(url.clone()),
            algorithm: expected.algorithm(),
            expected: expected.hex(),
            actual: actual.hex(),
        }
    }
}

/// Why a server did not deliver a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DownloadCause {
    /// The server answered with an error status.
    Status(u16),
    /// The server asked for a longer wait than the limit; seconds.
    RetryAfter {
        /// The status.
        status: u16,
        /// The wait that the server asked for, in seconds.
        seconds: u64,
        /// The longest wait, in seconds.
        limit: u64,
    },
    /// The connection failed: name resolution, refusal, reset.
    Connection(String),
    /// The server's certificate is not trusted, or TLS failed otherwise.
    Tls(String),
    /// Nothing arrived for this number of seconds.
    Stalled(u64),
    /// The body ended early.
    Short {
        /// Bytes received.
        received: u64,
        /// Bytes expected.
        expected: u64,
        /// The reason.
        reason: String,
    },
    /// The body is larger than the limit.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A redirect can't be followed.
    Redirect(String),
}

impl fmt::Display for DownloadCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => {
                let name = reqwest::StatusCode::from_u16(*status).ok().and_then(|it| it.canonical_reason());
                write!(f, "the server answered {status}")?;
                name.map_or(Ok(()), |name| write!(f, " {name}"))
            }
            Self::RetryAfter { status, seconds, limit } => write!(
                f,
                "the server answered {status} and asks to retry after {seconds} s, the limit is {limit} s"
            ),
            Self::Connection(reason) => write!(f, "the connection failed: {reason}"),
            Self::Tls(reason) => write!(f, "the secure connection failed: {reason}"),
            Self::Stalled(seconds) => write!(f, "nothing arrived for {seconds} s"),
            Self::Short { received, expected, reason } => {
                write!(f, "the connection failed after {received} of {expected} bytes: {reason}")
            }
            Self::TooLarge { limit } => write!(f, "the file is larger than {limit} bytes"),
            Self::Redirect(reason) => f.write_str(reason),
        }
    }
}

impl DownloadCause {
    /// Returns how to fix it.
    const fn advice(&self) -> &'static str {
        match self {
            Self::Status(401 | 403 | 407) => {
                "see that the URL is right; credentials are read from the URL, ~/.netrc and the proxy variables"
            }
            Self::Status(404 | 410) => {
                "see that the URL is right and the file still exists; an updated index may name another one"
            }
            Self::Status(400..=499) => "see that the URL is right",
            Self::RetryAfter { .. } => "try again later, or name a mirror: `mirrors`",
            Self::Tls(_) => {
                "if a proxy signs connections with a certificate of its own, name its CA file: SSL_CERT_FILE"
            }
            Self::TooLarge { .. } => {
                "the index states another size: update it, or report this to its maintainer"
            }
            Self::Redirect(_) => "name the final URL, or a mirror: `mirrors`",
            _ => "check the network and the proxy (http_proxy, https_proxy), and try again",
        }
    }
}

/// Returns ` (3 tries)`; empty for one.
fn repeated(tries: u32) -> String {
    if tries > 1 { format!(" ({tries} tries)") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_errors() {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded] {
            let full = DownloadError::io("write", Path::new("/x"), kind.into());
            assert!(matches!(full, DownloadError::DiskFull { .. }), "{full}");
        }
        let denied = DownloadError::io("create", Path::new("/x"), io::ErrorKind::PermissionDenied.into());
        assert!(denied.to_string().starts_with("could not create /x: "), "{denied}");
    }

    #[test]
    fn messages_have_a_second_line_that_says_what_to_do() {
        let url = SourceUrl {
            url: "https://a/x".to_owned(),
            mirror: Some("https://b/x".to_owned()),
            redirect: None,
        };
        for cause in [
            DownloadCause::Status(404),
            DownloadCause::Status(503),
            DownloadCause::RetryAfter { status: 429, seconds: 500, limit: 120 },
            DownloadCause::Connection("connection refused".to_owned()),
            DownloadCause::Tls("invalid peer certificate: UnknownIssuer".to_owned()),
            DownloadCause::Stalled(60),
            DownloadCause::Short { received: 1, expected: 2, reason: "reset".to_owned() },
            DownloadCause::TooLarge { limit: 5 },
            DownloadCause::Redirect("the server redirects without a target".to_owned()),
        ] {
            let text = DownloadError::Failed { url: Box::new(url.clone()), cause, tries: 3 }.to_string();
            assert!(
                text.starts_with("could not download https://a/x (mirror https://b/x) (3 tries): "),
                "{text}"
            );
            assert_eq!(text.lines().count(), 2, "{text}");
        }
    }
}
