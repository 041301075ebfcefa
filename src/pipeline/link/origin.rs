//! Finds the user's sources behind a link's objects, and lines in them. Errors of linkers name only objects.

use std::path::{Path, PathBuf};

use super::inputs::Link;
use crate::diagnostics::link_error;
use crate::event::{Failure, FailureKind, Location};
use crate::pipeline::cell::Source;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::locate;
use crate::pipeline::shared::blocking::blocking;

/// Returns the user's own files of the sketch that are compiled.
pub(super) fn of_sketch(link: &Link<'_>) -> Vec<PathBuf> {
    link.sketch.iter().flat_map(|source| link.prepared.originals(&source.path)).collect()
}

/// Returns the sources of the libraries.
pub(super) fn of_libraries(link: &Link<'_>) -> Vec<PathBuf> {
    library_sources(link).map(|source| source.unit.source().to_owned()).collect()
}

fn library_sources<'l>(link: &'l Link<'_>) -> impl Iterator<Item = &'l Source> {
    link.libraries.iter().flat_map(|library| &library.sources)
}

/// Returns the sources of an object by the linker's name for it: its path, or `ARCHIVE(MEMBER)`.
fn of_object(link: &Link<'_>, object: &str) -> Vec<PathBuf> {
    let archived = object.strip_suffix(')').and_then(|object| object.rsplit_once('('));
    let is_named = |path: &Path| match archived {
        Some((_, member)) => path.file_name().is_some_and(|name| name == member),
        None => link.job.directory.join(path) == Path::new(object),
    };
    if let Some(source) = link.sketch.iter().find(|source| archived.is_none() && is_named(&source.path)) {
        return link.prepared.originals(&source.path);
    }
    let is_core = archived.is_some_and(|(archive, _)| archive.ends_with("core.a"));
    if !is_core && let Some(source) = library_sources(link).find(|source| is_named(&source.path)) {
        return vec![source.unit.source().to_owned()];
    }
    let config = &link.job.target.config;
    let core = link.core.objects.iter().find(|path| is_named(path));
    let relative =
        core.and_then(|path| path.with_extension("").strip_prefix("core").map(Path::to_owned).ok());
    let directories = std::iter::once(&config.core_dir).chain(&config.variant_dir);
    relative
        .into_iter()
        .flat_map(|path| directories.clone().map(move |directory| directory.join(&path)))
        .collect()
}

/// Returns the line with the definition of a name, from the first file that has one; else the first line that
/// uses it.
pub(super) fn definition(files: &[PathBuf], name: &str) -> Option<Location> {
    line(files, name, locate::definition).or_else(|| line(files, name, locate::mention))
}

fn line(files: &[PathBuf], name: &str, find: fn(&str, &str) -> Option<u32>) -> Option<Location> {
    files.iter().find_map(|file| {
        let text = String::from_utf8_lossy(&std::fs::read(file).ok()?).into_owned();
        find(&text, name).map(|line| Location { file: file.clone(), line, column: None })
    })
}

/// Whether the line at a location contains a name.
fn has(place: &Location, name: &str) -> bool {
    let text = std::fs::read(&place.file).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let line = usize::try_from(place.line).unwrap_or_default().saturating_sub(1);
    text.is_ok_and(|text| text.lines().nth(line).is_some_and(|line| line.contains(name)))
}

/// Adds source locations to an error about a symbol. The objects that the linker names differ from board to
/// board, and the user has never seen them.
pub(super) async fn explain(link: &Link<'_>, mut failure: Box<Failure>) -> BuildError {
    let error = Some(&failure).filter(|failure| failure.kind == FailureKind::Code);
    let Some(error) = error.and_then(|failure| link_error(&failure.diagnostic)) else {
        return BuildError::Failed(failure);
    };
    let everywhere = || [of_sketch(link), of_libraries(link)].concat();
    let files = error.object.as_deref().map_or_else(everywhere, |object| of_object(link, object));
    let object_file = files.first().filter(|_| error.object.is_some()).cloned();
    let (first, first_at) = error.first.clone();
    let first_files = first.as_deref().map(|object| of_object(link, object)).unwrap_or_default();
    let (known, is_duplicate) = (error.location.clone(), error.is_duplicate);
    let name = locate::identifier(&error.symbol).map(str::to_owned);
    let places = blocking(move || {
        let find = |files: &[PathBuf]| {
            let name = name.as_deref()?;
            if is_duplicate { definition(files, name) } else { line(files, name, locate::mention) }
        };
        // Debug information of link-time optimisation can give a location unrelated to the symbol (GCC 5).
        let (right, wrong) = match known {
            Some(known) if name.as_deref().is_none_or(|name| has(&known, name)) => (Some(known), None),
            other => (None, other),
        };
        (right.or_else(|| find(&files)).or(wrong), first_at.or_else(|| find(&first_files)))
    });
    let Ok((place, first)) = places.await else { return BuildError::Failed(failure) };
    failure.message = match first.filter(|_| error.is_duplicate) {
        Some(first) => format!("{}; first defined in {}:{}", error.message, first.file.display(), first.line),
        None => error.message,
    };
    if let (None, Some(file)) = (&place, object_file) {
        failure.message = format!("{} in {}", failure.message, file.display());
    }
    failure.location = place;
    BuildError::Failed(failure)
}
