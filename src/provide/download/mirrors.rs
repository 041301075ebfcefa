//! Replacements of URL prefixes. Knows no network.

use super::redact::{redacted, without_credentials};

/// Mirrors: URL prefixes and their replacements.
#[derive(Clone, Default)]
pub(crate) struct Mirrors {
    /// Normalised prefix without credentials, and replacement; longest prefix first.
    entries: Vec<(String, String)>,
}

impl Mirrors {
    /// Creates mirrors from pairs of prefix and replacement.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut entries: Vec<(String, String)> =
            pairs.into_iter().map(|(prefix, target)| (without_credentials(&prefix), target)).collect();
        entries.retain(|(prefix, _)| !prefix.is_empty());
        entries.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Self { entries }
    }

    /// Returns the URL with its longest known prefix replaced; `None` where no prefix matches.
    ///
    /// A prefix matches whole path segments only: `https://a/x` is a prefix of `https://a/x/y`, not of `https://a/xy`.
    /// Credentials of `url` don't reach the mirror.
    pub(super) fn replace(&self, url: &str) -> Option<String> {
        let url = without_credentials(url);
        self.entries.iter().find_map(|(prefix, target)| {
            let rest = url.strip_prefix(prefix.as_str())?;
            let whole = prefix.ends_with('/') || rest.is_empty() || rest.starts_with(['/', '?', '#']);
            if !whole {
                return None;
            }
            let base = target.trim_end_matches('/');
            Some(match rest.trim_start_matches('/') {
                "" if !prefix.ends_with('/') => target.clone(),
                rest if rest.starts_with(['?', '#']) => format!("{target}{rest}"),
                rest => format!("{base}/{rest}"),
            })
        })
    }
}

impl std::fmt::Debug for Mirrors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = self.entries.iter().map(|(prefix, target)| (redacted(prefix), redacted(target)));
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors(pairs: &[(&str, &str)]) -> Mirrors {
        Mirrors::new(pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())))
    }

    #[test]
    fn the_longest_prefix_wins() {
        let mirrors = mirrors(&[
            ("https://a/", "https://b/"),
            ("https://a/x/", "https://c/y"),
            ("https://a/x/z.zip", "file:///z.zip"),
            ("HTTPS://D.example", "http://e/f/"),
        ]);
        for (url, to) in [
            ("https://a/1.zip", Some("https://b/1.zip")),
            ("https://a/x/1.zip?v=1#n", Some("https://c/y/1.zip?v=1#n")),
            ("https://a/x/z.zip", Some("file:///z.zip")),
            ("https://a/x/z.zipper", Some("https://c/y/z.zipper")),
            ("https://user:password@A/1.zip", Some("https://b/1.zip")),
            ("https://d.example/1.zip", Some("http://e/f/1.zip")),
            ("https://d.example.evil/1.zip", None),
            ("http://a/1.zip", None),
            ("/local", None),
        ] {
            assert_eq!(mirrors.replace(url).as_deref(), to, "{url}");
        }
    }

    #[test]
    fn a_prefix_is_whole_segments() {
        let mirrors = mirrors(&[("https://a/x", "https://b/y")]);
        assert_eq!(mirrors.replace("https://a/x/1").as_deref(), Some("https://b/y/1"));
        assert_eq!(mirrors.replace("https://a/x").as_deref(), Some("https://b/y"));
        assert_eq!(mirrors.replace("https://a/x?q").as_deref(), Some("https://b/y?q"));
        assert_eq!(mirrors.replace("https://a/xy"), None);
    }

    #[test]
    fn debug_shows_no_password() {
        let mirrors = mirrors(&[("https://a/", "https://u:secret@b/")]);
        assert!(!format!("{mirrors:?}").contains("secret"));
    }
}
