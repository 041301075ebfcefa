//! The marker by which a process is recognised as one of a run.

use std::path::{Path, PathBuf};

/// The variable in the environment of every process of a run. It names the directories that the run writes, so that a
/// later run in one of them recognises leftover processes of a killed run. It is part of no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMarker(String);

impl RunMarker {
    pub(crate) const NAME: &'static str = "FBUILD_MATRIX_RUN";

    /// Returns the marker of runs with the work directory `work` and compilers in the directory `staging`.
    pub fn new(work: &Path, staging: &Path) -> Self {
        let name = |directory: &Path| {
            let real = real(directory);
            blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned()
        };
        Self(format!("{}:{}", name(work), name(staging)))
    }

    /// Returns the variable's value: a hash for each directory.
    pub(crate) fn value(&self) -> &str {
        &self.0
    }

    /// Returns whether a run with this value writes a directory of this one.
    pub(super) fn shares(&self, value: &str) -> bool {
        value.split(':').any(|theirs| self.0.split(':').any(|ours| ours == theirs))
    }
}

/// Returns a path with links resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let known = path.ancestors().find_map(|known| Some((known.canonicalize().ok()?, known)));
    let Some((mut real, known)) = known else { return path.to_owned() };
    real.extend(path.strip_prefix(known).into_iter().flat_map(Path::components));
    real
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_name_however_it_is_reached() {
        let root = tempfile::tempdir().unwrap();
        let (work, link) = (root.path().join("work"), root.path().join("link"));
        std::fs::create_dir(&work).unwrap();
        std::os::unix::fs::symlink(&work, &link).unwrap();
        assert_eq!(RunMarker::new(&work, &work), RunMarker::new(&link, &link));
        assert_ne!(RunMarker::new(&work, &work), RunMarker::new(&work, root.path()));
        // The directory of compilers is made later than the marker.
        let early = RunMarker::new(&work, &link.join("tmp"));
        std::fs::create_dir(work.join("tmp")).unwrap();
        assert_eq!(early, RunMarker::new(&work, &work.join("tmp")));
    }
}
