//! Explains a header that no library offers: the searched directories, similar headers, and the entry of
//! `libraries` that resolves it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::error::BuildError;
use crate::diagnostics::missing_file;
use crate::event::{Failure, FailureKind, Step};
use crate::library::{Library, Near, Refused};
use crate::pipeline::discover::library_use::relative;
use crate::plan::{CellJob, LibraryPlaces};

/// Extends the error by a remark, if an include resolves to no library. `sketch` is the sketch's directory.
pub(in crate::pipeline) fn explain(
    error: BuildError,
    job: &CellJob,
    places: &LibraryPlaces,
    sketch: &Path,
) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let is_source = matches!(failure.step, Step::Preprocess | Step::Compile);
    let wanted = (is_source && failure.kind == FailureKind::Code && !failure.command.is_empty())
        .then(|| missing_file(&failure.diagnostic))
        .flatten();
    let index = &job.target.libraries;
    // A header that the sketch can include, or that a library offers, is missing for another reason.
    let wanted = wanted.filter(|name| !sketch.join(name).exists() && index.offers(name).is_empty());
    if let Some(wanted) = wanted {
        let near = places.shelves.near(&wanted, index, &directories(&failure, job, sketch));
        let remark = remark(&wanted, near.first(), places);
        failure.message = format!("{}; {remark}", failure.message);
        let details = details(&remark, &near, job, places);
        failure.diagnostic = format!("{}\n\n{details}", failure.diagnostic.trim_end());
    }
    BuildError::Failed(failure)
}

/// Returns the directories in which the include was searched, other than libraries.
fn directories(failure: &Failure, job: &CellJob, sketch: &Path) -> Vec<PathBuf> {
    let config = &job.target.config;
    let including = failure.location.as_ref().and_then(|at| at.file.parent()).map(Path::to_owned);
    let is_of_sketch = including.as_ref().is_some_and(|directory| directory.starts_with(sketch));
    let of_sketch = is_of_sketch.then(|| [sketch.to_owned(), sketch.join("src")]).into_iter().flatten();
    let mut directories: Vec<PathBuf> = including.into_iter().chain(of_sketch).collect();
    directories.push(config.core_dir.clone());
    directories.extend(config.variant_dir.clone());
    directories
}

/// Returns how to fix it, in one line that is the same for all boards with the same fix.
fn remark(wanted: &str, near: Option<&Near>, places: &LibraryPlaces) -> String {
    match near {
        Some(Near::Unlisted(library)) => {
            format!("no library offers it: add `- {}` to `libraries` of the matrix", entry(library, places))
        }
        Some(Near::Spelled { name, .. }) => format!("no library offers it: did you mean `{name}`?"),
        Some(Near::Ignored(Refused { path, .. })) => {
            format!("the library in {} offers it, but is ignored", path.display())
        }
        Some(Near::Below { library, header: Some(header), .. }) => {
            format!("include `{header}` before it: then Arduino searches the library {library}, which has it")
        }
        Some(Near::Below { library, .. } | Near::Unreachable { library, .. }) => {
            format!("no library offers it: the library {library} has it where no sketch can include it")
        }
        Some(Near::OtherPlatform(library)) => {
            format!("no library for this board offers it: the library {} is another platform's", library.name)
        }
        Some(Near::Namesake { library, headers, .. }) if !headers.is_empty() => {
            format!("no library offers it: the library {library} offers {}", headers.join(", "))
        }
        Some(Near::Namesake { .. }) | None if wanted.contains('/') => {
            "no library offers it: Arduino finds libraries by headers without a directory in their names"
                .to_owned()
        }
        Some(Near::Namesake { .. }) | None
            if ![".h", ".hpp", ".hh"].iter().any(|end| wanted.ends_with(end)) =>
        {
            "no library offers it: Arduino finds libraries by headers that end in .h, .hpp or .hh".to_owned()
        }
        Some(Near::Namesake { .. }) | None => "no library offers it".to_owned(),
    }
}

