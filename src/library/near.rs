//! Suggestions for a missing header: another spelling, a library that the matrix does not list, a file that no include
//! reaches. Searched when a cell has failed, for its message only.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use walkdir::{DirEntry, WalkDir};

use super::directory::{Entry, list, offers_header};
use super::index::{LibraryIndex, simplified};
use super::load::{Refused, load};
use super::model::{Library, Location};
use crate::sync::lock;

/// Limit of the suggestions in a message.
const MOST: usize = 3;
/// Limit of a library's headers in a message.
const HEADERS: usize = 5;
/// Limit of the entries that a search visits.
const ENTRIES: usize = 20_000;
/// Limit of the depth below a library's directory.
const DEPTH: usize = 6;

/// Libraries that the sketches of a run can't use, by origin.
#[derive(Debug, Default)]
pub struct Shelves {
    nearby: Vec<PathBuf>,
    platforms: Vec<PathBuf>,
    refused: Vec<Refused>,
    /// Results of searches by header and index: many cells miss the same header.
    found: Mutex<HashMap<(String, usize), Vec<Near>>>,
}

/// A suggestion for a header that no library offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Near {
    /// A library that the matrix does not list offers it.
    Unlisted(Box<Library>),
    /// A library of another platform offers it.
    OtherPlatform(Box<Library>),
    /// An ignored library offers it.
    Ignored(Refused),
    /// A header has almost this name.
    Spelled {
        /// Its name in an include.
        name: String,
        /// Its directory.
        directory: PathBuf,
        /// Whether only the case differs.
        by_case: bool,
    },
    /// A library has it in a subdirectory of its source directory.
    Below {
        /// The library's name.
        library: String,
        /// The file.
        path: PathBuf,
        /// A header that selects the library.
        header: Option<String>,
    },
    /// A library has it in a place that no include reaches.
    Unreachable {
        /// The library's name.
        library: String,
        /// The file.
        path: PathBuf,
    },
    /// A library has the header's name and offers other headers.
    Namesake {
        /// The library's name.
        library: String,
        /// Its directory.
        root: PathBuf,
        /// Its first headers.
        headers: Vec<String>,
    },
}

impl Near {
    /// Returns the rank of a suggestion, most likely first.
    const fn rank(&self) -> u8 {
        match self {
            Self::Ignored(_) => 0,
            Self::Unlisted(_) => 1,
            Self::Spelled { by_case: true, .. } => 2,
            Self::Below { .. } => 3,
            Self::Unreachable { .. } => 4,
            Self::OtherPlatform(_) => 5,
            Self::Spelled { by_case: false, .. } => 6,
            Self::Namesake { .. } => 7,
        }
    }
}

impl Shelves {
    /// Returns the shelves of a run. `nearby` are directories of libraries that the matrix does not list: beside its
    /// libraries, and the user's own. `platforms` are those of all platforms of the run, `refused` the ignored
    /// libraries.
    pub fn new(nearby: Vec<PathBuf>, platforms: Vec<PathBuf>, refused: Vec<Refused>) -> Self {
        Self { nearby, platforms, refused, found: Mutex::default() }
    }

