//! Names of files relative to the checkout, as CI systems show them.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use crate::report::options::CiOptions;

/// The checkout.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// Its root as the system names it, and without symbolic links.
    roots: Vec<PathBuf>,
    /// Base of relative paths.
    current: PathBuf,
    /// Directories in it that are no part of it.
    generated: Vec<PathBuf>,
    /// Files that the commit or pull request changes.
    changed: Option<HashSet<PathBuf>>,
}

impl Workspace {
    /// Creates the checkout of a run. `current` is the base of relative paths.
    pub(super) fn new(ci: &CiOptions, current: &Path) -> Self {
        let real = ci.workspace.canonicalize().ok().filter(|real| *real != ci.workspace);
        Self {
            roots: std::iter::once(ci.workspace.clone()).chain(real).collect(),
            current: current.to_owned(),
            generated: ci.generated.clone(),
            changed: ci.changed.clone(),
        }
    }

    /// Returns the path of a file below the root, with `/` between directories; `None` for a file outside of the
    /// checkout.
    pub(super) fn relative(&self, file: &Path) -> Option<String> {
        let path = self.current.join(file);
        if self.generated.iter().any(|directory| path.starts_with(directory)) {
            return None;
        }
        let is_plain = !path.components().any(|part| part == Component::ParentDir);
        let below = |path: &Path| {
            let rest = self.roots.iter().find_map(|root| path.strip_prefix(root).ok())?;
            let parts: Vec<_> = rest.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            (!parts.is_empty()).then(|| parts.join("/"))
        };
        let named = if is_plain { below(&path) } else { None };
        named.or_else(|| below(&path.canonicalize().ok()?))
    }

    /// Returns whether the change under test touches a file; `None` where its files are unknown.
    pub(super) fn is_changed(&self, file: &Path) -> Option<bool> {
        let changed = self.changed.as_ref()?;
        let path = self.current.join(file);
        Some(changed.contains(&path) || path.canonicalize().is_ok_and(|real| changed.contains(&real)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_of_the_checkout_are_relative_to_it() {
        let directory = tempfile::tempdir().expect("directory");
        let root = directory.path().canonicalize().expect("a path").join("checkout");
        fs::create_dir_all(root.join("ci")).expect("mkdir");
        fs::write(root.join("a.h"), "").expect("write");
        std::os::unix::fs::symlink(&root, directory.path().join("link")).expect("symlink");
        let ci = CiOptions {
            workspace: directory.path().join("link"),
            generated: vec![root.join("ci/work")],
            changed: Some(HashSet::from([root.join("a.h")])),
            ..CiOptions::default()
        };
        let workspace = Workspace::new(&ci, &root.join("ci"));
        let relative = |path: &str| workspace.relative(Path::new(path));
        assert_eq!(relative("x.ino").as_deref(), Some("ci/x.ino"));
        assert_eq!(relative("../a.h").as_deref(), Some("a.h"));
        assert_eq!(relative("../missing.h"), None, "no name without `..`");
        assert_eq!(workspace.relative(&directory.path().join("link/a.h")).as_deref(), Some("a.h"));
        assert_eq!(workspace.relative(&root.join("ci/work/core.h")), None);
        assert_eq!((relative("/usr/include/stdio.h"), workspace.relative(&root)), (None, None));
        let changed = |path: &str| workspace.is_changed(Path::new(path));
        assert_eq!((changed("../a.h"), changed("x.ino")), (Some(true), Some(false)));
        assert_eq!(Workspace::default().is_changed(Path::new("a.h")), None);
    }
}
