//! Directories that contain only files of this program: marked so that Git, backups and indexers skip them.

use std::io;
use std::path::Path;

/// Each file that marks such a directory, with its content: `gitignore(5)`, and the Cache Directory Tagging
/// Specification (<https://bford.info/cachedir/>).
const MARKS: [(&str, &str); 2] = [
    (".gitignore", "# Made by fbuild-matrix.\n*\n"),
    (
        "CACHEDIR.TAG",
        "Signature: 8a477f597d28d172789f06886806bc55\n# Made by fbuild-matrix, which makes again what is missing here.\n",
    ),
];

/// Creates the directory, if it is missing, and marks it. A directory with other content belongs to the user and stays
/// unchanged: `*` in the `.gitignore` of a project would hide the project.
///
/// # Errors
/// The directory can't be created, read or written.
pub fn make_own_directory(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name();
        // A run that was killed here may have left one of the two.
        if !MARKS.iter().any(|(mark, _)| name == *mark) {
            return Ok(());
        }
    }
    for (name, content) in MARKS {
        let path = directory.join(name);
        if !path.exists() {
            super::place::write_atomically(&path, content.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_or_empty_directory_is_marked_and_one_in_use_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir(at("empty")).unwrap();
        std::fs::create_dir(at("half")).unwrap();
        std::fs::write(at("half/.gitignore"), "mine").unwrap();
        std::fs::create_dir(at("project")).unwrap();
        std::fs::write(at("project/Blink.ino"), "").unwrap();
        for name in ["new/deep", "empty", "half", "project"] {
            make_own_directory(&at(name)).unwrap();
        }
        for name in ["new/deep", "empty", "half"] {
            assert_eq!(names(&at(name)), [".gitignore", "CACHEDIR.TAG"], "{name}");
        }
        assert_eq!(std::fs::read_to_string(at("half/.gitignore")).unwrap(), "mine");
        assert_eq!(names(&at("project")), ["Blink.ino"]);
        assert!(make_own_directory(&at("project/Blink.ino")).is_err());
    }
}
