//! Walks the directories below one, with links followed. Knows no sketch.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use walkdir::WalkDir;

/// Limit of the paths by which a directory is visited. With links there may be many, and with cyclic links infinitely
/// many.
const MOST_PATHS: usize = 8;

/// A visited path.
#[derive(Debug)]
pub(super) struct Visited<'a> {
    /// The path by which it was reached.
    pub(super) path: &'a Path,
    /// The same path without links to directories.
    pub(super) real: &'a Path,
    /// Number of links to directories on the path.
    pub(super) links: usize,
    /// Its kind.
    pub(super) kind: Kind,
}

/// Kind of a visited path.
#[derive(Debug)]
pub(super) enum Kind {
    /// A directory.
    Directory,
    /// Anything else that exists.
    File,
    /// A link whose target is missing or itself.
    Dangling,
    /// A directory that can't be read, with the error.
    Unreadable(io::Error),
}

/// Visits `start` and everything below it, at most `depth` deep, except hidden files and directories. Paths with fewer
/// links come first; paths with equally many are sorted.
///
/// # Errors
/// A `start` that can't be read.
pub(super) fn walk(
    start: &Path,
    depth: Option<usize>,
    visit: &mut impl FnMut(&Visited<'_>),
) -> io::Result<()> {
    fs::read_dir(start)?;
    let mut walker = Walker { paths: HashMap::new(), linked: Vec::new(), visit };
    let mut waiting = vec![(start.to_owned(), depth.unwrap_or(usize::MAX))];
    let mut links = 0;
    while !waiting.is_empty() {
        for (directory, depth) in waiting {
            walker.below(&directory, depth, links);
        }
        waiting = std::mem::take(&mut walker.linked);
        waiting.sort();
        links += 1;
    }
    Ok(())
}

struct Walker<'v, V> {
    /// Number of visits of each directory, by its path without links.
    paths: HashMap<PathBuf, usize>,
    /// Links to directories, each with the remaining depth.
    linked: Vec<(PathBuf, usize)>,
    visit: &'v mut V,
}

impl<V: FnMut(&Visited<'_>)> Walker<'_, V> {
    fn visit(&mut self, path: &Path, real: &Path, links: usize, kind: Kind) {
        (self.visit)(&Visited { path, real, links, kind });
    }

    /// Visits a directory and everything below it, without following links.
    fn below(&mut self, start: &Path, depth: usize, links: usize) {
        let Ok(real_start) = fs::canonicalize(start) else { return };
        let mut entries = WalkDir::new(start).max_depth(depth).sort_by_file_name().into_iter();
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(start).to_owned();
                    let real = real_of(&path, start, &real_start);
                    self.visit(&path, &real, links, Kind::Unreadable(error.into()));
                    continue;
                }
            };
            let (path, is_start) = (entry.path(), entry.depth() == 0);
            let is_directory = is_start || entry.file_type().is_dir();
            if !is_start && entry.file_name().as_encoded_bytes().starts_with(b".") {
                if is_directory {
                    entries.skip_current_dir();
                }
                continue;
            }
            let real = real_of(path, start, &real_start);
            if is_directory {
                let paths = self.paths.entry(real.clone()).or_default();
                *paths += 1;
                if *paths > MOST_PATHS {
                    entries.skip_current_dir();
                    continue;
                }
                self.visit(path, &real, links, Kind::Directory);
            } else if entry.file_type().is_symlink() {
                match fs::metadata(path) {
                    Ok(metadata) if metadata.is_dir() => {
                        self.linked.push((path.to_owned(), depth - entry.depth()));
                    }
                    Ok(_) => self.visit(path, &real, links, Kind::File),
                    Err(_) => self.visit(path, &real, links, Kind::Dangling),
                }
            } else {
                self.visit(path, &real, links, Kind::File);
            }
        }
    }
}

fn real_of(path: &Path, start: &Path, real_start: &Path) -> PathBuf {
    match path.strip_prefix(start) {
        Ok(below) if !below.as_os_str().is_empty() => real_start.join(below),
        _ => real_start.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn walked(start: &Path, depth: Option<usize>) -> Vec<String> {
        let real = start.canonicalize().unwrap();
        let mut lines = Vec::new();
        walk(start, depth, &mut |visited| {
            let below = |path: &Path, base: &Path| path.strip_prefix(base).unwrap().display().to_string();
            let path = below(visited.path, start);
            let kind = match visited.kind {
                Kind::Directory => "/",
                Kind::File => "",
                Kind::Dangling => "?",
                Kind::Unreadable(_) => "!",
            };
            let line = format!("{path}{kind}");
            let its = below(visited.real, &real);
            lines.push(if its == path { line } else { format!("{line} ({its}, {} links)", visited.links) });
        })
        .unwrap();
        lines
    }

    #[test]
    fn links_come_last_and_by_every_path() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir_all(at("real/inner")).unwrap();
        fs::create_dir_all(at(".hidden/inner")).unwrap();
        fs::write(at("real/inner/file"), "").unwrap();
        symlink("real", at("a")).unwrap();
        symlink("real/inner/file", at("b")).unwrap();
        symlink("nowhere", at("c")).unwrap();
        let expected = [
            "/",
            "b",
            "c?",
            "real/",
            "real/inner/",
            "real/inner/file",
            "a/ (real, 1 links)",
            "a/inner/ (real/inner, 1 links)",
            "a/inner/file (real/inner/file, 1 links)",
        ];
        assert_eq!(walked(directory.path(), None), expected);
        assert_eq!(walked(directory.path(), Some(1)), ["/", "b", "c?", "real/", "a/ (real, 1 links)"]);
    }

    #[test]
    fn a_circle_ends() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("d")).unwrap();
        symlink("..", directory.path().join("d/up")).unwrap();
        symlink("..", directory.path().join("d/over")).unwrap();
        let lines = walked(directory.path(), None);
        assert!(lines.len() <= 2 * MOST_PATHS, "{lines:?}");
    }

    #[test]
    fn a_start_that_is_missing_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(walk(&directory.path().join("x"), None, &mut |_| {}).is_err());
    }
}