    /// Returns suggestions for `wanted`, which no library in `index` offers, the most likely first. `directories` are
    /// the other directories of the include path.
    pub fn near(&self, wanted: &str, index: &LibraryIndex, directories: &[PathBuf]) -> Vec<Near> {
        let path = Path::new(wanted);
        if wanted.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Vec::new();
        }
        let mut found = self.on_disk(wanted, index);
        found.extend(spelled(path, index, directories));
        if found.is_empty() {
            found.extend(namesakes(path, index));
        }
        found.sort_by_key(Near::rank);
        found.truncate(MOST);
        found
    }

    /// Returns the files of this name, in libraries that sketches can use and in others.
    fn on_disk(&self, wanted: &str, index: &LibraryIndex) -> Vec<Near> {
        // The indexes of a run live as long as its plan, so that an address identifies one. A panic elsewhere leaves
        // the map valid: each change is one insert.
        let key = (wanted.to_owned(), std::ptr::from_ref(index).addr());
        let mut known = lock(&self.found);
        if let Some(found) = known.get(&key) {
            return found.clone();
        }
        let path = Path::new(wanted);
        let mut found = Vec::new();
        if offers_header(wanted) && path.components().count() == 1 {
            let refused = self.refused.iter().filter(|refused| {
                [refused.path.join("src"), refused.path.clone()].iter().any(|dir| dir.join(wanted).is_file())
            });
            found.extend(refused.cloned().map(Near::Ignored));
            found.extend(self.unlisted(wanted, index));
        }
        found.extend(inside(path, index));
        known.insert(key, found.clone());
        found
    }

    /// Returns the libraries with a header that sketches can't use.
    fn unlisted(&self, wanted: &str, index: &LibraryIndex) -> Vec<Near> {
        let mut known: HashSet<PathBuf> =
            index.libraries().iter().map(|library| library.real_root.clone()).collect();
        let mut found = Vec::new();
        let kinds: [(&[PathBuf], Location); 2] =
            [(&self.nearby, Location::User), (&self.platforms, Location::Platform)];
        for (shelves, location) in kinds {
            for library in shelves.iter().flat_map(|shelf| offering(shelf, wanted, location)) {
                if known.insert(library.real_root.clone()) {
                    found.push(match location {
                        Location::User => Near::Unlisted(Box::new(library)),
                        _ => Near::OtherPlatform(Box::new(library)),
                    });
                }
            }
        }
        found
    }
}

/// Returns the libraries directly in `shelf` that offer `header`, by name.
fn offering(shelf: &Path, header: &str, location: Location) -> Vec<Library> {
    let entries = list(shelf).unwrap_or_default().into_iter();
    let shown = entries.filter(|entry| entry.is_dir && !entry.name.starts_with('.'));
    shown.filter_map(|entry| library_offering(&shelf.join(entry.name), header, location)).collect()
}

/// Returns the library in `directory`, if it offers `header`.
fn library_offering(directory: &Path, header: &str, location: Location) -> Option<Library> {
    let may = directory.join("src").join(header).is_file() || directory.join(header).is_file();
    let library = may.then(|| load(directory, location).ok().flatten()).flatten()?;
    library.source_dir.join(header).is_file().then_some(library)
}

/// Returns headers of almost this name, at the same place below the libraries' source directories and `directories`.
fn spelled(wanted: &Path, index: &LibraryIndex, directories: &[PathBuf]) -> Vec<Near> {
    let Some(name) = wanted.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let parent = wanted.parent().unwrap_or(Path::new(""));
    let sources = index.libraries().iter().map(|library| &library.source_dir);
    let mut best: Vec<(usize, String, PathBuf)> = Vec::new();
    let mut seen = HashSet::new();
    for directory in directories.iter().chain(sources) {
        if !seen.insert(directory) {
            continue;
        }
        for Entry { name: other, is_dir } in list(&directory.join(parent)).unwrap_or_default() {
            if is_dir || !offers_header(&other) {
                continue;
            }
            let Some(edits) = edits(name, &other) else { continue };
            let least = best.first().map_or(usize::MAX, |(edits, ..)| *edits);
            if edits < least {
                best.clear();
            }
            let other = parent.join(other).to_string_lossy().into_owned();
            if edits <= least && best.iter().all(|(_, known, _)| *known != other) {
                best.push((edits, other, directory.clone()));
            }
        }
    }
    let near = best.into_iter().map(|(edits, name, directory)| Near::Spelled {
        name,
        directory,
        by_case: edits == 0,
    });
    near.take(MOST).collect()
}

/// Returns the number of edits between two names without regard to case: at most two, and at most one for each three
/// letters before the extension. `None` for equal names and for greater distances.
fn edits(wanted: &str, other: &str) -> Option<usize> {
    const LONGEST: usize = 80;
    if wanted == other || wanted.len() > LONGEST || other.len() > LONGEST {
        return None;
    }
    let (one, two) = (wanted.to_lowercase(), other.to_lowercase());
    let edits = strsim::osa_distance(&one, &two);
    let stem = one.rsplit_once('.').map_or(&*one, |(stem, _)| stem).chars().count();
    (edits <= 2 && edits * 3 <= stem).then_some(edits)
}

