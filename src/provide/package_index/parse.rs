//! Reads the JSON of a package index into its entries. A broken entry is dropped and reported; the others stay.
//!
//! Names and versions become directory names, so an entry whose name is not a plain one is dropped as well. An entry
//! without a version or URL is kept, as arduino-cli keeps it; it cannot be resolved.

use serde_json::Value;

use super::entry::DroppedEntry;
use super::json::{Fields, IndexError, kind, read};
use super::model::{
    IndexFile, IndexPackage, IndexedArchive, IndexedBoard, PackageInfo, PlatformRelease, RequiredLibrary,
    RequiredTool, ToolName, ToolRelease, ToolSystem,
};
use crate::nearest::quoted;
use crate::provide::versions::RelaxedVersion;

/// Parses the bytes of a package index.
///
/// # Errors
/// The document is not JSON, or its root is no package index. Broken entries are no error: see [`IndexFile::dropped`].
pub fn parse(document: &[u8]) -> Result<IndexFile, IndexError> {
    let root = read(document)?;
    let mut reader = Reader::default();
    let mut packages = Vec::new();
    if !root.is_null() {
        let fields = Fields::of(&root).map_err(IndexError::Shape)?;
        for (at, value) in fields.list("packages").map_err(IndexError::Shape)?.iter().enumerate() {
            let place = format!("package {}", at + 1);
            packages.extend(reader.keep(place, |reader| reader.package(value)));
        }
    }
    Ok(IndexFile { packages, dropped: reader.dropped })
}

/// Reads entries and notes those that it drops.
#[derive(Default)]
struct Reader {
    /// The entries around the current one, outermost first.
    around: Vec<String>,
    dropped: Vec<DroppedEntry>,
}

impl Reader {
    /// Reads an entry at `place`; a failure is noted and the entry dropped.
    fn keep<T>(&mut self, place: String, read: impl FnOnce(&mut Self) -> Result<T, String>) -> Option<T> {
        self.around.push(place);
        let result = read(self);
        let entry = match result {
            Ok(entry) => Some(entry),
            Err(reason) => {
                self.dropped.push(DroppedEntry { place: self.around.join(", "), reason });
                None
            }
        };
        self.around.pop();
        entry
    }

    /// Replaces the name of the current entry by a better one.
    fn rename(&mut self, place: String) {
        if let Some(last) = self.around.last_mut() {
            *last = place;
        }
    }

    /// Reads the elements of a list; a failing element is dropped, and a value that is no list as a whole.
    fn list<T>(
        &mut self,
        fields: Fields<'_>,
        key: &str,
        what: &str,
        read: impl Fn(&mut Self, &Value) -> Result<T, String>,
    ) -> Vec<T> {
        let values = match fields.list(key) {
            Ok(values) => values,
            Err(reason) => {
                self.dropped.push(DroppedEntry { place: self.around.join(", "), reason });
                return Vec::new();
            }
        };
        let entries = values.iter().enumerate();
        entries
            .filter_map(|(at, value)| self.keep(format!("{what} {}", at + 1), |it| read(it, value)))
            .collect()
    }

    /// Returns a text that is only shown; one of a wrong kind is noted and empty.
    fn shown(&mut self, fields: Fields<'_>, key: &str) -> String {
        self.keep(key.to_owned(), |_| fields.text(key).map(str::to_owned)).unwrap_or_default()
    }

    /// Returns the URL of an entry's online help.
    fn help(&mut self, fields: Fields<'_>) -> String {
        let Some(help) = fields.get("help") else { return String::new() };
        self.keep("help".to_owned(), |_| Ok(Fields::of(help)?.text("online")?.to_owned())).unwrap_or_default()
    }

    fn package(&mut self, value: &Value) -> Result<IndexPackage, String> {
        let fields = Fields::of(value)?;
        let name = plain_name(fields, "name")?;
        self.rename(format!("package {}", quoted(&name)));
        let info = PackageInfo {
            name,
            maintainer: self.shown(fields, "maintainer"),
            website_url: self.shown(fields, "websiteurl"),
            url: self.shown(fields, "url"),
            email: self.shown(fields, "email"),
            help: self.help(fields),
        };
        let platforms = self.list(fields, "platforms", "platform", Self::platform);
        let tools = self.list(fields, "tools", "tool", Self::tool);
        Ok(IndexPackage { info, platforms, tools })
    }

