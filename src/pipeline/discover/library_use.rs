//! Describes a cell's libraries: which are used, which others offer the same headers, and whether one
//! replaced the library under test.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::search::Discovered;
use crate::event::{FailureKind, Listed, NamedLibrary, Replaced, UsedLibrary};
use crate::library::{Library, LibraryIndex, Location, clean};
use crate::pipeline::failure::error::BuildError;
use crate::plan::CellJob;

/// Returns the libraries under test: the library that contains the sketch, and the first one that the matrix
/// names itself, if it is a different one.
pub(in crate::pipeline) fn own_libraries(job: &CellJob) -> Vec<&Library> {
    let enclosing = job.enclosing.as_ref().map(|enclosing| &enclosing.library);
    let named = job.target.libraries.named().map(Arc::as_ref);
    let named = named.filter(|named| enclosing.is_none_or(|library| !is_same(library, named)));
    enclosing.into_iter().chain(named).collect()
}

fn is_same(one: &Library, other: &Library) -> bool {
    one.real_root == other.real_root
}

/// Describes the libraries that were found for a cell. Entries of `libraries` are relative to `matrix_dir`.
pub(in crate::pipeline) fn used(job: &CellJob, matrix_dir: &Path, found: &Discovered) -> Vec<UsedLibrary> {
    let index = &job.target.libraries;
    let own = own_libraries(job);
    let properties = &job.target.config.properties;
    let overridden = properties.get("architecture.override_check").unwrap_or_default();
    let one = |(library, header): (&Arc<Library>, &String)| {
        let others = index.offers(header).iter().filter(|other| !Arc::ptr_eq(other, library));
        let under_test = own.iter().any(|own| is_same(own, library));
        let architectures = overridden.split(',').chain([job.target.config.architecture()]);
        let fits = library.supports(architectures);
        let replaced = if under_test { None } else { replaced(job, library, header, found) };
        UsedLibrary {
            library: named(library),
            header: header.clone(),
            not_used: others.map(|other| named(other)).collect(),
            under_test,
            made_for: if fits { String::new() } else { library.architectures.join(", ") },
            instead_of: replaced.map(|(library, header)| Replaced {
                library: named(library),
                header,
                listed: listed(index, library),
                entry: relative(matrix_dir, &library.root).display().to_string(),
            }),
        }
    };
    found.libraries.iter().zip(&found.headers).map(one).collect()
}

/// Returns the library under test and a header, if `used` replaced that library. Either the library under
/// test offers the header through which `used` was found. Or it contains the sketch and is unused, and `used`
/// offers one of its headers.
fn replaced<'j>(
    job: &'j CellJob,
    used: &Library,
    header: &str,
    found: &Discovered,
) -> Option<(&'j Library, String)> {
    let index = &job.target.libraries;
    let offers = |library: &Library, header: &str| {
        index.offers(header).iter().any(|offering| is_same(offering, library))
    };
    if let Some(enclosing) = &job.enclosing {
        let library = &enclosing.library;
        let is_used = found.libraries.iter().any(|used| is_same(used, library));
        let mut common = enclosing.headers().filter(|header| !is_used && offers(used, header));
        let brought = Some(header).filter(|header| enclosing.offers(header));
        if let Some(header) = brought.or_else(|| common.next()) {
            return Some((library, header.to_owned()));
        }
    }
    let named = index.named().filter(|named| offers(named, header))?;
    Some((named, header.to_owned()))
}

fn named(library: &Library) -> NamedLibrary {
    // `-` stands for a missing name.
    let name = if library.name == "-" { &library.dir_name } else { &library.name };
    NamedLibrary {
        name: name.clone(),
        version: library.version.clone(),
        path: library.root.display().to_string(),
    }
}

fn listed(index: &LibraryIndex, library: &Library) -> Listed {
    match index.libraries().iter().find(|known| is_same(known, library)) {
        None => Listed::No,
        Some(known) if known.location == Location::Unmanaged => Listed::Itself,
        Some(_) => Listed::InDirectory,
    }
}

