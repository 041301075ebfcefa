//! A directory of its own for each test, and the program in it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

use super::{Finished, packages};

/// A project directory in which the program runs, with a home and a cache directory of its own beside it:
///
/// ```text
/// project/     the current directory; matrix, sketches, .fbuild-matrix
/// home/        HOME
/// cache/       FBUILD_MATRIX_CACHE_DIR; cache/apt and cache/pypi are the same for all tests
/// ```
///
/// Reads like a sentence:
/// `Workspace::new().sketch("Blink", BLINK).file("matrix.yml", MATRIX).run(["run", "matrix.yml"]).assert_exit(0)`.
/// Clones stand for the same directory, which is gone with the last of them.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    directory: Arc<TempDir>,
    variables: Vec<(String, String)>,
}

impl Workspace {
    /// An empty project, an empty home, an empty compiler cache.
    pub(crate) fn new() -> Self {
        Self::in_directory(tempfile::Builder::new().prefix("ws-"))
    }

    /// The same in a directory of this name, so that paths are those of an earlier time. Whoever gives the name
    /// sees to it that nobody else has it at once.
    pub(crate) fn named(name: &str) -> Self {
        let _ = fs::remove_dir_all(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name));
        Self::in_directory(tempfile::Builder::new().prefix(name).rand_bytes(0))
    }

    fn in_directory(directory: &mut tempfile::Builder<'_, '_>) -> Self {
        let shared = packages::cache_dir();
        // Below target/ like the packages: on one file system, and swept up if a test is killed.
        let directory = directory.tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for name in ["project", "home", "cache"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        for name in ["apt", "pypi"] {
            symlink(shared.join(name), directory.path().join("cache").join(name)).unwrap();
        }
        Self { directory: Arc::new(directory), variables: Vec::new() }
    }

    /// Writes a file of the project, with the directories above it.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes the sketch directory `path` whose main file holds `text`: `Blink` has `Blink/Blink.ino`.
    pub(crate) fn sketch(self, path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap().to_owned();
        self.file(&format!("{path}/{name}.ino"), text)
    }

    /// Sets an environment variable for the program.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join("project").join(path)
    }

    /// The home directory that the program sees.
    pub(crate) fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// The cache directory.
    pub(crate) fn cache(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    /// The program with `arguments`, not started yet: in the project, with nothing in its environment
    /// but `PATH`, `HOME` and the cache directory.
    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fbuild-matrix"));
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home())
            .env("FBUILD_MATRIX_CACHE_DIR", self.cache())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Finished {
        let output = self.command(arguments).output().unwrap();
        Finished::new(self.clone(), &output)
    }
}

/// A path in this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
