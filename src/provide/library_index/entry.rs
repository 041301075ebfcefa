//! One entry of a library index: its JSON, and the release made of it.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess};

use super::catalog::{LibraryDependency, LibraryRelease};
use super::json::{Fields, Json, read_fields, read_into};
use crate::nearest::quoted;
use crate::versions::{RelaxedVersion, VersionRange};

/// An entry of `libraries`. Converted while the document is read, so that only what is needed stays in memory.
pub(super) struct Entry {
    /// Name and version for a message, after a comma; empty where they are unknown or there is no problem.
    pub(super) name: String,
    pub(super) release: Option<LibraryRelease>,
    /// Why the entry is unusable; unusable constraints of a usable entry.
    pub(super) problems: Vec<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: RawRelease = match Json::<IgnoredAny, _>::deserialize(deserializer)? {
            Json::Object(raw) => raw,
            other => {
                let problem = format!("expected an object, found {}", other.kind());
                return Ok(Self { name: String::new(), release: None, problems: vec![problem] });
            }
        };
        let mut problems = Vec::new();
        let (name, version) = (raw.name.text(), raw.version.text());
        let release = raw.release(&mut problems).map_err(|problem| problems.push(problem)).ok();
        let name = if problems.is_empty() { String::new() } else { label(name, version) };
        Ok(Self { name, release, problems })
    }
}

#[derive(Default)]
struct RawRelease {
    name: Json,
    version: Json,
    url: Json,
    archive_file_name: Json,
    size: Json,
    checksum: Json,
    dependencies: Json<Json<IgnoredAny, RawDependency>>,
}

impl Fields for RawRelease {
    const KEYS: &'static [&'static str] =
        &["name", "version", "url", "archivefilename", "size", "checksum", "dependencies"];

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error> {
        let field = match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "url" => &mut self.url,
            "archivefilename" => &mut self.archive_file_name,
            "size" => &mut self.size,
            "checksum" => &mut self.checksum,
            _ => return read_into(&mut self.dependencies, map),
        };
        read_into(field, map)
    }
}

impl<'de> Deserialize<'de> for RawRelease {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_fields(deserializer)
    }
}

impl RawRelease {
    /// Converts the entry. Unusable constraints are added to `problems`.
    ///
    /// # Errors
    /// The entry is unusable; returns why.
    fn release(self, problems: &mut Vec<String>) -> Result<LibraryRelease, String> {
        let name = text(self.name, "name")?.filter(|it| !it.is_empty()).ok_or("`name` is missing")?;
        let version = RelaxedVersion::new(text(self.version, "version")?.ok_or("`version` is missing")?);
        if !version.is_semantic() {
            return Err(format!("`version`: {} is not a semantic version", quoted(version.as_str())));
        }
        let size = match self.size {
            Json::Number(size) => size,
            Json::Text(digits) => digits.parse().ok(),
            _ => None,
        };
        let dependencies = match self.dependencies {
            Json::List(list) => {
                list.into_iter().map(|it| dependency(it, problems)).collect::<Result<_, _>>()?
            }
            Json::Null => Box::default(),
            other => return Err(wrong_type("dependencies", "a list", other.kind())),
        };
        Ok(LibraryRelease {
            name: name.into(),
            version,
            url: text(self.url, "url")?.unwrap_or_default(),
            archive_file_name: text(self.archive_file_name, "archiveFileName")?.unwrap_or_default(),
            size,
            checksum: text(self.checksum, "checksum")?.unwrap_or_default(),
            dependencies,
        })
    }
}

#[derive(Default)]
struct RawDependency {
    name: Json,
    version: Json,
}

impl Fields for RawDependency {
    const KEYS: &'static [&'static str] = &["name", "version"];

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error> {
        read_into(if key == "name" { &mut self.name } else { &mut self.version }, map)
    }
}

impl<'de> Deserialize<'de> for RawDependency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_fields(deserializer)
    }
}

/// Converts a dependency. An unusable constraint is added to `problems` and counts as none.
fn dependency(
    raw: Json<IgnoredAny, RawDependency>,
    problems: &mut Vec<String>,
) -> Result<LibraryDependency, String> {
    let raw = match raw {
        Json::Object(raw) => raw,
        other => return Err(wrong_type("dependencies", "objects", other.kind())),
    };
    let name = text(raw.name, "name")?.filter(|it| !it.is_empty());
    let name = name.ok_or("`name` of a dependency is missing")?;
    let constraint = text(raw.version, "version")?.unwrap_or_default();
    let range = VersionRange::from_constraint(&constraint).unwrap_or_else(|error| {
        problems.push(format!("dependency {}: {error}; every version is accepted", quoted(&name)));
        VersionRange::any()
    });
    Ok(LibraryDependency { name: name.into(), range })
}

/// Returns name and version of a library for a message, after a comma, as far as they are known.
fn label(name: Option<Box<str>>, version: Option<Box<str>>) -> String {
    let Some(name) = name else { return String::new() };
    let version = version.map(|it| format!(" {it}")).unwrap_or_default();
    format!(", library {}{version}", quoted(&name))
}

/// Returns the text of a field, or `None` if it is missing.
fn text(value: Json, key: &str) -> Result<Option<Box<str>>, String> {
    match value {
        Json::Null => Ok(None),
        Json::Text(text) => Ok(Some(text)),
        other => Err(wrong_type(key, "a text", other.kind())),
    }
}

fn wrong_type(key: &str, expected: &str, found: &str) -> String {
    format!("`{key}`: expected {expected}, found {found}")
}