/// Returns the files below libraries' directories that no include of this name reaches.
fn inside(wanted: &Path, index: &LibraryIndex) -> Vec<Near> {
    let mut entries = 0;
    let mut found = Vec::new();
    for library in index.libraries() {
        let is_shown = |entry: &DirEntry| {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            entry.depth() == 0 || !(name.starts_with('.') || ["example", "examples"].contains(&&*name))
        };
        let walk = WalkDir::new(&library.root).max_depth(DEPTH).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(is_shown).flatten() {
            entries += 1;
            if entries > ENTRIES {
                return found;
            }
            let path = entry.path();
            if entry.file_type().is_file() && path.ends_with(wanted) {
                found.extend(place(library, path, wanted));
            }
            if found.len() >= MOST {
                return found;
            }
        }
    }
    found
}

/// Returns the suggestion for a file below a library's directory. `None` where the library offers it.
fn place(library: &Library, path: &Path, wanted: &Path) -> Option<Near> {
    let header = wanted.to_str()?;
    if path == library.source_dir.join(wanted) {
        let headers = list(&library.source_dir).unwrap_or_default().into_iter().map(|entry| entry.name);
        let header = headers.into_iter().find(|name| offers_header(name));
        let is_below = wanted.components().count() > 1;
        return is_below.then(|| Near::Below {
            library: library.name.clone(),
            path: path.to_owned(),
            header,
        });
    }
    // A library inside the library.
    let above = path.ancestors().skip(1).take_while(|directory| *directory != library.root);
    let inner = above.take(2).find_map(|directory| {
        let is_library = directory.join("library.properties").is_file();
        is_library.then(|| library_offering(directory, header, Location::User)).flatten()
    });
    Some(match inner {
        Some(inner) => Near::Unlisted(Box::new(inner)),
        None => Near::Unreachable { library: library.name.clone(), path: path.to_owned() },
    })
}

