//! Makes a cross compiler work outside `/usr`: links in the places where it searches its C library, and paths in its
//! specification files that stay valid wherever the tree is moved.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::super::error::{InstallError, IoAction};
use super::toolchain::Toolchain;

/// Prepares the tree at `root`. Links to a missing C library are left out.
///
/// # Errors
/// The tree can't be read or written.
pub(super) fn relocate(root: &Path, toolchain: &Toolchain) -> Result<(), InstallError> {
    for (link, target) in toolchain.links {
        let at = root.join(link);
        // The package may have a file of its own there.
        if !root.join(target).exists() || fs::symlink_metadata(&at).is_ok() {
            continue;
        }
        symlink(relative(link, target), &at)
            .map_err(|source| InstallError::io(IoAction::Write, &at, source))?;
    }
    for directory in toolchain.specs {
        for entry in walkdir::WalkDir::new(root.join(directory)).into_iter().flatten() {
            let path = entry.path();
            if !entry.file_type().is_file() || path.extension().is_none_or(|extension| extension != "specs") {
                continue;
            }
            let text =
                fs::read_to_string(path).map_err(|source| InstallError::io(IoAction::Read, path, source))?;
            let moved = movable(&text);
            if moved != text {
                fs::write(path, moved).map_err(|source| InstallError::io(IoAction::Write, path, source))?;
            }
        }
    }
    Ok(())
}

/// Returns `target` relative to the directory of `link`; both are relative to the same root.
fn relative(link: &str, target: &str) -> PathBuf {
    let depth = Path::new(link).components().count().saturating_sub(1);
    std::iter::repeat_n("..", depth).collect::<PathBuf>().join(target)
}

/// Rewrites a text of GCC's specification language so that paths below `/usr` follow the driver.
///
/// A driver outside the directory that it was built for exports `GCC_EXEC_PREFIX`, `…/usr/lib/gcc/`. The function
/// `%:getenv(NAME REST)` joins that and a rest. A path that continues in braces can't be its argument: such paths are
/// names of start files, which the driver searches in the C library's directory anyway.
fn movable(text: &str) -> String {
    const PREFIX: &str = "/usr/";
    let mut moved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        moved.push_str(&rest[..at]);
        rest = &rest[at + PREFIX.len()..];
        let path = &rest[..path_length(rest)];
        rest = &rest[path.len()..];
        if rest.starts_with("%{") {
            moved.push_str(path.rsplit('/').next().unwrap_or(path));
        } else {
            moved.push_str("%:getenv(GCC_EXEC_PREFIX ../../");
            moved.push_str(path);
            moved.push(')');
        }
    }
    moved.push_str(rest);
    moved
}

/// Returns the number of leading bytes of `text` that are a path; it may contain `%*` (an option's value) and `%M` (the
/// multilib).
fn path_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match (byte, bytes.get(at + 1)) {
            (b'%', Some(b'*' | b'M')) => 2,
            (b'/' | b'.' | b'_' | b'-' | b'+', _) => 1,
            (byte, _) if byte.is_ascii_alphanumeric() => 1,
            _ => break,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::proof::Proof;
    use super::*;

    #[test]
    fn paths_follow_the_driver() {
        for (text, expected) in [
            (
                "*cpp:\n-isystem /usr/include/newlib/nano %(old)\n",
                "*cpp:\n-isystem %:getenv(GCC_EXEC_PREFIX ../../include/newlib/nano) %(old)\n",
            ),
            (
                "-L%{-buildtype=*:/usr/lib/x/%*/%M; :/usr/lib/x/%M}",
                "-L%{-buildtype=*:%:getenv(GCC_EXEC_PREFIX ../../lib/x/%*/%M); :%:getenv(GCC_EXEC_PREFIX ../../lib/x/%M)}",
            ),
            ("/usr/lib/x/%M/crt0%{-crt0=*:-%*%O;:%O}%s", "crt0%{-crt0=*:-%*%O;:%O}%s"),
            ("*lib:\n-lc\n", "*lib:\n-lc\n"),
        ] {
            assert_eq!(movable(text), expected);
        }
    }

    #[test]
    fn links_lead_into_the_tree_and_stay_when_it_moves() {
        const SOME: Toolchain = Toolchain {
            compiler: "gcc-x",
            companions: &[],
            links: &[("usr/lib/x/include", "usr/include/newlib"), ("usr/lib/x/lib", "usr/lib/missing")],
            specs: &["usr/lib/x"],
            proof: Proof { program_dirs: &[], bin_dir: "usr/bin", commands: &[] },
        };
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("one");
        for directory in ["usr/lib/x/deep", "usr/include/newlib"] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        fs::write(root.join("usr/include/newlib/string.h"), "x").unwrap();
        fs::write(root.join("usr/lib/x/deep/a.specs"), "/usr/include/newlib").unwrap();
        fs::write(root.join("usr/lib/x/deep/a.txt"), "/usr/include/newlib").unwrap();
        relocate(&root, &SOME).unwrap();
        relocate(&root, &SOME).unwrap();
        let moved = dir.path().join("two");
        fs::rename(&root, &moved).unwrap();
        let read = |file: &str| fs::read_to_string(moved.join(file)).unwrap();
        assert_eq!(read("usr/lib/x/include/string.h"), "x");
        assert!(fs::symlink_metadata(moved.join("usr/lib/x/lib")).is_err(), "it would lead nowhere");
        assert_eq!(read("usr/lib/x/deep/a.specs"), "%:getenv(GCC_EXEC_PREFIX ../../include/newlib)");
        assert_eq!(read("usr/lib/x/deep/a.txt"), "/usr/include/newlib");
    }
}
