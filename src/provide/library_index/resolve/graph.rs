//! The releases and their dependencies as both algorithms see them.

use super::error::ResolveLibrariesError;
use super::request::LibraryRequest;
use crate::provide::library_index::catalog::{LibraryCatalog, LibraryRelease};
use crate::versions::VersionRange;

/// A requirement: a library with its exact name, and a range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need<'a> {
    pub(super) name: &'a str,
    pub(super) range: &'a VersionRange,
}

/// The catalog, and the requests with the names of the catalog.
pub(super) struct Graph<'a> {
    catalog: &'a LibraryCatalog,
    provided: &'a [String],
    requests: Vec<(&'a LibraryRequest, Need<'a>)>,
}

impl<'a> Graph<'a> {
    /// Returns the graph, unless a request alone cannot be kept.
    ///
    /// # Errors
    /// A requested library is not in the index, or no version of it is in the requested range.
    pub(super) fn new(
        requests: &'a [LibraryRequest],
        provided: &'a [String],
        catalog: &'a LibraryCatalog,
    ) -> Result<Self, ResolveLibrariesError> {
        let mut graph = Self { catalog, provided, requests: Vec::new() };
        for request in requests {
            let Some(name) = catalog.spelling(&request.name) else {
                return Err(graph.unknown(&request.name, &request.required_by));
            };
            let need = Need { name, range: &request.range };
            if graph.candidates(need).next().is_none() {
                return Err(graph.no_version(need, &request.required_by));
            }
            graph.requests.push((request, need));
        }
        Ok(graph)
    }

    /// Returns the requests and their requirers.
    pub(super) fn requests(&self) -> impl ExactSizeIterator<Item = (Need<'a>, &'a str)> {
        self.requests.iter().map(|(request, need)| (*need, request.required_by.as_str()))
    }

    /// Returns the dependencies of a release, without the provided libraries.
    pub(super) fn needs(&self, release: &'a LibraryRelease) -> impl Iterator<Item = Need<'a>> {
        let needs = release.dependencies.iter().map(|it| Need { name: &it.name, range: &it.range });
        needs.filter(|need| !self.provided.iter().any(|it| it == need.name))
    }

    /// Returns the releases that satisfy a requirement, newest first.
    pub(super) fn candidates(&self, need: Need<'a>) -> impl Iterator<Item = &'a LibraryRelease> {
        self.releases(need.name).iter().filter(move |it| need.range.matches(&it.version))
    }

    /// Returns all releases of a library, newest first.
    pub(super) fn releases(&self, name: &str) -> &'a [LibraryRelease] {
        self.catalog.releases(name)
    }

    /// Returns whether the index has the library.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.releases(name).is_empty()
    }

    /// Returns the newest versions of a library for a message.
    pub(super) fn listed_versions(&self, name: &str) -> String {
        self.catalog.listed_versions(name)
    }

    /// Returns the error for a library that is not in the index.
    pub(super) fn unknown(&self, name: &str, required_by: &str) -> ResolveLibrariesError {
        let hint = self.catalog.hint(name);
        ResolveLibrariesError::UnknownLibrary {
            name: name.to_owned(),
            required_by: required_by.to_owned(),
            hint,
        }
    }

    /// Returns the error for a range without a version.
    pub(super) fn no_version(&self, need: Need<'_>, required_by: &str) -> ResolveLibrariesError {
        ResolveLibrariesError::NoVersion {
            name: need.name.to_owned(),
            range: need.range.to_string(),
            required_by: required_by.to_owned(),
            versions: self.listed_versions(need.name),
        }
    }
}
