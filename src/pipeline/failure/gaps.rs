//! Explains why a file is missing: a dangling link, a submodule that was not fetched, or a pointer of Git
//! LFS. Runs only after a failure; no build depends on it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// First bytes of a pointer file of Git LFS.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Returns why a path does not exist, if it is a dangling link or lies below a link to an empty directory.
pub(in crate::pipeline) fn gap_above(path: &Path) -> Option<String> {
    path.ancestors().filter(|path| !path.as_os_str().is_empty()).find_map(gap)
}

/// Returns the links below a directory that dangle or lead to an empty directory, and that could contain
/// `missing`.
pub(in crate::pipeline) fn gaps(directory: &Path, missing: &Path) -> Vec<String> {
    let links = walkdir::WalkDir::new(directory).sort_by_file_name().into_iter().flatten();
    let links = links.filter(|entry| entry.path_is_symlink() && lies_behind(missing, entry.path()));
    links.filter_map(|link| gap(link.path())).collect()
}

/// Whether a relative path, as an include names it, can be `place` or below it: `api/Api.h` for `…/api`.
fn lies_behind(missing: &Path, place: &Path) -> bool {
    let names = missing.components().filter(|part| matches!(part, Component::Normal(_)));
    let names: PathBuf = names.collect();
    names.ancestors().any(|start| !start.as_os_str().is_empty() && place.ends_with(start))
}

/// Returns why nothing can be below a link.
fn gap(link: &Path) -> Option<String> {
    let to = fs::read_link(link).ok()?;
    let what = match fs::metadata(link) {
        Err(_) => "which is missing",
        Ok(meta) if meta.is_dir() && is_empty(link) => "which is empty",
        Ok(_) => return None,
    };
    Some(format!("{} is a link to {}, {what}", link.display(), to.display()))
}

/// Returns the submodules of a repository that were not fetched and that could contain `missing`.
pub(in crate::pipeline) fn empty_submodules(directory: &Path, missing: &Path) -> Vec<String> {
    let text = fs::read_to_string(directory.join(".gitmodules")).unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.trim().strip_prefix("path")?.trim().strip_prefix('='));
    paths
        .map(|path| directory.join(path.trim()))
        .filter(|path| lies_behind(missing, path) && is_empty(path))
        .map(|path| format!("the submodule {} was not fetched", path.display()))
        .collect()
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}

/// Returns the file in a tool's error message that is a mere pointer of Git LFS.
pub(in crate::pipeline) fn pointer(printed: &str) -> Option<PathBuf> {
    // `ld:/core/vendor.a: file format not recognized`, `/core/main.c:1:1: error: …`.
    let words = printed.lines().flat_map(|line| line.split([':', '\'', '`', '"'])).map(str::trim);
    words.filter(|word| word.contains('/')).map(PathBuf::from).find(|path| is_pointer(path))
}

fn is_pointer(path: &Path) -> bool {
    let mut start = [0; POINTER.len()];
    path.is_file()
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == POINTER
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_pointer_is_found_in_what_tools_say_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("lib vendor.a");
        fs::write(&archive, "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n").unwrap();
        let at = archive.display();
        for printed in [
            format!("/usr/bin/ld:{at}: file format not recognized; treating as linker script"),
            format!("/usr/bin/ld: {at}:1: syntax error"),
            format!("avr-ar: `{at}': File format not recognized"),
        ] {
            assert_eq!(pointer(&printed), Some(archive.clone()), "{printed}");
        }
        fs::write(&archive, "!<arch>\n").unwrap();
        assert_eq!(pointer(&format!("ld: {at}: file format not recognized")), None);
        assert_eq!(pointer("ld: /nowhere/x.a: file format not recognized"), None);
    }

    #[test]
    fn links_and_submodules_without_anything_are_gaps() {
        let dir = tempfile::tempdir().unwrap();
        for directory in ["empty", "full", "sub/one", "sub/two"] {
            fs::create_dir_all(dir.path().join(directory)).unwrap();
        }
        fs::write(dir.path().join("full/a.h"), "").unwrap();
        fs::write(dir.path().join("sub/two/b.h"), "").unwrap();
        for (link, to) in [("a", "missing"), ("b", "empty"), ("c", "full")] {
            symlink(to, dir.path().join(link)).unwrap();
        }
        fs::write(
            dir.path().join(".gitmodules"),
            "[submodule \"x\"]\n\tpath = sub/one\n\turl = https://x\n[submodule \"y\"]\n\tpath=sub/two\n",
        )
        .unwrap();
        let at = |path: &str| dir.path().join(path).display().to_string();
        let gaps = |missing: &str| gaps(dir.path(), Path::new(missing));
        assert_eq!(gaps("a"), [format!("{} is a link to missing, which is missing", at("a"))]);
        assert_eq!(gaps("b/x/y.h"), [format!("{} is a link to empty, which is empty", at("b"))]);
        // The missing file is unrelated to these.
        for other in ["y.h", "x/a", "c/a.h", "full/y.h", "../y.h"] {
            assert_eq!(gaps(other), Vec::<String>::new(), "{other}");
        }
        let submodules = |missing: &str| empty_submodules(dir.path(), Path::new(missing));
        assert_eq!(submodules("one/x.h"), [format!("the submodule {} was not fetched", at("sub/one"))]);
        assert_eq!(submodules("../sub/one/x.h").len(), 1);
        assert!(submodules("two/b.h").is_empty() && submodules("x.h").is_empty());
        assert!(empty_submodules(&dir.path().join("full"), Path::new("one/x.h")).is_empty());
        assert_eq!(gap_above(&dir.path().join("a/x.h")), gap(&dir.path().join("a")));
        assert_eq!(gap_above(&dir.path().join("c/x.h")), None);
    }
}
