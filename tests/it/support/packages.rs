//! Compilers, peers and simulators, brought in by the program's own installer.

use std::path::{Path, PathBuf};
use std::process::Command;

use fbuild_matrix::event::channel;
use fbuild_matrix::provide::pypi::PythonLock;
use fbuild_matrix::provide::{InstallContext, InstallError, InstalledCore, InstalledPackages, apt, pypi};
use tokio_util::sync::CancellationToken;

/// The cache directory of all tests for what is installed; nothing else is in it.
pub(super) fn cache_dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    for name in ["apt", "pypi"] {
        std::fs::create_dir_all(dir.join(name)).unwrap();
    }
    dir
}

/// Arduino's AVR core with its compiler.
#[track_caller]
pub(crate) fn avr_core() -> InstalledCore {
    install(async |cx| apt::install_core("arduino:avr", &cx).await)
}

/// The directory of Arduino's built-in examples.
#[track_caller]
pub(crate) fn builtin_examples() -> PathBuf {
    install(async |cx| apt::install_builtin_examples(&cx).await)
}

/// Debian packages with all that they depend on.
#[track_caller]
pub(crate) fn packages(names: &[&str]) -> Packages {
    Packages(install(async |cx| apt::install_packages(names, true, &cx).await))
}

/// A core's tool, as a matrix names it: `{apt: PACKAGE}`.
#[track_caller]
pub(crate) fn tool(package: &str) -> Packages {
    Packages(install(async |cx| apt::install_tool(&[package.to_owned()], None, &cx).await))
}

/// Espressif's esptool, as `matrices/platforms.yml` names it: the program.
#[track_caller]
pub(crate) fn esptool() -> PathBuf {
    let lock = super::repository("tests/platform/shared/tools/esptool.txt");
    python_programs(&["esptool==5.1.0"], &lock).join("esptool")
}

/// Python packages, each `NAME==VERSION`, pinned by a lock file: the directory of their programs.
#[track_caller]
pub(crate) fn python_programs(packages: &[&str], lock: &Path) -> PathBuf {
    let packages: Vec<String> = packages.iter().map(|&package| package.to_owned()).collect();
    install(async |cx| pypi::install_tool(&packages, PythonLock::File(lock), &cx).await).root
}

/// Where it is there already this takes milliseconds; tests that ask at once wait for one another.
#[track_caller]
fn install<T>(work: impl AsyncFnOnce(InstallContext) -> Result<T, InstallError>) -> T {
    let is_offline = std::thread::current().name().is_some_and(|test| test.starts_with("offline::"));
    assert!(!is_offline, "a test that needs a package does not belong in `offline`");
    let (events, _) = channel();
    let cx =
        InstallContext { cache_dir: cache_dir(), offline: false, events, cancel: CancellationToken::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work(cx)).unwrap_or_else(|error| panic!("{error}"))
}

/// Packages whose programs can be started.
#[derive(Debug)]
pub(crate) struct Packages(InstalledPackages);

impl Packages {
    /// A path of theirs, as it would be below `/`.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.root.join(path)
    }

    /// Where their programs find shared libraries, if they need to be told.
    pub(crate) fn library_path(&self) -> Option<PathBuf> {
        self.0.library_path.clone()
    }

    /// The program `usr/bin/NAME`, which finds their shared libraries.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.path("usr/bin").join(name));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        if let Some(libraries) = &self.0.library_path {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}
