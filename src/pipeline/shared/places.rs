//! Directories that differ between checkouts: the build directory of a job, the work directory and the
//! checkout.
//!
//! Keys and stored text have a placeholder for each, so that firmware that was linked in one checkout is a
//! cache hit in another. Restoring replaces a placeholder with the directory's name in this run.

use std::path::Path;

use super::checkout::{CHECKOUT, Checkout};
use super::key::Key;
use crate::includes::Hash;

/// Placeholder for the build directory of a job.
const BUILD: &str = "\u{1}directory";

/// Placeholder for the work directory.
const WORK: &str = "\u{1}work";

/// Placeholder for the directory of a staged sketch.
const STAGED: &str = "\u{1}staged";

/// The possible keys of a result.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct ResultKeys {
    /// Key of a result that names neither checkout, work directory nor build directory: it is the same wherever it is
    /// made.
    pub(in crate::pipeline) portable: Hash,
    /// Key of a result that names the checkout only (`__FILE__`): it is valid for every work directory.
    pub(in crate::pipeline) checkout: Hash,
    /// Key of any other result: it is valid for these directories only.
    pub(in crate::pipeline) local: Hash,
}

impl ResultKeys {
    /// Returns all keys, in lookup order.
    pub(in crate::pipeline) fn all(&self) -> [Hash; 3] {
        [self.portable, self.checkout, self.local]
    }

    /// Returns the key of a result with these names.
    pub(in crate::pipeline) fn of(&self, named: Named) -> Hash {
        match named {
            Named::Nothing => self.portable,
            Named::Checkout => self.checkout,
            Named::Other => self.local,
        }
    }
}

/// The directories that a result names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pipeline) enum Named {
    #[default]
    Nothing,
    /// The checkout.
    Checkout,
    /// The work directory, the build directory, or one of the directories without symbolic links.
    Other,
}

/// The directories of one job with their placeholders.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Places {
    /// Names with placeholders, inner directories first.
    names: Vec<(String, &'static str)>,
    /// Names of checkout and work directory without symbolic links, if they differ.
    physical: Vec<String>,
}

impl Places {
    /// Returns the directories of a job whose build directory is `directory`.
    pub(in crate::pipeline) fn of(checkout: &Checkout, directory: &Path) -> Self {
        let mut names = vec![
            (directory.display().to_string(), BUILD),
            (checkout.work().display().to_string(), WORK),
            (checkout.root().display().to_string(), CHECKOUT),
        ];
        // The root of the file system is part of every path.
        names.retain(|(name, _)| name.len() > 1);
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let physical = checkout.physical().map(|path| path.display().to_string());
        Self { names, physical: physical.filter(|name| name.len() > 1).collect() }
    }

    /// Returns the same with a placeholder for the directory of the staged sketch that `path` belongs to, if it is staged:
    /// the directory's name differs between checkouts.
    #[must_use]
    pub(in crate::pipeline) fn with_staged(mut self, checkout: &Checkout, path: &Path) -> Self {
        if let Some((root, _)) = checkout.staged(path) {
            self.names.push((root.display().to_string(), STAGED));
            self.names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        }
        self
    }

    /// Returns a text with placeholders for the directories.
    pub(in crate::pipeline) fn forget(&self, text: &str) -> String {
        let mut kept = text.to_owned();
        for (name, placeholder) in &self.names {
            kept = replace_path(&kept, name, placeholder);
        }
        kept
    }

    /// Returns a text with the directories' names in this run.
    pub(in crate::pipeline) fn restore(&self, text: &str) -> String {
        let mut restored = text.to_owned();
        for (name, placeholder) in &self.names {
            restored = restored.replace(placeholder, name);
        }
        restored
    }

    /// Whether placeholders can replace all names of the directories in a text.
    pub(in crate::pipeline) fn can_be_forgotten_in(&self, text: &str) -> bool {
        let forgotten = self.forget(text);
        self.named_in(forgotten.as_bytes()) == Named::Nothing && self.restore(&forgotten) == text
    }

    /// Returns the directories that texts name where placeholders can't replace the names.
    pub(in crate::pipeline) fn left_in<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Named {
        let left = texts.filter(|text| !self.can_be_forgotten_in(text));
        left.map(|text| self.named_in(text.as_bytes())).max().unwrap_or_default()
    }

    /// Returns the possible keys of a result with the key `portable`.
    pub(in crate::pipeline) fn keys(&self, portable: Hash) -> ResultKeys {
        let local = Key::new("local").add(portable.as_bytes()).add(self.key().as_bytes()).finish();
        let mut checkout = Key::new("checkout");
        checkout.add(portable.as_bytes());
        for (name, _) in self.names.iter().filter(|(_, placeholder)| *placeholder == CHECKOUT) {
            checkout.add(name.as_bytes());
        }
        ResultKeys { portable, checkout: checkout.finish(), local }
    }

