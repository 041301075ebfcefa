//! A directory with an archive, a destination, and neighbours that must not change.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::provide::archive::{ArchiveError, ArchiveLimits, ExtractedArchive, extract};

/// Content of a directory by relative path: a file's permissions and content, a link's target, a directory's mode.
pub(super) type Snapshot = BTreeMap<PathBuf, String>;

pub(super) struct Sandbox {
    directory: TempDir,
    limits: ArchiveLimits,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("neighbour"), "unchanged").unwrap();
        fs::create_dir(directory.path().join("victim")).unwrap();
        fs::create_dir(directory.path().join("destination")).unwrap();
        Self { directory, limits: ArchiveLimits::default() }
    }

    pub(super) fn with_limits(limits: ArchiveLimits) -> Self {
        Self { limits, ..Self::new() }
    }

    /// The directory with everything.
    pub(super) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(super) fn destination(&self) -> PathBuf {
        self.path().join("destination")
    }

    /// Extracts an archive of this name and content.
    pub(super) fn extract(&self, name: &str, bytes: &[u8]) -> Result<ExtractedArchive, ArchiveError> {
        fs::write(self.path().join(name), bytes).unwrap();
        extract(&self.path().join(name), &self.destination(), &self.limits, &|| false)
    }

    /// Extracts an archive that must be refused. Returns the message, after a look at the neighbours.
    pub(super) fn refusal(&self, name: &str, bytes: &[u8]) -> String {
        let error = match self.extract(name, bytes) {
            Err(error) => error.to_string(),
            Ok(done) => panic!("{name} was extracted: {done:?}: {:?}", self.extracted()),
        };
        self.check_outside(name);
        assert!(error.starts_with("cannot extract "), "{error}");
        assert!(error.contains(name), "the message names the archive: {error}");
        assert_eq!(error.lines().count(), 2, "one line with the fault, one with advice: {error}");
        assert!(!error.contains(|char: char| char.is_control() && char != '\n'), "{error:?}");
        error
    }

    /// Checks that nothing but the archive is new beside the destination, and that no link in it leads outside.
    pub(super) fn check_outside(&self, archive: &str) {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name != archive)
            .collect();
        names.sort();
        assert_eq!(names, ["destination", "neighbour", "victim"]);
        assert_eq!(fs::read_to_string(self.path().join("neighbour")).unwrap(), "unchanged");
        assert_eq!(fs::metadata(self.path().join("neighbour")).unwrap().nlink(), 1, "no other name");
        assert_eq!(fs::read_dir(self.path().join("victim")).unwrap().count(), 0);
        let destination = self.destination().canonicalize().unwrap();
        for path in snapshot(&destination).into_keys() {
            if let Ok(real) = destination.join(&path).canonicalize() {
                assert!(real.starts_with(&destination), "{} leads to {}", path.display(), real.display());
            }
        }
    }

    /// Returns what was extracted.
    pub(super) fn extracted(&self) -> Snapshot {
        snapshot(&self.destination())
    }
}

/// Returns the content of a directory.
pub(super) fn snapshot(directory: &Path) -> Snapshot {
    let mut found = Snapshot::new();
    for entry in walkdir::WalkDir::new(directory).min_depth(1) {
        let entry = entry.unwrap();
        let metadata = entry.path().symlink_metadata().unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        let content = if metadata.is_symlink() {
            format!("-> {}", fs::read_link(entry.path()).unwrap().display())
        } else if metadata.is_dir() {
            format!("{mode:o} directory")
        } else {
            let content = fs::read(entry.path()).unwrap();
            let text = String::from_utf8(content).unwrap_or_else(|error| {
                format!("{} bytes, {}", error.as_bytes().len(), blake3::hash(error.as_bytes()))
            });
            format!("{mode:o} {text}")
        };
        found.insert(entry.path().strip_prefix(directory).unwrap().to_path_buf(), content);
    }
    found
}
