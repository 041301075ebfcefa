//! A directed graph of names: its cycles and its layers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A directed graph. Each edge has a label.
#[derive(Debug, Default)]
pub(crate) struct Digraph(BTreeMap<String, BTreeMap<String, String>>);

impl Digraph {
    /// Adds a node.
    pub(crate) fn add_node(&mut self, node: &str) {
        self.0.entry(node.to_owned()).or_default();
    }

    /// Adds an edge and its nodes. The first label of an edge stays.
    pub(crate) fn add_edge(&mut self, from: &str, to: &str, label: &str) {
        self.add_node(to);
        let targets = self.0.entry(from.to_owned()).or_default();
        targets.entry(to.to_owned()).or_insert_with(|| label.to_owned());
    }

    /// Returns the graph with other names.
    pub(crate) fn renamed(&self, name: impl Fn(&str) -> String) -> Self {
        let mut graph = Self::default();
        for (from, targets) in &self.0 {
            graph.add_node(&name(from));
            for (to, label) in targets {
                graph.add_edge(&name(from), &name(to), label);
            }
        }
        graph
    }

    /// Iterates over the nodes, sorted.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Iterates over the targets of a node's edges, sorted.
    pub(crate) fn targets(&self, node: &str) -> impl Iterator<Item = &str> {
        self.0.get(node).into_iter().flat_map(|targets| targets.keys().map(String::as_str))
    }

    /// Returns a shortest cycle, if there is one, as `a ─(label)▶ b ─(label)▶ a`.
    pub(crate) fn cycle(&self) -> Option<String> {
        let shortest = self.nodes().filter_map(|node| self.way_back(node)).min_by_key(Vec::len)?;
        let steps = shortest.windows(2).map(|step| format!(" ─({})▶ {}", self.0[step[0]][step[1]], step[1]));
        Some(std::iter::once(shortest[0].to_owned()).chain(steps).collect())
    }

    /// Returns a shortest path from a node back to itself.
    fn way_back<'g>(&'g self, node: &'g str) -> Option<Vec<&'g str>> {
        let mut before: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue = VecDeque::from([node]);
        while let Some(current) = queue.pop_front() {
            for next in self.targets(current) {
                if next == node {
                    let mut path = vec![node, current];
                    while let Some(last) = path.last().filter(|last| **last != node) {
                        path.push(before[*last]);
                    }
                    path.reverse();
                    return Some(path);
                }
                if !before.contains_key(next) {
                    before.insert(next, current);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// Returns the layers, lowest first: all edges of a node lead to lower layers, or to nodes of the same cycle.
    pub(crate) fn layers(&self) -> Vec<BTreeSet<&str>> {
        let reachable: BTreeMap<&str, BTreeSet<&str>> =
            self.nodes().map(|node| (node, self.reachable(node))).collect();
        let in_one_cycle =
            |one: &str, other: &str| reachable[one].contains(other) && reachable[other].contains(one);
        let mut layers: Vec<BTreeSet<&str>> = Vec::new();
        let mut placed: BTreeSet<&str> = BTreeSet::new();
        while placed.len() < self.0.len() {
            let is_ready = |node: &&str| {
                !placed.contains(node)
                    && reachable[node].iter().all(|below| placed.contains(below) || in_one_cycle(node, below))
            };
            let layer: BTreeSet<&str> = self.nodes().filter(is_ready).collect();
            placed.extend(&layer);
            layers.push(layer);
        }
        layers
    }

    /// Returns the nodes that edges lead to from a node, directly or not.
    fn reachable(&self, node: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut queue: Vec<&str> = self.targets(node).collect();
        while let Some(next) = queue.pop() {
            if found.insert(next) {
                queue.extend(self.targets(next));
            }
        }
        found
    }
}
