//! URLs of requests: parsed, with mirrors applied. Knows no network.

use std::path::{Path, PathBuf};

use reqwest::Url;

use super::error::{DownloadError, SourceUrl};
use super::mirrors::Mirrors;
use super::redact::redacted;

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A server.
    Http(HttpAddress),
    /// A local file, with its URL for messages.
    File(PathBuf, SourceUrl),
}

/// A URL of a server.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct HttpAddress {
    /// The URL to request; may have credentials.
    pub(super) url: Url,
    /// The URL for messages.
    pub(super) shown: SourceUrl,
}

impl std::fmt::Debug for HttpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpAddress({})", self.shown)
    }
}

impl Address {
    /// Parses a URL or an absolute path, and replaces it by its mirror.
    ///
    /// # Errors
    /// [`DownloadError::Url`].
    pub(super) fn parse(text: &str, mirrors: &Mirrors) -> Result<Self, DownloadError> {
        let text = text.trim();
        let mirror = mirrors.replace(text);
        let source = mirror.as_deref().unwrap_or(text);
        let shown =
            SourceUrl { url: redacted(text), mirror: mirror.as_deref().map(redacted), redirect: None };
        let bad = |reason: String| DownloadError::Url { url: shown.to_string(), reason };
        if Path::new(source).is_absolute() {
            return Ok(Self::File(PathBuf::from(source), shown));
        }
        let url = Url::parse(source).map_err(|error| bad(format!("this is no URL: {error}")))?;
        match url.scheme() {
            "http" | "https" => Ok(Self::Http(HttpAddress { url, shown })),
            "file" => match url.to_file_path() {
                Ok(path) => Ok(Self::File(path, shown)),
                Err(()) => Err(bad("a file URL names a file of this machine: file:///PATH".to_owned())),
            },
            scheme => Err(bad(format!("the scheme `{scheme}` is not supported"))),
        }
    }
}

/// Returns the last path segment of a URL for messages; the host where there is none.
pub(super) fn short_name(url: &str) -> String {
    let shown = redacted(url.trim());
    let end = shown.find(['?', '#']).unwrap_or(shown.len());
    let path = shown[..end].trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, DownloadError> {
        Address::parse(text, &Mirrors::new([("https://a/".to_owned(), "https://b/".to_owned())]))
    }

    fn file(text: &str) -> PathBuf {
        match parse(text).unwrap() {
            Address::File(path, _) => path,
            Address::Http(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn files() {
        for text in ["/x/a.zip", "file:///x/a.zip", "file://localhost/x/a.zip", " file:///x/a.zip#name "] {
            assert_eq!(file(text), Path::new("/x/a.zip"), "{text}");
        }
        assert_eq!(file("file:///x/a%20b"), Path::new("/x/a b"));
    }

    #[test]
    fn servers() {
        let Address::Http(address) = parse("https://user:secret@a/x.zip").unwrap() else {
            panic!("a server")
        };
        assert_eq!(address.url.as_str(), "https://b/x.zip");
        assert_eq!(address.shown.to_string(), "https://a/x.zip (mirror https://b/x.zip)");
        let Address::Http(address) = parse("https://user:secret@c/x.zip").unwrap() else {
            panic!("a server")
        };
        assert_eq!(address.url.password(), Some("secret"));
        assert!(!format!("{address:?}").contains("secret"));
    }

    #[test]
    fn what_is_no_address() {
        for text in
            ["", "a.zip", "ftp://user:secret@h/a", "file://otherhost/a", "https://", "https://user:sec/ret@h"]
        {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("\nuse a URL") && !error.contains("sec"), "{text}: {error}");
        }
    }

    #[test]
    fn short_names() {
        for (url, name) in [
            ("https://u:p@h/x/package_index.json?a=/b#c/d", "package_index.json"),
            ("https://h/", "h"),
            ("/x/a.zip", "a.zip"),
        ] {
            assert_eq!(short_name(url), name);
        }
    }
}
