//! Platforms for tests, written to a temporary directory and loaded from there.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::config::BoardConfig;
use super::error::BoardError;
use super::fqbn::Fqbn;
use super::host::HostOs;
use super::installed::{Platform, Platforms};
use super::overrides::Override;
use super::resolve;
use super::resolve::RuntimeEnv;

/// A directory of platforms, removed when dropped.
pub(super) struct Hardware {
    directory: TempDir,
    platforms: Vec<(String, String)>,
}

impl Hardware {
    pub(super) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), platforms: Vec::new() }
    }

    /// Adds the platform `vendor:arch` with these files (`(path, text)`); a path that ends with `/`
    /// is a directory.
    pub(super) fn platform(mut self, id: &str, files: &[(&str, &str)]) -> Self {
        let (vendor, architecture) = id.split_once(':').unwrap();
        let root = self.root(id);
        fs::create_dir_all(&root).unwrap();
        for (path, text) in files {
            let path = root.join(path);
            if path.to_str().unwrap().ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
        self.platforms.push((vendor.into(), architecture.into()));
        self
    }

    pub(super) fn root(&self, id: &str) -> PathBuf {
        self.path().join(id.replace(':', "/"))
    }

    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn try_load(&self, id: &str) -> Result<Platform, BoardError> {
        let (vendor, architecture) = id.split_once(':').unwrap();
        Platform::load(&self.root(id), vendor, architecture, HostOs::Linux)
    }

    pub(super) fn load(&self) -> Platforms {
        self.platforms
            .iter()
            .map(|(vendor, arch)| self.try_load(&format!("{vendor}:{arch}")).unwrap())
            .collect()
    }

    pub(super) fn try_resolve(
        &self,
        fqbn: &str,
        env: &RuntimeEnv,
        set: &[(&str, &str)],
    ) -> Result<BoardConfig, BoardError> {
        let overrides: Vec<Override> = set.iter().map(|(k, v)| Override::written(k, *v)).collect();
        resolve(&self.load(), &fqbn.parse::<Fqbn>().unwrap(), env, &overrides)
    }

    pub(super) fn resolve(&self, fqbn: &str) -> BoardConfig {
        self.try_resolve(fqbn, &env(), &[]).unwrap()
    }

    /// Returns `text` with the directory's own path as `HW`.
    pub(super) fn show(&self, text: &impl ToString) -> String {
        text.to_string().replace(self.path().to_str().unwrap(), "HW")
    }
}

pub(super) fn env() -> RuntimeEnv {
    RuntimeEnv { os: HostOs::Linux, ..RuntimeEnv::default() }
}
