//! Checks a sketch's project file, `sketch.yaml` or `sketch.yml`, and reads its profiles. arduino-cli opens no sketch whose
//! project file it can't read.
//!
//! The rules are those of arduino-cli's `internal/arduino/sketch/profiles.go`.

mod profile;
mod reference;
mod yaml;

use std::path::{Path, PathBuf};

pub(super) use self::profile::{Profile, ProfileLibrary};
use self::reference::name_and_version;
use self::yaml::{Entries, Yaml, get};
use crate::nearest::quoted;

/// Names of project files; the first that exists counts.
const NAMES: [&str; 2] = ["sketch.yaml", "sketch.yml"];

/// Keys of the file and of a profile whose values are texts.
const PROJECT_TEXTS: [&str; 5] =
    ["default_profile", "default_fqbn", "default_port", "default_protocol", "default_programmer"];
const PROFILE_TEXTS: [&str; 5] = ["notes", "fqbn", "port", "protocol", "programmer"];

/// Returns the reason why arduino-cli does not open the sketch in `dir` because of its project file.
pub(super) fn problem(dir: &Path) -> Option<String> {
    let name = project_file(dir)?;
    let checked = text(&dir.join(name)).and_then(|text| check(&text));
    checked.err().map(|reason| format!("its project file {} can't be read: {reason}", quoted(name)))
}

/// Returns the profiles of the sketch in `dir`, in the order of its project file, and that file; `None` without one.
///
/// # Errors
/// The reason why arduino-cli can't read the file.
pub(super) fn profiles(dir: &Path) -> Result<Option<(PathBuf, Vec<Profile>)>, String> {
    let Some(path) = project_file(dir).map(|name| dir.join(name)) else { return Ok(None) };
    let text = text(&path)?;
    check(&text)?;
    let root = yaml::parse(&text)?;
    let Some(entries) = mapping(&root, "the project")? else { return Ok(Some((path, Vec::new()))) };
    let profiles = match get(entries, "profiles") {
        Some(Yaml::Map(profiles)) => profiles.iter().filter_map(|(name, it)| Profile::of(name, it)).collect(),
        _ => Vec::new(),
    };
    Ok(Some((path, profiles)))
}

/// Returns the name of the project file in `dir`.
fn project_file(dir: &Path) -> Option<&'static str> {
    NAMES.into_iter().find(|name| dir.join(name).exists())
}

