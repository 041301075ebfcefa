//! The checkout as compilers see it: under one name wherever it is, so that objects from another checkout of
//! the same sources are cache hits.
//!
//! Compilers run in the staging directory, where the symbolic link `checkout` leads to the checkout's root. A
//! unit whose object can't contain a path is compiled under the names behind that link. Debug information
//! names files below the root relative to it.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::includes::Hash;
use crate::plan::Layout;

/// Placeholder for a checkout's root in keys and in stored text.
pub(super) const CHECKOUT: &str = "\u{1}checkout";

/// Prefix that a linker prints for files below the root: debug information has `.` for the directory of the
/// compile, and for the root.
const IN_DEBUG_INFORMATION: &str = "././";

/// A checkout and its name in the staging directory.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// Root of the checkout.
    real: PathBuf,
    /// The compilers' name for the root.
    seen: PathBuf,
    /// Directory of staged sketches, in the work directory.
    generated: PathBuf,
    /// Checkout and work directory, which no word of a command with a portable result may name.
    tied: [String; 2],
    /// Whether the symbolic link exists.
    linked: bool,
    /// The work directory.
    work: PathBuf,
    /// Checkout and work directory without symbolic links.
    physical: [PathBuf; 2],
}

impl Checkout {
    /// Returns the checkout with the root `real`, for compilers that run in `staging`. Other names of the
    /// checkout are not recognised.
    pub fn new(real: PathBuf, layout: &Layout, staging: &Path) -> Self {
        Self {
            tied: [&real, layout.root()].map(|path| path.display().to_string()),
            seen: staging.join("checkout"),
            generated: layout.sketches(),
            linked: false,
            physical: [&real, layout.root()]
                .map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned())),
            work: layout.root().to_owned(),
            real,
        }
    }

    /// Returns the root of the checkout.
    pub(super) fn root(&self) -> &Path {
        &self.real
    }

    /// Returns the work directory.
    pub(super) fn work(&self) -> &Path {
        &self.work
    }

    /// Returns checkout and work directory without symbolic links, if these names differ.
    pub(super) fn physical(&self) -> impl Iterator<Item = &Path> {
        let own = [&self.real, &self.work];
        self.physical
            .iter()
            .zip(own)
            .filter(|(physical, own)| physical != own)
            .map(|(physical, _)| &**physical)
    }

    /// Returns a path in the work directory without symbolic links, as the system names it.
    pub(in crate::pipeline) fn physical_name<'a>(&self, path: &'a Path) -> Cow<'a, Path> {
        match path.strip_prefix(&self.work) {
            Ok(relative) => self.physical[1].join(relative).into(),
            Err(_) => path.into(),
        }
    }

    /// Returns the root of the checkout that contains a directory: the nearest of the directory and its
    /// parents with a `.git`. Without one it is `reach`, which contains all files that the matrix names; in a
    /// copy without `.git` that is usually the same.
    pub fn root_of(directory: &Path, reach: &Path) -> PathBuf {
        let repository = directory.ancestors().find(|above| above.join(".git").exists());
        let reach = Some(reach).filter(|reach| reach.parent().is_some());
        repository.or(reach).unwrap_or(directory).to_owned()
    }

    /// Creates the symbolic link in the empty staging directory. If that fails, the checkout has only its own
    /// name.
    #[must_use]
    pub fn linked(mut self) -> Self {
        self.linked = std::os::unix::fs::symlink(&self.real, &self.seen).is_ok();
        self
    }

    /// Whether the checkout can have another name: its own must be valid in `#line` without escapes.
    pub(in crate::pipeline) fn can_be_renamed(&self) -> bool {
        let plain = |text: &str| !text.contains(['"', '\\', '\n']) && text.len() > 1;
        self.linked && self.real.to_str().is_some_and(plain) && self.seen.to_str().is_some_and(plain)
    }

    /// Returns the compilers' name for the root: the part of paths that debug information omits.
    pub(in crate::pipeline) fn seen(&self) -> &Path {
        &self.seen
    }

    /// Returns the compilers' name for a path; the path itself if it is not in the checkout.
    pub(in crate::pipeline) fn rename<'a>(&self, path: &'a Path) -> Cow<'a, Path> {
        match path.strip_prefix(&self.real) {
            Ok(relative) => self.seen.join(relative).into(),
            Err(_) => path.into(),
        }
    }

    /// Returns the compilers' name for a path of the checkout, character by character: a prefix keeps its
    /// trailing slash. Returns `None` if `path` is not in the checkout, or is in the work directory.
    pub(in crate::pipeline) fn rename_text(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(self.real.to_str()?)?;
        let is_inside = rest.is_empty() || rest.starts_with('/');
        // The cache directory may be in the checkout: then what has its name already is, too.
        let is_renamed = Path::new(path).starts_with(&self.seen);
        let is_source = is_inside && !is_renamed && !Path::new(path).starts_with(&self.work);
        is_source.then(|| format!("{}{rest}", self.seen.display()))
    }

    /// Returns a path's name in keys, independent of the location of the checkout.
    pub(in crate::pipeline) fn keyed<'a>(&self, path: &'a Path) -> Cow<'a, OsStr> {
        match path.strip_prefix(&self.real) {
            Ok(relative) => Path::new(CHECKOUT).join(relative).into_os_string().into(),
            Err(_) => path.as_os_str().into(),
        }
    }

    /// Whether a word of a command names a path in the checkout or in the work directory.
    pub(in crate::pipeline) fn is_tied(&self, word: &str) -> bool {
        self.tied.iter().any(|directory| word.contains(directory.as_str()))
    }

    /// Returns the staged sketch that a file belongs to, and the file's path below it.
    pub(in crate::pipeline) fn staged<'p>(&self, path: &'p Path) -> Option<(PathBuf, &'p Path)> {
        let mut parts = path.strip_prefix(&self.generated).ok()?.components();
        let root = self.generated.join(parts.next()?);
        Some((root, parts.as_path()))
    }

    /// Returns the text of a staged file with `root` for the checkout in `#line`.
    fn with_root(&self, text: &[u8], root: &[u8]) -> Vec<u8> {
        let real = self.real.as_os_str().as_bytes();
        let mut out = Vec::with_capacity(text.len());
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let path = line
                .strip_prefix(b"#line ")
                .and_then(|rest| Some((&rest[rest.iter().position(|byte| *byte == b'"')? + 1..], rest)))
                .and_then(|(path, _)| path.strip_prefix(real).filter(|rest| rest.first() == Some(&b'/')));
            match path {
                Some(rest) => {
                    out.extend_from_slice(&line[..line.len() - rest.len() - real.len()]);
                    out.extend_from_slice(root);
                    out.extend_from_slice(rest);
                }
                None => out.extend_from_slice(line),
            }
        }
        out
    }

    /// Returns the hash of a staged file's text, independent of the location of the checkout.
    pub(in crate::pipeline) fn hash_of(&self, text: &[u8]) -> Hash {
        blake3::hash(&self.with_root(text, CHECKOUT.as_bytes()))
    }

    /// Returns the text of a staged file with the compilers' name for the checkout.
    pub(in crate::pipeline) fn with_seen_names(&self, text: &[u8]) -> Vec<u8> {
        self.with_root(text, self.seen.as_os_str().as_bytes())
    }

    /// Returns compiler output with a placeholder for this checkout.
    pub(in crate::pipeline) fn forget_names(&self, printed: &str) -> String {
        printed.replace(&*self.seen.to_string_lossy(), CHECKOUT)
    }

    /// Returns compiler output, from this or another checkout, with the names that the user knows.
    pub(in crate::pipeline) fn restore_names(&self, printed: &str) -> String {
        printed.replace(CHECKOUT, &self.real.to_string_lossy())
    }

    /// Returns the output of a tool that read objects of this checkout, with the names that the user knows.
    pub(in crate::pipeline) fn with_own_names(&self, printed: &str) -> String {
        let printed = self.restore_names(&self.forget_names(printed));
        if !printed.contains(IN_DEBUG_INFORMATION) {
            return printed;
        }
        let root = format!("{}/", self.real.display());
        let mut own = String::with_capacity(printed.len());
        for (place, part) in printed.split(IN_DEBUG_INFORMATION).enumerate() {
            if place > 0 {
                let begins = own.chars().next_back().is_none_or(|c| " \n:`'(".contains(c));
                own.push_str(if begins { &root } else { IN_DEBUG_INFORMATION });
            }
            own.push_str(part);
        }
        own
    }

    /// Returns the user's path for a path of the compilers.
    pub(in crate::pipeline) fn restore_name(&self, path: PathBuf) -> PathBuf {
        path.strip_prefix(&self.seen).map(|relative| self.real.join(relative)).unwrap_or(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout() -> Checkout {
        Checkout::new("/repo".into(), &Layout::new("/repo/.work".into()), Path::new("/cache/staging"))
    }

    #[test]
    fn what_is_in_the_checkout_has_another_name() {
        let checkout = checkout();
        let renamed = |path: &'static str| checkout.rename(Path::new(path)).into_owned();
        assert_eq!(renamed("/repo/src/a.h"), Path::new("/cache/staging/checkout/src/a.h"));
        assert_eq!(renamed("/repository/a.h"), Path::new("/repository/a.h"));
        assert_eq!(checkout.restore_name(renamed("/repo/a.h")), Path::new("/repo/a.h"));
        let inside =
            Checkout::new("/repo".into(), &Layout::new("/repo/.work".into()), Path::new("/repo/.cache"));
        let twice = inside.rename_text("/repo/a/").and_then(|once| inside.rename_text(&once));
        assert_eq!(inside.rename_text("/repo/a/").as_deref(), Some("/repo/.cache/checkout/a/"));
        assert_eq!(twice, None, "it has its name already");
        let printed = checkout.forget_names("/cache/staging/checkout/a.ino:1:2: error: x");
        assert!(!printed.contains("/cache"));
        assert_eq!(checkout.restore_names(&printed), "/repo/a.ino:1:2: error: x");
        assert!(checkout.is_tied("-I/repo/x") && !checkout.is_tied("-I/opt/x"));
        assert_eq!(
            checkout.with_own_names(
                "././a/A.ino:8: undefined\n/w/b.o:././b.c:1: x; /cache/staging/checkout/c.c y/././z"
            ),
            "/repo/a/A.ino:8: undefined\n/w/b.o:/repo/b.c:1: x; /repo/c.c y/././z"
        );
    }

    #[test]
    fn only_line_directives_of_the_checkout_are_changed() {
        let checkout = checkout();
        let text = "#include <Arduino.h>\n#line 1 \"/repo/a/a.ino\"\n// /repo/x\nchar *s = \"/repo/x\";\n\
                    #line 7 \"/repository/b.ino\"\n#line 9\n#line \"x";
        let changed = String::from_utf8(checkout.with_root(text.as_bytes(), b"/R")).unwrap();
        assert_eq!(changed, text.replace("\"/repo/a/a.ino\"", "\"/R/a/a.ino\""));
    }

    #[test]
    fn the_nearest_repository_is_the_checkout() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(at("repo/ci")).unwrap();
        std::fs::create_dir_all(at("other")).unwrap();
        std::fs::write(at("repo/.git"), "gitdir: elsewhere").unwrap();
        assert_eq!(Checkout::root_of(&at("repo/ci"), &at("repo/ci")), at("repo"));
        // The temporary directory itself may be in a repository.
        let root = Checkout::root_of(&at("other/ci"), &at("other"));
        assert!(root == at("other") || directory.path().starts_with(root));
    }
}
