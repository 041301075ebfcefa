//! Resolution of libraries: one release of each required library, so that every constraint is kept.
//!
//! ```text
//! search    the search of arduino-cli: first solution in its order, within a limit of steps
//! solve     PubGrub (crate `pubgrub`): where the search ends without a solution
//! explain   PubGrub's proof → an error that names the requirers, their constraints and the versions
//! ```
//!
//! The search alone decides which solution is chosen wherever it finds one, so that results are those of arduino-cli.
//! Its time is exponential on some graphs. PubGrub learns from conflicts, solves those, and proves that there is no
//! solution.

mod error;
mod explain;
mod graph;
mod package;
mod request;
mod search;
mod solve;
#[cfg(test)]
mod tests;

use super::catalog::{LibraryCatalog, LibraryRelease};

pub use error::{RequiredRange, ResolveLibrariesError};
pub use request::LibraryRequest;

/// Returns one release of each requested library and of each library that these depend on, sorted by name.
///
/// `provided` names libraries that exist already: as dependencies they are not resolved, whatever their version is.
///
/// The result is that of arduino-cli 1.5.2 (`go.bug.st/relaxed-semver` 0.15, `resolver.go`): dependencies are visited in
/// breadth-first order, the newest version is tried first, and constraints that have failed move to the front. The order
/// of versions that differ only in build metadata is that of the index; in arduino-cli it is random.
///
/// # Errors
/// A library is not in the index, no version is in a range, or no versions fit together.
pub fn resolve(
    requests: &[LibraryRequest],
    provided: &[String],
    catalog: &LibraryCatalog,
) -> Result<Vec<LibraryRelease>, ResolveLibrariesError> {
    resolve_within(
        requests,
        provided,
        catalog,
        MaxSteps { search: search::MAX_STEPS, solve: solve::MAX_STEPS },
    )
}

/// Limits of steps, so that the time is bounded on every graph.
#[derive(Clone, Copy)]
struct MaxSteps {
    search: usize,
    solve: usize,
}

fn resolve_within(
    requests: &[LibraryRequest],
    provided: &[String],
    catalog: &LibraryCatalog,
    max_steps: MaxSteps,
) -> Result<Vec<LibraryRelease>, ResolveLibrariesError> {
    let graph = graph::Graph::new(requests, provided, catalog)?;
    let mut solution = match search::search(&graph, max_steps.search) {
        Some(solution) => solution,
        None => solve::solve(&graph, max_steps.solve)?,
    };
    solution.sort_by(|one, another| one.name.cmp(&another.name));
    Ok(solution.into_iter().cloned().collect())
}
