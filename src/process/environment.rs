//! The environment of child processes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::marker::RunMarker;

/// The environment of a child process. Nothing is inherited, so that no variable of a machine can change a result
/// without being in a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Environment(Arc<[(String, String)]>);

impl Environment {
    /// Returns an environment with a path to the system's tools, the C locale and a private directory for temporary
    /// files.
    pub fn new(temporary: &Path) -> Self {
        Self(Arc::new([
            ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("LC_ALL".to_owned(), "C".to_owned()),
            (TEMPORARY.to_owned(), temporary.display().to_string()),
        ]))
    }

    /// Returns a copy with a path to the shared libraries of a toolchain.
    #[must_use]
    pub fn with_library_path(&self, path: &Path) -> Self {
        self.with("LD_LIBRARY_PATH", &path.display().to_string())
    }

    /// Returns a copy with another variable.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let more = (name.to_owned(), value.to_owned());
        Self(self.0.iter().cloned().chain([more]).collect())
    }

    /// The directory for temporary files of a compiler whose output contains their names, relative to the directory in
    /// which it runs: then the output does not name a directory of this run.
    pub const RELATIVE_TEMPORARY: &str = ".tmp";

    /// Returns a copy with [`RELATIVE_TEMPORARY`](Self::RELATIVE_TEMPORARY), which must exist.
    #[must_use]
    pub fn with_relative_temporary(&self) -> Self {
        let value = |(name, value): &(String, String)| {
            let value = if name == TEMPORARY { Self::RELATIVE_TEMPORARY } else { value };
            (name.clone(), value.to_owned())
        };
        Self(self.0.iter().map(value).collect())
    }

    /// Returns the file of `program`. A bare name is searched in the system's directories, as for a start.
    pub fn find(&self, program: &Path, is_file: impl Fn(&Path) -> bool) -> Option<PathBuf> {
        if program.components().count() != 1 || program.is_absolute() {
            return Some(program.to_owned()).filter(|path| is_file(path));
        }
        let (_, path) = self.0.iter().find(|(name, _)| name == "PATH")?;
        std::env::split_paths(path).map(|directory| directory.join(program)).find(|path| is_file(path))
    }

    /// Returns name and value of each variable.
    pub fn variables(&self) -> &[(String, String)] {
        &self.0
    }

    /// Returns the variables that can change a result: all but the directory for temporary files and the run's marker.
    pub fn keyed(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter().filter(|(name, _)| name != TEMPORARY && name != RunMarker::NAME)
    }

    /// Returns a copy with the run's marker.
    #[must_use]
    pub fn marked(&self, marker: &RunMarker) -> Self {
        self.with(RunMarker::NAME, marker.value())
    }

    /// Replaces the random part of the names of temporary files (`TMPDIR/ccXXXXXX…`, as GCC makes them), so that the
    /// output of a failure is reproducible.
    pub(crate) fn settle_names(&self, printed: Vec<u8>) -> Vec<u8> {
        const RANDOM: usize = 6;
        let Some((_, temporary)) = self.0.iter().find(|(name, _)| name == TEMPORARY) else { return printed };
        let start = format!("{}/cc", temporary.trim_end_matches('/'));
        let ends: Vec<usize> =
            memchr::memmem::find_iter(&printed, &start).map(|at| at + start.len()).collect();
        let mut printed = printed;
        for end in ends {
            if let Some(random) = printed.get_mut(end..end + RANDOM)
                && random.iter().all(u8::is_ascii_alphanumeric)
            {
                random.fill(b'X');
            }
        }
        printed
    }
}

/// Name of the variable with the directory for temporary files.
const TEMPORARY: &str = "TMPDIR";
