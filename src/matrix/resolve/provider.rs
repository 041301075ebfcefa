//! The key `provider` of a core, and the keys that go with it.

use super::super::diagnostic::Diagnostic;
use super::super::model::{IndexedCore, Provider};
use super::super::schema::{RawCore, RawProvider, RawScalar, RawTool};
use super::super::source::{Span, Spanned};
use super::super::syntax::Node;
use super::{Resolver, place};
use crate::nearest::quoted;
use crate::versions::VersionRange;

/// The keys that go only with some providers.
const KEYS: [(&str, &[RawProvider]); 5] = [
    ("path", &[RawProvider::Path, RawProvider::DataDir]),
    ("tools", &[RawProvider::Path]),
    ("version", &[RawProvider::Index, RawProvider::DataDir]),
    ("url", &[RawProvider::Index]),
    ("key", &[RawProvider::Index]),
];

impl Resolver<'_> {
    /// Returns the provider of a core.
    pub(super) fn provider(&mut self, raw: &mut RawCore, node: &Node) -> Provider {
        self.keys_of_provider(raw.provider, node);
        let path = raw.path.take().map(|path| self.path(&path, place(node, "path")));
        let version = raw.version.take().and_then(|version| self.version(version, place(node, "version")));
        match (raw.provider, path) {
            (Some(RawProvider::Apt), _) => Provider::Apt,
            (Some(RawProvider::Index), _) => self.indexed(raw, version, node),
            (Some(RawProvider::DataDir), dir) => Provider::DataDir { dir, version },
            (Some(RawProvider::Path), Some(dir)) => {
                let tools = node.get("tools");
                let tool = |(name, tool): (String, RawTool)| {
                    let node = tools.and_then(|tools| tools.get(&name)).unwrap_or(node);
                    let tool = self.tool(tool, node);
                    (name, tool)
                };
                let tools = std::mem::take(&mut raw.tools);
                Provider::Path { dir, tools: tools.into_iter().map(tool).collect() }
            }
            (Some(RawProvider::Path), None) => {
                let help = "the directory with the core's `boards.txt` and `platform.txt`";
                let message = "`provider: path` needs the key `path`";
                self.problems.push(Diagnostic::new(place(node, "provider"), message).help(help));
                Provider::Installed
            }
            (None, _) => Provider::Installed,
        }
    }

    /// Reports keys that do not go with the provider.
    fn keys_of_provider(&mut self, provider: Option<RawProvider>, node: &Node) {
        for (name, providers) in KEYS {
            let Some(entry) = node.entry(name) else { continue };
            if provider.is_none_or(|provider| !providers.contains(&provider)) {
                let words: Vec<String> =
                    providers.iter().map(|provider| format!("`provider: {}`", provider.word())).collect();
                self.problem(entry.key, format!("the key `{name}` goes only with {}", words.join(" or ")));
            }
        }
    }

    fn indexed(
        &mut self,
        raw: &mut RawCore,
        version: Option<Spanned<VersionRange>>,
        node: &Node,
    ) -> Provider {
        let texts: Vec<String> = raw.url.take().map(Vec::from).unwrap_or_default();
        let nodes = node.get("url").map(Node::each).unwrap_or_default();
        let mut urls = Vec::with_capacity(texts.len());
        for (text, node) in texts.iter().zip(nodes) {
            urls.extend(self.address(text, node.span));
        }
        let key = raw.key.take().map(|path| self.path(&path, place(node, "key")));
        if let (Some(key), true) = (&key, urls.is_empty()) {
            self.problem(key.span, "the key `key` goes only with `url`");
        }
        Provider::Index(IndexedCore { version, urls, key })
    }

    /// Returns the address of an index: a URL, or the absolute form of a path.
    fn address(&mut self, text: &str, span: Span) -> Option<Spanned<String>> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        match scheme {
            "http" | "https" | "file" if !rest.is_empty() => Some(Spanned { value: text.to_owned(), span }),
            "" if !text.is_empty() && !text.contains("://") => {
                let path = self.path(text, span).value;
                Some(Spanned { value: path.to_string_lossy().into_owned(), span })
            }
            _ => {
                let message = format!("{} is not the address of an index", quoted(text));
                let help = "`https://…/package_NAME_index.json`, `file:///…`, or a path";
                self.problems.push(Diagnostic::new(span, message).help(help));
                None
            }
        }
    }

    /// Returns a range of versions, or an exact version.
    pub(super) fn version(&mut self, raw: RawScalar, span: Span) -> Option<Spanned<VersionRange>> {
        let text = String::from(raw);
        match text.parse::<VersionRange>() {
            Ok(range) => Some(Spanned { value: range, span }),
            Err(error) => {
                let message = format!("{} is not a version or a range of versions: {error}", quoted(&text));
                let help = "`1.8.6` is exact; `1.8.*`, `^1.8`, `>=1.8 && <2.0` are ranges";
                self.problems.push(Diagnostic::new(span, message).help(help));
                None
            }
        }
    }
}
