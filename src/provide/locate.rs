//! Finds cores that are on this disk already: those that we brought, those of the distribution, and
//! those that the Arduino IDE or arduino-cli installed. Reads folders and starts nothing.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;

use super::{InstallError, InstalledCore, Version, apt};

/// Where cores are looked for.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Our own cache folder.
    pub cache_dir: Option<PathBuf>,
    /// Folders as the Arduino IDE lays them out: `packages/VENDOR/hardware/ARCH/VERSION`.
    pub data_dirs: Vec<PathBuf>,
    /// Roots of file systems that hold `usr/share/arduino/hardware` and `usr/bin/avr-gcc`.
    pub roots: Vec<PathBuf>,
}

/// Where a core was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A data folder of the Arduino IDE or arduino-cli.
    DataDir,
    /// A package of the distribution, installed by its administrator.
    System,
    /// Our own provider `apt`.
    Apt,
}

/// A core that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The core.
    pub core: InstalledCore,
    /// Its version, as `platform.txt` or its folder says.
    pub version: Version,
    /// Where it was found.
    pub origin: Origin,
}

impl Places {
    /// The usual places of this machine: the cache folder, `ARDUINO_DIRECTORIES_DATA` or else the
    /// user's data folder, and the system.
    pub fn of_this_machine(cache_dir: &Path) -> Self {
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let data = std::env::var_os("ARDUINO_DIRECTORIES_DATA").map(PathBuf::from).or_else(|| {
            let name = if cfg!(target_os = "macos") { "Library/Arduino15" } else { ".arduino15" };
            home.map(|home| home.join(name))
        });
        Self {
            cache_dir: Some(cache_dir.to_path_buf()),
            data_dirs: data.into_iter().collect(),
            roots: vec![PathBuf::from("/")],
        }
    }
}

/// All installations of the core `vendor:arch`, the newest first; of equal versions first the one that
/// we brought, then the system's. Nothing where it is installed nowhere, or its compiler is missing.
pub fn candidates(core: &str, places: &Places) -> Vec<Candidate> {
    let Some((vendor, arch)) = core.split_once(':') else { return Vec::new() };
    if ![vendor, arch].into_iter().all(is_folder_name) {
        return Vec::new();
    }
    let ours =
        places.cache_dir.iter().filter_map(|dir| apt::installed_core(core, dir)).map(|core| Candidate {
            version: platform_version(&core.platform_dir).unwrap_or_else(|| Version::new("")),
            core,
            origin: Origin::Apt,
        });
    let system = places.roots.iter().filter_map(|root| of_system(core, vendor, arch, root));
    let data = places.data_dirs.iter().flat_map(|dir| of_data_dir(core, vendor, arch, dir));
    let mut found: Vec<Candidate> = ours.chain(system).chain(data).collect();
    found.sort_by(|a, b| b.version.cmp(&a.version).then(b.origin.cmp(&a.origin)));
    found
}