/// Returns the libraries with the header's name, or with a directory of that name, that do not offer it.
fn namesakes(wanted: &Path, index: &LibraryIndex) -> Vec<Near> {
    let stem = simplified(&wanted.file_stem().unwrap_or_default().to_string_lossy());
    let libraries = index.libraries().iter();
    let named = libraries
        .filter(|library| [&library.name, &library.dir_name].iter().any(|name| simplified(name) == stem));
    named
        .map(|library| {
            let entries = list(&library.source_dir).unwrap_or_default().into_iter();
            let headers = entries.map(|entry| entry.name).filter(|name| offers_header(name));
            Near::Namesake {
                library: library.name.clone(),
                root: library.root.clone(),
                headers: headers.take(HEADERS).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Root, load_root};
    use super::*;

    /// The directories `libs` (which the matrix names), `beside` and `platform`.
    struct World {
        root: tempfile::TempDir,
        refused: Vec<Refused>,
    }

    impl World {
        fn new(files: &[&str]) -> Self {
            let root = tempfile::tempdir().unwrap();
            for directory in ["libs", "beside", "platform"] {
                std::fs::create_dir(root.path().join(directory)).unwrap();
            }
            for path in files {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                let name = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
                std::fs::write(path, format!("name={name}\n")).unwrap();
            }
            Self { root, refused: Vec::new() }
        }

        /// Returns the suggestions in a few words, with paths relative to the root.
        fn near(&self, wanted: &str) -> Vec<String> {
            let libs = Root { path: self.root.path().join("libs"), location: Location::User };
            let index = LibraryIndex::new("avr", load_root(&libs).unwrap().libraries);
            let [nearby, platform, core] = ["beside", "platform", "core"].map(|it| self.root.path().join(it));
            let shelves = Shelves::new(vec![nearby], vec![platform], self.refused.clone());
            let near = shelves.near(wanted, &index, std::slice::from_ref(&core));
            assert_eq!(shelves.near(wanted, &index, &[core]), near, "asked again");
            near.iter().map(|near| self.text(near)).collect()
        }

        fn text(&self, near: &Near) -> String {
            let relative = |path: &Path| path.strip_prefix(self.root.path()).unwrap().display().to_string();
            match near {
                Near::Unlisted(library) => format!("unlisted {}", relative(&library.root)),
                Near::OtherPlatform(library) => format!("platform's {}", relative(&library.root)),
                Near::Ignored(refused) => format!("ignored {}", relative(&refused.path)),
                Near::Spelled { name, directory, by_case } => {
                    format!("{} {name} in {}", if *by_case { "case" } else { "like" }, relative(directory))
                }
                Near::Below { library, path, header } => {
                    format!("below {library} {} {}", relative(path), header.clone().unwrap_or_default())
                }
                Near::Unreachable { library, path } => format!("in {library} {}", relative(path)),
                Near::Namesake { root, headers, .. } => format!("namesake {} {headers:?}", relative(root)),
            }
        }
    }

    #[test]
    fn other_spellings_are_near_and_other_names_are_not() {
        let world =
            World::new(&["libs/Servo/Servo.h", "libs/Wire/Wire.h", "core/Arduino.h", "core/sub/Deep.h"]);
        assert_eq!(world.near("servo.h"), ["case Servo.h in libs/Servo"]);
        assert_eq!(world.near("Sevro.h"), ["like Servo.h in libs/Servo"]);
        assert_eq!(world.near("arduino.h"), ["case Arduino.h in core"]);
        assert_eq!(world.near("sub/deep.h"), ["case sub/Deep.h in core"]);
        for other in ["Tree.h", "Stepper.h", "W.h", "Serve", "../servo.h", "/servo.h", ""] {
            assert_eq!(world.near(other), Vec::<String>::new(), "{other}");
        }
    }

    #[test]
    fn libraries_that_the_matrix_does_not_name_are_found() {
        let world = World::new(&[
            "beside/Sensor/library.properties",
            "beside/Sensor/src/Sensor.h",
            "beside/NoLibrary/src/Sensor.h",
            "platform/WiFi/WiFi.h",
            "libs/Kit/library.properties",
            "libs/Kit/Kit.h",
            "libs/Kit/extras/Part/library.properties",
            "libs/Kit/extras/Part/src/Part.h",
        ]);
        assert_eq!(world.near("Sensor.h"), ["unlisted beside/Sensor"]);
        assert_eq!(world.near("WiFi.h"), ["platform's platform/WiFi"]);
        assert_eq!(world.near("Part.h"), ["unlisted libs/Kit/extras/Part"]);
    }

    #[test]
    fn files_that_no_include_reaches_are_found() {
        let world = World::new(&[
            "libs/Lib/library.properties",
            "libs/Lib/src/Lib.h",
            "libs/Lib/src/sub/deep.h",
            "libs/Lib/utility/helper.h",
            "libs/Lib/examples/A/mine.h",
            "libs/Lib/.git/hidden.h",
            "libs/Named/library.properties",
            "libs/Named/src/Other.h",
        ]);
        assert_eq!(world.near("helper.h"), ["in Lib libs/Lib/utility/helper.h"]);
        assert_eq!(world.near("deep.h"), ["in Lib libs/Lib/src/sub/deep.h"]);
        assert_eq!(world.near("sub/deep.h"), ["below Lib libs/Lib/src/sub/deep.h Lib.h"]);
        assert_eq!(world.near("mine.h"), Vec::<String>::new());
        assert_eq!(world.near("hidden.h"), Vec::<String>::new());
        assert_eq!(world.near("named.h"), ["namesake libs/Named [\"Other.h\"]"]);
    }

    #[test]
    fn an_ignored_library_comes_first() {
        let mut world = World::new(&["libs/Bad/src/Bad.h", "beside/Bad/Bad.h"]);
        let path = world.root.path().join("libs/Bad");
        world.refused.push(Refused { path, reason: "a bad line".to_owned() });
        assert_eq!(world.near("Bad.h"), ["ignored libs/Bad", "unlisted beside/Bad"]);
    }
}
