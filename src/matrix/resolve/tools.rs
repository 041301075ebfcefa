//! The key `tools` of a core: directories, Debian packages and Python packages, with checks of their names.

use std::path::{Component, Path, PathBuf};

use super::super::diagnostic::Diagnostic;
use super::super::model::{Packages, Tool};
use super::super::path_pattern::normalised;
use super::super::schema::{RawPackages, RawTool};
use super::super::source::Span;
use super::super::syntax::Node;
use super::{Resolver, place};
use crate::nearest::quoted;

impl Resolver<'_> {
    /// Returns the source of a core's tool.
    pub(super) fn tool(&mut self, raw: RawTool, node: &Node) -> Tool {
        match raw {
            RawTool::Path(path) => Tool::Directory(self.path(&path, node.span).value),
            RawTool::Packages(packages) => self.packages(packages, node),
        }
    }

    fn packages(&mut self, raw: RawPackages, node: &Node) -> Tool {
        let span = node.span;
        let lock = raw.lock.map(|path| self.path(&path, span).value);
        match (raw.apt, raw.pypi) {
            (Some(_), Some(_)) => {
                self.problem(span, "a tool comes from `apt` or from `pypi`, not from both");
                Tool::Apt(Packages::default())
            }
            (None, Some(packages)) => {
                if raw.suite.is_some() {
                    self.problem(span, "the key `suite` goes only with `apt`");
                }
                let packages: Vec<String> = packages.into();
                self.named(
                    &packages,
                    span,
                    is_pinned,
                    "is no package with its version, as in `esptool==5.1.0`",
                );
                let path = raw.path.map(|path| self.package_directory(&path, place(node, "path")));
                Tool::Pypi { packages, lock, path }
            }
            (names, None) => {
                if lock.is_some() {
                    self.problem(span, "the key `lock` goes only with `pypi`");
                }
                if let Some(key) = raw.path.and(node.entry("path")).map(|entry| entry.key) {
                    let help =
                        "the directory of a tool that is not in a package is written as `NAME: DIRECTORY`";
                    let message = "the key `path` goes only with `pypi`";
                    self.problems.push(Diagnostic::new(key, message).help(help));
                }
                let names: Vec<String> = names.map(Vec::from).unwrap_or_default();
                // An option, a version or a pattern of apt is no package name.
                self.named(&names, span, is_package_name, "can't be a package's name");
                if let Some(suite) = raw.suite.as_ref().filter(|suite| !is_suite_name(suite)) {
                    self.problem(span, format!("{} can't be a release's name", quoted(suite)));
                }
                Tool::Apt(Packages { names, suite: raw.suite })
            }
        }
    }

    /// Returns a directory in the `site-packages` of an environment.
    fn package_directory(&mut self, text: &str, span: Span) -> PathBuf {
        let path = Path::new(text);
        let is_inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if text.is_empty() {
            self.problem(span, "the path is empty");
        } else if !path.components().all(is_inside) {
            let message = format!("{} is not inside the environment's `site-packages`", quoted(text));
            let help = "a relative path without `..`: the package's directory that holds its `bin`";
            self.problems.push(Diagnostic::new(span, message).help(help));
        }
        normalised(path)
    }

    /// Checks that there are names, and that each is valid.
    fn named(&mut self, names: &[String], span: Span, is_name: fn(&str) -> bool, problem: &str) {
        if names.is_empty() {
            self.problem(span, "no package is named");
        }
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            self.problem(span, format!("{} {problem}", quoted(name)));
        }
    }
}

/// Checks Debian's rule for package names (policy, 5.6.7).
fn is_package_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c))
}

/// Returns whether a text can be a directory in an archive's `dists`: `trixie`, `bookworm-backports`.
fn is_suite_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}

/// Returns whether a text is `NAME==VERSION` ("Names and normalization", "Version specifiers" of the packaging
/// specifications). Rejects options, paths and patterns of pip.
fn is_pinned(text: &str) -> bool {
    let part = |text: &str, others: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
    };
    text.split_once("==").is_some_and(|(name, version)| part(name, "-_.") && part(version, ".!+-_"))
}
