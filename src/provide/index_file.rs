//! Index files as they are published: JSON, compressed JSON, or an archive of JSON and its signature.
//!
//! Serves package and library indexes; knows nothing of their content.

use std::io::{self, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

/// Limit of the uncompressed size. The largest real index (libraries, 2026) has about 50 MB.
pub const MOST_BYTES: u64 = 512 << 20;

/// Content of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexDocument {
    /// JSON document.
    pub json: Vec<u8>,
    /// Detached OpenPGP signature over the document, if the file has one.
    pub signature: Option<Vec<u8>>,
}

/// Error of reading an index file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexFileError {
    /// The file cannot be uncompressed.
    #[error("the {format} data is broken or cut off: {source}")]
    Broken {
        /// `gzip`, `bzip2` or `tar`.
        format: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// The uncompressed data is too large.
    #[error("it has more than {} MB uncompressed, which is no index", .limit >> 20)]
    TooLarge {
        /// Limit in bytes.
        limit: u64,
    },
    /// The archive lacks the document.
    #[error("the archive has no file `{name}`; it has: {}", .files.join(", "))]
    NoDocument {
        /// Expected file name.
        name: String,
        /// Files of the archive.
        files: Vec<String>,
    },
}

/// Returns the name of an index's JSON document for the URL, path or name of its file: `package_x_index.json` for
/// `https://…/package_x_index.json.gz`. The fragment of a URL states the name itself. `None` where there is no name.
///
/// Source: arduino-cli, `IndexFileName` in `internal/arduino/resources/index.go`.
pub fn document_name(location: &str) -> Option<String> {
    let (location, fragment) = location.split_once('#').unwrap_or((location, ""));
    if !fragment.is_empty() {
        return Some(fragment.rsplit(['/', '\\']).next().unwrap_or(fragment).to_owned())
            .filter(|it| is_name(it));
    }
    let is_url = location.contains("://");
    let path = if is_url { location.split('?').next().unwrap_or(location) } else { location };
    let path =
        path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path);
    if !is_name(name) {
        return None;
    }
    if name.ends_with(".json") {
        return Some(name.to_owned());
    }
    if let Some(stem) = name.strip_suffix(".gz") {
        return Some(stem.to_owned());
    }
    Some(format!("{}.json", name.strip_suffix(".tar.bz2").unwrap_or(name)))
}

fn is_name(text: &str) -> bool {
    !matches!(text, "" | "." | "..")
}

/// Uncompresses an index file. `name` is the document's name ([`document_name`]); it matters only inside an archive. The
/// format follows from the content, since servers deliver compressed files under any name.
///
/// # Errors
/// The file is broken, has more than `limit` bytes uncompressed, or is an archive without the document.
pub fn unpack(file: &[u8], name: &str, limit: u64) -> Result<IndexDocument, IndexFileError> {
    match file {
        [0x1f, 0x8b, ..] => {
            let json = bounded(MultiGzDecoder::new(file), "gzip", limit)?;
            Ok(IndexDocument { json, signature: None })
        }
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => {
            let content = bounded(MultiBzDecoder::new(file), "bzip2", limit)?;
            if is_tar(&content) {
                from_archive(&content, name)
            } else {
                Ok(IndexDocument { json: content, signature: None })
            }
        }
        _ if is_tar(file) => from_archive(file, name),
        _ => Ok(IndexDocument { json: file.to_vec(), signature: None }),
    }
}

/// Reads all of `source`, at most `limit` bytes.
fn bounded(source: impl Read, format: &'static str, limit: u64) -> Result<Vec<u8>, IndexFileError> {
    let mut content = Vec::new();
    source
        .take(limit.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(|source| IndexFileError::Broken { format, source })?;
    if content.len() as u64 > limit {
        return Err(IndexFileError::TooLarge { limit });
    }
    Ok(content)
}

/// Returns whether the content is a tar archive: JSON never has this mark at this place.
fn is_tar(content: &[u8]) -> bool {
    content.get(257..262) == Some(b"ustar")
        || content.get(..1024).is_some_and(|it| it.iter().all(|byte| *byte == 0))
}

/// Returns the document and its signature from the bytes of a tar archive; a file of another name only if it is the only
/// document.
fn from_archive(archive: &[u8], name: &str) -> Result<IndexDocument, IndexFileError> {
    let broken = |source| IndexFileError::Broken { format: "tar", source };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for entry in tar::Archive::new(archive).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let file = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(broken)?;
        files.push((file, content));
    }
    let at = files.iter().position(|(file, _)| file == name).or_else(|| {
        let mut documents = files.iter().enumerate().filter(|(_, (file, _))| file.ends_with(".json"));
        documents.next().filter(|_| documents.next().is_none()).map(|(at, _)| at)
    });
    let Some(at) = at else {
        let files = files.into_iter().map(|(file, _)| file).collect();
        return Err(IndexFileError::NoDocument { name: name.to_owned(), files });
    };
    let (file, json) = files.swap_remove(at);
    let signature = format!("{file}.sig");
    let signature = files.into_iter().find(|(file, _)| *file == signature).map(|(_, content)| content);
    Ok(IndexDocument { json, signature })
}
