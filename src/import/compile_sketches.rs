//! Inputs of the action `arduino/compile-sketches`: what a step with them builds. Knows no workflow.
//!
//! Specification: the action's README and `compilesketches.py` (<https://github.com/arduino/compile-sketches>).

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::model::{CoreSource, ImportedBuild, ImportedCore, ImportedLibrary};
use super::notes::Notes;
use super::words::words;
use super::yaml;
use crate::nearest::quoted;
use crate::platform::Fqbn;

/// Inputs that decide what is built.
pub(super) const INPUTS: [&str; 5] = ["fqbn", "platforms", "libraries", "sketch-paths", "cli-compile-flags"];

/// Values of missing inputs.
const DEFAULTS: [(&str, &str); 3] =
    [("fqbn", "arduino:avr:uno"), ("libraries", "- source-path: ./"), ("sketch-paths", "- examples")];

/// Returns the build of a step with these inputs.
///
/// # Errors
/// The reason why the inputs name no board.
pub(super) fn build(
    origin: &str,
    inputs: &BTreeMap<&str, String>,
    notes: &mut Notes,
) -> Result<ImportedBuild, String> {
    let input = |name: &str| {
        let default = DEFAULTS.iter().find(|(it, _)| *it == name).map_or("", |(_, value)| *value);
        inputs.get(name).map_or(default, String::as_str)
    };
    let mut board = words(input("fqbn")).into_iter();
    let fqbn = board.next().unwrap_or_default();
    let fqbn: Fqbn =
        fqbn.parse().map_err(|error| format!("its board {} is wrong: {error}", quoted(&fqbn)))?;
    let cores = match input("platforms").trim() {
        "" => vec![ImportedCore {
            name: fqbn.core_name(),
            version: None,
            source: CoreSource::Index(board.next()),
        }],
        text => cores(text, origin, notes),
    };
    let mut build = ImportedBuild {
        origin: origin.to_owned(),
        name: None,
        fqbn,
        cores,
        libraries: libraries(input("libraries"), origin, notes),
        sketches: listed(input("sketch-paths"))
            .map_or_else(words, |items| items.iter().filter_map(yaml::text).collect()),
        left_out: Vec::new(),
        properties: Vec::new(),
        warnings: Some("all".to_owned()),
    };
    let flags = yaml::parse(input("cli-compile-flags")).map(|flags| yaml::texts(&flags)).unwrap_or_default();
    apply_flags(flags, &mut build, notes);
    Ok(build)
}

/// Returns the items of a list in YAML.
///
/// # Errors
/// The text, if it is no such list.
fn listed(text: &str) -> Result<Vec<Value>, &str> {
    match yaml::parse(text) {
        Ok(Value::Array(items)) => Ok(items),
        _ => Err(text),
    }
}

/// An item of `platforms` or `libraries`.
struct Dependency {
    name: Option<String>,
    version: Option<String>,
    source_path: Option<String>,
    source_url: Option<String>,
}

