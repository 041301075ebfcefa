//! The key `libraries`: where each library comes from, and the boards that see it.

use super::super::diagnostic::Diagnostic;
use super::super::model::{LibraryEntry, LibrarySource};
use super::super::schema::{RawLibrary, RawLongLibrary};
use super::super::source::Spanned;
use super::super::syntax::Node;
use super::{Boards, Resolver, place};

impl Resolver<'_> {
    /// Returns the entry for an item of `libraries`, unless its source is wrong. `dependencies` is the matrix's default.
    pub(super) fn library(
        &mut self,
        raw: RawLibrary,
        node: &Node,
        boards: &Boards,
        dependencies: bool,
    ) -> Option<LibraryEntry> {
        let raw = match raw {
            RawLibrary::Long(long) => long,
            RawLibrary::Path(path) => RawLongLibrary { path: Some(path), ..RawLongLibrary::default() },
        };
        let wanted = raw.boards.as_ref().map(|names| {
            let node = node.get("boards").unwrap_or(node);
            self.library_boards(&Vec::from(names.clone()), node, boards)
        });
        let dependencies = raw.dependencies.unwrap_or(dependencies);
        let source = self.library_source(raw, node)?;
        Some(LibraryEntry { span: node.span, source, boards: wanted, dependencies, wanted_by: None })
    }

    fn library_source(&mut self, raw: RawLongLibrary, node: &Node) -> Option<LibrarySource> {
        let RawLongLibrary { path, name, version, git, rev, url, checksum, .. } = raw;
        for (key, is_there, with, is_with) in [
            ("version", version.is_some(), "name", name.is_some()),
            ("rev", rev.is_some(), "git", git.is_some()),
            ("checksum", checksum.is_some(), "url", url.is_some()),
        ] {
            if let (true, false, Some(entry)) = (is_there, is_with, node.entry(key)) {
                self.problem(entry.key, format!("the key `{key}` goes only with `{with}`"));
            }
        }
        let text = |text: String, key: &str| Spanned { value: text, span: place(node, key) };
        let source = match (path, name, git, url) {
            (Some(path), None, None, None) => LibrarySource::Path(self.path(&path, place(node, "path"))),
            (None, Some(name), None, None) => {
                let version = version.and_then(|version| self.version(version, place(node, "version")));
                LibrarySource::Index { name: text(name, "name"), version }
            }
            (None, None, Some(git), None) => {
                LibrarySource::Git { url: text(git, "git"), revision: rev.map(|rev| text(rev, "rev")) }
            }
            (None, None, None, Some(url)) => {
                if checksum.is_none() {
                    let help = "`checksum: SHA-256:…`, as `sha256sum` prints it";
                    let message = "a library from an address needs the key `checksum`";
                    self.problems.push(Diagnostic::new(place(node, "url"), message).help(help));
                }
                LibrarySource::Archive {
                    url: text(url, "url"),
                    checksum: text(checksum.unwrap_or_default(), "checksum"),
                }
            }
            _ => {
                let help =
                    "`path: DIRECTORY`, `name: NAME` of the library index, `git: ADDRESS` or `url: ADDRESS`";
                let message = "a library comes from exactly one of `path`, `name`, `git` and `url`";
                self.problems.push(Diagnostic::new(node.span, message).help(help));
                return None;
            }
        };
        let named = match &source {
            LibrarySource::Path(_) => None,
            LibrarySource::Index { name: text, .. }
            | LibrarySource::Git { url: text, .. }
            | LibrarySource::Archive { url: text, .. } => Some(text),
        };
        if let Some(empty) = named.filter(|text| text.value.trim().is_empty()) {
            self.problem(empty.span, "this is empty");
        }
        if let LibrarySource::Git { url, revision } = &source {
            // An option of git is no address, and no revision.
            for text in [Some(url), revision.as_ref()].into_iter().flatten() {
                if text.value.starts_with('-') {
                    self.problem(text.span, "this begins with `-`");
                }
            }
        }
        Some(source)
    }
}
