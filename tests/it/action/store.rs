//! Stand-in for GitHub's cache service and its actions `cache/restore` and `cache/save`: keys, prefixes, path patterns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All caches of a repository, the oldest first.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    key: String,
    /// The text of the input `path`: on GitHub a part of the key.
    version: String,
    /// Each path, as it was when it was saved.
    paths: Vec<PathBuf>,
}

impl Store {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, entries: Vec::new() }
    }

    /// The keys of all caches, the oldest first.
    pub(super) fn keys(&self) -> Vec<String> {
        self.entries.iter().map(|entry| entry.key.clone()).collect()
    }

    /// Saves what `patterns` match. A key that is taken is left alone, as on GitHub.
    #[track_caller]
    pub(super) fn save(&mut self, key: &str, patterns: &str) {
        assert_key(key);
        if self.entries.iter().any(|entry| entry.key == key && entry.version == patterns) {
            return;
        }
        let paths = matches(patterns);
        assert!(!paths.is_empty(), "GitHub refuses to save nothing: {patterns}");
        for (number, path) in paths.iter().enumerate() {
            copy(path, &self.saved(self.entries.len(), number));
        }
        self.entries.push(Entry { key: key.to_owned(), version: patterns.to_owned(), paths });
    }

    /// Puts back the cache with this key, or else the newest one whose key starts with `prefix`. Returns its key.
    #[track_caller]
    pub(super) fn restore(&self, key: &str, prefix: Option<&str>, patterns: &str) -> Option<String> {
        assert_key(key);
        matches(patterns);
        let find = |wanted: &dyn Fn(&str) -> bool| {
            self.entries.iter().rposition(|entry| entry.version == patterns && wanted(&entry.key))
        };
        let found = find(&|candidate| candidate == key)
            .or_else(|| prefix.and_then(|prefix| find(&|candidate| candidate.starts_with(prefix))))?;
        for (number, path) in self.entries[found].paths.iter().enumerate() {
            copy(&self.saved(found, number), path);
        }
        Some(self.entries[found].key.clone())
    }

    fn saved(&self, entry: usize, number: usize) -> PathBuf {
        self.directory.join(format!("{entry}/{number}"))
    }
}

/// The rules of the cache service.
#[track_caller]
fn assert_key(key: &str) {
    assert!(!key.is_empty() && key.len() <= 512 && !key.contains(','), "a key: `{key}`");
    assert!(!key.contains(char::is_whitespace), "a key: `{key}`");
}

/// The paths that patterns match, one a line, as `@actions/glob` does: what it refuses fails the test.
#[track_caller]
fn matches(patterns: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for line in patterns.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let pattern = line.strip_prefix('!').unwrap_or(line);
        assert!(pattern.starts_with('/'), "absolute: {pattern}");
        let segments: Vec<&str> = pattern[1..].split('/').collect();
        for segment in &segments {
            assert!(!["", ".", ".."].contains(segment), "no `.`, `..` or empty segment: {pattern}");
            assert!(*segment == "*" || !segment.contains(['*', '?', '[', ']', '\\']), "literal: {pattern}");
        }
        let mut paths = vec![PathBuf::from("/")];
        for segment in segments {
            let inner = |path: &PathBuf| match segment {
                "*" => children(path),
                name => vec![path.join(name)],
            };
            paths = paths.iter().flat_map(inner).filter(|path| path.symlink_metadata().is_ok()).collect();
        }
        if line.starts_with('!') {
            found.retain(|path| !paths.contains(path));
        } else {
            found.extend(paths);
        }
    }
    found
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Replaces `to` by a copy of `from`, with its dates.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let _ = fs::remove_dir_all(to).or_else(|_| fs::remove_file(to));
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success(), "{} to {}", from.display(), to.display());
}
