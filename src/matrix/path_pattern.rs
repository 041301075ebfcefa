//! A path or glob of the matrix, split into the directory where a search begins and the glob below it. Reads no file.

use std::path::{Component, Path, PathBuf};

use globset::GlobMatcher;

use super::name_glob::compile;

/// A path, or a glob over paths.
#[derive(Debug, Clone)]
pub(super) struct PathPattern {
    /// The pattern as written.
    pub(super) text: String,
    /// The part before the first component with a glob; everything if there is none.
    pub(super) prefix: PathBuf,
    /// The part from there on.
    pub(super) glob: Option<PathGlob>,
}

/// The part of a pattern from its first component with a glob on.
#[derive(Debug, Clone)]
pub(super) struct PathGlob {
    /// Matches paths relative to the prefix.
    pub(super) matcher: GlobMatcher,
    /// Whether the glob is `**` alone, which also matches the prefix itself.
    pub(super) everything: bool,
    /// Number of levels that it can match; `None` without limit.
    pub(super) depth: Option<usize>,
    /// Whether it names files by their extension, not directories.
    pub(super) files: bool,
}

/// Extensions of files that are sketches on their own.
pub(super) const SKETCH_EXTENSIONS: [&str; 4] = ["ino", "pde", "cpp", "c"];

impl PathPattern {
    /// Splits and compiles a pattern.
    ///
    /// # Errors
    /// The reason why the text is no path or glob.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty".to_owned());
        }
        let is_glob = |component: &str| component.contains(['*', '?', '[', '{', '\\']);
        let components: Vec<&str> = text.split('/').collect();
        let first = components.iter().position(|component| is_glob(component)).unwrap_or(components.len());
        let (literal, rest) = components.split_at(first);
        let mut prefix: PathBuf = literal.join("/").into();
        if text.starts_with('/') && prefix.as_os_str().is_empty() {
            prefix.push("/");
        }
        let rest: Vec<&str> = rest.iter().copied().filter(|part| !part.is_empty() && *part != ".").collect();
        if rest.contains(&"..") {
            return Err("`..` can't stand behind a glob".to_owned());
        }
        let glob = if rest.is_empty() { None } else { Some(PathGlob::new(&rest)?) };
        Ok(Self { text: text.to_owned(), prefix, glob })
    }

    /// Returns whether the pattern names `path`, or a directory above it, relative to the directory `root`. Both are
    /// absolute and normalised.
    pub(super) fn covers(&self, root: &Path, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(normalised(&root.join(&self.prefix))) else { return false };
        let named = |part: &Path| !part.as_os_str().is_empty();
        self.glob.as_ref().is_none_or(|glob| {
            glob.everything
                || below.ancestors().filter(|part| named(part)).any(|part| glob.matcher.is_match(part))
        })
    }

    /// Returns whether it stays below the directory that it is relative to.
    pub(super) fn stays_below(&self) -> bool {
        let inside = |component| matches!(component, Component::Normal(_) | Component::CurDir);
        self.prefix.components().all(inside)
    }
}

impl PathGlob {
    fn new(components: &[&str]) -> Result<Self, String> {
        let text = components.join("/");
        let glob = compile(&text).map_err(|error| error.kind().to_string())?;
        // Braces may contain separators, so that components can't be counted.
        let unlimited = text.contains("**") || text.contains('{');
        let last = components.last().copied().unwrap_or_default();
        Ok(Self {
            matcher: glob.compile_matcher(),
            everything: text == "**",
            depth: (!unlimited).then_some(components.len()),
            files: SKETCH_EXTENSIONS.iter().any(|extension| last.ends_with(&format!(".{extension}"))),
        })
    }
}

/// Resolves `.` and `..` in an absolute path by text alone, without the file system.
pub(super) fn normalised(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// Returns the path from the directory `base` to `target`, with `/`. Both are absolute and normalised. The result
/// always ends with the target's own name, so that it can name something: the directory `/a/b` relative to itself is
/// `../b`.
pub(super) fn relative(base: &Path, target: &Path) -> String {
    let base: Vec<Component> = base.components().collect();
    let target: Vec<Component> = target.components().collect();
    let parents = target.len().saturating_sub(1);
    let common = base.iter().zip(&target[..parents]).take_while(|(one, other)| one == other).count();
    let up = std::iter::repeat_n("..".to_owned(), base.len() - common);
    let down = target[common..].iter().map(|component| component.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<String>>().join("/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_search_begins_before_the_first_glob() {
        let split = |text: &str| {
            let pattern = PathPattern::new(text).unwrap();
            (pattern.prefix.display().to_string(), pattern.glob.map(|glob| glob.matcher.glob().to_string()))
        };
        assert_eq!(split("../examples/Fade"), ("../examples/Fade".to_owned(), None));
        assert_eq!(split("../examples/**"), ("../examples".to_owned(), Some("**".to_owned())));
        assert_eq!(split("a/0?.*/B*/"), ("a".to_owned(), Some("0?.*/B*".to_owned())));
        assert_eq!(split("/**"), ("/".to_owned(), Some("**".to_owned())));
        assert_eq!(split("/abs/x"), ("/abs/x".to_owned(), None));
        assert_eq!(split("*"), (String::new(), Some("*".to_owned())));
    }

    #[test]
    fn depth_and_files() {
        let glob = |text: &str| PathPattern::new(text).unwrap().glob.unwrap();
        assert_eq!(glob("a/*/b*").depth, Some(2));
        assert_eq!(glob("a/**/b").depth, None);
        assert_eq!(glob("a/{b,c/d}").depth, None);
        assert!(glob("a/*.cpp").files);
        assert!(!glob("a/*").files);
    }

    #[test]
    fn a_path_is_covered_by_itself_and_what_is_above() {
        let covers = |text: &str, path: &str| {
            PathPattern::new(text).unwrap().covers(Path::new("/m/matrices"), Path::new(path))
        };
        assert!(covers("../examples/more", "/m/examples/more"));
        assert!(covers("../examples/more", "/m/examples/more/A/B"));
        assert!(!covers("../examples/more", "/m/examples/moreover"));
        assert!(covers("../examples/*/old", "/m/examples/x/old/A"));
        assert!(!covers("../examples/*/old", "/m/examples/old/A"));
        assert!(covers("../examples/**", "/m/examples/A"));
        assert!(covers("**/old*", "/m/matrices/a/older/b/A"));
        assert!(!covers("**/old*", "/m/examples/old"));
        assert!(covers("a/*.ino", "/m/matrices/a/b.ino"));
    }

    #[test]
    fn names_are_relative_and_end_in_a_name() {
        let name = |base, target| relative(Path::new(base), Path::new(target));
        assert_eq!(name("/r/matrices", "/r/examples/Fade"), "../examples/Fade");
        assert_eq!(name("/r", "/r/Fade"), "Fade");
        assert_eq!(name("/r/Fade", "/r/Fade"), "../Fade");
        assert_eq!(name("/r/Fade/x", "/r/Fade"), "../../Fade");
        assert_eq!(name("/", "/Fade"), "Fade");
    }

    proptest! {
        #[test]
        fn relative_is_the_inverse_of_joining(base in "(/[abc]){0,4}", target in "(/[abc]){1,4}") {
            let base = normalised(Path::new(&format!("/{base}")));
            let target = normalised(Path::new(&target));
            let name = relative(&base, &target);
            prop_assert_eq!(normalised(&base.join(&name)), target, "{}", name);
        }

        #[test]
        fn never_panics(text in "[a*?\\[\\]{},!/\\\\.-]{0,16}|\\PC*") {
            let _ = PathPattern::new(&text);
        }
    }
}