    fn platform(&mut self, value: &Value) -> Result<PlatformRelease, String> {
        let fields = Fields::of(value)?;
        let architecture = plain_name(fields, "architecture")?;
        self.rename(format!("platform {}", quoted(&architecture)));
        let version = plain_version(fields)?;
        self.rename(format!("platform {} {version}", quoted(&architecture)));
        // The empty version is semantic here: it equals 0.0.0.
        if !version.is_semantic() {
            return Err(format!("the version {} is not a semantic version", quoted(version.as_str())));
        }
        Ok(PlatformRelease {
            name: self.shown(fields, "name"),
            architecture,
            version,
            deprecated: fields.flag("deprecated")?,
            category: self.shown(fields, "category"),
            help: self.help(fields),
            archive: archive(fields)?,
            boards: self.list(fields, "boards", "board", Self::board),
            tools: tool_dependencies(fields)?,
            discoveries: self.list(fields, "discoverydependencies", "discovery", |_, value| tool_name(value)),
            monitors: self.list(fields, "monitordependencies", "monitor", |_, value| tool_name(value)),
            libraries: self.list(fields, "librarydependencies", "library", |_, value| library(value)),
        })
    }

    fn board(&mut self, value: &Value) -> Result<IndexedBoard, String> {
        let fields = Fields::of(value)?;
        let name = fields.text("name")?.to_owned();
        let usb = self.list(fields, "id", "id", |_, id| Ok(Fields::of(id)?.text("usb")?.to_owned()));
        Ok(IndexedBoard { name, usb: usb.into_iter().filter(|usb| !usb.is_empty()).collect() })
    }

    fn tool(&mut self, value: &Value) -> Result<ToolRelease, String> {
        let fields = Fields::of(value)?;
        let name = plain_name(fields, "name")?;
        self.rename(format!("tool {}", quoted(&name)));
        let version = plain_version(fields)?;
        self.rename(format!("tool {} {version}", quoted(&name)));
        let systems = self.list(fields, "systems", "system", |_, value| {
            let fields = Fields::of(value)?;
            Ok(ToolSystem { host: fields.text("host")?.to_owned(), archive: archive(fields)? })
        });
        Ok(ToolRelease { name, version, systems })
    }
}

fn archive(fields: Fields<'_>) -> Result<IndexedArchive, String> {
    Ok(IndexedArchive {
        url: fields.text("url")?.to_owned(),
        file_name: match fields.text("archivefilename")? {
            "" => String::new(),
            name => plain("archivefilename", name)?,
        },
        size: fields.size("size")?,
        checksum: fields.text("checksum")?.to_owned(),
    })
}

/// Returns a platform's tools. One broken dependency makes the platform unusable.
fn tool_dependencies(fields: Fields<'_>) -> Result<Vec<RequiredTool>, String> {
    let list = fields.list("toolsdependencies")?.iter().enumerate();
    list.map(|(at, value)| {
        tool_dependency(value).map_err(|reason| format!("`toolsdependencies`, entry {}: {reason}", at + 1))
    })
    .collect()
}

fn tool_dependency(value: &Value) -> Result<RequiredTool, String> {
    let ToolName { packager, name } = tool_name(value)?;
    Ok(RequiredTool { packager, name, version: version(Fields::of(value)?)? })
}

fn tool_name(value: &Value) -> Result<ToolName, String> {
    let fields = Fields::of(value)?;
    Ok(ToolName { packager: fields.text("packager")?.to_owned(), name: fields.text("name")?.to_owned() })
}

fn library(value: &Value) -> Result<RequiredLibrary, String> {
    let fields = Fields::of(value)?;
    Ok(RequiredLibrary { name: fields.text("name")?.to_owned(), version: version(fields)? })
}

/// Returns a version; a missing one as the empty text.
fn version(fields: Fields<'_>) -> Result<RelaxedVersion, String> {
    match fields.get("version") {
        None => Ok(RelaxedVersion::new("")),
        Some(Value::String(text)) => Ok(RelaxedVersion::new(text.as_str())),
        Some(value) => Err(format!("`version`: expected a text, found {}", kind(value))),
    }
}

/// Returns the version of an entry, which is also a directory name. It may be empty, as in templates of indexes.
fn plain_version(fields: Fields<'_>) -> Result<RelaxedVersion, String> {
    let version = version(fields)?;
    if !version.as_str().is_empty() {
        plain("version", version.as_str())?;
    }
    Ok(version)
}

/// Returns the text of a field that is also a directory name.
fn plain_name(fields: Fields<'_>, key: &str) -> Result<String, String> {
    plain(key, fields.text(key)?)
}

/// Returns `text`, if it can be the name of one file or directory.
///
/// # Errors
/// It is empty, `.` or `..`, or it has a separator or a control character.
fn plain(key: &str, text: &str) -> Result<String, String> {
    match text {
        "" => Err(format!("`{key}` is missing")),
        "." | ".." => Err(format!("`{key}`: {} is not a file name", quoted(text))),
        _ if text.contains(['/', '\\']) || text.chars().any(char::is_control) => {
            Err(format!("`{key}`: {} is not a file name", quoted(text)))
        }
        _ => Ok(text.to_owned()),
    }
}
