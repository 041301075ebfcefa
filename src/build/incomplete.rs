//! What a core's folder lacks that Git was to bring: submodules, what links lead to, files that are in its Large
//! File Storage. It is looked for when something has failed, to say why; nothing is built from it.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::BuildError;
use crate::board::BoardConfig;
use crate::event::FailureKind;

/// How many gaps a message has room for.
const MOST: usize = 3;
/// How a file begins that stands for one in Git's Large File Storage.
const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// Adds to a core's failure what is missing in its folders, where it failed for want of a file.
pub(super) fn explain(error: BuildError, config: &BoardConfig) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    if !["No such file or directory", "can't be read"].iter().any(|words| failure.message.contains(words)) {
        return BuildError::Failed(failure);
    }
    let near = [Some(&config.core_dir), config.variant_dir.as_ref()];
    let mut gaps: Vec<String> = near.into_iter().flatten().flat_map(|folder| gaps(folder)).collect();
    gaps.extend(empty_submodules(&config.core_platform_dir));
    if gaps.is_empty() {
        gaps = self::gaps(&config.core_platform_dir);
    }
    if !gaps.is_empty() {
        let more = gaps.len().saturating_sub(MOST);
        gaps.truncate(MOST);
        if more > 0 {
            gaps.push(format!("and {more} more"));
        }
        let note = format!("the core's folder is not whole: {}", gaps.join("; "));
        failure.kind = FailureKind::Infrastructure;
        failure.message = format!("{}; {note}", failure.message);
        failure.diagnostic = format!("{}\n{note}\n", failure.diagnostic.trim_end());
    }
    BuildError::Failed(failure)
}

/// The links below a folder that lead nowhere, or to an empty folder.
fn gaps(folder: &Path) -> Vec<String> {
    let links = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let links = links.filter(walkdir::DirEntry::path_is_symlink);
    links
        .filter_map(|link| {
            let (path, to) = (link.path(), fs::read_link(link.path()).ok()?);
            let what = match fs::metadata(path) {
                Err(_) => "which is not there",
                Ok(meta) if meta.is_dir() && is_empty(path) => "which is empty",
                Ok(_) => return None,
            };
            Some(format!("{} is a link to {}, {what}", path.display(), to.display()))
        })
        .collect()
}

/// The submodules of a repository that were not fetched.
fn empty_submodules(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join(".gitmodules")).unwrap_or_default();
    let paths = text.lines().filter_map(|line| line.trim().strip_prefix("path")?.trim().strip_prefix('='));
    paths
        .map(|path| folder.join(path.trim()))
        .filter(|path| is_empty(path))
        .map(|path| format!("the submodule {} was not fetched", path.display()))
        .collect()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The file that a tool complains of, where all there is of it is a pointer into Git's Large File Storage.
pub(super) fn pointer(printed: &str) -> Option<PathBuf> {
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
        for folder in ["empty", "full", "sub/one", "sub/two"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
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
        assert_eq!(
            gaps(dir.path()),
            [
                format!("{} is a link to missing, which is not there", at("a")),
                format!("{} is a link to empty, which is empty", at("b"))
            ]
        );
        assert_eq!(
            empty_submodules(dir.path()),
            [format!("the submodule {} was not fetched", at("sub/one"))]
        );
        assert!(empty_submodules(&dir.path().join("full")).is_empty());
    }
}
