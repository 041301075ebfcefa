//! Choices among several libraries with the same header, each once for any number of cells. If another copy of the
//! library under test is chosen, its examples may build although it is broken.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::paths::Here;
use crate::event::{JobId, JobResult, Listed, NamedLibrary, Replaced, UsedLibrary};

/// Another copy of the library under test, and the cells that are built with it.
#[derive(Debug)]
pub(super) struct ForeignCopy {
    /// The warning about it.
    pub(super) message: String,
    /// The first of the cells by name.
    pub(super) first: JobId,
    /// Their number.
    pub(super) cells: usize,
}

/// The copies of a run, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct ForeignCopies(IndexMap<[String; 3], ForeignCopy>);

impl ForeignCopies {
    /// Adds a job's libraries; returns the messages of copies that were not seen before.
    pub(super) fn fold(&mut self, result: &JobResult, here: &Here) -> Vec<String> {
        let mut new = Vec::new();
        for used in result.libraries.iter() {
            let Some(replaced) = &used.instead_of else { continue };
            let key = [&replaced.header, &used.library.path, &replaced.library.path].map(String::clone);
            let copy = self.0.entry(key).or_insert_with(|| {
                let message = message(used, replaced, here);
                new.push(message.clone());
                ForeignCopy { message, first: result.job.clone(), cells: 0 }
            });
            copy.cells += 1;
            if result.job < copy.first {
                copy.first = result.job.clone();
            }
        }
        new
    }

    /// Returns all copies.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &ForeignCopy> {
        self.0.values()
    }
}

/// Remarks on libraries.
#[derive(Debug, Default)]
pub(super) struct LibraryNotes {
    pub(super) copies: ForeignCopies,
    pub(super) choices: Choices,
}

/// The headers that several libraries offer, with the library that was chosen.
#[derive(Debug, Default)]
pub(super) struct Choices(HashSet<(String, String)>);

impl Choices {
    /// Adds a job's libraries; returns a line for each choice that was not seen before.
    pub(super) fn fold(&mut self, result: &JobResult, here: &Here) -> Vec<String> {
        let made = result.libraries.iter().filter(|used| !used.not_used.is_empty());
        let new = made.filter(|used| self.0.insert((used.header.clone(), used.library.path.clone())));
        let line = |used: &UsedLibrary| {
            let others: Vec<String> = used.not_used.iter().map(|other| shown(other, here)).collect();
            format!("{} is of {}; not used: {}", used.header, shown(&used.library, here), others.join(", "))
        };
        new.map(line).collect()
    }
}

fn message(used: &UsedLibrary, replaced: &Replaced, here: &Here) -> String {
    let entry = &replaced.entry;
    let advice = match replaced.listed {
        Listed::No => format!("add `- {entry}` to `libraries` of the matrix"),
        Listed::InDirectory => format!("name it itself in `libraries` of the matrix: `- {entry}`"),
        Listed::Itself => {
            "`libraries` of the matrix names both themselves, and Arduino's rules prefer the other; name only one".to_owned()
        }
    };
    format!(
        "{} is of {}, not of the library under test, {}: {advice}",
        replaced.header,
        shown(&used.library, here),
        shown(&replaced.library, here)
    )
}

fn shown(library: &NamedLibrary, here: &Here) -> String {
    let path = here.text(&library.path);
    NamedLibrary { path, ..library.clone() }.to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::event::EventKind;
    use crate::report::testing::{Script, library};

    #[test]
    fn one_choice_of_many_cells_is_told_once() {
        let mut used = library("Foo", "/home/Arduino/libraries/Foo");
        used.not_used.push(library("Foo", "/here/lib").library);
        used.instead_of = Some(Replaced {
            library: library("Foo", "/here/lib").library,
            header: "Foo.h".to_owned(),
            listed: Listed::No,
            entry: "../lib".to_owned(),
        });
        let plain = library("Bar", "/x/Bar");
        let script = Script::new().with_libraries("uno/B", &[plain, used.clone()]);
        let events = script.with_libraries("mega/A", &[used]).events();
        let here = Here::new(Path::new("/here"));
        let (mut copies, mut choices, mut told) = (ForeignCopies::default(), Choices::default(), Vec::new());
        for event in events {
            if let EventKind::JobFinished(result) = &event.kind {
                told.extend(copies.fold(result, &here));
                told.extend(choices.fold(result, &here));
            }
        }
        assert_eq!(
            told,
            [
                "Foo.h is of Foo 1.0 in /home/Arduino/libraries/Foo, not of the library under test, Foo 1.0 in lib: add \
                 `- ../lib` to `libraries` of the matrix",
                "Foo.h is of Foo 1.0 in /home/Arduino/libraries/Foo; not used: Foo 1.0 in lib",
            ]
        );
        let copies: Vec<_> = copies.iter().map(|copy| (copy.first.to_string(), copy.cells)).collect();
        assert_eq!(copies, [("mega/A".to_owned(), 2)]);
    }
}
