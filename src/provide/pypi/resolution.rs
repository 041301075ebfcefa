//! Which packages a tool needs: pip resolves them to exact versions, and the index names the files of each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::super::archive::{ArchiveLimits, extract};
use super::super::blocking::blocking;
use super::super::download::{ArchiveRequest, Checksum, Downloader, StagingDirectory};
use super::super::error::{InstallError, IoAction};
use super::super::locked::{LockedFile, LockedPython};
use super::index_page::{ACCEPT, files};
use super::pip::{NETWORK_ADVICE, Pip, remove};
use super::python::Python;
use super::requirement::{is_wheel, normal};

/// The index that pip uses where its configuration names none.
const INDEX: &str = "https://pypi.org/simple";

/// What sources are built with where they name nothing ("Build system interface").
const BUILDERS: [&str; 2] = ["setuptools", "wheel"];

/// pip's "installation report", as far as it is read.
#[derive(Deserialize)]
struct Report {
    install: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    metadata: Metadata,
    download_info: DownloadInfo,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct DownloadInfo {
    url: String,
    #[serde(default)]
    archive_info: ArchiveInfo,
}

#[derive(Default, Deserialize)]
struct ArchiveInfo {
    hash: Option<String>,
}

/// The part of `pyproject.toml` that names what a package is built with.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    #[serde(rename = "build-system")]
    build_system: Option<BuildSystem>,
}

#[derive(Deserialize)]
struct BuildSystem {
    requires: Vec<String>,
}

impl Pip<'_> {
    /// Returns all packages that the requested ones need, `NAME==VERSION` each, with what sources are built with.
    /// `kept` are versions that stay if they fit.
    ///
    /// # Errors
    /// Whatever prevents the resolution: no Python, a pip older than 22.2, no such packages.
    pub(super) async fn resolve(
        &self,
        packages: &[String],
        kept: &[LockedPython],
        downloader: &Downloader,
    ) -> Result<Vec<LockedPython>, InstallError> {
        let temporary = self.temporary();
        let made = temporary.clone();
        blocking(move || {
            remove(&made)?;
            std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
        })
        .await?;
        let python = Python::find(self.machine, self.what, self.cx).await?;
        let pip = self.pip(&python, &temporary).await?;
        let constraints: Vec<String> = kept.iter().map(|it| format!("{}=={}", it.name, it.version)).collect();
        let constraints = constraints.join("\n");
        let mut wanted = packages.to_vec();
        // What sources are built with may come as sources too.
        let found = loop {
            let found = self.report(&wanted, &constraints, &python, &pip).await?;
            let mut more = Vec::new();
            for package in found.iter().filter(|package| !is_wheel(&package.download_info.url)) {
                more.extend(self.builders(package, downloader).await?);
            }
            more.retain(|requirement| !wanted.contains(requirement));
            more.sort();
            more.dedup();
            if more.is_empty() {
                break found;
            }
            wanted.extend(more);
        };
        let index = self.index(&python, &pip).await?;
        let mut locked = Vec::new();
        for package in &found {
            let files = self.files(package, &index, downloader).await?;
            let Metadata { name, version } = &package.metadata;
            let (environment, name, version) = (packages.to_vec(), normal(name), version.clone());
            locked.push(LockedPython { environment, name, version, files });
        }
        blocking(move || remove(&temporary)).await?;
        Ok(locked)
    }

    /// Asks pip which packages it would install.
    async fn report(
        &self,
        wanted: &[String],
        constraints: &str,
        python: &Python,
        pip: &Path,
    ) -> Result<Vec<Package>, InstallError> {
        let temporary = self.temporary();
        let (report, kept) = (temporary.join("report.json"), temporary.join("kept.txt"));
        tokio::fs::write(&kept, constraints)
            .await
            .map_err(|error| InstallError::io(IoAction::Write, &kept, error))?;
        let ask = self
            .subcommand("install", python, &python.program, pip)
            // A target, because distributions forbid installations beside their own packages, even such.
            .args(["--dry-run", "--ignore-installed", "--target"])
            .arg(temporary.join("target"))
            .arg("--constraint")
            .arg(&kept)
            .arg("--report")
            .arg(&report)
            .args(wanted);
        self.start(ask, NETWORK_ADVICE).await?;
        let text = tokio::fs::read(&report)
            .await
            .map_err(|error| InstallError::io(IoAction::Read, &report, error))?;
        let report: Report = serde_json::from_slice(&text).map_err(|error| InstallError::Index {
            what: self.what.to_owned(),
            detail: format!("pip's report can't be read: {error}"),
        })?;
        Ok(report.install)
    }

    /// Returns what a source package is built with.
    async fn builders(
        &self,
        package: &Package,
        downloader: &Downloader,
    ) -> Result<Vec<String>, InstallError> {
        let url = &package.download_info.url;
        let request = ArchiveRequest {
            url: url.clone(),
            file_name: file_name(url).to_owned(),
            size: None,
            checksum: format!("SHA-256:{}", self.sha256(&package.download_info).await?)
                .parse::<Checksum>()
                .map_err(|error| InstallError::Index {
                what: self.what.to_owned(),
                detail: format!("{url}: {error}"),
            })?,
            directory: StagingDirectory::Packages,
        };
        let staged = downloader
            .archive(&request)
            .await
            .map_err(|error| InstallError::from_download(self.what, error))?;
        let (sources, what, cancel) =
            (self.temporary().join("sources"), self.what.to_owned(), self.cx.cancel.clone());
        let text = blocking(move || {
            remove(&sources)?;
            std::fs::create_dir_all(&sources)
                .map_err(|error| InstallError::io(IoAction::Create, &sources, error))?;
            extract(&staged.path, &sources, &ArchiveLimits::default(), &|| cancel.is_cancelled())
                .map_err(|error| InstallError::from_archive(&what, error))?;
            // Without this file, a package is built as the standard says.
            Ok(std::fs::read_to_string(sources.join("pyproject.toml")).unwrap_or_default())
        })
        .await?;
        Ok(requirements(&text))
    }

    /// Returns the address of the index, without a `/` at its end.
    async fn index(&self, python: &Python, pip: &Path) -> Result<String, InstallError> {
        let ask = self.tool(python, &python.program).arg(pip).args(["config", "list"]);
        Ok(index_of(&self.start(ask, NETWORK_ADVICE).await?))
    }

    /// Returns the files of a package: those of its page in the index, if pip has chosen one of them, or else that one.
    async fn files(
        &self,
        package: &Package,
        index: &str,
        downloader: &Downloader,
    ) -> Result<Vec<LockedFile>, InstallError> {
        let Metadata { name, version } = &package.metadata;
        let sha256 = self.sha256(&package.download_info).await?;
        let page = format!("{index}/{}/", normal(name));
        if let Ok(address) = Url::parse(&page)
            && matches!(address.scheme(), "http" | "https")
            // Another source of pip's configuration may have the package.
            && let Ok(document) = downloader.document_as(&page, Duration::ZERO, Some(ACCEPT)).await
        {
            let found = files(&String::from_utf8_lossy(&document.bytes), &address, name, version);
            if found.iter().any(|file| file.sha256 == sha256) {
                return Ok(found);
            }
        }
        let url = &package.download_info.url;
        // The place of a file on this machine says nothing to others.
        let url = if url.starts_with("file:") { file_name(url) } else { url };
        Ok(vec![LockedFile { url: url.to_owned(), size: None, sha256 }])
    }

    /// Returns the SHA-256 of the file that pip has chosen.
    async fn sha256(&self, info: &DownloadInfo) -> Result<String, InstallError> {
        if let Some(hash) = info.archive_info.hash.as_ref().and_then(|hash| hash.strip_prefix("sha256=")) {
            return Ok(hash.to_ascii_lowercase());
        }
        let none = || InstallError::Index {
            what: self.what.to_owned(),
            detail: format!("{} has no SHA-256 that could be locked", info.url),
        };
        let path: PathBuf =
            Url::parse(&info.url).ok().and_then(|url| url.to_file_path().ok()).ok_or_else(none)?;
        let bytes =
            tokio::fs::read(&path).await.map_err(|error| InstallError::io(IoAction::Read, &path, error))?;
        Ok(format!("{:x}", Sha256::digest(bytes)))
    }
}

