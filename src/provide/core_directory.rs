//! A directory with a core: its required files, and its description. Knows no source of cores.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::error::InstallError;
use super::installed::InstalledCore;
use crate::versions::RelaxedVersion;

/// Reads the core in the directory `path`. `tools` are the values of `{runtime.tools.NAME.path}`.
///
/// # Errors
/// [`InstallError::NotACore`] where `boards.txt` is missing, or `platform.txt` although a board has a core of its own.
pub(super) fn read(
    name: &str,
    path: &Path,
    tools: IndexMap<String, PathBuf>,
) -> Result<InstalledCore, InstallError> {
    let not_a_core =
        |missing: &str| InstallError::NotACore { path: path.to_path_buf(), missing: missing.to_owned() };
    if !path.is_dir() {
        return Err(not_a_core(if path.exists() { "it is no directory" } else { "it does not exist" }));
    }
    if let Some(missing) = missing_files(path) {
        return Err(not_a_core(&format!("it holds no {missing}")));
    }
    if let Some((tool, dir)) = tools.iter().find(|(_, dir)| !dir.is_dir()) {
        return Err(not_a_core(&format!(
            "its tool {tool} should be in {}, which is no directory",
            dir.display()
        )));
    }
    let version = platform_version(path).map(|version| (name.to_owned(), version.to_string()));
    Ok(InstalledCore {
        name: name.to_owned(),
        platform_dir: path.to_path_buf(),
        tools,
        properties: IndexMap::new(),
        required: Vec::new(),
        versions: version.into_iter().collect(),
        library_path: None,
    })
}

/// Names the files that a core's directory lacks. A core whose boards are all built with another core
/// (`build.core=vendor:core`) needs no `platform.txt` of its own.
pub(super) fn missing_files(platform_dir: &Path) -> Option<&'static str> {
    let boards = fs::read(platform_dir.join("boards.txt")).ok();
    let has_recipes = platform_dir.join("platform.txt").is_file();
    match boards {
        None if has_recipes => Some("boards.txt"),
        None => Some("boards.txt and no platform.txt"),
        Some(_) if has_recipes => None,
        Some(boards) => {
            let boards = String::from_utf8_lossy(&boards);
            let cores = boards.lines().filter_map(|line| line.split_once(".build.core="));
            let mut cores = cores.peekable();
            let borrows = cores.peek().is_some() && cores.all(|(_, core)| core.contains(':'));
            (!borrows).then_some("platform.txt")
        }
    }
}

/// Returns the vendors of the cores that boards borrow from: `arduino` where `boards.txt` has
/// `uno.build.core=arduino:arduino` or `uno.menu.cpu.x.build.variant=arduino:standard`. Sorted, each once.
pub fn referenced_vendors(platform_dir: &Path, boards: &[String]) -> Vec<String> {
    let read = |name: &str| fs::read(platform_dir.join(name)).unwrap_or_default();
    let text = [read("boards.txt"), read("boards.local.txt")].join(&b'\n');
    let text = String::from_utf8_lossy(&text);
    let mut vendors = BTreeSet::new();
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let Some((board, property)) = key.trim().split_once('.') else { continue };
        let borrows = ["build.core", "build.variant"]
            .iter()
            .any(|name| property == *name || property.ends_with(&format!(".{name}")));
        if let (true, Some((vendor, _))) =
            (borrows && boards.iter().any(|it| it == board), value.split_once(':'))
        {
            vendors.insert(vendor.trim().to_owned());
        }
    }
    vendors.into_iter().collect()
}

/// Returns `version=` of `platform.txt`.
pub(super) fn platform_version(platform_dir: &Path) -> Option<RelaxedVersion> {
    let text = fs::read(platform_dir.join("platform.txt")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let version = text.lines().find_map(|line| line.trim().strip_prefix("version="))?.trim();
    (!version.is_empty()).then(|| RelaxedVersion::new(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_core_or_the_error_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let message = |path: &Path, tools| read("my:avr", path, tools).unwrap_err().to_string();
        let none = IndexMap::new;
        assert!(message(&dir.path().join("x"), none()).contains("it does not exist"));
        assert!(message(dir.path(), none()).contains("holds no boards.txt and no platform.txt"));
        fs::write(dir.path().join("boards.txt"), "uno.name=Uno\n").unwrap();
        fs::write(dir.path().join("platform.txt"), "name=AVR\nversion=2.0\n").unwrap();
        assert!(message(&dir.path().join("boards.txt"), none()).contains("it is no directory"));
        let tools = IndexMap::from([("avr-gcc".to_owned(), dir.path().join("gone"))]);
        assert!(message(dir.path(), tools).contains("its tool avr-gcc should be in"));
        let core = read("my:avr", dir.path(), none()).unwrap();
        assert_eq!(core.versions, [("my:avr".to_owned(), "2.0".to_owned())]);
        // Without own recipes each board must name another core with recipes.
        fs::remove_file(dir.path().join("platform.txt")).unwrap();
        assert!(message(dir.path(), none()).contains("holds no platform.txt"));
        let boards = "a.build.core=arduino:arduino\nb.build.core=";
        fs::write(dir.path().join("boards.txt"), format!("{boards}own\n")).unwrap();
        assert!(message(dir.path(), none()).contains("holds no platform.txt"));
        fs::write(dir.path().join("boards.txt"), format!("{boards}other:own\n")).unwrap();
        assert_eq!(read("my:avr", dir.path(), none()).unwrap().versions, []);
    }
}
