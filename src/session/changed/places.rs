//! The places of a plan within the checkout: sketches, libraries, cores, and the files that planning reads. They tell to
//! what a file belongs that no record knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::library::Layout;
use crate::plan::{CellJob, Plan, Target};

/// The root of a checkout, under its names.
#[derive(Debug, Clone)]
pub(super) struct Roots {
    names: Vec<PathBuf>,
    /// Directories below it with files of this program.
    own: Vec<PathBuf>,
}

impl Roots {
    /// Returns the names of `root`. Paths below one of `own` are not in the checkout.
    pub(super) fn new(root: &Path, own: Vec<PathBuf>) -> Self {
        let mut names = vec![root.to_owned()];
        names.extend(root.canonicalize().ok().filter(|real| real != root));
        Self { names, own }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Path> {
        self.names.iter().map(PathBuf::as_path)
    }

    /// Returns the root.
    pub(super) fn root(&self) -> &Path {
        &self.names[0]
    }

    /// Returns a path relative to the checkout, if it is in it.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        if self.own.iter().any(|directory| path.starts_with(directory)) {
            return None;
        }
        let relative = self.names.iter().find_map(|root| path.strip_prefix(root).ok())?;
        Some(relative.to_string_lossy().into_owned())
    }

    /// Returns a path relative to the checkout, with links resolved.
    pub(super) fn real(&self, path: &Path) -> Option<String> {
        self.relative(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

/// To what a file in the checkout belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    /// A sketch, by its main file.
    Sketch(String),
    /// A library, by its directory.
    Library(String),
    /// A core or a variant, by its directory.
    Core(String),
    /// A platform, outside its cores, variants and libraries; by its directory.
    Platform(String),
    /// A directory of libraries.
    Libraries(String),
}

/// The places of a plan.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The matrix and its lock file, and the descriptions of platforms.
    pub(super) plan_files: BTreeSet<String>,
    /// Descriptions of libraries (`library.properties`), with the library's directory.
    pub(super) descriptions: BTreeMap<String, String>,
    /// Directories of sketches with their main files.
    sketches: HashMap<String, Vec<String>>,
    libraries: BTreeMap<String, Area>,
    /// The directory of each library's headers.
    headers: BTreeMap<String, PathBuf>,
    cores: BTreeSet<String>,
    platforms: BTreeSet<String>,
    library_roots: BTreeSet<String>,
}

/// Where a library's sources are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Area {
    /// Below `src`.
    Recursive,
    /// In its directory and in `utility`.
    Flat,
}

/// Extensions of files that sources include, and of libraries; others in the directory of a flat library are
/// documents.
const CODE: [&str; 19] = [
    "h", "hh", "hpp", "hxx", "c", "cc", "cpp", "cxx", "S", "s", "ino", "pde", "inc", "inl", "ipp", "tpp",
    "def", "a", "ld",
];

/// Extensions of documents, which no source includes.
const DOCUMENTS: [&str; 10] = ["md", "rst", "adoc", "png", "jpg", "jpeg", "gif", "svg", "pdf", "webp"];

/// Files of a platform that planning reads: what they say is in the definition of a cell.
const DESCRIPTIONS: [&str; 5] =
    ["boards.txt", "boards.local.txt", "platform.txt", "platform.local.txt", "programmers.txt"];

/// Directories of a platform whose files enter no build unless a source includes them.
const ASIDE: [&str; 9] =
    ["cores", "variants", "libraries", "docs", "doc", "examples", "extras", "tests", "test"];

impl Places {
    /// Collects the places of a plan. `matrix` and its lock file are read by planning.
    pub(super) fn of(plan: &Plan, matrix: &[PathBuf], roots: &Roots) -> Self {
        let mut places = Self::default();
        places.plan_files.extend(matrix.iter().filter_map(|path| roots.relative(path)));
        places.library_roots.extend(plan.library_places.roots.iter().filter_map(|path| roots.real(path)));
        let mut targets: HashMap<usize, &Arc<Target>> = HashMap::new();
        let mut sketches: HashMap<usize, &CellJob> = HashMap::new();
        for cell in &plan.cells {
            targets.insert(Arc::as_ptr(&cell.target).addr(), &cell.target);
            sketches.insert(Arc::as_ptr(&cell.sketch).addr(), cell);
        }
        for cell in sketches.into_values() {
            let (Some(main), Some(dir)) = (roots.real(&cell.sketch.main_file), roots.real(&cell.sketch.dir))
            else {
                continue;
            };
            // A sketch of a single file does not own its neighbours.
            let dir = if cell.sketch.single_file { main.clone() } else { dir };
            places.sketches.entry(dir).or_default().push(main);
        }
        let mut indexes: BTreeSet<usize> = BTreeSet::new();
        for target in targets.into_values() {
            places.target(target, roots);
            if indexes.insert(Arc::as_ptr(&target.libraries).addr()) {
                places.libraries_of(target, roots);
            }
        }
        places
    }

