//! Index files as they are published: JSON, compressed JSON, or an archive of JSON and its signature.
//!
//! Serves package and library indexes; knows nothing of their content.

use std::io::{self, Read};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;

/// Limit of the uncompressed size. The largest real index (libraries, 2026) has about 50 MB.
pub(crate) const MOST_BYTES: u64 = 512 << 20;

/// Content of an index file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexDocument {
    /// JSON document.
    pub(crate) json: Vec<u8>,
    /// Detached `OpenPGP` signature over the document, if the file has one.
    pub(crate) signature: Option<Vec<u8>>,
}

/// Error of reading an index file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum IndexFileError {
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
    #[error("the archive has no file `{name}`; it has: {}", listed(.files))]
    NoDocument {
        /// Expected file name.
        name: String,
        /// Files of the archive.
        files: Vec<String>,
    },
}

/// Returns the files of an archive for a message.
fn listed(files: &[String]) -> String {
    const MOST: usize = 8;
    match files {
        [] => "no file at all".to_owned(),
        _ if files.len() <= MOST => files.join(", "),
        _ => format!("{} and {} more", files[..MOST].join(", "), files.len() - MOST),
    }
}

/// Returns the name of an index's JSON document for the URL, path or name of its file: `package_x_index.json` for
/// `https://…/package_x_index.json.gz`. The fragment of a URL states the name itself. `None` where there is no name.
///
/// Source: arduino-cli, `IndexFileName` in `internal/arduino/resources/index.go`.
pub(crate) fn document_name(location: &str) -> Option<String> {
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
    if name.strip_suffix(".json").is_some() {
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
pub(crate) fn unpack(file: &[u8], name: &str, limit: u64) -> Result<IndexDocument, IndexFileError> {
    match file {
        [0x1f, 0x8b, ..] => {
            let json = bounded(MultiGzDecoder::new(file), "gzip", limit)?;
            Ok(IndexDocument { json, signature: None })
        }
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => {
            let content = bounded(MultiBzDecoder::new(file), "bzip2", limit)?;
            if is_tar(&content) || !starts_like_json(&content) {
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

/// Returns whether the content begins like a JSON document; an archive begins with the name of a file.
fn starts_like_json(content: &[u8]) -> bool {
    let text = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    text.iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_none_or(|first| matches!(first, b'{' | b'[' | b'<'))
}

/// Returns whether the content is a tar archive by its mark, which the oldest format lacks.
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
        let mut documents =
            files.iter().enumerate().filter(|(_, (file, _))| file.strip_suffix(".json").is_some());
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

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const JSON: &[u8] = b"{\"packages\": []}";

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn bzip2(content: &[u8]) -> Vec<u8> {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            builder.append_data(&mut header, path, *content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn unpacked(file: &[u8]) -> Result<IndexDocument, String> {
        unpack(file, "package_x_index.json", 1 << 20).map_err(|error| error.to_string())
    }

    #[test]
    fn the_document_is_named_after_its_file() {
        let cases = [
            ("https://a/b/package_x_index.json", Some("package_x_index.json")),
            ("https://a/b/package_x_index.json.gz?raw=true&b=/c", Some("package_x_index.json")),
            ("https://a/package_index.tar.bz2", Some("package_index.json")),
            ("https://a/download/latest", Some("latest.json")),
            ("https://a/index?id=7#package_mine_index.json", Some("package_mine_index.json")),
            ("https://a/index#../../x", Some("x")),
            ("https://a/index#..", None),
            ("https://a/b/", Some("b.json")),
            ("https://a/", None),
            ("https://a", None),
            ("", None),
            ("file:///home/x/package_x_index.json", Some("package_x_index.json")),
            ("/home/x/package_x_index.json", Some("package_x_index.json")),
            ("package_x_index.json", Some("package_x_index.json")),
        ];
        for (location, expected) in cases {
            assert_eq!(document_name(location).as_deref(), expected, "{location}");
        }
    }

    #[test]
    fn every_form_gives_the_document() {
        let plain = IndexDocument { json: JSON.to_vec(), signature: None };
        let signed = IndexDocument { json: JSON.to_vec(), signature: Some(b"sig".to_vec()) };
        let members = [gzip(&JSON[..5]), gzip(&JSON[5..])].concat();
        let archive = tar(&[
            ("package_x_index.json.sig", b"sig"),
            ("./package_x_index.json", JSON),
            ("other.json", b"{}"),
        ]);
        // The oldest format has no mark in its headers.
        let mut oldest = archive.clone();
        for header in [0, 1024, 2048].map(|at| at..at + 512) {
            let header = &mut oldest[header];
            header[257..265].fill(0);
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
            header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
        let renamed =
            tar(&[("y.json", JSON), ("y.json.sig", b"sig"), ("package_x_index.json.sig", b"not this one")]);
        for (what, file, expected) in [
            ("JSON", JSON.to_vec(), &plain),
            ("empty", Vec::new(), &IndexDocument { json: Vec::new(), signature: None }),
            ("gzip", gzip(JSON), &plain),
            ("two gzip members", members, &plain),
            ("bzip2", bzip2(JSON), &plain),
            ("tar.bz2", bzip2(&archive), &signed),
            ("oldest tar.bz2", bzip2(&oldest), &signed),
            ("tar", archive, &signed),
            ("tar.bz2 of another name", bzip2(&renamed), &signed),
        ] {
            assert_eq!(unpacked(&file).as_ref(), Ok(expected), "{what}");
        }
    }

    #[test]
    fn broken_files_are_told() {
        let archive = tar(&[("a.json", JSON), ("b.json", JSON)]);
        let message = unpacked(&bzip2(&archive)).unwrap_err();
        assert_eq!(message, "the archive has no file `package_x_index.json`; it has: a.json, b.json");
        assert!(unpacked(&bzip2(&[0; 1024])).unwrap_err().ends_with("it has: no file at all"));
        let random: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (format, file) in [("gzip", gzip(&random)), ("bzip2", bzip2(&random))] {
            let mut flipped = file.clone();
            flipped[file.len() / 2] ^= 0xff;
            for broken in [&file[..file.len() / 2], &file[..file.len() - 3], &flipped] {
                let message = unpacked(broken).unwrap_err();
                assert!(
                    message.starts_with(&format!("the {format} data is broken or cut off: ")),
                    "{message}"
                );
            }
        }
        let whole = tar(&[("package_x_index.json", &random)]);
        let message = unpacked(&bzip2(&whole[..2000])).unwrap_err();
        assert!(message.starts_with("the tar data is broken or cut off: "), "{message}");
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let zeros = vec![b' '; 3 << 20];
        let archive = tar(&[("package_x_index.json", &zeros)]);
        for bomb in [gzip(&zeros), bzip2(&zeros), bzip2(&archive)] {
            assert!(bomb.len() < 20_000);
            assert_eq!(unpacked(&bomb).unwrap_err(), "it has more than 1 MB uncompressed, which is no index");
        }
        assert_eq!(unpack(&gzip(&zeros), "x", 3 << 20).unwrap().json.len(), 3 << 20);
    }

    proptest::proptest! {
        #[test]
        fn no_mutated_file_panics(
            form in 0_usize..4,
            edits in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..20),
        ) {
            let archive = tar(&[("package_x_index.json", JSON), ("package_x_index.json.sig", b"sig")]);
            let mut file = [gzip(JSON), bzip2(JSON), bzip2(&archive), archive.clone()][form].clone();
            for (at, byte) in edits {
                let at = at.index(file.len());
                file[at] = byte;
            }
            let _ = unpacked(&file);
        }
    }
}
