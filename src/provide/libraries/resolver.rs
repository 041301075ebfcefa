//! Libraries that boards ask for together, resolved by a lock file or by the library index.

use std::sync::Arc;
use std::time::Duration;

use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::download::Downloader;
use super::super::error::InstallError;
use super::super::index_file::{MOST_BYTES, unpack};
use super::super::library_index::{
    LibraryCatalog, LibraryRelease, LibraryRequest, ResolveLibrariesError, parse, parse_depends, resolve,
};
use super::super::locked::{Locked, LockedArchive, LockedLibrary};
use super::super::package_index::{ARDUINO_KEY, verify};
use super::request::{LibraryGroup, WantedLibrary};
use crate::event::{EventKind, Level};
use crate::versions::RelaxedVersion;

/// The address of Arduino's library index.
const INDEX: &str = "https://downloads.arduino.cc/libraries/library_index.tar.bz2";

/// The name of the document in the index.
const DOCUMENT: &str = "library_index.json";

/// Resolves libraries. Downloads the index once, and only if it is needed.
pub(crate) struct LibraryResolver<'a> {
    downloader: &'a Downloader,
    cx: &'a InstallContext,
    /// Age up to which a copy of the index is used without asking its server.
    max_age: Duration,
    catalog: Option<LibraryCatalog>,
}

impl<'a> LibraryResolver<'a> {
    /// Returns a resolver that has not read the index yet.
    pub(crate) const fn new(downloader: &'a Downloader, cx: &'a InstallContext, max_age: Duration) -> Self {
        Self { downloader, cx, max_age, catalog: None }
    }

    /// Resolves a group by the libraries of a lock file; `None` where they do not answer it. With `tolerant`, a library
    /// on the disk may ask for others that the lock file lacks.
    pub(crate) fn by_lock(
        &self,
        group: &LibraryGroup,
        known: &Locked,
        tolerant: bool,
    ) -> Option<Vec<LockedLibrary>> {
        if group.is_empty() {
            return Some(Vec::new());
        }
        let catalog = LibraryCatalog::new(known.libraries.iter().filter_map(release).collect());
        let (wanted, unknown) = split(group, &catalog);
        if !(unknown.is_empty() || tolerant) {
            return None;
        }
        let resolved = resolve_group(group, &wanted, &catalog).ok()?;
        if tolerant {
            self.warn(&unknown, "the lock file");
        }
        Some(resolved)
    }

    /// Resolves a group by the library index.
    ///
    /// # Errors
    /// The index is unavailable, lacks a library, or has no versions that fit together.
    pub(crate) async fn by_index(
        &mut self,
        group: &LibraryGroup,
    ) -> Result<Vec<LockedLibrary>, InstallError> {
        let catalog = match self.catalog.take() {
            Some(catalog) => catalog,
            None => self.load().await?,
        };
        let (wanted, unknown) = split(group, &catalog);
        self.warn(&unknown, "the library index");
        let resolved = resolve_group(group, &wanted, &catalog)
            .map_err(|error| InstallError::Index { what: "libraries".to_owned(), detail: error.to_string() });
        self.catalog = Some(catalog);
        resolved
    }

    /// Returns how a group differs from a lock file that does not answer it.
    pub(crate) fn difference(group: &LibraryGroup, known: &Locked) -> String {
        let shown = |wanted: &WantedLibrary| {
            let range = wanted.version.as_ref().map(|range| format!(" {range}")).unwrap_or_default();
            let there = known.libraries.iter().filter(|it| it.name.eq_ignore_ascii_case(&wanted.name));
            let there: Vec<&str> = there.map(|it| it.version.as_str()).collect();
            let is_answered = there.iter().any(|version| {
                wanted.version.as_ref().is_none_or(|range| range.matches(&RelaxedVersion::new(*version)))
            });
            let name = &wanted.name;
            match there.as_slice() {
                _ if is_answered => None,
                [] => Some(format!("library {name}{range} is not in the lock file")),
                there => Some(format!(
                    "library {name}{range} is asked for, the lock file has {}",
                    there.join(", ")
                )),
            }
        };
        let lines: Vec<String> = group.wanted.iter().filter_map(shown).collect();
        if lines.is_empty() {
            "the locked libraries do not fit together".to_owned()
        } else {
            lines.join("\n  ")
        }
    }

