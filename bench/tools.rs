//! The tools of the bench: core, compiler, examples and programs. This program's own apt provider installs them below
//! `target/`, as for a user; nothing is installed on the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use fbuild_matrix::event::channel;
use fbuild_matrix::platform::{BoardConfig, HostOs, Override, Platform, Platforms, RuntimeEnv, resolve};
use fbuild_matrix::provide::{InstallContext, InstallError, InstalledCore, InstalledPackages, apt};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::Result;

/// The core, the examples, and the source of further packages.
pub(crate) struct Tools {
    runtime: Runtime,
    install: InstallContext,
    pub(crate) core: InstalledCore,
    pub(crate) examples: PathBuf,
    make: InstalledPackages,
    platforms: Platforms,
}

impl Tools {
    pub(crate) fn new() -> Result<Self> {
        // The tests use the same package directory.
        let cache_dir = super::below_target("tmp/packages");
        std::fs::create_dir_all(cache_dir.join("apt"))?;
        let (events, _) = channel();
        let install = InstallContext { cache_dir, offline: false, events, cancel: CancellationToken::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let core = runtime.block_on(apt::install_core("arduino:avr", &install))?;
        let examples = runtime.block_on(apt::install_builtin_examples(&install))?;
        let make = runtime.block_on(apt::install_packages(&["make"], true, &install))?;
        let mut platforms = Platforms::new();
        platforms.insert(Platform::load(&core.platform_dir, "arduino", "avr", HostOs::current())?);
        Ok(Self { runtime, install, core, examples, make, platforms })
    }

    /// Installs Debian packages; returns an error where they are unavailable on the machine.
    pub(crate) fn packages(
        &self,
        names: &[&str],
        dependencies: bool,
    ) -> std::result::Result<InstalledPackages, InstallError> {
        self.runtime.block_on(apt::install_packages(names, dependencies, &self.install))
    }

    /// Returns a board with its flags.
    pub(crate) fn board(&self, fqbn: &str) -> Result<BoardConfig> {
        let (tools, required) = (self.core.tools.clone(), self.core.required.clone());
        let world = RuntimeEnv { tools, required, ..RuntimeEnv::default() };
        let set = self.core.properties.iter().map(|(key, value)| Override::written(key, value));
        let set: Vec<Override> = set.collect();
        Ok(resolve(&self.platforms, &fqbn.parse()?, &world, &set)?)
    }

    /// Returns the compilers' directory.
    pub(crate) fn compilers(&self) -> PathBuf {
        self.core.tools["avr-gcc"].join("bin")
    }

    /// Returns the package directory of this program, below a cache directory.
    pub(crate) fn apt(&self) -> PathBuf {
        self.install.cache_dir.join("apt")
    }

    /// Returns GNU make in a clean environment in which its compilers can run.
    pub(crate) fn make(&self) -> Command {
        self.program(&self.make, "make")
    }

    /// Returns a program of installed packages, in a clean environment in which compilers can run.
    pub(crate) fn program(&self, packages: &InstalledPackages, name: &str) -> Command {
        let mut command = Command::new(packages.root.join("usr/bin").join(name));
        clean(&mut command, [&packages.library_path, &self.core.library_path].into_iter().flatten());
        command
    }
}

/// Clears the command's environment, and sets the search path of shared libraries.
pub(crate) fn clean<'a>(command: &mut Command, libraries: impl Iterator<Item = &'a PathBuf>) {
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C");
    let libraries: Vec<_> = libraries.map(|path| path.as_os_str()).collect();
    if !libraries.is_empty() {
        command.env("LD_LIBRARY_PATH", libraries.join(":".as_ref()));
    }
}

/// Copies a directory recursively, except links without a target.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in walkdir::WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        let place = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(place)?;
        } else if entry.path().exists() {
            // `copy` would preserve a package's read-only mode, but some of the files are edited later.
            std::fs::write(place, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

/// Creates an empty directory.
pub(crate) fn empty(directory: &Path) -> Result<()> {
    remove(directory)?;
    Ok(std::fs::create_dir_all(directory)?)
}

/// Moves a directory aside, if it exists; it is removed when its parent is emptied before the next measurement.
///
/// Removing it now would slow down the next measurement. For every new file, ext4 without a journal skips each inode
/// that was freed in the last minutes, one by one (`recently_deleted` in `fs/ext4/ialloc.c`). With the files of one
/// round that was 0.8 s of 3.6 s.
pub(crate) fn set_aside(directory: &Path) -> Result<()> {
    if !directory.try_exists()? {
        return Ok(());
    }
    let aside = directory.parent().unwrap_or(directory).join(".aside");
    std::fs::create_dir_all(&aside)?;
    Ok(std::fs::rename(directory, tempfile::tempdir_in(aside)?.keep().join("it"))?)
}

/// Removes a directory if it exists.
pub(crate) fn remove(directory: &Path) -> Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", directory.display()).into())
        }
        _ => Ok(()),
    }
}
