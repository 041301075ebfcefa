//! One installation of Python packages: creates the environment and fills it with pip. Knows nothing of earlier
//! installations.

use std::path::{Path, PathBuf};

use super::super::blocking::blocking;
use super::super::error::{InstallError, IoAction};
use super::environment::{EnvironmentIdentity, PythonEnvironment};
use super::lock_file::{LockFile, Requirements};
use super::pip::{NETWORK_ADVICE, Pip, remove};
use super::python::Python;

impl Pip<'_> {
    /// Creates the environment in `dir`, installs the packages, and records that it is complete.
    ///
    /// # Errors
    /// Any [`InstallError`] that prevents the installation.
    pub(super) async fn install(
        &self,
        packages: &[String],
        lock_file: Option<&LockFile>,
        dir: &Path,
        identity: EnvironmentIdentity,
    ) -> Result<PythonEnvironment, InstallError> {
        // The rest of an interrupted installation, and an environment whose Python is missing.
        let temporary = self.temporary();
        let (left, made) = ([temporary.clone(), dir.to_owned()], temporary.clone());
        blocking(move || {
            left.iter().try_for_each(|path| remove(path))?;
            std::fs::create_dir_all(&made).map_err(|error| InstallError::io(IoAction::Create, &made, error))
        })
        .await?;
        let python = Python::find(self.machine, self.what, self.cx).await?;
        let pip = self.pip(&python, &temporary).await?;
        let venv = self.tool(&python, &python.program).args(["-I", "-m", "venv", "--without-pip"]).arg(dir);
        self.start(venv, "see that this Python works").await?;

        let install = || self.subcommand("install", &python, &dir.join("bin/python3"), &pip);
        match lock_file {
            None => {
                self.start(install().args(packages), NETWORK_ADVICE).await?;
            }
            Some(lock_file) => {
                let advice = lock_file.advice();
                let builders = lock_file.builders();
                if !builders.is_empty() {
                    let path = write(temporary.join("builders.txt"), builders).await?;
                    let first = install().args(["--require-hashes", "--no-deps", "-r"]).arg(path);
                    self.start(first, advice).await?;
                }
                let all = match lock_file.requirements() {
                    Requirements::File(path) => path.to_owned(),
                    Requirements::Text(text) => write(temporary.join("locked.txt"), text.to_owned()).await?,
                };
                let all = install().args(["--require-hashes", "--no-build-isolation", "-r"]).arg(all);
                self.start(all, advice).await?;
            }
        }
        let library_path = python.library_path.clone();
        let dir = dir.to_owned();
        blocking(move || {
            let environment = PythonEnvironment::record(&dir, identity, library_path)?;
            remove(&temporary)?;
            Ok(environment)
        })
        .await
    }
}

async fn write(path: PathBuf, text: String) -> Result<PathBuf, InstallError> {
    tokio::fs::write(&path, text).await.map_err(|error| InstallError::io(IoAction::Write, &path, error))?;
    Ok(path)
}
