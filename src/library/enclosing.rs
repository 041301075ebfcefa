//! The library that contains a sketch, which is mostly one of its examples.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::{clean, list, offers_header};
use super::load::load;
use super::model::{Library, Location};

/// A library with a sketch somewhere below its directory.
#[derive(Debug)]
pub struct EnclosingLibrary {
    /// The library.
    pub library: Library,
    headers: BTreeSet<String>,
}

/// The enclosing libraries of directories, each loaded once.
#[derive(Debug, Default)]
pub struct EnclosingLibraries(HashMap<PathBuf, Option<Arc<EnclosingLibrary>>>);

impl EnclosingLibrary {
    /// Returns whether it offers `header`.
    pub fn offers(&self, header: &str) -> bool {
        self.headers.contains(header)
    }

    /// Iterates over the headers that it offers, sorted.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(String::as_str)
    }

    fn at(directory: &Path) -> Option<Arc<Self>> {
        let library = load(directory, Location::Unmanaged).ok().flatten()?;
        let entries = list(&library.source_dir).unwrap_or_default();
        let headers =
            entries.into_iter().map(|entry| entry.name).filter(|name| offers_header(name)).collect();
        Some(Arc::new(Self { library, headers }))
    }
}

impl EnclosingLibraries {
    /// Returns the nearest library above the absolute path `directory`: a directory with `library.properties`, or one
    /// with a header, whose `examples` contain the path. `None` where arduino-cli does not load it.
    pub fn of(&mut self, directory: &Path) -> Option<Arc<EnclosingLibrary>> {
        match self.0.get(directory) {
            Some(known) => known.clone(),
            None => self.above(&clean(directory)),
        }
    }

    fn above(&mut self, directory: &Path) -> Option<Arc<EnclosingLibrary>> {
        let parent = directory.parent()?;
        if let Some(known) = self.0.get(directory) {
            return known.clone();
        }
        let name = directory.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let may_be = ["example", "examples"].contains(&&*name) || parent.join("library.properties").is_file();
        let found = may_be.then(|| EnclosingLibrary::at(parent)).flatten();
        let found = found.or_else(|| self.above(parent));
        self.0.insert(directory.to_owned(), found.clone());
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_belongs_to_the_nearest_library_above() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("New/library.properties", "name=New\nversion=1.2\n"),
            ("New/src/New.h", ""),
            ("New/examples/deep/A/A.ino", ""),
            ("New/extras/Inner/library.properties", "name=Inner\n"),
            ("New/extras/Inner/Inner.hpp", ""),
            ("New/extras/Inner/test/B/B.ino", ""),
            ("Old/Old.h", ""),
            ("Old/Examples/C/C.ino", ""),
            ("Old/other/D/D.ino", ""),
        ] {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut libraries = EnclosingLibraries::default();
        let mut of = |path: &str| {
            let found = libraries.of(&root.path().join(path))?;
            Some((found.library.name.clone(), found.headers().map(str::to_owned).collect::<Vec<_>>()))
        };
        let one = |name: &str, header: &str| Some((name.to_owned(), vec![header.to_owned()]));
        for _ in 0..2 {
            assert_eq!(of("New/examples/deep/A"), one("New", "New.h"));
            assert_eq!(of("New/extras/Inner/test/B"), one("Inner", "Inner.hpp"));
            assert_eq!(of("Old/Examples/C"), one("Old", "Old.h"));
            assert_eq!(of("New/examples/../examples/./A"), one("New", "New.h"));
            assert_eq!(of("Old/other/D"), None);
        }
        assert_eq!(libraries.of(&root.path().join("New/examples/A")).unwrap().library.version, "1.2");
    }
}
