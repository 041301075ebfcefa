//! A report file that is there whole or not at all: written under a temporary name, then renamed. Knows
//! nothing of what is in it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::place::Place;

/// A report that is yet to be written.
///
/// The temporary name is fixed, so that a run that was killed leaves nothing that the next one does not
/// replace. The previous run's report stays in place until this one's is complete.
#[derive(Debug)]
pub(super) struct ReportFile {
    place: Place,
    name: String,
    created: PathBuf,
}

impl ReportFile {
    /// Creates the temporary file now, so that a folder that can't be written is known before the work.
    pub(super) fn create(place: &Place, name: &str) -> io::Result<Self> {
        let created = temporary(&place.folder(), name);
        File::create(&created)?;
        Ok(Self { place: place.clone(), name: name.to_owned(), created })
    }

    /// Writes the report and gives it its name. Whatever fails, the old report is untouched.
    pub(super) fn write(&self, mut content: impl FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        self.place.somewhere(|folder| {
            let temporary = temporary(folder, &self.name);
            // Created again: if another run into the same folder has renamed our file away, the last one
            // wins.
            let written = File::create(&temporary).and_then(|file| {
                let mut writer = io::BufWriter::new(file);
                content(&mut writer)?;
                writer.into_inner().map_err(io::IntoInnerError::into_error)?;
                fs::rename(&temporary, folder.join(&self.name))
            });
            if written.is_err() {
                let _ = fs::remove_file(&temporary);
            }
            written
        })
    }
}

fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.tmp"))
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        // After `write` it has its final name and there is nothing to remove.
        let _ = fs::remove_file(&self.created);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("folder")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("folder");
        fs::write(folder.path().join("a.txt"), "old").expect("write");
        let place = Place::new(folder.path().to_owned(), Vec::new());
        let file = ReportFile::create(&place, "a.txt").expect("create");
        assert_eq!(names(folder.path()), [".a.txt.tmp", "a.txt"]);

        let failed = file.write(|writer| {
            writer.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert_eq!(failed.expect_err("fails").to_string(), "disk full");
        assert_eq!(fs::read(folder.path().join("a.txt")).expect("read"), b"old");

        file.write(|writer| writer.write_all(b"new")).expect("write");
        assert_eq!(names(folder.path()), ["a.txt"]);
        assert_eq!(fs::read(folder.path().join("a.txt")).expect("read"), b"new");
    }

    #[test]
    fn nothing_is_left_of_a_report_that_is_given_up() {
        let folder = tempfile::tempdir().expect("folder");
        let place = |folder: &Path| Place::new(folder.to_owned(), Vec::new());
        drop(ReportFile::create(&place(folder.path()), "a.txt").expect("create"));
        assert!(names(folder.path()).is_empty());
        assert!(ReportFile::create(&place(&folder.path().join("missing")), "a.txt").is_err());
    }
}
