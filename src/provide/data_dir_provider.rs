//! Provider `data-dir`: a core in a data directory of arduino-cli or the Arduino IDE. Nothing is downloaded or written.

use std::path::PathBuf;

use super::blocking::blocking;
use super::data_dir;
use super::error::InstallError;
use super::installed::InstalledCore;
use super::locate::machine_data_dir;
use crate::versions::{RelaxedVersion, VersionRange};

/// A core of a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDirRequest {
    /// `vendor:arch`.
    pub name: String,
    /// The data directory; `None` for that of this machine's arduino-cli.
    pub dir: Option<PathBuf>,
    /// The allowed versions; `None` for any.
    pub version: Option<VersionRange>,
}

/// Returns the newest allowed version of a core that a data directory contains, with its tools.
///
/// # Errors
/// [`InstallError::Index`] where the directory has no such version.
pub async fn installed_core(request: DataDirRequest) -> Result<InstalledCore, InstallError> {
    blocking(move || find(&request)).await
}

fn find(request: &DataDirRequest) -> Result<InstalledCore, InstallError> {
    let DataDirRequest { name, dir, version } = request;
    let what = format!("core {name}");
    let error = |detail: String| InstallError::Index { what: what.clone(), detail };
    let Some(dir) = dir.clone().or_else(machine_data_dir) else {
        return Err(error(
            "this machine has no data directory of arduino-cli: name it with `path`".to_owned(),
        ));
    };
    let (vendor, arch) = name.split_once(':').unwrap_or((name, ""));
    let mut found = data_dir::cores(name, vendor, arch, &dir);
    if found.is_empty() {
        let place = dir.join("packages").join(vendor).join("hardware").join(arch);
        let advice = format!("install it there: arduino-cli core install {name}; or use `provider: index`");
        return Err(error(format!("no version is installed in {}\n{advice}", place.display())));
    }
    found.sort_by(|(_, a), (_, b)| b.cmp(a));
    let there: Vec<String> = found.iter().map(|(_, version)| version.to_string()).collect();
    let is_allowed =
        |text: &str| version.as_ref().is_none_or(|range| range.matches(&RelaxedVersion::new(text)));
    let chosen = found.into_iter().find(|(_, version)| is_allowed(version.as_str()));
    chosen.map(|(core, _)| core).ok_or_else(|| {
        let wanted = version.as_ref().map(ToString::to_string).unwrap_or_default();
        let advice = "install it there, or name one of these versions";
        error(format!("{} has no version {wanted}, only {}\n{advice}", dir.display(), there.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_newest_allowed_version_or_an_error_with_those_that_are_there() {
        let data = tempfile::tempdir().unwrap();
        let hardware = data.path().join("packages/me/hardware/avr");
        let request = |version: Option<&str>| DataDirRequest {
            name: "me:avr".to_owned(),
            dir: Some(data.path().to_owned()),
            version: version.map(|text| text.parse().unwrap()),
        };
        let error = find(&request(None)).unwrap_err().to_string();
        assert!(
            error.contains("no version is installed in") && error.contains("arduino-cli core install me:avr")
        );
        for version in ["1.9.0", "1.10.0", "2.0.0"] {
            let dir = hardware.join(version);
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("boards.txt"), "x.name=X\n").unwrap();
            fs::write(dir.join("platform.txt"), "name=X\n").unwrap();
        }
        assert!(find(&request(None)).unwrap().platform_dir.ends_with("2.0.0"));
        assert!(find(&request(Some("1.*"))).unwrap().platform_dir.ends_with("1.10.0"));
        assert!(find(&request(Some("1.9"))).unwrap().platform_dir.ends_with("1.9.0"));
        let error = find(&request(Some("^3"))).unwrap_err().to_string();
        assert!(error.contains("has no version ^3, only 2.0.0, 1.10.0, 1.9.0"), "{error}");
    }
}
