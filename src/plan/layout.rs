//! Paths in the work directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The directories of a work directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Returns the layout below `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Returns the work directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of all cells.
    pub fn cells(&self) -> PathBuf {
        self.root.join("cells")
    }

    /// Returns `cells/BOARD/SKETCH`, the build directory of a cell.
    pub fn cell(&self, board: &str, sketch_slug: &Path) -> PathBuf {
        self.cells().join(board).join(sketch_slug)
    }

    /// Returns the directory with a manifest for each matrix that was run here.
    pub fn manifests(&self) -> PathBuf {
        self.root.join("matrices")
    }

    /// Returns the manifest of the matrix with this absolute path.
    pub fn manifest(&self, matrix: &Path) -> PathBuf {
        let hash = blake3::hash(matrix.as_os_str().as_encoded_bytes()).to_hex();
        self.manifests().join(format!("{}.json", &hash[..16]))
    }

    /// Returns `cores/BOARD-KEY`, the build directory of a core.
    pub fn core(&self, id: &str) -> PathBuf {
        self.root.join("cores").join(id)
    }

    /// Returns the directory of staged sketches, each in a directory named after its content.
    pub fn sketches(&self) -> PathBuf {
        self.root.join("sketches")
    }

    /// Returns the directory of objects by key.
    pub fn units(&self) -> PathBuf {
        self.root.join("units")
    }

    /// Returns the directory of uncacheable objects, which belong to one run.
    pub fn passing_units(&self) -> PathBuf {
        self.units().join("run")
    }

    /// Returns the directory in which compilers run and write.
    pub fn staging(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Returns the memo of hashes and answers.
    pub fn memo(&self) -> PathBuf {
        self.root.join("memo")
    }

    /// Returns the scans of files.
    pub fn scans(&self) -> PathBuf {
        self.root.join("scans")
    }

    /// Returns the file of remembered keys with their observations.
    pub fn known(&self) -> PathBuf {
        self.root.join("known")
    }

    /// Returns the recorded inputs of cells, for a run without a cache.
    pub fn inputs(&self) -> PathBuf {
        self.root.join("inputs")
    }

    /// Returns the directories that runs write.
    pub fn own(&self) -> [PathBuf; 5] {
        [self.cells(), self.root.join("cores"), self.sketches(), self.units(), self.staging()]
    }

    /// Returns the file with the history of durations.
    pub fn costs(&self) -> PathBuf {
        self.root.join("costs")
    }

    /// Returns a directory for each sketch: its name without parts that lead out of the matrix's directory
    /// (`../examples/Fade` is built in `examples/Fade`). A hash distinguishes equal directories, and a directory that
    /// would contain another.
    pub fn slugs<'a>(names: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, PathBuf> {
        let mut slugs: Vec<(&str, PathBuf)> = names.into_iter().map(|name| (name, slug(name))).collect();
        slugs.sort();
        slugs.dedup();
        // In path order a directory comes right before the directories inside it.
        slugs.sort_by(|(_, a), (_, b)| a.cmp(b));
        let clashes: Vec<bool> = (0..slugs.len())
            .map(|index| {
                let this = &slugs[index].1;
                let before = index.checked_sub(1).is_some_and(|before| slugs[before].1 == *this);
                before || slugs.get(index + 1).is_some_and(|(_, next)| next.starts_with(this))
            })
            .collect();
        slugs
            .into_iter()
            .zip(clashes)
            .map(|((name, slug), clash)| {
                let slug = if clash {
                    let mut tagged = slug.into_os_string();
                    tagged.push(format!("-{}", &blake3::hash(name.as_bytes()).to_hex()[..8]));
                    tagged.into()
                } else {
                    slug
                };
                (name, slug)
            })
            .collect()
    }
}

/// Returns a relative path of parts without special characters. A hook may name the build directory without quotes, which
/// works with arduino-cli, whose build directories are named by hashes.
fn slug(name: &str) -> PathBuf {
    let harmless = |c: char| if c.is_alphanumeric() || "._-+".contains(c) { c } else { '_' };
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    let parts = parts.map(|part| part.chars().map(harmless).collect::<String>());
    let slug: PathBuf = parts.collect();
    if slug.as_os_str().is_empty() { "sketch".into() } else { slug }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slugs_read_like_the_names() {
        let slugs = Layout::slugs(["../examples/Fade", "arduino:avr/libraries/SPI/X", "."]);
        assert_eq!(slugs["../examples/Fade"], Path::new("examples/Fade"));
        assert_eq!(slugs["arduino:avr/libraries/SPI/X"], Path::new("arduino_avr/libraries/SPI/X"));
        assert_eq!(slugs["."], Path::new("sketch"));
        let slugs = Layout::slugs(["My Sketch", "a(b)/c'd", "$x", "Größe"]);
        assert_eq!(slugs["My Sketch"], Path::new("My_Sketch"));
        assert_eq!(slugs["a(b)/c'd"], Path::new("a_b_/c_d"));
        assert_eq!(slugs["$x"], Path::new("_x"));
        assert_eq!(slugs["Größe"], Path::new("Größe"));
    }

    #[test]
    fn clashes_are_told_apart() {
        let slugs = Layout::slugs(["a/Fade", "../a/Fade", "A", "A/B"]);
        assert_eq!(slugs.values().collect::<HashSet<_>>().len(), 4);
        assert_ne!(slugs["A"], Path::new("A"), "it would hold the directory of A/B");
    }

    proptest! {
        #[test]
        fn no_slug_leads_out_or_into_another(names in prop::collection::hash_set("[a-b./: ]{1,6}", 1..8)) {
            let slugs = Layout::slugs(names.iter().map(String::as_str));
            let paths: Vec<&PathBuf> = slugs.values().collect();
            for (index, path) in paths.iter().enumerate() {
                prop_assert!(path.components().all(|part| matches!(part, std::path::Component::Normal(_))));
                for other in &paths[index + 1..] {
                    prop_assert!(!other.starts_with(path) && !path.starts_with(other), "{path:?} {other:?}");
                }
            }
        }
    }
}