fn text(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

type Checked = Result<(), String>;

fn check(text: &str) -> Checked {
    let root = yaml::parse(text)?;
    let Some(entries) = mapping(&root, "the project")? else { return Ok(()) };
    texts(entries, &PROJECT_TEXTS)?;
    if let Some(ports) = get(entries, "default_port_config") {
        text_map(ports, "default_port_config")?;
    }
    // arduino-cli iterates over keys and values alike: the node after a text is a profile.
    let nodes: Vec<&Yaml> = match get(entries, "profiles") {
        Some(Yaml::Map(profiles)) => profiles.iter().flat_map(|(name, it)| [&**name, &**it]).collect(),
        Some(Yaml::List(items)) => items.iter().map(|item| &**item).collect(),
        _ => Vec::new(),
    };
    nodes.iter().enumerate().try_for_each(|(index, node)| match (node, nodes.get(index + 1)) {
        (Yaml::Text(name), Some(next)) => profile(name, next),
        (Yaml::Text(name), None) => Err(format!("nothing follows {} in `profiles`", quoted(name))),
        _ => Ok(()),
    })
}

fn profile(name: &str, profile: &Yaml) -> Checked {
    let Some(entries) = mapping(profile, &format!("the profile {}", quoted(name)))? else { return Ok(()) };
    texts(entries, &PROFILE_TEXTS)?;
    if let Some(ports) = get(entries, "port_config") {
        text_map(ports, "port_config")?;
    }
    let in_profile = |reason: String| format!("{reason}, in the profile {}", quoted(name));
    if let Some(items) = get(entries, "platforms") {
        platforms(items).map_err(in_profile)?;
    }
    if let Some(items) = get(entries, "libraries") {
        list(items, "libraries")?.iter().try_for_each(|item| library(item)).map_err(in_profile)?;
    }
    Ok(())
}

/// Checks a list of platforms: not empty, and either all of them have a version or none.
fn platforms(items: &Yaml) -> Checked {
    if matches!(items, Yaml::Null) {
        return Ok(());
    }
    let versions: Vec<bool> =
        list(items, "platforms")?.iter().map(|item| platform(item)).collect::<Result<_, _>>()?;
    match versions.first() {
        None => Err("`platforms` is empty".to_owned()),
        Some(first) if versions.iter().any(|has| has != first) => {
            Err("some `platforms` have a version and others have none".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// Checks `{platform: VENDOR:ARCH (VERSION)}`; returns whether it has a version.
fn platform(item: &Yaml) -> Result<bool, String> {
    let Yaml::Map(entries) = item else { return Err(format!("a platform is {}", item.kind())) };
    text_map(item, "a platform")?;
    let platform = get(entries, "platform").and_then(Yaml::scalar).ok_or("a platform without `platform`")?;
    let invalid = || format!("{} is no platform", quoted(platform));
    let (id, version) = name_and_version(platform).ok_or_else(invalid)?;
    if !id.contains(':') || !is_version(version) {
        return Err(invalid());
    }
    Ok(!version.is_empty())
}

/// Checks `NAME (VERSION)`, `{dependency: NAME (VERSION)}` or `{dir: PATH}`.
fn library(item: &Yaml) -> Checked {
    let reference = match item {
        Yaml::Map(entries) => match (get(entries, "dir"), get(entries, "dependency")) {
            (Some(Yaml::Text(_)), _) => return Ok(()),
            (None, Some(Yaml::Text(name))) => name,
            _ => return Err("a library without a name".to_owned()),
        },
        Yaml::Text(text) | Yaml::Other(text) => text,
        other => return Err(format!("a library is {}", other.kind())),
    };
    let is_one = name_and_version(reference).is_some_and(|(_, version)| is_version(version));
    if is_one { Ok(()) } else { Err(format!("{} is no library", quoted(reference))) }
}

/// Returns whether a text is a version, as arduino-cli's `relaxed-semver` reads it: `1`, `1.2.3-rc.1+build`, or empty.
fn is_version(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let (text, build) = text.split_once('+').map_or((text, None), |(text, build)| (text, Some(build)));
    let (numbers, pre) = text.split_once('-').map_or((text, None), |(text, pre)| (text, Some(pre)));
    let is_number = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
            && !part.is_empty()
    };
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_pre =
        |part: &str| is_word(part) && (!part.bytes().all(|byte| byte.is_ascii_digit()) || is_number(part));
    numbers.split('.').count() <= 3
        && numbers.split('.').all(is_number)
        && pre.is_none_or(|pre| pre.split('.').all(is_pre))
        && build.is_none_or(|build| build.split('.').all(is_word))
}

/// Returns the entries of a mapping, or an error for a duplicate key; `None` for null.
fn mapping<'y>(value: &'y Yaml, what: &str) -> Result<Option<&'y Entries>, String> {
    let entries = match value {
        Yaml::Null => return Ok(None),
        Yaml::Map(entries) => entries,
        other => return Err(format!("{what} is {}, not a mapping", other.kind())),
    };
    let mut seen = std::collections::HashSet::new();
    match entries.iter().filter_map(|(name, _)| name.scalar()).find(|name| !seen.insert(*name)) {
        Some(twice) => Err(format!("the key {} is given twice", quoted(twice))),
        None => Ok(Some(entries)),
    }
}

fn list<'y>(value: &'y Yaml, what: &str) -> Result<&'y [std::rc::Rc<Yaml>], String> {
    match value {
        Yaml::Null => Ok(&[]),
        Yaml::List(items) => Ok(items),
        other => Err(format!("{} is {}, not a list", quoted(what), other.kind())),
    }
}

/// Checks that the values of `keys` are scalars.
fn texts(entries: &Entries, keys: &[&str]) -> Checked {
    let wrong =
        keys.iter().find_map(|key| get(entries, key).filter(|it| it.scalar().is_none()).map(|it| (key, it)));
    wrong.map_or(Ok(()), |(key, value)| Err(format!("{} is {}, not a text", quoted(key), value.kind())))
}