/// Returns the last part of an address.
fn file_name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// Returns what the package with this `pyproject.toml` is built with.
fn requirements(project: &str) -> Vec<String> {
    let project: Project = toml::from_str(project).unwrap_or_default();
    let default = || BUILDERS.map(str::to_owned).to_vec();
    let mut requires = project.build_system.map_or_else(default, |system| system.requires);
    let names = |name: &str, requires: &[String]| {
        let of = |requirement: &String| {
            let end = requirement.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
            normal(&requirement[..end.unwrap_or(requirement.len())]) == name
        };
        requires.iter().any(of)
    };
    // Older versions of setuptools ask for it when they build.
    if names("setuptools", &requires) && !names("wheel", &requires) {
        requires.push("wheel".to_owned());
    }
    requires
}

/// Returns the index that `pip config list` names: of the environment, of the subcommand, of all.
fn index_of(config: &str) -> String {
    let value = |key: &str| {
        let line = config.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.map(|value| value.trim_matches(['\'', '"']).trim_end_matches('/').to_owned())
    };
    [":env:.index-url", "install.index-url", "global.index-url"]
        .into_iter()
        .find_map(value)
        .unwrap_or_else(|| INDEX.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sources_are_built_with() {
        let of = requirements;
        assert_eq!(of(""), ["setuptools", "wheel"]);
        assert_eq!(of("[build-system]\nrequires = ['setuptools>=64']"), ["setuptools>=64", "wheel"]);
        assert_eq!(of("[build-system]\nrequires = ['Wheel', 'setuptools']"), ["Wheel", "setuptools"]);
        assert_eq!(of("[build-system]\nrequires = ['flit_core >=3,<4']"), ["flit_core >=3,<4"]);
        assert_eq!(of("no toml"), ["setuptools", "wheel"]);
    }

    #[test]
    fn the_index_of_the_environment_comes_first() {
        let config = "global.index-url='https://a/simple/'\nglobal.timeout='1'\n";
        assert_eq!(index_of(""), INDEX);
        assert_eq!(index_of(config), "https://a/simple");
        assert_eq!(index_of(&format!("{config}:env:.index-url='http://b'\n")), "http://b");
    }
}