    /// Downloads, verifies and parses the index.
    async fn load(&self) -> Result<LibraryCatalog, InstallError> {
        let what = "library index";
        let document = self.downloader.document(INDEX, self.max_age).await;
        let bytes = document.map_err(|error| InstallError::from_download(what, error))?.bytes;
        let unusable = move |detail: String| InstallError::Index { what: what.to_owned(), detail };
        let (parsed, is_signed) = blocking(move || {
            let text = unpack(&bytes, DOCUMENT, MOST_BYTES).map_err(|error| unusable(error.to_string()))?;
            drop(bytes);
            if let Some(signature) = &text.signature {
                verify(&text.json, signature, &[ARDUINO_KEY.to_vec()])
                    .map_err(|error| unusable(format!("its signature is wrong: {error}")))?;
            }
            let parsed = parse(&text.json).map_err(|error| unusable(error.to_string()))?;
            Ok((parsed, text.signature.is_some()))
        })
        .await?;
        let say = |level, message| self.cx.events.say(EventKind::Log { level, message });
        if !is_signed {
            say(Level::Info, format!("the {what} is not signed: its checksums are trusted as they are"));
        }
        for dropped in &parsed.dropped {
            say(Level::Warn, format!("the {what}: an entry is ignored: {dropped}"));
        }
        Ok(parsed.catalog)
    }

    fn warn(&self, unknown: &[&WantedLibrary], place: &str) {
        for wanted in unknown {
            let message = format!(
                "{} depends on library {}, which {place} does not have: it is not installed",
                wanted.required_by, wanted.name
            );
            self.cx.events.say(EventKind::Log { level: Level::Warn, message });
        }
    }
}

/// Returns the libraries to resolve, and the optional ones that the catalog lacks.
fn split<'g>(
    group: &'g LibraryGroup,
    catalog: &LibraryCatalog,
) -> (Vec<&'g WantedLibrary>, Vec<&'g WantedLibrary>) {
    group.wanted.iter().partition(|wanted| !wanted.is_optional || catalog.spelling(&wanted.name).is_some())
}

fn requests(wanted: &[&WantedLibrary]) -> Vec<LibraryRequest> {
    let request = |wanted: &&WantedLibrary| LibraryRequest {
        name: wanted.name.clone(),
        range: wanted.version.clone().unwrap_or_default(),
        required_by: wanted.required_by.clone(),
    };
    wanted.iter().map(request).collect()
}

/// Resolves libraries in the catalog in which those that a group excepts have no dependencies.
fn resolve_group(
    group: &LibraryGroup,
    wanted: &[&WantedLibrary],
    catalog: &LibraryCatalog,
) -> Result<Vec<LockedLibrary>, ResolveLibrariesError> {
    let requests = requests(wanted);
    let excepted = &group.without_dependencies;
    let resolved = if excepted.is_empty() {
        resolve(&requests, &group.provided, catalog)
    } else {
        let is_excepted = |release: &LibraryRelease| excepted.contains(&release.name.to_lowercase());
        resolve(&requests, &group.provided, &catalog.without_dependencies(is_excepted))
    };
    Ok(resolved?.iter().map(locked).collect())
}

/// Returns a locked library as a release; `None` for one that does not come from the index.
fn release(library: &LockedLibrary) -> Option<LibraryRelease> {
    let archive = library.archive.as_ref().filter(|_| !library.version.is_empty())?;
    let dependencies = library.dependencies.iter().flat_map(|it| parse_depends(it).dependencies).collect();
    Some(LibraryRelease {
        name: Arc::from(library.name.as_str()),
        version: RelaxedVersion::new(library.version.as_str()),
        url: archive.url.as_str().into(),
        archive_file_name: archive.file.as_str().into(),
        size: archive.size,
        checksum: archive.checksum.as_str().into(),
        dependencies,
    })
}

fn locked(release: &LibraryRelease) -> LockedLibrary {
    let dependency = |name: &str, range: &str| {
        if range.is_empty() { name.to_owned() } else { format!("{name} ({range})") }
    };
    LockedLibrary {
        name: release.name.to_string(),
        version: release.version.to_string(),
        archive: Some(LockedArchive {
            url: release.url.to_string(),
            file: release.archive_file_name.to_string(),
            size: release.size,
            checksum: release.checksum.to_string(),
        }),
        dependencies: release.dependencies.iter().map(|it| dependency(&it.name, it.range.as_str())).collect(),
        git: None,
        rev: None,
        commit: None,
    }
}