    fn target(&mut self, target: &Target, roots: &Roots) {
        let config = &target.config;
        self.cores.extend(own_cores(target, roots));
        for platform in config.platform_dirs() {
            let Some(relative) = roots.real(&platform) else { continue };
            if !self.platforms.insert(relative.clone()) {
                continue;
            }
            self.plan_files.extend(DESCRIPTIONS.map(|name| joined(&relative, name)));
        }
    }

    fn libraries_of(&mut self, target: &Target, roots: &Roots) {
        for library in target.libraries.libraries() {
            let Some(root) = roots.relative(&library.real_root) else { continue };
            let area = if library.layout == Layout::Recursive { Area::Recursive } else { Area::Flat };
            self.descriptions.insert(joined(&root, "library.properties"), root.clone());
            self.headers.insert(root.clone(), library.source_dir.clone());
            self.libraries.insert(root, area);
        }
    }

    /// Returns the names in the directory of a library's headers.
    pub(super) fn headers(&self, library: &str) -> Vec<String> {
        let entries = self.headers.get(library).and_then(|directory| std::fs::read_dir(directory).ok());
        let names = entries.into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    /// Returns to what a file belongs that no record knows; `None` if it enters no build.
    pub(super) fn owner(&self, path: &str) -> Option<Owner> {
        if let Some(mains) = self.sketches.get(path) {
            return mains.first().cloned().map(Owner::Sketch);
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_document(name) {
            return None;
        }
        let mut directory = path;
        loop {
            directory = directory.rsplit_once('/').map_or("", |(parent, _)| parent);
            let rest = if directory.is_empty() { path } else { &path[directory.len() + 1..] };
            if let Some(owner) = self.owner_at(directory, rest) {
                return Some(owner);
            }
            if directory.is_empty() {
                return None;
            }
        }
    }

    /// Returns what owns the file `rest` below `directory`, if that is the directory of a sketch, a library or a core.
    fn owner_at(&self, directory: &str, rest: &str) -> Option<Owner> {
        if rest.split('/').any(|part| part.starts_with('.')) {
            return None;
        }
        let top = rest.split_once('/').map(|(top, _)| top);
        let is_code =
            CODE.iter().any(|extension| rest.rsplit_once('.').is_some_and(|(_, end)| end == *extension));
        if let Some(mains) = self.sketches.get(directory) {
            // A checkout that is itself a sketch has other directories beside it.
            let is_own = !directory.is_empty() || top.is_none_or(|top| top == "src");
            return mains.first().filter(|_| is_own).cloned().map(Owner::Sketch);
        }
        if let Some(area) = self.libraries.get(directory) {
            let is_source = match area {
                Area::Recursive => top == Some("src"),
                Area::Flat => top == Some("utility") || (top.is_none() && is_code),
            };
            if is_source || top == Some("arch") {
                return Some(Owner::Library(directory.to_owned()));
            }
        }
        if self.cores.contains(directory) {
            return Some(Owner::Core(directory.to_owned()));
        }
        if self.platforms.contains(directory) && Self::is_of_platform(directory, &joined(directory, rest)) {
            return Some(Owner::Platform(directory.to_owned()));
        }
        if self.library_roots.contains(directory) && top.is_none() && is_code {
            return Some(Owner::Libraries(directory.to_owned()));
        }
        None
    }

    /// Returns whether files of a platform in the checkout enter every build for it: not those of its cores, variants and
    /// libraries, and no documents.
    pub(super) fn is_of_platform(platform: &str, path: &str) -> bool {
        let rest = if platform.is_empty() { Some(path) } else { path.strip_prefix(platform) };
        let Some(rest) = rest.filter(|rest| platform.is_empty() || rest.starts_with('/')) else {
            return false;
        };
        let rest = rest.trim_start_matches('/');
        let is_in = match rest.split_once('/') {
            Some((top, _)) => !ASIDE.contains(&top),
            // A checkout that is itself a platform has other files beside it.
            None => !platform.is_empty() && !DESCRIPTIONS.contains(&rest),
        };
        is_in && !rest.starts_with('.') && !is_document(rest.rsplit('/').next().unwrap_or(rest))
    }
}

/// Returns the directories of core and variant of a target that are in the checkout.
pub(super) fn own_cores(target: &Target, roots: &Roots) -> Vec<String> {
    let config = &target.config;
    let directories = std::iter::once(&config.core_dir).chain(&config.variant_dir);
    directories.filter_map(|path| roots.real(path)).collect()
}

/// Returns the path of a name in a directory; both relative to the checkout.
pub(super) fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

fn is_document(name: &str) -> bool {
    const NAMES: [&str; 6] = ["README", "LICENSE", "LICENCE", "CHANGELOG", "CONTRIBUTING", "AUTHORS"];
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    DOCUMENTS.contains(&extension) || NAMES.contains(&stem.to_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let mut places = Places::default();
        let mut sketch = |dir: &str, main: &str| {
            places.sketches.entry(dir.into()).or_default().push(main.into());
        };
        sketch("examples/A", "examples/A/A.ino");
        sketch("examples/A/Inner", "examples/A/Inner/Inner.ino");
        sketch("tests/one.cpp", "tests/one.cpp");
        places.libraries.insert(String::new(), Area::Recursive);
        places.libraries.insert("libs/Flat".into(), Area::Flat);
        places.cores.insert("hw/avr/cores/x".into());
        places.platforms.insert("hw/avr".into());
        places.library_roots.insert("libs".into());
        places
    }

    #[test]
    fn the_nearest_place_owns_a_file() {
        let places = places();
        let owner = |path: &str| places.owner(path);
        let sketch = |main: &str| Some(Owner::Sketch(main.into()));
        let library = |root: &str| Some(Owner::Library(root.into()));
        for (path, expected) in [
            ("examples/A/data/page.html", sketch("examples/A/A.ino")),
            ("examples/A/Inner/x.h", sketch("examples/A/Inner/Inner.ino")),
            ("tests/one.cpp", sketch("tests/one.cpp")),
            ("src/new.h", library("")),
            ("src/deep/table.dat", library("")),
            ("libs/Flat/new.cpp", library("libs/Flat")),
            ("libs/Flat/utility/new", library("libs/Flat")),
            ("hw/avr/cores/x/new.h", Some(Owner::Core("hw/avr/cores/x".into()))),
            ("hw/avr/bootloaders/x.hex", Some(Owner::Platform("hw/avr".into()))),
            ("libs/stray.h", Some(Owner::Libraries("libs".into()))),
        ] {
            assert_eq!(owner(path), expected, "{path}");
        }
        for path in [
            "README.md",
            "docs/x.h",
            "keywords.txt",
            "examples/Other/Other.ino",
            "examples/A/README.md",
            "examples/A/.hidden/x.h",
            "tests/two.cpp",
            "libs/Flat/keywords.txt",
            "libs/Flat/LICENSE.txt",
            "hw/avr/cores/y/y.h",
            "hw/avr/.github/x.yml",
            ".github/workflows/ci.yml",
        ] {
            assert_eq!(owner(path), None, "{path}");
        }
    }

    #[test]
    fn a_checkout_that_is_a_sketch_owns_its_files_and_src() {
        let mut places = Places::default();
        places.sketches.insert(String::new(), vec!["A.ino".into()]);
        let is_owned = |path: &str| places.owner(path).is_some();
        assert!(is_owned("config.h") && is_owned("src/x/y.h"));
        assert!(!is_owned("docs/x.h") && !is_owned("README") && !is_owned(".gitignore"));
    }

    #[test]
    fn the_rest_of_a_platform_enters_its_builds() {
        assert!(Places::is_of_platform("hw/avr", "hw/avr/bootloaders/x.hex"));
        assert!(
            Places::is_of_platform("", "tools/x.py") && Places::is_of_platform("hw/avr", "hw/avr/flags.txt")
        );
        for path in ["hw/avr/boards.txt", "hw/avr/cores/x/y.h", "hw/avrx/tools/x", "hw/avr/tools/README.md"] {
            assert!(!Places::is_of_platform("hw/avr", path), "{path}");
        }
        assert!(!Places::is_of_platform("", "CMakeLists.txt"));
    }
}