/// The core that lies in `path`, for `provider: path`. `tools` says what `{runtime.tools.NAME.path}` means.
///
/// # Errors
/// [`InstallError::NotACore`] where `boards.txt` is missing, or `platform.txt` although a board has a core of its own.
pub fn from_path(
    name: &str,
    path: &Path,
    tools: IndexMap<String, PathBuf>,
) -> Result<InstalledCore, InstallError> {
    let not_a_core =
        |missing: &str| InstallError::NotACore { path: path.to_path_buf(), missing: missing.to_owned() };
    if !path.is_dir() {
        return Err(not_a_core(if path.exists() { "it is no folder" } else { "it does not exist" }));
    }
    if let Some(missing) = missing_files(path) {
        return Err(not_a_core(&format!("it holds no {missing}")));
    }
    if let Some((tool, dir)) = tools.iter().find(|(_, dir)| !dir.is_dir()) {
        return Err(not_a_core(&format!(
            "its tool {tool} should be in {}, which is no folder",
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

/// What a folder does not hold although each core does. One whose boards are all built with another's core
/// (`build.core=vendor:core`) has no `platform.txt` of its own.
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

/// A core that the distribution's packages have put below `root`, with the compiler of its packages.
fn of_system(core: &str, vendor: &str, arch: &str, root: &Path) -> Option<Candidate> {
    let platform_dir = root.join("usr/share/arduino/hardware").join(vendor).join(arch);
    let mut installed = from_path(core, &platform_dir, IndexMap::new()).ok()?;
    // Only what the distribution compiles with a compiler of its own can be used without more.
    if arch == "avr" {
        let gcc = version_of_gcc(root)?;
        installed.tools.insert("avr-gcc".to_owned(), root.join("usr"));
        let versions = vec![("gcc-avr".to_owned(), gcc)];
        for (property, value, _) in apt::repairs(core, &versions) {
            installed.required.push((property.to_owned(), value.to_owned()));
        }
        installed.versions.extend(versions);
    }
    let version = platform_version(&platform_dir).unwrap_or_else(|| Version::new(""));
    Some(Candidate { core: installed, version, origin: Origin::System })
}

/// The version of the distribution's avr-gcc, by the folder of its own programs; `None` without one.
fn version_of_gcc(root: &Path) -> Option<String> {
    if !root.join("usr/bin/avr-gcc").is_file() {
        return None;
    }
    folders(&root.join("usr/lib/gcc/avr")).into_iter().map(Version::new).max().map(|it| it.to_string())
}

/// The versions of a core in a data folder.
fn of_data_dir(core: &str, vendor: &str, arch: &str, data: &Path) -> Vec<Candidate> {
    let packages = data.join("packages");
    let hardware = packages.join(vendor).join("hardware").join(arch);
    folders(&hardware)
        .into_iter()
        .filter_map(|version| {
            let platform_dir = hardware.join(&version);
            let tools = tools_of(&packages, vendor, &platform_dir);
            let mut installed = from_path(core, &platform_dir, tools).ok()?;
            installed.versions = vec![(core.to_owned(), version.clone())];
            Some(Candidate { core: installed, version: Version::new(version), origin: Origin::DataDir })
        })
        .collect()
}

/// What `{runtime.tools.NAME.path}` and `{runtime.tools.NAME-VERSION.path}` mean for a core in a data
/// folder: the versions that the core depends on; else the newest of its vendor; else the newest.
fn tools_of(packages: &Path, vendor: &str, platform_dir: &Path) -> IndexMap<String, PathBuf> {
    let wanted = dependencies(platform_dir);
    // By tool: how good the best one is so far, and where.
    let mut best: HashMap<String, ((bool, bool, Version), PathBuf)> = HashMap::new();
    let mut exact: IndexMap<String, PathBuf> = IndexMap::new();
    for packager in folders(packages) {
        let all = packages.join(&packager).join("tools");
        for name in folders(&all) {
            for version in folders(&all.join(&name)) {
                let dir = all.join(&name).join(&version);
                let is_wanted = wanted
                    .iter()
                    .any(|it| it.packager == packager && it.name == name && it.version == version);
                let rank = (is_wanted, packager == vendor, Version::new(version.clone()));
                exact.entry(format!("{name}-{version}")).or_insert_with(|| dir.clone());
                if best.get(&name).is_none_or(|(other, _)| *other < rank) {
                    best.insert(name.clone(), (rank, dir));
                }
            }
        }
    }
    let mut tools: IndexMap<String, PathBuf> = best.into_iter().map(|(name, (_, dir))| (name, dir)).collect();
    tools.sort_unstable_keys();
    tools.extend(exact);
    tools
}

/// One tool that a core depends on, as arduino-cli's `installed.json` says it.
#[derive(Debug, Deserialize)]
struct ToolDependency {
    packager: String,
    name: String,
    version: String,
}

/// `installed.json`: the part of the package index that the core was installed from.
#[derive(Deserialize)]
struct InstalledJson {
    #[serde(default)]
    packages: Vec<InstalledPackage>,
}

#[derive(Deserialize)]
struct InstalledPackage {
    #[serde(default)]
    platforms: Vec<InstalledPlatform>,
}

#[derive(Deserialize)]
struct InstalledPlatform {
    #[serde(default, rename = "toolsDependencies")]
    tools: Vec<ToolDependency>,
}

/// The tools that a core asks for; none where its folder does not say.
fn dependencies(platform_dir: &Path) -> Vec<ToolDependency> {
    let Ok(text) = fs::read(platform_dir.join("installed.json")) else { return Vec::new() };
    let Ok(json) = serde_json::from_slice::<InstalledJson>(&text) else { return Vec::new() };
    json.packages.into_iter().flat_map(|it| it.platforms).flat_map(|it| it.tools).collect()
}

/// `version=` of `platform.txt`.
fn platform_version(platform_dir: &Path) -> Option<Version> {
    let text = fs::read(platform_dir.join("platform.txt")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let version = text.lines().find_map(|line| line.trim().strip_prefix("version="))?.trim();
    (!version.is_empty()).then(|| Version::new(version))
}

/// Names of the folders in `dir`, sorted; none where it can't be read.
fn folders(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| is_folder_name(name))
        .collect();
    names.sort_unstable();
    names
}

fn is_folder_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0'])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn write(file: &Path, text: &str) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn core(dir: &Path, version: &str) {
        write(&dir.join("boards.txt"), "uno.name=Uno\n");
        write(&dir.join("platform.txt"), &format!("name=AVR\nversion={version}\n"));
    }

    #[test]
    fn the_newest_first_and_the_systems_before_the_ides() {
        let disk = tempfile::tempdir().unwrap();
        let (root, data) = (disk.path().join("root"), disk.path().join("data"));
        core(&root.join("usr/share/arduino/hardware/arduino/avr"), "1.8.7");
        write(&root.join("usr/bin/avr-gcc"), "");
        fs::create_dir_all(root.join("usr/lib/gcc/avr/5.4.0")).unwrap();
        for version in ["1.8.7", "1.8.10", "1.8.6"] {
            core(&data.join("packages/arduino/hardware/avr").join(version), version);
        }
        let places = Places { cache_dir: None, data_dirs: vec![data], roots: vec![root.clone()] };
        let found = candidates("arduino:avr", &places);
        let seen: Vec<(&str, Origin)> = found.iter().map(|it| (it.version.as_str(), it.origin)).collect();
        assert_eq!(
            seen,
            [
                ("1.8.10", Origin::DataDir),
                ("1.8.7", Origin::System),
                ("1.8.7", Origin::DataDir),
                ("1.8.6", Origin::DataDir)
            ]
        );
        assert_eq!(found[1].core.tools["avr-gcc"], root.join("usr"));
        let required = ("compiler.cpp.extra_flags".to_owned(), "-DDECIMAL_DIG=__DECIMAL_DIG__".to_owned());
        assert_eq!(found[1].core.required, [required]);
        assert!(candidates("arduino:samd", &places).is_empty());
        assert!(candidates("../arduino:avr", &places).is_empty());
        assert!(candidates("nonsense", &places).is_empty());
    }

    #[test]
    fn a_system_core_without_its_compiler_is_none() {
        let disk = tempfile::tempdir().unwrap();
        core(&disk.path().join("usr/share/arduino/hardware/arduino/avr"), "1.8.7");
        let places = Places { roots: vec![disk.path().to_path_buf()], ..Places::default() };
        assert!(candidates("arduino:avr", &places).is_empty());
    }

    #[test]
    fn tools_are_those_that_the_core_asks_for() {
        let data = tempfile::tempdir().unwrap();
        let packages = data.path().join("packages");
        let tool = |packager: &str, name: &str, version: &str| {
            let dir = packages.join(packager).join("tools").join(name).join(version);
            fs::create_dir_all(&dir).unwrap();
            dir
        };
        let platform = packages.join("arduino/hardware/avr/1.8.6");
        core(&platform, "1.8.6");
        let old = tool("arduino", "avr-gcc", "7.3.0-atmel3.6.1-arduino7");
        let new = tool("arduino", "avr-gcc", "14.1.0");
        let avrdude = tool("arduino", "avrdude", "6.3.0-arduino9");
        let others = tool("esp32", "avrdude", "9.0");
        let places = Places { data_dirs: vec![data.path().to_path_buf()], ..Places::default() };

        let tools = candidates("arduino:avr", &places).remove(0).core.tools;
        assert_eq!(tools["avr-gcc"], new, "nobody says which: the newest");
        assert_eq!(tools["avrdude"], avrdude, "the core's own vendor first");
        assert_eq!(tools["avrdude-9.0"], others);

        let json = r#"{"packages": [{"name": "arduino", "platforms": [{"toolsDependencies":
            [{"packager": "arduino", "name": "avr-gcc", "version": "7.3.0-atmel3.6.1-arduino7"}]}]}]}"#;
        write(&platform.join("installed.json"), json);
        let tools = candidates("arduino:avr", &places).remove(0).core.tools;
        assert_eq!(tools["avr-gcc"], old);
        assert_eq!(tools["avr-gcc-14.1.0"], new);
        write(&platform.join("installed.json"), "{\"packages\": 5");
        assert_eq!(candidates("arduino:avr", &places).remove(0).core.tools["avr-gcc"], new);
    }

    #[test]
    fn a_path_is_a_core_or_the_error_says_what_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        let message = |path: &Path, tools| from_path("my:avr", path, tools).unwrap_err().to_string();
        let none = IndexMap::new;
        assert!(message(&dir.path().join("x"), none()).contains("it does not exist"));
        assert!(message(dir.path(), none()).contains("holds no boards.txt and no platform.txt"));
        core(dir.path(), "2.0");
        assert!(message(&dir.path().join("boards.txt"), none()).contains("it is no folder"));
        let tools = IndexMap::from([("avr-gcc".to_owned(), dir.path().join("gone"))]);
        assert!(message(dir.path(), tools).contains("its tool avr-gcc should be in"));
        let core = from_path("my:avr", dir.path(), none()).unwrap();
        assert_eq!(core.versions, [("my:avr".to_owned(), "2.0".to_owned())]);
        // Without recipes of its own each board has to name a core that has some.
        fs::remove_file(dir.path().join("platform.txt")).unwrap();
        assert!(message(dir.path(), none()).contains("holds no platform.txt"));
        let boards = "a.build.core=arduino:arduino\nb.build.core=";
        write(&dir.path().join("boards.txt"), &format!("{boards}own\n"));
        assert!(message(dir.path(), none()).contains("holds no platform.txt"));
        write(&dir.path().join("boards.txt"), &format!("{boards}other:own\n"));
        assert_eq!(from_path("my:avr", dir.path(), none()).unwrap().versions, []);
    }
}
