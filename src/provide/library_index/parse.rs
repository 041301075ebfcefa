//! Reads the JSON of a library index. A broken entry is dropped and reported; the others stay.
//!
//! As in arduino-cli, keys are compared without regard to case, `null` counts as missing, and of several values of one
//! key the last one counts. More lenient than arduino-cli, which refuses the whole index because of one broken entry.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess};

use super::catalog::LibraryCatalog;
use super::entry::Entry;
use super::json::{Fields, Json, read_fields, read_into};
use crate::provide::package_index::strict_json;

/// A parsed index.
#[derive(Debug, Clone, Default)]
pub struct ParsedLibraryIndex {
    /// The usable entries.
    pub catalog: LibraryCatalog,
    /// The other entries, and unusable constraints.
    pub dropped: Vec<DroppedRelease>,
}

/// An entry of an index that could not be used, at least not in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedRelease {
    /// Where it is, such as ``entry 7, library `FastLED` 3.6.0``.
    pub place: String,
    /// Why it could not be used.
    pub reason: String,
}

impl fmt::Display for DroppedRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// Error of a document that is unusable as a whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LibraryIndexError {
    /// The document is a web page, usually an error page or a login form.
    #[error("it is a web page, not JSON: check the URL")]
    WebPage,
    /// The document has no content.
    #[error("it is empty")]
    Empty,
    /// The document is not JSON.
    #[error("it is not JSON, or cut off: {0}")]
    Syntax(#[source] serde_json::Error),
    /// The document is JSON of another shape.
    #[error("it is not a library index: {0}")]
    Shape(String),
}

/// Parses the bytes of `library_index.json`.
///
/// # Errors
/// The document is not JSON, or its root is no library index. Broken entries are no error: see
/// [`ParsedLibraryIndex::dropped`].
pub fn parse(document: &[u8]) -> Result<ParsedLibraryIndex, LibraryIndexError> {
    let root = read(document)?;
    let entries = match root {
        Json::Object(RawIndex { libraries: Json::List(entries) }) => entries,
        Json::Null | Json::Object(RawIndex { libraries: Json::Null }) => Vec::new(),
        Json::Object(RawIndex { libraries: other }) => {
            return Err(LibraryIndexError::Shape(format!(
                "`libraries`: expected a list, found {}",
                other.kind()
            )));
        }
        other => return Err(LibraryIndexError::Shape(format!("expected an object, found {}", other.kind()))),
    };
    let mut releases = Vec::with_capacity(entries.len());
    let mut dropped = Vec::new();
    for (at, Entry { name, release, problems }) in entries.into_iter().enumerate() {
        let place = || format!("entry {}{name}", at + 1);
        dropped.extend(problems.into_iter().map(|reason| DroppedRelease { place: place(), reason }));
        releases.extend(release);
    }
    Ok(ParsedLibraryIndex { catalog: LibraryCatalog::new(releases), dropped })
}

/// Parses the document, if need be with the leniency of arduino-cli.
fn read(document: &[u8]) -> Result<Json<IgnoredAny, RawIndex>, LibraryIndexError> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let strict = match serde_json::from_slice(document) {
        Ok(root) => return Ok(root),
        Err(error) => error,
    };
    match document.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(LibraryIndexError::Empty),
        Some(b'<') => Err(LibraryIndexError::WebPage),
        Some(_) => {
            serde_json::from_str(&strict_json(document)).map_err(|_| LibraryIndexError::Syntax(strict))
        }
    }
}

#[derive(Default)]
struct RawIndex {
    libraries: Json<Entry>,
}

impl Fields for RawIndex {
    const KEYS: &'static [&'static str] = &["libraries"];

    fn read<'de, A: MapAccess<'de>>(&mut self, _: &'static str, map: &mut A) -> Result<(), A::Error> {
        read_into(&mut self.libraries, map)
    }
}