impl Dependency {
    fn new(item: &Value) -> Self {
        let field = |key: &str| {
            yaml::text(&item[key]).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        let name = field("name");
        // The action passes `NAME@VERSION` on to arduino-cli.
        let (name, in_name) = match name.as_deref().and_then(|name| name.split_once('@')) {
            Some((name, version)) => (Some(name.to_owned()), Some(version.to_owned())),
            None => (name, None),
        };
        let version = field("version").or(in_name).filter(|version| version != "latest");
        Self { name, version, source_path: field("source-path"), source_url: field("source-url") }
    }
}

/// Returns whether an address is that of a Git repository.
fn is_repository(url: &str) -> bool {
    // The action compares the case, too.
    url.trim_end_matches('/').strip_suffix(".git").is_some() || url.starts_with("git://")
}

/// Returns whether an address is that of a package index.
fn is_index(url: &str) -> bool {
    let name = url.rsplit('/').next().unwrap_or_default();
    name.starts_with("package_") && name.contains("index.json")
}

fn cores(text: &str, origin: &str, notes: &mut Notes) -> Vec<ImportedCore> {
    let Ok(items) = listed(text) else {
        notes.add(origin, "its input `platforms` is not a list");
        return Vec::new();
    };
    let core = |item: &Value| {
        let Dependency { name, version, source_path, source_url } = Dependency::new(item);
        let source = match (source_url, source_path) {
            (Some(url), _) if is_index(&url) => CoreSource::Index(Some(url)),
            (Some(url), _) => CoreSource::Download(url),
            (None, Some(path)) => CoreSource::Path(path),
            (None, None) => CoreSource::Index(None),
        };
        Some(ImportedCore { name: name?, version, source })
    };
    items.iter().filter_map(core).collect()
}

fn libraries(text: &str, origin: &str, notes: &mut Notes) -> Vec<ImportedLibrary> {
    let items = match listed(text) {
        Ok(items) => items,
        // The form of early versions: names, beside the library in the repository.
        Err(text) => {
            let names = words(text).into_iter().map(|name| ImportedLibrary::Index { name, version: None });
            return std::iter::once(ImportedLibrary::Path("./".to_owned())).chain(names).collect();
        }
    };
    let mut found = Vec::new();
    for item in items.iter().filter(|item| !item.is_null()) {
        let Dependency { name, version, source_path, source_url } = Dependency::new(item);
        let is_part = source_path.as_ref().is_some_and(|path| !matches!(path.as_str(), "." | "./"));
        match (source_url, source_path, name) {
            (Some(url), _, _) if is_part => {
                let part = quoted(&url);
                notes.add(
                    origin,
                    &format!("the library in a subdirectory of {part} is left out: add a copy of it"),
                );
            }
            (Some(url), _, _) if is_repository(&url) => {
                found.push(ImportedLibrary::Repository { url, revision: version });
            }
            (Some(url), _, _) => {
                found.push(repository_of_archive(&url).unwrap_or(ImportedLibrary::Archive(url)));
            }
            (None, Some(path), _) => found.push(ImportedLibrary::Path(path)),
            (None, None, Some(name)) => found.push(ImportedLibrary::Index { name, version }),
            (None, None, None) => notes.add(origin, "an item of its input `libraries` has no `name`"),
        }
    }
    found
}

/// Returns the repository whose archive GitHub serves at an address. A repository needs no checksum.
fn repository_of_archive(url: &str) -> Option<ImportedLibrary> {
    let pattern =
        r"^(https://github\.com/[^/]+/[^/]+)/archive/(?:refs/(?:heads|tags)/)?(.+?)\.(?:zip|tar\.gz)$";
    let found = Regex::new(pattern).ok()?.captures(url)?;
    Some(ImportedLibrary::Repository {
        url: format!("{}.git", &found[1]),
        revision: Some(found[2].to_owned()).filter(|revision| revision != "HEAD"),
    })
}

/// Applies the flags of `arduino-cli compile` to a build.
fn apply_flags(flags: Vec<String>, build: &mut ImportedBuild, notes: &mut Notes) {
    let mut flags = flags.into_iter();
    while let Some(flag) = flags.next() {
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            // `--flag value` in one item.
            None => match flag.split_once(char::is_whitespace) {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (flag.clone(), None),
            },
        };
        let mut value = || unquoted(&value.clone().or_else(|| flags.next()).unwrap_or_default());
        match name.as_str() {
            "--build-property" | "--build-properties" => match value().split_once('=') {
                Some((key, value)) => build.properties.push((key.trim().to_owned(), value.to_owned())),
                None => notes.add(&build.origin, &format!("its flag {} is left out", quoted(&flag))),
            },
            "--warnings" => build.warnings = Some(value()),
            "--library" | "--libraries" => build.libraries.push(ImportedLibrary::Path(value())),
            "--board-options" | "-b" | "--board-option" => {
                let option = value();
                let separator = if build.fqbn.options.is_empty() { ':' } else { ',' };
                let text = format!("{}{separator}{option}", build.fqbn);
                match text.parse() {
                    Ok(fqbn) => build.fqbn = fqbn,
                    Err(_) => notes.add(&build.origin, &format!("its flag {} is left out", quoted(&flag))),
                }
            }
            // These change no firmware.
            "--clean" | "-v" | "--verbose" | "-q" | "--quiet" | "-e" | "--export-binaries" | "--json"
            | "--no-color" => {}
            "--jobs" | "-j" | "--log-level" | "--format" | "--output-dir" | "--build-path"
            | "--build-cache-path" => {
                value();
            }
            _ => notes.add(&build.origin, &format!("its flag {} is left out", quoted(&flag))),
        }
    }
}

/// Returns a text without the quotes around it.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(text).to_owned()
}

#[cfg(test)]
#[path = "compile_sketches_tests.rs"]
mod tests;
