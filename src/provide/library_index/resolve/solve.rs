//! The requirements as a problem of PubGrub. Finds a solution or a proof that there is none.

use std::cell::Cell;
use std::cmp::Reverse;

use pubgrub::{Dependencies, DependencyProvider, PackageResolutionStatistics, PubGrubError};

use super::error::ResolveLibrariesError;
use super::explain::explain;
use super::graph::{Graph, Need};
use super::package::{Package, Positions, RequiresOtherSelf};
use crate::provide::library_index::catalog::LibraryRelease;

/// Limit of PubGrub's steps. Each decision takes one. Steps become slower with the number of conflicts: 5,000 take about
/// 3 s where each step is one. Graphs of real libraries take one step for each library.
pub(super) const MAX_STEPS: usize = 5_000;

/// Returns a solution.
///
/// # Errors
/// There is none, or the limit of steps was reached.
pub(super) fn solve<'a>(
    graph: &Graph<'a>,
    max_steps: usize,
) -> Result<Vec<&'a LibraryRelease>, ResolveLibrariesError> {
    let problem = Problem { graph, steps: Cell::new(0), max_steps, visited: Cell::new(0) };
    match pubgrub::resolve(&problem, Package::Root, 0_usize) {
        Ok(solution) => Ok(solution
            .into_iter()
            .filter_map(|(package, at)| match package {
                Package::Library(name) => graph.releases(name).get(at),
                Package::Root | Package::Request(_) => None,
            })
            .collect()),
        Err(PubGrubError::NoSolution(proof)) => Err(explain(graph, proof)),
        Err(_) => {
            Err(ResolveLibrariesError::TooManySteps { releases: problem.visited.get(), steps: max_steps })
        }
    }
}

/// The requirements as PubGrub asks for them.
pub(super) struct Problem<'g, 'a> {
    graph: &'g Graph<'a>,
    steps: Cell<usize>,
    max_steps: usize,
    /// Number of releases whose dependencies were asked for.
    visited: Cell<usize>,
}

/// The limit of steps was reached.
#[derive(Debug, thiserror::Error)]
#[error("too many steps")]
pub(super) struct StepLimit;

impl<'a> Problem<'_, 'a> {
    /// Returns the positions of the releases that satisfy a requirement. All positions for every version, also of a
    /// library that the index does not have.
    fn positions(&self, need: Need<'a>) -> Positions {
        if need.range.is_any() {
            return Positions::full();
        }
        let releases = self.graph.releases(need.name).iter().enumerate();
        let matching = releases.filter(|(_, release)| need.range.matches(&release.version));
        matching.map(|(at, _)| (std::ops::Bound::Included(at), std::ops::Bound::Excluded(at + 1))).collect()
    }

    /// Returns the dependencies of a release, the several on one library joined; `None` if it excludes itself.
    fn library(&self, name: &'a str, at: usize) -> Option<Vec<(Package<'a>, Positions)>> {
        let mut dependencies: Vec<(Package<'a>, Positions)> = Vec::new();
        for need in
            self.graph.releases(name).get(at).into_iter().flat_map(|release| self.graph.needs(release))
        {
            let positions = self.positions(need);
            if need.name == name {
                if !positions.contains(&at) {
                    return None;
                }
                continue;
            }
            let package = Package::Library(need.name);
            match dependencies.iter_mut().find(|(other, _)| *other == package) {
                Some((_, earlier)) => *earlier = earlier.intersection(&positions),
                None => dependencies.push((package, positions)),
            }
        }
        Some(dependencies)
    }
}

impl<'a> DependencyProvider for Problem<'_, 'a> {
    type P = Package<'a>;
    type V = usize;
    type VS = Positions;
    type M = RequiresOtherSelf;
    type Err = StepLimit;
    /// Conflicts, then fewest versions.
    type Priority = (u32, Reverse<usize>);

    fn prioritize(
        &self,
        package: &Package<'a>,
        range: &Positions,
        statistics: &PackageResolutionStatistics,
    ) -> Self::Priority {
        let versions = match package {
            Package::Root | Package::Request(_) => 0,
            Package::Library(name) => {
                (0..self.graph.releases(name).len()).filter(|at| range.contains(at)).count()
            }
        };
        // Without versions, the package ends this branch: at once.
        (if versions == 0 { u32::MAX } else { statistics.conflict_count() }, Reverse(versions))
    }

    fn choose_version(&self, package: &Package<'a>, range: &Positions) -> Result<Option<usize>, StepLimit> {
        let versions = match package {
            Package::Root | Package::Request(_) => 1,
            Package::Library(name) => self.graph.releases(name).len(),
        };
        Ok((0..versions).find(|at| range.contains(at)))
    }

    fn get_dependencies(
        &self,
        package: &Package<'a>,
        version: &usize,
    ) -> Result<Dependencies<Package<'a>, Positions, RequiresOtherSelf>, StepLimit> {
        self.visited.set(self.visited.get() + 1);
        let dependencies = match *package {
            Package::Root => {
                let requests = (0..self.graph.requests().len()).map(Package::Request);
                requests.map(|request| (request, Positions::full())).collect()
            }
            Package::Request(at) => self
                .graph
                .requests()
                .nth(at)
                .map(|(need, _)| (Package::Library(need.name), self.positions(need)))
                .into_iter()
                .collect(),
            Package::Library(name) => match self.library(name, *version) {
                Some(dependencies) => dependencies,
                None => return Ok(Dependencies::Unavailable(RequiresOtherSelf)),
            },
        };
        Ok(Dependencies::Available(dependencies.into_iter().collect()))
    }

    fn should_cancel(&self) -> Result<(), StepLimit> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > self.max_steps { Err(StepLimit) } else { Ok(()) }
    }
}