/// Returns a path relative to a matrix in `from`; `to` itself if both have no common directory.
pub(in crate::pipeline) fn relative(from: &Path, to: &Path) -> PathBuf {
    let parts = |path: &Path| -> Vec<PathBuf> {
        let names = |part: Component<'_>| {
            matches!(part, Component::Normal(_)).then(|| PathBuf::from(part.as_os_str()))
        };
        clean(path).components().filter_map(names).collect()
    };
    let (from, target) = (parts(from), parts(to));
    let common = from.iter().zip(&target).take_while(|(one, other)| one == other).count();
    if common == 0 {
        return to.to_owned();
    }
    let up = std::iter::repeat_n(PathBuf::from(".."), from.len() - common);
    let path: PathBuf = up.chain(target.into_iter().skip(common)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

/// Returns the first paragraph of a cell's log: its libraries, in the order of discovery. `None` without
/// libraries.
pub fn log_paragraph(libraries: &[UsedLibrary]) -> Option<String> {
    let lines = libraries.iter().map(|used| format!("  {}\n", described(used, "\n    ")));
    (!libraries.is_empty()).then(|| format!("libraries of this build:\n{}", lines.collect::<String>()))
}

/// Returns `Servo 1.2 in /libs/Servo (under test), for Servo.h`, and any anomalies, each after a `separator`.
fn described(used: &UsedLibrary, separator: &str) -> String {
    let UsedLibrary { library, header, not_used, under_test, made_for, instead_of } = used;
    let own = if *under_test { " (under test)" } else { "" };
    let mut text = format!("{library}{own}, for {header}");
    if !made_for.is_empty() {
        // Writing to a String can't fail.
        let _ = write!(text, "{separator}made for {made_for}, not for this board");
    }
    for other in not_used {
        let _ = write!(text, "{separator}not used: {other}");
    }
    if let Some(replaced) = instead_of {
        let _ = write!(text, "{separator}in place of the library under test: {}", replaced.library);
    }
    text
}

/// Adds libraries to the error that may differ from the user's expectation: one of several with the same
/// header, or one for other architectures. arduino-cli lists these if a sketch does not compile.
pub(in crate::pipeline) fn explain(error: BuildError, libraries: &[UsedLibrary]) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let is_odd = |used: &&UsedLibrary| {
        !(used.not_used.is_empty() && used.made_for.is_empty()) || used.instead_of.is_some()
    };
    let odd: Vec<String> = libraries.iter().filter(is_odd).map(|used| described(used, "; ")).collect();
    if failure.kind == FailureKind::Code && !odd.is_empty() {
        // Paths in lines without indentation are shown relative to the user's working directory.
        let note = format!("libraries that may be others than you expect:\n{}\n", odd.join("\n"));
        failure.diagnostic = format!("{}\n\n{note}", failure.diagnostic.trim_end());
    }
    BuildError::Failed(failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Step;

    #[test]
    fn entries_are_relative_to_the_matrix() {
        for (from, to, expected) in [
            ("/repo/ci", "/repo", ".."),
            ("/repo", "/repo", "."),
            ("/repo/ci", "/repo/libs/A", "../libs/A"),
            ("/home/me/repo/ci", "/home/me/Arduino/libraries/A", "../../Arduino/libraries/A"),
            ("/home/me/./repo/../other", "/home/me/x/../y", "../y"),
            ("/home/me", "/usr/share/A", "/usr/share/A"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected), "{from} {to}");
        }
    }

    fn library(name: &str) -> UsedLibrary {
        UsedLibrary {
            library: NamedLibrary { name: name.into(), version: "1.2".into(), path: format!("/libs/{name}") },
            header: format!("{name}.h"),
            not_used: Vec::new(),
            under_test: false,
            made_for: String::new(),
            instead_of: None,
        }
    }

    #[test]
    fn the_log_names_each_library_with_what_is_odd_about_it() {
        let [mut odd, mut own, plain] = ["Odd", "Own", "Plain"].map(library);
        odd.not_used.push(NamedLibrary { name: "Odd".into(), version: String::new(), path: "/x/Odd".into() });
        odd.made_for = "sam, esp32".into();
        own.under_test = true;
        let libraries = [odd, own, plain];
        assert_eq!(
            log_paragraph(&libraries).unwrap(),
            "libraries of this build:\n  \
             Odd 1.2 in /libs/Odd, for Odd.h\n    \
             made for sam, esp32, not for this board\n    \
             not used: Odd in /x/Odd\n  \
             Own 1.2 in /libs/Own (under test), for Own.h\n  \
             Plain 1.2 in /libs/Plain, for Plain.h\n"
        );
        assert_eq!(log_paragraph(&[]), None);
        let explained =
            |libraries: &[UsedLibrary]| match explain(BuildError::code(Step::Compile, "no"), libraries) {
                BuildError::Failed(failure) => failure.diagnostic,
                other => panic!("{other:?}"),
            };
        let text = explained(&libraries);
        assert!(text.contains("not used: Odd in /x/Odd") && !text.contains("Plain"), "{text}");
        assert_eq!(explained(&libraries[1..]), "no");
    }
}
