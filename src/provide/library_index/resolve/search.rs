//! The search of arduino-cli: backtracking over a queue of requirements. Knows nothing of errors.
//!
//! Source: `resolver.go` of `go.bug.st/relaxed-semver` 0.15. One difference: there, sorting the queue also changes the
//! queues of earlier levels where these share memory, so that requirements get lost after a dead end. Here each level has
//! its own queue.

use std::collections::HashMap;

use super::graph::{Graph, Need};
use crate::provide::library_index::catalog::LibraryRelease;

/// Limit of steps. Graphs of real libraries take one step for each requirement, less than 1,000.
pub(super) const MAX_STEPS: usize = 10_000;

/// Returns the first solution in arduino-cli's order; `None` if there is none, or none within `max_steps`.
pub(super) fn search<'a>(graph: &Graph<'a>, max_steps: usize) -> Option<Vec<&'a LibraryRelease>> {
    let mut search = Search { graph, chosen: HashMap::new(), levels: Vec::new(), failures: HashMap::new() };
    let mut queue: Vec<Need<'a>> = graph.requests().map(|(need, _)| need).collect();
    let mut at = 0;
    for _ in 0..max_steps {
        let Some(&need) = queue.get(at) else {
            return Some(search.chosen.into_values().collect());
        };
        match search.chosen.get(need.name) {
            Some(chosen) if need.range.matches(&chosen.version) => {
                at += 1;
                continue;
            }
            Some(_) => {}
            None => search.enter(need, &queue[at + 1..]),
        }
        queue = search.next_queue()?;
        at = 0;
    }
    None
}

struct Search<'g, 'a> {
    graph: &'g Graph<'a>,
    chosen: HashMap<&'a str, &'a LibraryRelease>,
    levels: Vec<Level<'a>>,
    /// How often a requirement had no candidate left, by name and range.
    failures: HashMap<(&'a str, &'a str), usize>,
}

/// A library for which a release is chosen.
struct Level<'a> {
    need: Need<'a>,
    /// Candidates that were not tried yet, oldest first.
    candidates: Vec<&'a LibraryRelease>,
    /// Requirements that were waiting when this library was visited.
    waiting: Vec<Need<'a>>,
}

impl<'a> Search<'_, 'a> {
    fn enter(&mut self, need: Need<'a>, waiting: &[Need<'a>]) {
        let mut candidates: Vec<_> = self.graph.candidates(need).collect();
        candidates.reverse();
        self.levels.push(Level { need, candidates, waiting: waiting.to_vec() });
    }

    /// Chooses the next candidate of the last level that has one, and returns the requirements to visit then. Returns
    /// `None` if no candidate is left at all.
    fn next_queue(&mut self) -> Option<Vec<Need<'a>>> {
        loop {
            let level = self.levels.last_mut()?;
            self.chosen.remove(level.need.name);
            let Some(release) = level.candidates.pop() else {
                *self.failures.entry(key(level.need)).or_default() += 1;
                self.levels.pop();
                continue;
            };
            if !self.graph.needs(release).all(|need| self.graph.has(need.name)) {
                continue;
            }
            self.chosen.insert(level.need.name, release);
            let mut queue: Vec<_> = level.waiting.iter().copied().chain(self.graph.needs(release)).collect();
            queue.sort_by_key(|need| std::cmp::Reverse(self.failures.get(&key(*need)).copied().unwrap_or(0)));
            return Some(queue);
        }
    }
}

fn key(need: Need<'_>) -> (&str, &str) {
    (need.name, need.range.as_str())
}