/// Returns a library as an entry of `libraries`.
fn entry(library: &Library, places: &LibraryPlaces) -> String {
    relative(&places.matrix_dir, &library.root).display().to_string()
}

/// Returns the paragraph after the compiler's output.
fn details(remark: &str, near: &[Near], job: &CellJob, places: &LibraryPlaces) -> String {
    let list = |paths: &[PathBuf]| {
        let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        if paths.is_empty() { "none".to_owned() } else { paths.join(", ") }
    };
    let (roots, platform) = (list(&places.roots), list(&job.target.config.library_dirs));
    // Paths in lines without indentation are shown relative to the user's working directory.
    let mut text = format!(
        "{remark}\nlooked in the sketch, the core, `libraries` of the matrix ({roots}) and the platform's libraries ({platform})\n"
    );
    // Writing to a String can't fail.
    for near in near {
        match near {
            Near::Unlisted(library) | Near::OtherPlatform(library) => {
                let _ = writeln!(text, "{} offers it", library.root.display());
            }
            Near::Ignored(refused) => {
                let _ = writeln!(text, "{refused}");
            }
            Near::Spelled { name, directory, .. } => {
                let _ = writeln!(text, "{} exists", directory.join(name).display());
            }
            Near::Below { path, .. } => {
                let _ = writeln!(text, "{} exists; an include of it alone brings no library", path.display());
            }
            Near::Unreachable { path, .. } => {
                let _ = writeln!(text, "{} exists; no include of this name reaches it", path.display());
            }
            Near::Namesake { library, root, .. } => {
                let _ = writeln!(text, "the library {library} in {} does not offer it", root.display());
            }
        }
    }
    let unlisted = near.iter().find_map(|near| match near {
        Near::Unlisted(library) => Some(entry(library, places)),
        _ => None,
    });
    if let Some(entry) = unlisted {
        let _ = writeln!(text, "add to the matrix:\n  libraries:\n    - {}", quoted(&entry));
    }
    text
}

/// Returns a word as a YAML scalar.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    let is_plain = word.chars().all(plain) && !word.starts_with('-');
    if is_plain {
        word.to_owned()
    } else {
        format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remark_follows_what_is_near() {
        let places = LibraryPlaces::default();
        let said = |wanted: &str, near: Option<&Near>| remark(wanted, near, &places);
        assert_eq!(said("Foo.h", None), "no library offers it");
        assert!(said("avr/foo.h", None).contains("without a directory"));
        assert!(said("vector", None).contains(".hpp or .hh"));
        let near = Near::Spelled { name: "Servo.h".into(), directory: "/x".into(), by_case: true };
        assert!(said("servo.h", Some(&near)).ends_with("did you mean `Servo.h`?"));
        let below = |header: Option<&str>| Near::Below {
            library: "Lib".into(),
            path: "/l/sub/a.h".into(),
            header: header.map(str::to_owned),
        };
        assert!(said("sub/a.h", Some(&below(Some("Lib.h")))).starts_with("include `Lib.h` before it"));
        assert!(said("sub/a.h", Some(&below(None))).contains("no sketch can include it"));
        let namesake = |headers: &[&str]| Near::Namesake {
            library: "Foo".into(),
            root: "/l/Foo".into(),
            headers: headers.iter().map(|header| (*header).to_owned()).collect(),
        };
        assert!(said("Foo.h", Some(&namesake(&["Bar.h"]))).ends_with("the library Foo offers Bar.h"));
        assert_eq!(said("Foo.h", Some(&namesake(&[]))), "no library offers it");
    }

    #[test]
    fn an_entry_is_a_word_of_yaml() {
        assert_eq!(quoted("../Foo-1.2"), "../Foo-1.2");
        assert_eq!(quoted("../My \"Lib\""), "\"../My \\\"Lib\\\"\"");
    }
}
