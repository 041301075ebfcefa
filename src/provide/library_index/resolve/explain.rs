//! PubGrub's proof that there is no solution, as an error.

use std::sync::Arc;

use pubgrub::{DerivationTree, External};

use super::error::{RequiredRange, ResolveLibrariesError};
use super::graph::{Graph, Need};
use super::package::{Package, Positions, RequiresOtherSelf};

type Proof<'a> = DerivationTree<Package<'a>, Positions, RequiresOtherSelf>;
type Fact<'a> = External<Package<'a>, Positions, RequiresOtherSelf>;

/// Returns the error for a proof.
pub(super) fn explain(graph: &Graph<'_>, proof: Proof<'_>) -> ResolveLibrariesError {
    let mut requirements: Vec<Requirement<'_>> = Vec::new();
    for fact in facts(proof) {
        requirements.extend(requirements_of(graph, fact));
    }
    requirements.sort_by(|one, another| one.order().cmp(&another.order()));
    requirements.dedup_by(|one, another| one.order() == another.order());
    if let Some(error) = one_cause(graph, &requirements) {
        return error;
    }
    let versions = contested(graph, &requirements).into_iter().map(|name| {
        let versions = if graph.has(name) { graph.listed_versions(name) } else { "in no version".to_owned() };
        (name.to_owned(), versions)
    });
    ResolveLibrariesError::Conflict {
        versions: versions.collect(),
        requirements: requirements.into_iter().map(Requirement::shown).collect(),
    }
}

/// Returns the libraries whose versions exclude each other: those with several requirements, of which one at least is
/// limited, and those with a requirement that nothing satisfies. Without any, all with a limited requirement.
fn contested<'a>(graph: &Graph<'a>, requirements: &[Requirement<'a>]) -> Vec<&'a str> {
    let is_limited = |it: &Requirement<'_>| !it.need.range.is_any();
    let is_dead = |it: &Requirement<'_>| graph.candidates(it.need).next().is_none();
    let mut names: Vec<&str> = Vec::new();
    for requirement in requirements {
        if !names.contains(&requirement.need.name) {
            names.push(requirement.need.name);
        }
    }
    let on = |name: &str| requirements.iter().filter(|it| it.need.name == name).collect::<Vec<_>>();
    let excluding = |name: &&str| {
        let on = on(name);
        on.iter().any(|it| is_dead(it) || on.len() > 1 && is_limited(it))
    };
    let found: Vec<&str> = names.iter().copied().filter(excluding).collect();
    if !found.is_empty() {
        return found;
    }
    names.retain(|name| on(name).into_iter().any(is_limited));
    names
}

/// A requirement that the proof needs.
struct Requirement<'a> {
    /// Index of the request, or `usize::MAX`.
    request: usize,
    required_by: String,
    need: Need<'a>,
}

impl Requirement<'_> {
    fn order(&self) -> (usize, &str, &str, &str) {
        (self.request, &self.required_by, self.need.name, self.need.range.as_str())
    }

    fn shown(self) -> RequiredRange {
        RequiredRange {
            required_by: self.required_by,
            name: self.need.name.to_owned(),
            range: self.need.range.to_string(),
        }
    }
}

/// Returns the facts of a proof. Iterates, because proofs can be deep, and visits a part that is used several times once:
/// when its last user is visited.
fn facts(proof: Proof<'_>) -> Vec<Fact<'_>> {
    let mut facts = Vec::new();
    let mut rest = vec![proof];
    while let Some(part) = rest.pop() {
        match part {
            DerivationTree::External(fact) => facts.push(fact),
            DerivationTree::Derived(derived) => {
                rest.extend(Arc::into_inner(derived.cause2));
                rest.extend(Arc::into_inner(derived.cause1));
            }
        }
    }
    facts
}

/// Returns the requirements that a fact stands for.
fn requirements_of<'a>(graph: &Graph<'a>, fact: Fact<'a>) -> Vec<Requirement<'a>> {
    let (requirer, positions, required) = match fact {
        External::FromDependencyOf(Package::Request(at), _, _, _) => {
            let request = graph.requests().nth(at);
            return request
                .map(|(need, by)| Requirement { request: at, required_by: by.to_owned(), need })
                .into_iter()
                .collect();
        }
        External::FromDependencyOf(Package::Library(requirer), positions, Package::Library(required), _) => {
            (requirer, positions, required)
        }
        External::Custom(Package::Library(name), positions, RequiresOtherSelf) => (name, positions, name),
        _ => return Vec::new(),
    };
    let releases = graph.releases(requirer);
    let meant =
        || releases.iter().enumerate().filter(|(at, _)| positions.contains(at)).map(|(_, release)| release);
    let Some(newest) = meant().next() else { return Vec::new() };
    let required_by = match meant().count() {
        1 => format!("`{requirer}` {}", newest.version),
        count if count == releases.len() => format!("every version of `{requirer}`"),
        count => format!("`{requirer}` {} (and {} older)", newest.version, count - 1),
    };
    let needs = graph.needs(newest).filter(|need| need.name == required);
    needs.map(|need| Requirement { request: usize::MAX, required_by: required_by.clone(), need }).collect()
}

/// Returns the error of one missing library or version, if that is all: one requirement that nothing satisfies, and no
/// library with several requirements.
fn one_cause(graph: &Graph<'_>, requirements: &[Requirement<'_>]) -> Option<ResolveLibrariesError> {
    let is_dead = |it: &&Requirement<'_>| graph.candidates(it.need).next().is_none();
    let mut dead = requirements.iter().filter(is_dead);
    let (only, None) = (dead.next()?, dead.next()) else { return None };
    let is_contested = |name: &str| requirements.iter().filter(|it| it.need.name == name).count() > 1;
    if requirements.iter().any(|it| is_contested(it.need.name)) {
        return None;
    }
    Some(if graph.has(only.need.name) {
        graph.no_version(only.need, &only.required_by)
    } else {
        graph.unknown(only.need.name, &only.required_by)
    })
}
