//! Which library a header means, among all that offer it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::load::headers;
use super::{Library, Location};

/// The libraries that a board's sketches can use, by header.
#[derive(Debug, Default)]
pub struct LibraryIndex {
    architecture: String,
    by_header: BTreeMap<String, Vec<Arc<Library>>>,
}

impl LibraryIndex {
    /// An index of `libraries` for boards of `architecture`. Lists each library's source folder.
    pub fn new(architecture: &str, libraries: impl IntoIterator<Item = Library>) -> Self {
        let mut index = Self { architecture: architecture.to_owned(), ..Self::default() };
        for library in libraries {
            let library = Arc::new(library);
            for header in headers(&library) {
                index.by_header.entry(header).or_default().push(library.clone());
            }
        }
        for (header, offers) in &mut index.by_header {
            offers.sort_by_cached_key(|library| Reverse(rank(library, header, &index.architecture)));
        }
        index
    }

    /// All libraries that offer `header`, the one that it means first.
    pub fn offers(&self, header: &str) -> &[Arc<Library>] {
        self.by_header.get(header).map_or(&[], Vec::as_slice)
    }
}

/// The higher, the better a library fits. In Arduino's order: one that names the architecture before
/// one for all before one for others; then how well its name fits the header; then where it is from.
/// A library that the matrix itself names beats all. The last parts decide what Arduino leaves open.
fn rank(
    library: &Library,
    header: &str,
    architecture: &str,
) -> (bool, u8, u8, Location, Reverse<usize>, Reverse<String>) {
    let fits_architecture = if library.is_for(architecture) { 2 } else { u8::from(library.is_for_any()) };
    let stem = header.rsplit_once('.').map_or(header, |(stem, _)| stem);
    (
        library.location == Location::Named,
        fits_architecture,
        fits_name(library, stem),
        library.location,
        Reverse(library.order),
        Reverse(library.dir_name.clone()),
    )
}

fn fits_name(library: &Library, stem: &str) -> u8 {
    let stem = simplified(stem);
    let names = [simplified(&library.name), simplified(&library.dir_name)];
    let any = |test: &dyn Fn(&str) -> bool| names.iter().any(|name| test(name));
    if names.iter().all(|name| *name == stem) {
        7
    } else if any(&|name| name == stem) {
        6
    } else if any(&|name| name.strip_prefix(&stem) == Some("-main")) {
        5
    } else if any(&|name| name.strip_prefix(&stem) == Some("-master")) {
        4
    } else if any(&|name| name.starts_with(&stem)) {
        3
    } else if any(&|name| name.ends_with(&stem)) {
        2
    } else {
        u8::from(any(&|name| name.contains(&stem)))
    }
}

/// Lower case, and `_` for what can't be in a folder's name.
fn simplified(name: &str) -> String {
    name.chars()
        .map(
            |c| {
                if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c.to_ascii_lowercase() } else { '_' }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::{Layout, Precompiled};
    use super::*;

    fn library(name: &str, location: Location, architectures: &[&str]) -> Library {
        Library {
            name: name.to_owned(),
            dir_name: name.to_owned(),
            root: PathBuf::new(),
            source_dir: PathBuf::new(),
            layout: Layout::Recursive,
            architectures: architectures.iter().map(|name| (*name).to_owned()).collect(),
            dot_a_linkage: false,
            precompiled: Precompiled::No,
            ldflags: String::new(),
            location,
            order: 0,
        }
    }

    fn best<'a>(libraries: &'a [Library], header: &str) -> &'a str {
        &libraries.iter().max_by_key(|library| rank(library, header, "avr")).unwrap().name
    }

    #[test]
    fn architecture_counts_before_name_before_location() {
        use Location::{Folder, Named, Platform};
        let for_avr = library("Other", Platform, &["avr"]);
        let for_any = library("Servo", Folder, &["*"]);
        let for_sam = library("Servo", Folder, &["sam"]);
        assert_eq!(best(&[for_any.clone(), for_avr.clone()], "Servo.h"), "Other");
        assert_eq!(best(&[for_sam.clone(), for_any.clone()], "Servo.h"), "Servo");
        let fork = library("Servo-fork", Folder, &["*"]);
        assert_eq!(best(&[fork.clone(), for_any.clone()], "Servo.h"), "Servo");
        let under_test = library("servo_under_test", Named, &["sam"]);
        assert_eq!(best(&[for_avr, for_any, under_test], "Servo.h"), "servo_under_test");
    }

    #[test]
    fn names_fit_in_the_documented_order() {
        let names = ["Servo", "Servo-main", "Servo-master", "ServoX", "MyServo", "XServoX", "Other"];
        let fits: Vec<u8> =
            names.iter().map(|name| fits_name(&library(name, Location::Folder, &["*"]), "Servo")).collect();
        assert_eq!(fits, [7, 5, 4, 3, 2, 1, 0]);
    }

    #[test]
    fn the_first_root_wins_where_all_else_is_equal() {
        let first = library("Servo", Location::Folder, &["*"]);
        let second = Library { order: 1, ..first.clone() };
        assert!(rank(&first, "Servo.h", "avr") > rank(&second, "Servo.h", "avr"));
    }
}
