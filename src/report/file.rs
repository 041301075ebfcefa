//! A report file that is either complete or missing: written under a temporary name, then renamed. Knows nothing of its
//! contents.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::report_dir::ReportDir;

/// A report that has not been written yet.
///
/// The temporary name is fixed: what a killed run leaves is replaced by the next one. The previous run's report stays
/// in place until this one's is complete.
#[derive(Debug)]
pub(super) struct ReportFile {
    dir: ReportDir,
    name: String,
    created: PathBuf,
}

impl ReportFile {
    /// Creates the temporary file, also of a name with a directory, so that an unwritable directory is reported before the build.
    ///
    /// # Errors
    /// The file can't be created.
    pub(super) fn create(dir: &ReportDir, name: &str) -> io::Result<Self> {
        let created = temporary(&dir.path(), name);
        if let Some(parent) = Path::new(name).parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(dir.path().join(parent))?;
        }
        File::create(&created)?;
        Ok(Self { dir: dir.clone(), name: name.to_owned(), created })
    }

    /// Writes the report and renames it into place.
    ///
    /// # Errors
    /// No directory can be written. The old report is unchanged then.
    pub(super) fn write(&self, mut content: impl FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.dir.somewhere(|dir| {
            let temporary = temporary(dir, &self.name);
            temporary.parent().map_or(Ok(()), fs::create_dir_all)?;
            // Created again, as another run into the same directory may have renamed the file. The last run wins.
            let written = File::create(&temporary).and_then(|file| {
                let mut writer = io::BufWriter::new(file);
                content(&mut writer)?;
                writer.into_inner().map_err(io::IntoInnerError::into_error)?;
                fs::rename(&temporary, dir.join(&self.name))
            });
            if written.is_err() {
                let _ = fs::remove_file(&temporary);
            }
            written
        })
    }
}

/// Returns the path of the temporary file, beside the final one.
fn temporary(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.tmp"))
}

impl ReportFile {
    /// Removes the report of an earlier run.
    ///
    /// # Errors
    /// The file can't be removed. A missing file is no error.
    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(self.dir.path().join(&self.name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // After `write` it has its final name, and there is nothing to remove.
        let _ = fs::remove_file(&self.created);
        // An empty directory of its own goes too.
        if Path::new(&self.name).components().count() > 1
            && let Some(parent) = self.created.parent()
        {
            let _ = fs::remove_dir(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .expect("directory")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn whole_or_not_at_all() {
        let directory = tempfile::tempdir().expect("directory");
        fs::write(directory.path().join("a.txt"), "old").expect("write");
        let place = ReportDir::new(directory.path().to_owned(), Vec::new());
        let file = ReportFile::create(&place, "a.txt").expect("create");
        assert_eq!(names(directory.path()), [".a.txt.tmp", "a.txt"]);

        let failed = file.write(|writer| {
            writer.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.expect_err("fails").to_string(), "disk full");
        assert_eq!(fs::read(directory.path().join("a.txt")).expect("read"), b"old");

        file.write(|writer| writer.write_all(b"new")).expect("write");
        assert_eq!(names(directory.path()), ["a.txt"]);
        assert_eq!(fs::read(directory.path().join("a.txt")).expect("read"), b"new");
    }

    #[test]
    fn nothing_is_left_of_a_report_that_is_given_up() {
        let directory = tempfile::tempdir().expect("directory");
        let place = |directory: &Path| ReportDir::new(directory.to_owned(), Vec::new());
        drop(ReportFile::create(&place(directory.path()), "a.txt").expect("create"));
        assert!(names(directory.path()).is_empty());
        assert!(ReportFile::create(&place(&directory.path().join("missing")), "a.txt").is_err());
    }
}