impl<'de> Deserialize<'de> for RawIndex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_fields(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn versions(parsed: &ParsedLibraryIndex, name: &str) -> Vec<String> {
        parsed.catalog.releases(name).iter().map(|it| it.version.to_string()).collect()
    }

    fn dropped(json: &str) -> Vec<String> {
        parse(json.as_bytes()).unwrap().dropped.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_entry_with_everything() {
        let json = r#"{"libraries": [{"name": "My Lib", "version": "1.2", "author": "A \u003cb", "types": ["x"],
            "url": "https://example/MyLib-1.2.zip", "archiveFileName": "MyLib-1.2.zip", "size": 12,
            "checksum": "SHA-256:00", "dependencies": [{"name": "Other"}, {"name": "Third", "version": "^1.0 || =3.0.0"}],
            "providesIncludes": null, "future": {"a": [1, {}]}}]}"#;
        let parsed = parse(json.as_bytes()).unwrap();
        assert_eq!(parsed.dropped, []);
        let [release] = parsed.catalog.releases("My Lib") else { panic!("{parsed:?}") };
        assert_eq!((&*release.name, release.version.as_str(), release.size), ("My Lib", "1.2", Some(12)));
        assert_eq!(&*release.url, "https://example/MyLib-1.2.zip");
        assert_eq!((&*release.archive_file_name, &*release.checksum), ("MyLib-1.2.zip", "SHA-256:00"));
        let dependencies: Vec<String> =
            release.dependencies.iter().map(|it| format!("{} {}", it.name, it.range)).collect();
        assert_eq!(dependencies, ["Other ", "Third ^1.0 || =3.0.0"]);
    }

    #[test]
    fn keys_in_any_case_nulls_and_repeated_keys_as_arduino_cli() {
        let json = r#"{"libraries": [{"name": "Gone", "version": "1"}], "LIBRARIES": [
            {"NAME": "A", "Version": "1.0", "ARCHIVEFILENAME": "a.zip", "dependencies": null, "size": null},
            {"name": "B", "name": null, "version": "1", "version": "2"}]}"#;
        let parsed = parse(json.as_bytes()).unwrap();
        assert_eq!(parsed.dropped, []);
        assert_eq!(&*parsed.catalog.releases("A")[0].archive_file_name, "a.zip");
        assert_eq!(versions(&parsed, "B"), ["2"]);
        assert_eq!(versions(&parsed, "Gone"), [""; 0]);
    }

    #[test]
    fn an_empty_version_is_zero_and_sizes_may_be_anything() {
        let json = r#"{"libraries": [{"name": "A", "version": "", "size": "12"}, {"name": "B", "version": "1", "size": -3},
            {"name": "C", "version": "1", "size": 1.5}, {"name": "D", "version": "1", "size": [1]}]}"#;
        let parsed = parse(json.as_bytes()).unwrap();
        assert_eq!(parsed.dropped, []);
        let sizes = ["A", "B", "C", "D"].map(|name| parsed.catalog.releases(name)[0].size);
        assert_eq!(sizes, [Some(12), None, None, None]);
    }

    #[test]
    fn broken_entries_cost_only_themselves() {
        let json = r#"{"libraries": [null, 5, {"version": "1"}, {"name": "A"}, {"name": "A", "version": "1_0"},
            {"name": 5, "version": "1"}, {"name": "A", "version": "1", "url": {}},
            {"name": "A", "version": "2", "dependencies": {}}, {"name": "A", "version": "3", "dependencies": [null]},
            {"name": "A", "version": "4", "dependencies": [{"version": "1"}]},
            {"name": "A", "version": "5", "dependencies": [{"name": "B", "version": ">>1"}]},
            {"name": "A", "version": "6"}]}"#;
        let parsed = parse(json.as_bytes()).unwrap();
        assert_eq!(versions(&parsed, "A"), ["6", "5"]);
        assert!(parsed.catalog.releases("A")[1].dependencies[0].range.is_any());
        let dropped = dropped(json);
        let expected = [
            "entry 1: expected an object, found null",
            "entry 2: expected an object, found a number",
            "entry 3: `name` is missing",
            "entry 4, library `A`: `version` is missing",
            "entry 5, library `A` 1_0: `version`: `1_0` is not a semantic version",
            "entry 6: `name`: expected a text, found a number",
            "entry 7, library `A` 1: `url`: expected a text, found an object",
            "entry 8, library `A` 2: `dependencies`: expected a list, found an object",
            "entry 9, library `A` 3: `dependencies`: expected objects, found null",
            "entry 10, library `A` 4: `name` of a dependency is missing",
        ];
        assert_eq!(dropped[..10], expected);
        assert!(
            dropped[10].starts_with("entry 11, library `A` 5: dependency `B`: `>>1` is not"),
            "{dropped:?}"
        );
        assert_eq!(dropped.len(), 11);
    }

    #[test]
    fn texts_that_arduino_cli_accepts() {
        let json =
            b"{\"libraries\": [{\"name\": \"A\", \"version\": \"1\", \"author\": \"x\ty\xff\\ud83d\"},]}";
        let parsed = parse(json).unwrap();
        assert_eq!(
            (parsed.dropped.as_slice(), versions(&parsed, "A").as_slice()),
            (&[][..], &["1".to_owned()][..])
        );
    }

    #[test]
    fn documents_of_another_kind_are_errors() {
        let error = |json: &str| parse(json.as_bytes()).unwrap_err().to_string();
        assert!(error("").contains("empty"));
        assert!(error(" <!DOCTYPE html>").contains("web page"));
        assert!(error(r#"{"libraries": [{"name": "A", "version": "1"}"#).contains("cut off"));
        assert!(error(r#"{"libraries": []} x"#).contains("not JSON"));
        assert!(error("[]").contains("expected an object, found a list"));
        assert!(error(r#"{"libraries": {}}"#).contains("expected a list, found an object"));
        for empty in ["null", "{}", r#"{"libraries": null}"#, "\u{feff}{\"libraries\": []}"] {
            assert!(parse(empty.as_bytes()).unwrap().catalog.is_empty(), "{empty}");
        }
    }

    proptest! {
        #[test]
        fn damaged_documents_never_panic(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400) {
            let mut json = br#"{"libraries": [{"name": "A", "version": "1.0.0", "size": 5, "url": "https://example/a.zip",
                "dependencies": [{"name": "B", "version": ">=1.0 && !(=2.0.0-rc1+5)"}, {"name": "C"}]},
                {"name": "B", "version": "1.0.0-beta.1", "checksum": "SHA-256:ab", "types": ["a", null, 5]}]}"#.to_vec();
            let last = json.len() - 1;
            json[at.min(last)] = byte;
            let _ = parse(&json);
            json.truncate(cut);
            let _ = parse(&json);
        }
    }
}
