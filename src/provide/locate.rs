//! Finds cores that are installed already: by an earlier run, by the distribution, or by the Arduino IDE or
//! arduino-cli. Reads directories and starts no process.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

use super::apt;
use super::arduino_directory::ArduinoDirectory;
use super::core_directory::{self, platform_version};
use super::data_dir::{self, directories, is_directory_name};
use super::installed::InstalledCore;
use crate::versions::RelaxedVersion;

/// Places that are searched for cores.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The program's own cache directory.
    pub cache_dir: Option<PathBuf>,
    /// Directories in the Arduino IDE's layout: `packages/VENDOR/hardware/ARCH/VERSION`.
    pub data_dirs: Vec<PathBuf>,
    /// Roots of file systems that hold `usr/share/arduino/hardware` and `usr/bin/avr-gcc`.
    pub roots: Vec<PathBuf>,
}

/// The kind of place that a core was found in; of equal versions the last kind wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A data directory of the Arduino IDE or arduino-cli.
    DataDir,
    /// A package of the distribution, installed by its administrator.
    System,
    /// The provider `apt`.
    Apt,
}

/// A core that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCore {
    /// The core.
    pub core: InstalledCore,
    /// Its version, from `platform.txt` or its directory's name.
    pub version: RelaxedVersion,
    /// The kind of place that it was found in.
    pub origin: Origin,
}

impl Places {
    /// Returns the usual places of this machine: the cache directory, `ARDUINO_DIRECTORIES_DATA` or else the user's
    /// data directory, and the system.
    pub fn of_this_machine(cache_dir: &Path) -> Self {
        // The directory of the provider `index` has the layout of a data directory.
        let own = ArduinoDirectory::new(cache_dir).root().to_owned();
        Self {
            cache_dir: Some(cache_dir.to_path_buf()),
            data_dirs: std::iter::once(own).chain(machine_data_dir()).collect(),
            roots: vec![PathBuf::from("/")],
        }
    }
}

/// Returns the data directory of this machine's arduino-cli: `ARDUINO_DIRECTORIES_DATA`, or else the user's.
pub fn machine_data_dir() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    std::env::var_os("ARDUINO_DIRECTORIES_DATA").map(PathBuf::from).or_else(|| {
        let name = if cfg!(target_os = "macos") { "Library/Arduino15" } else { ".arduino15" };
        home.map(|home| home.join(name))
    })
}

/// Returns the names of the cores in data directories, `vendor:arch`, sorted and each once.
pub fn names_in_data_dirs(places: &Places) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for data in &places.data_dirs {
        let packages = data.join("packages");
        for vendor in directories(&packages) {
            let arches = directories(&packages.join(&vendor).join("hardware"));
            names.extend(arches.into_iter().map(|arch| format!("{vendor}:{arch}")));
        }
    }
    names
}

/// Returns all installations of the core `vendor:arch`, the newest first. Of equal versions the provider's comes
/// first, then the system's. One without its compiler is left out.
pub fn candidates(core: &str, places: &Places) -> Vec<FoundCore> {
    let Some((vendor, arch)) = core.split_once(':') else { return Vec::new() };
    if ![vendor, arch].into_iter().all(is_directory_name) {
        return Vec::new();
    }
    let ours = places
        .cache_dir
        .iter()
        .filter_map(|dir| apt::installed_core(core, dir))
        .map(|core| FoundCore { version: version_of(&core.platform_dir), core, origin: Origin::Apt });
    let system = places.roots.iter().filter_map(|root| of_system(core, vendor, arch, root));
    let data = places.data_dirs.iter().flat_map(|dir| data_dir::cores(core, vendor, arch, dir));
    let data = data.map(|(core, version)| FoundCore { core, version, origin: Origin::DataDir });
    let mut found: Vec<FoundCore> = ours.chain(system).chain(data).collect();
    found.sort_by(|a, b| b.version.cmp(&a.version).then(b.origin.cmp(&a.origin)));
    found
}

/// Returns the core that the distribution's packages have installed below `root`, with their compiler.
fn of_system(core: &str, vendor: &str, arch: &str, root: &Path) -> Option<FoundCore> {
    let platform_dir = root.join("usr/share/arduino/hardware").join(vendor).join(arch);
    let mut installed = core_directory::read(core, &platform_dir, IndexMap::new()).ok()?;
    // Usable as found only where the distribution also has the compiler.
    if arch == "avr" {
        let gcc = version_of_gcc(root)?;
        installed.tools.insert("avr-gcc".to_owned(), root.join("usr"));
        let versions = vec![("gcc-avr".to_owned(), gcc)];
        for (property, value, _) in apt::repairs(core, &versions) {
            installed.required.push((property.to_owned(), value.to_owned()));
        }
        installed.versions.extend(versions);
    }
    Some(FoundCore { core: installed, version: version_of(&platform_dir), origin: Origin::System })
}

fn version_of(platform_dir: &Path) -> RelaxedVersion {
    platform_version(platform_dir).unwrap_or_else(|| RelaxedVersion::new(""))
}

/// Returns the version of the distribution's avr-gcc, by the directory of its own programs.
fn version_of_gcc(root: &Path) -> Option<String> {
    if !root.join("usr/bin/avr-gcc").is_file() {
        return None;
    }
    directories(&root.join("usr/lib/gcc/avr"))
        .into_iter()
        .map(RelaxedVersion::new)
        .max()
        .map(|it| it.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
}
