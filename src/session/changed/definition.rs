//! The definition of a cell: everything that its plan says, without the names of directories that differ between machines.
//! Libraries in the checkout are not part of it: their files are inputs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::places::Roots;
use crate::cache::inputs::{Digest, digest_of};
use crate::library::{LibraryIndex, Location};
use crate::plan::{CellJob, Target};

/// Computes definitions. Targets and their libraries, which cells share, are hashed once.
pub(super) struct Definitions<'a> {
    roots: &'a Roots,
    /// Names of directories with their placeholders, inner directories first.
    names: Vec<(String, &'static str)>,
    targets: HashMap<usize, Digest>,
    libraries: HashMap<usize, Digest>,
}

impl<'a> Definitions<'a> {
    pub(super) fn new(roots: &'a Roots, work: &Path, cache: &Path) -> Self {
        let root = roots.all().map(|root| (root.display().to_string(), "\u{1}checkout"));
        let others = [(work, "\u{1}work"), (cache, "\u{1}cache")];
        let others = others.map(|(path, placeholder)| (path.display().to_string(), placeholder));
        let mut names: Vec<_> = root.chain(others).filter(|(name, _)| name.len() > 1).collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { roots, names, targets: HashMap::new(), libraries: HashMap::new() }
    }

    /// Returns the definition of a cell.
    pub(super) fn of(&mut self, job: &CellJob) -> Digest {
        let target = self.target(&job.target);
        let CellJob { sketch, embed, run, terms, .. } = job;
        let expect = &terms.expect;
        let main_file = sketch.main_file.display();
        let text = format!("{main_file} {} {embed:?} {run:?} {expect:?}", sketch.single_file);
        self.digest(&format!("{target:?} {text}"))
    }

    fn target(&mut self, target: &Arc<Target>) -> Digest {
        let address = Arc::as_ptr(target).addr();
        if let Some(known) = self.targets.get(&address) {
            return *known;
        }
        let libraries = self.libraries(&target.libraries);
        let Target { config, family, libraries: _, library_path, hook_inputs } = &**target;
        let text = format!("{libraries:?} {config:?} {family:?} {library_path:?} {hook_inputs:?}");
        let digest = self.digest(&text);
        self.targets.insert(address, digest);
        digest
    }

    /// Returns the hash of the libraries outside the checkout, and of the directories with those in it.
    fn libraries(&mut self, index: &Arc<LibraryIndex>) -> Digest {
        let address = Arc::as_ptr(index).addr();
        if let Some(known) = self.libraries.get(&address) {
            return *known;
        }
        let mut text: Vec<String> = Vec::new();
        for library in index.libraries() {
            let line = if self.roots.relative(&library.real_root).is_none() {
                format!("{library:?}")
            } else {
                // A new library beside others only matters to cells that look for its headers.
                let is_single = library.location == Location::Unmanaged;
                let root = if is_single { Some(&*library.root) } else { library.root.parent() };
                format!("{root:?} {:?}", library.location)
            };
            if text.last() != Some(&line) {
                text.push(line);
            }
        }
        let digest = self.digest(&text.join("\n"));
        self.libraries.insert(address, digest);
        digest
    }

    fn digest(&self, text: &str) -> Digest {
        let mut text = std::borrow::Cow::Borrowed(text);
        for (name, placeholder) in &self.names {
            if text.contains(name.as_str()) {
                text = text.replace(name.as_str(), placeholder).into();
            }
        }
        digest_of(&blake3::hash(text.as_bytes()))
    }
}