fn text_map(value: &Yaml, what: &str) -> Checked {
    let Some(entries) = mapping(value, what)? else { return Ok(()) };
    let is_text = |(name, value): &(std::rc::Rc<Yaml>, std::rc::Rc<Yaml>)| {
        name.scalar().is_some() && value.scalar().is_some()
    };
    if entries.iter().all(is_text) { Ok(()) } else { Err(format!("{what} has values that are no texts")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each case has the result of arduino-cli 1.4 for the same file.
    #[test]
    fn as_arduino_cli_reads_it() {
        for good in [
            "",
            "# nothing\n",
            "unknown: {x: 1, x: 2}\ndefault_fqbn: arduino:avr:uno\n",
            "default_fqbn: 3\ndefault_port_config: {a: 1}\n",
            "profiles: 3\n",
            "profiles:\n",
            "default_profile: x\n",
            "profiles: [a, {fqbn: x}]\n",
            "a: 1\n---\nb: [\n",
            "a: !foo 1\ndefault_fqbn: !!str 3\n",
            "profiles:\n  a:\n    libraries: [3, \"Foo (1)\", \"Bar (1.2)\", \"B (1-rc)\", \"B (1.2+x)\"]\n",
            "profiles:\n  a:\n    fqbn: x\n    platforms:\n    libraries:\n      - Foo\n      - Bar (1.0.0-rc1)\n      - dir: ../x\n",
            "profiles:\n  a:\n    platforms:\n      - platform: a:b (1.2.3)\n        platform_index_url: http://x\n",
            "profiles:\n  a: &a\n    fqbn: x\n  b: *a\n",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (broken, reason) in [
            ("a: [b\n", "line 2"),
            ("- a\n", "the project is a list"),
            ("text\n", "the project is a text"),
            ("default_fqbn: [a]\n", "`default_fqbn` is a list"),
            ("default_fqbn: a\ndefault_fqbn: b\n", "`default_fqbn` is given twice"),
            ("default_port_config: {a: [1]}\n", "default_port_config"),
            ("profiles:\n  a: 3\n", "the profile `a` is a number"),
            ("profiles: [a]\n", "nothing follows `a` in `profiles`"),
            ("profiles: {1: x}\n", "nothing follows `x`"),
            ("a: b\u{1}\n", "control character"),
            ("profiles:\n  a:\n    libraries: [\"C (01.2)\"]\n", "`C (01.2)` is no library"),
            ("profiles:\n  a:\n    libraries:\n      -\n", "a library is nothing"),
            ("profiles:\n  a:\n    platforms:\n      -\n", "a platform is nothing"),
            ("profiles:\n  a: {fqbn: {x: y}}\n", "`fqbn` is a mapping"),
            ("profiles:\n  a:\n    platforms: []\n", "`platforms` is empty"),
            ("profiles:\n  a:\n    platforms:\n      - platform: a:b (1.0\n", "`a:b (1.0` is no platform"),
            ("profiles:\n  a:\n    platforms:\n      - platform: ab (1.0)\n", "`ab (1.0)` is no platform"),
            ("profiles:\n  a:\n    platforms:\n      - a:b\n", "a platform is a text"),
            (
                "profiles:\n  a:\n    platforms: [{platform: \"a:b\"}, {platform: \"a:b (1.0)\"}]\n",
                "others have none",
            ),
            ("profiles:\n  a:\n    libraries: [\"Foo (x.y)\"]\n", "`Foo (x.y)` is no library"),
            ("profiles:\n  a:\n    libraries: [{name: Foo}]\n", "a library without a name"),
        ] {
            let found = check(broken).unwrap_err();
            assert!(found.contains(reason), "{broken}: {found}");
        }
        assert!(check(&"[".repeat(100_000)).is_err(), "no depth ends the program");
    }

    #[test]
    fn a_project_file_that_is_missing_is_no_problem() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(problem(directory.path()), None);
        std::fs::write(directory.path().join("sketch.yml"), "- a").unwrap();
        assert!(
            problem(directory.path()).unwrap().starts_with("its project file `sketch.yml` can't be read: ")
        );
        std::fs::write(directory.path().join("sketch.yaml"), "").unwrap();
        assert_eq!(problem(directory.path()), None, "sketch.yaml comes first");
        std::fs::remove_file(directory.path().join("sketch.yaml")).unwrap();
        std::fs::create_dir(directory.path().join("sketch.yaml")).unwrap();
        assert!(problem(directory.path()).unwrap().contains("directory"));
    }
}
