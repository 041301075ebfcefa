//! A package's page of a Python index ("Simple repository API", in HTML or JSON): which files a release has.

use reqwest::Url;
use serde::Deserialize;

use super::super::locked::LockedFile;
use super::requirement::{is_wheel, normal};

/// The media types that are read, the preferred one first.
pub(super) const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, text/html;q=0.5";

#[derive(Deserialize)]
struct Page {
    files: Vec<PageFile>,
}

#[derive(Deserialize)]
struct PageFile {
    filename: String,
    url: String,
    size: Option<u64>,
    #[serde(default)]
    hashes: Hashes,
}

#[derive(Default, Deserialize)]
struct Hashes {
    sha256: Option<String>,
}

/// Returns the files of a release that have a SHA-256. `address` is the page's own. A page of another kind has none.
pub(super) fn files(page: &str, address: &Url, name: &str, version: &str) -> Vec<LockedFile> {
    let files = match serde_json::from_str::<Page>(page) {
        Ok(page) => page.files,
        Err(_) => links(page),
    };
    let locked = |file: PageFile| {
        let sha256 = file.hashes.sha256?.to_ascii_lowercase();
        let mut url = address.join(&file.url).ok()?;
        url.set_fragment(None);
        // Both fail only for addresses that can't have credentials.
        let _ = (url.set_username(""), url.set_password(None));
        Some(LockedFile { url: url.into(), size: file.size, sha256 })
    };
    files.into_iter().filter(|file| is_of(&file.filename, name, version)).filter_map(locked).collect()
}

/// Returns the links of a page in HTML: the file's name is the text, its hash the fragment of its address.
fn links(page: &str) -> Vec<PageFile> {
    let mut files = Vec::new();
    for anchor in page.split("<a ").skip(1) {
        let Some((attributes, rest)) = anchor.split_once('>') else { continue };
        let Some((text, _)) = rest.split_once("</a") else { continue };
        let Some((_, value)) = attributes.split_once("href=") else { continue };
        let quote = if value.starts_with('\'') { '\'' } else { '"' };
        let Some(url) = value.strip_prefix(quote).and_then(|value| value.split(quote).next()) else {
            continue;
        };
        let url = url.replace("&amp;", "&");
        let sha256 =
            url.split_once("#sha256=").map(|(_, hash)| hash.split('&').next().unwrap_or(hash).to_owned());
        files.push(PageFile { filename: text.trim().to_owned(), url, size: None, hashes: Hashes { sha256 } });
    }
    files
}

/// Ends of the names of source packages.
const SOURCES: [&str; 4] = [".tar.gz", ".zip", ".tar.bz2", ".tar.xz"];

/// Returns whether a file's name is that of a release: `NAME-VERSION-TAGS.whl`, or `NAME-VERSION.tar.gz`.
fn is_of(file: &str, name: &str, version: &str) -> bool {
    let is_release = |of: &str, at: &str| normal(of) == normal(name) && same(at, version);
    let mut parts = file.splitn(3, '-');
    if let (true, Some(of), Some(at)) = (is_wheel(file), parts.next(), parts.next()) {
        return is_release(of, at);
    }
    // The name of an old source package may contain `-`.
    let stem = SOURCES.iter().find_map(|end| file.strip_suffix(end));
    stem.and_then(|stem| stem.rsplit_once('-')).is_some_and(|(of, at)| is_release(of, at))
}

/// Returns whether two spellings are the same version: in a file's name `-` is `_`, and `1.0` is also written `1.0.0`.
fn same(a: &str, b: &str) -> bool {
    let normal = |version: &str| {
        let version = version.to_ascii_lowercase().replace(['-', '_'], ".");
        let mut end = version.as_str();
        while let Some(shorter) = end.strip_suffix(".0") {
            end = shorter;
        }
        end.to_owned()
    };
    normal(a) == normal(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str) -> Vec<(String, Option<u64>, String)> {
        let address = Url::parse("https://user:secret@index.example/simple/py-toy/").unwrap();
        let files = files(page, &address, "Py_Toy", "1.2");
        files.into_iter().map(|file| (file.url, file.size, file.sha256)).collect()
    }

    #[test]
    fn files_of_a_release_are_found() {
        let html = "<html><a href=\"../../f/py_toy-1.2-py3-none-any.whl#sha256=AA\" data-x>py_toy-1.2-py3-none-any.whl</a>\n\
                    <a href='https://else.example/py-toy-1.2.0.tar.gz#sha256=bb'>py-toy-1.2.0.tar.gz</a>\
                    <a href=\"py_toy-1.20-py3-none-any.whl#sha256=cc\">py_toy-1.20-py3-none-any.whl</a>\
                    <a href=\"py_toy-1.2.zip\">py_toy-1.2.zip</a><a href=\"broken";
        let found = [
            ("https://index.example/f/py_toy-1.2-py3-none-any.whl".to_owned(), None, "aa".to_owned()),
            ("https://else.example/py-toy-1.2.0.tar.gz".to_owned(), None, "bb".to_owned()),
        ];
        assert_eq!(read(html), found);
        let json = r#"{"files": [
            {"filename": "py_toy-1.2-cp311-abi3-linux_x86_64.whl", "url": "x.whl", "size": 7, "hashes": {"sha256": "dd"}},
            {"filename": "py_toy_more-1.2.tar.gz", "url": "y", "hashes": {"sha256": "ee"}},
            {"filename": "py_toy-1.2.tar.gz", "url": "z", "hashes": {"md5": "ff"}}]}"#;
        assert_eq!(
            read(json),
            [("https://index.example/simple/py-toy/x.whl".to_owned(), Some(7), "dd".to_owned())]
        );
        assert_eq!(read("no page"), []);
    }
}
