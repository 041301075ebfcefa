//! Paths of a described directory, as a matrix in another place names them. Knows no board.

use std::path::{Component, Path, PathBuf};

use crate::matrix::sketches_at;

/// A directory that is described, and the directory of the matrix.
#[derive(Debug)]
pub(super) struct Place {
    /// The described directory, absolute and without links.
    pub(super) dir: PathBuf,
    /// The directory of the matrix, absolute and without links.
    pub(super) matrix_dir: PathBuf,
    /// The path from the matrix to the described directory; empty if they are the same.
    prefix: String,
}

impl Place {
    /// Returns the place for two absolute directories without links.
    pub(super) fn new(dir: PathBuf, matrix_dir: PathBuf) -> Self {
        let prefix = way(&matrix_dir, &dir);
        Self { dir, matrix_dir, prefix }
    }

    /// Returns a path of a description relative to the directory, without `.` and `..`; empty for the directory itself.
    /// `None` if it leads out of the directory.
    pub(super) fn normal(&self, text: &str) -> Option<String> {
        let path = Path::new(text.trim());
        let path = path.strip_prefix(&self.dir).unwrap_or(path);
        let mut parts: Vec<&str> = Vec::new();
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::Normal(part) => parts.push(part.to_str()?),
                Component::ParentDir => drop(parts.pop()?),
                Component::Prefix(_) | Component::RootDir => return None,
            }
        }
        Some(parts.join("/"))
    }

    /// Returns a path in the directory as the matrix names it.
    pub(super) fn named(&self, path: &str) -> String {
        match (self.prefix.as_str(), path) {
            ("", "") => ".".to_owned(),
            ("", path) => path.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        }
    }

    /// Returns the pattern for the sketches that a path in the directory names: that for the sketch itself, or for all
    /// below it. `None` if there are none.
    pub(super) fn pattern(&self, path: &str) -> Option<String> {
        // A sketch can be named by its main file.
        let path = match path.rsplit_once('/') {
            _ if !self.dir.join(path).is_file() => path,
            Some((directory, _)) => directory,
            None => "",
        };
        let named = escaped(&self.named(path));
        let below = if named == "." { "**".to_owned() } else { format!("{named}/**") };
        let sketches = sketches_at(&self.matrix_dir, &below);
        match sketches.as_slice() {
            // `**` behind an escaped name matches only what is below it.
            [] => (!sketches_at(&self.matrix_dir, &named).is_empty()).then_some(named),
            [only] if !path.is_empty() && *only == self.dir.join(path) => Some(named),
            _ => Some(below),
        }
    }
}

/// Returns the relative path from one directory to another; empty if they are the same.
fn way(from: &Path, to: &Path) -> String {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..".into(), from.len() - common);
    let down = to[common..].iter().map(|component| component.as_os_str().to_string_lossy());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Returns a path with the characters escaped that mean something in a glob.
pub(super) fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | '{' | '}' | '\\') {
            escaped.extend(['[', c, ']']);
        } else {
            escaped.push(c);
        }
    }
    // `!` at the start leaves sketches out.
    if escaped.starts_with('!') { format!("./{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn paths_are_those_from_the_matrix() {
        let place = |dir: &str, matrix: &str| Place::new(dir.into(), matrix.into());
        assert_eq!(place("/a/b", "/a/b").named("examples"), "examples");
        assert_eq!(place("/a/b", "/a/b").named(""), ".");
        assert_eq!(place("/a/b", "/a/b/ci/x").named("examples"), "../../examples");
        assert_eq!(place("/a/b", "/a").named(""), "b");
        assert_eq!(place("/a/b", "/c").named("x"), "../a/b/x");
    }

    #[test]
    fn paths_of_descriptions_stay_in_the_directory() {
        let place = Place::new("/a/b".into(), "/a/b".into());
        for (text, expected) in [
            ("./", Some("")),
            (" examples/ ", Some("examples")),
            ("./a/../b//c", Some("b/c")),
            ("/a/b/x", Some("x")),
            ("../x", None),
            ("/x", None),
        ] {
            assert_eq!(place.normal(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_pattern_names_a_sketch_or_all_below() {
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path().canonicalize().unwrap();
        for name in
            ["examples/One", "examples/Deep/Two", "examples/Outer/Inner", "examples/Outer", "[x]/Three"]
        {
            let sketch = dir.join(name);
            fs::create_dir_all(&sketch).unwrap();
            let file = format!("{}.ino", sketch.file_name().unwrap().to_str().unwrap());
            fs::write(sketch.join(file), "").unwrap();
        }
        fs::create_dir(dir.join("none")).unwrap();
        let place = Place::new(dir.clone(), dir.join("none"));
        for (path, expected) in [
            ("", Some("../**")),
            ("examples", Some("../examples/**")),
            ("examples/One", Some("../examples/One")),
            ("examples/One/One.ino", Some("../examples/One")),
            ("examples/Deep", Some("../examples/Deep/**")),
            ("examples/Outer", Some("../examples/Outer/**")),
            ("[x]", Some("../[[]x]/**")),
            ("none", None),
            ("missing", None),
        ] {
            assert_eq!(place.pattern(path).as_deref(), expected, "{path}");
        }
    }
}
