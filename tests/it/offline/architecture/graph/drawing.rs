//! Draws a graph as layers: as text, or in the language of Graphviz.

use std::fmt::Write;

use super::digraph::Digraph;

/// Form of a drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Lines of text, the highest layer first.
    Text,
    /// Graphviz `dot`.
    Dot,
}

/// Draws a graph. Every arrow leads downwards, except within a cycle. Leaves out the directory that all nodes share.
pub(crate) fn draw(graph: &Digraph, form: Form) -> String {
    let drawing = match form {
        Form::Text => text,
        Form::Dot => dot,
    };
    let shared = graph.nodes().next().and_then(|node| node.split_inclusive('/').next()).unwrap_or_default();
    let is_shared = shared.ends_with('/') && graph.nodes().all(|node| node.starts_with(shared));
    if is_shared { drawing(&graph.renamed(|node| node[shared.len()..].to_owned())) } else { drawing(graph) }
}

/// Draws one line a node: its name, and the nodes that its edges lead to, nearest layer first.
fn text(graph: &Digraph) -> String {
    let mut drawing = String::new();
    let layers = graph.layers();
    let layer_of = |node: &str| layers.iter().position(|layer| layer.contains(node));
    let width = graph.nodes().map(|node| node.chars().count()).max().unwrap_or(0);
    for (number, layer) in layers.iter().enumerate().rev() {
        for (index, node) in layer.iter().enumerate() {
            let label = if index == 0 { (number + 1).to_string() } else { String::new() };
            let mut targets: Vec<&str> = graph.targets(node).collect();
            targets.sort_by_key(|target| std::cmp::Reverse(layer_of(target)));
            let marked = targets.iter().map(|target| {
                let is_cyclic = layer_of(target) == Some(number);
                if is_cyclic { format!("{target} (cycle)") } else { (*target).to_owned() }
            });
            let targets = marked.collect::<Vec<_>>().join(", ");
            let arrow = if targets.is_empty() { "" } else { "─▶" };
            let line = format!("{label:>3}  {node:<width$} {arrow} {targets}");
            let _ = writeln!(drawing, "{}", line.trim_end());
        }
    }
    if let Some(cycle) = graph.cycle() {
        let _ = writeln!(drawing, "\na cycle: {cycle}");
    }
    drawing
}

fn dot(graph: &Digraph) -> String {
    let mut drawing = "digraph modules {\n  rankdir = TB;\n  node [shape = box];\n".to_owned();
    for layer in graph.layers().iter().rev() {
        let nodes: Vec<String> = layer.iter().map(|node| format!("{node:?}")).collect();
        let _ = writeln!(drawing, "  {{ rank = same; {}; }}", nodes.join("; "));
    }
    for from in graph.nodes() {
        for to in graph.targets(from) {
            let _ = writeln!(drawing, "  {from:?} -> {to:?};");
        }
    }
    drawing + "}\n"
}