    /// Returns which of the directories a file names.
    pub(in crate::pipeline) fn named_in(&self, bytes: &[u8]) -> Named {
        let has = |name: &String| memchr::memmem::find(bytes, name.as_bytes()).is_some();
        let (checkout, others): (Vec<_>, Vec<_>) =
            self.names.iter().partition(|(_, placeholder)| *placeholder == CHECKOUT);
        // The work directory may be in the checkout.
        if others.into_iter().map(|(name, _)| name).chain(&self.physical).any(has) {
            Named::Other
        } else if checkout.into_iter().any(|(name, _)| has(name)) {
            Named::Checkout
        } else {
            Named::Nothing
        }
    }

    /// Returns a key over the names, for a result that is valid for these directories only.
    pub(in crate::pipeline) fn key(&self) -> Hash {
        let mut key = Key::new("places");
        for (name, _) in &self.names {
            key.add(name.as_bytes());
        }
        key.finish()
    }
}

/// Replaces `path` in a text where it is a whole path or the beginning of one: neither `/home/repo` nor
/// `/repository` contains `/repo`.
fn replace_path(text: &str, path: &str, with: &str) -> String {
    const AROUND: &str = "=,:;'\"`()[]<>{}@|&\n\t ";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, behind) = (&rest[..at], &rest[at + path.len()..]);
        kept.push_str(before);
        // An option may precede a path without a space: `-L/repo`.
        let word = kept.rsplit(|c| AROUND.contains(c)).next().unwrap_or_default();
        let is_option = word.starts_with('-') && !word.contains(['/', '~', '.']);
        let begins = word.is_empty() || is_option;
        let ends = behind.chars().next().is_none_or(|c| c == '/' || AROUND.contains(c));
        kept.push_str(if begins && ends { with } else { path });
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Layout;

    fn places(root: &str, work: &str, cell: &str) -> Places {
        let layout = Layout::new(work.into());
        let checkout = Checkout::new(root.into(), &layout, Path::new("/cache/staging"));
        Places::of(&checkout, &Path::new(work).join(cell))
    }

    #[test]
    fn a_text_is_the_same_in_every_checkout() {
        let (one, two) =
            (places("/one", "/one/.w", "cells/a"), places("/far/two", "/elsewhere/w", "cells/a"));
        let here = "-L/one/.w/cells/a -T/one/b.ld @/one/.w/x /one/.w/cells/a/s.o:/one/a.ino:3: /usr/lib/avr";
        let there = "-L/elsewhere/w/cells/a -T/far/two/b.ld @/elsewhere/w/x \
                     /elsewhere/w/cells/a/s.o:/far/two/a.ino:3: /usr/lib/avr";
        assert_eq!(one.forget(here), two.forget(there));
        assert_eq!(two.restore(&one.forget(here)), there);
        assert_ne!(one.key(), two.key());
        assert_eq!(
            (one.named_in(here.as_bytes()), one.named_in(there.as_bytes())),
            (Named::Other, Named::Nothing)
        );
        assert_eq!(one.named_in(b"x\0/one/src/a.cpp\0"), Named::Checkout);
    }

    #[test]
    fn what_only_looks_like_a_place_stays() {
        let places = places("/repo", "/repo/.w", "c");
        for text in [
            "/home/repo/a",
            "-I/home/repo",
            "/repository/a",
            "./repo/a",
            "~/repo/a",
            "/repo-2",
            "/repo.x",
            "lib/repo/a",
        ] {
            assert_eq!(places.forget(text), text);
        }
        for text in ["/repo", "-L/repo", "--map=/repo/x", "'/repo/x'", "a,/repo/x", "\n/repo/a.ino:1: x"] {
            assert_ne!(places.forget(text), text);
            assert_eq!(places.restore(&places.forget(text)), text);
        }
    }

    #[test]
    fn a_result_has_the_key_of_what_it_still_names() {
        let (one, two) = (places("/one", "/w1", "c"), places("/one", "/w2", "c"));
        let [here, there] = [&one, &two].map(|places| places.keys(blake3::hash(b"result")));
        let left = |texts: &[&str]| one.left_in(texts.iter().copied());
        assert_eq!(left(&["-I/one/a", "/w1/c/x.o: no"]), Named::Nothing);
        assert_eq!(left(&["/w1/x", "x/one/a"]), Named::Checkout);
        assert_eq!(left(&["x/one/a", "x/w1/a"]), Named::Other);
        let same = |named| here.of(named) == there.of(named);
        assert_eq!([Named::Nothing, Named::Checkout, Named::Other].map(same), [true, true, false]);
    }

    #[test]
    fn the_root_of_the_file_system_is_no_place() {
        let places = places("/", "/w", "c");
        assert_eq!(places.forget("/usr/lib"), "/usr/lib");
        assert_eq!(places.named_in(b"/usr/lib"), Named::Nothing);
    }
}
