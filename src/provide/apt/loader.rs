//! The shared libraries that the programs of a tree need, as the dynamic loader itself finds them, in its own search
//! order.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use futures::stream::{self, StreamExt, TryStreamExt};
use object::{Object, ObjectSection, ReadCache};
use tokio_util::sync::CancellationToken;

use super::super::error::InstallError;
use super::super::machine::is_executable;
use super::super::tool_command::ToolCommand;

/// Number of loaders that run at once: each takes about a millisecond.
const AT_ONCE: usize = 4;

/// The libraries that programs need.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LoadedLibraries {
    /// Paths of the libraries that the loader finds.
    pub found: BTreeSet<PathBuf>,
    /// Names of the missing ones.
    pub missing: BTreeSet<String>,
}

/// Returns the programs at or below `dirs` that the dynamic loader starts, each once however many names it has.
pub(super) fn programs(root: &Path, dirs: &[&str]) -> Vec<PathBuf> {
    let mut seen = HashSet::new();
    let mut programs = Vec::new();
    for dir in dirs {
        let walk = walkdir::WalkDir::new(root.join(dir)).sort_by_file_name();
        for file in walk.into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
            let Ok(meta) = file.metadata() else { continue };
            if is_executable(file.path()) && seen.insert((meta.dev(), meta.ino())) && is_dynamic(file.path())
            {
                programs.push(file.into_path());
            }
        }
    }
    programs
}

/// Asks the loader of each program which libraries it would load.
///
/// # Errors
/// A loader can't be started, or the run is cancelled.
pub(super) async fn trace(
    programs: &[PathBuf],
    library_path: Option<&Path>,
    what: &str,
    cancel: &CancellationToken,
) -> Result<LoadedLibraries, InstallError> {
    let answers = stream::iter(programs).map(|program| async move {
        // ld.so(8): "causes the program to list its dynamic dependencies … instead of running normally".
        // So only programs with an interpreter may come here: a static one would run.
        let mut tool = ToolCommand::new(program).env("LD_TRACE_LOADED_OBJECTS", "1");
        if let Some(dir) = library_path {
            tool = tool.env("LD_LIBRARY_PATH", dir);
        }
        tool.run(what, cancel).await
    });
    let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut loaded = LoadedLibraries::default();
    for answer in answers {
        answer.stdout.lines().for_each(|line| read(line, &mut loaded));
    }
    Ok(loaded)
}

/// Parses `NAME => PATH (0xADDRESS)` or `NAME => not found`.
fn read(line: &str, loaded: &mut LoadedLibraries) {
    let Some((name, path)) = line.split_once(" => ") else { return };
    if path.trim() == "not found" {
        loaded.missing.insert(name.trim().to_owned());
    } else if let Some((path, _)) = path.rsplit_once(" (") {
        loaded.found.insert(PathBuf::from(path));
    }
}

/// Returns whether the file is an ELF program that names an interpreter.
fn is_dynamic(file: &Path) -> bool {
    interpreter(file).is_some()
}

/// Returns the loader that an ELF program names.
pub(super) fn interpreter(file: &Path) -> Option<PathBuf> {
    let cache = ReadCache::new(File::open(file).ok()?);
    let elf = object::File::parse(&cache).ok()?;
    let name = elf.section_by_name(".interp")?.data().ok()?.strip_suffix(b"\0")?;
    Some(PathBuf::from(OsStr::from_bytes(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaders_lines() {
        let mut loaded = LoadedLibraries::default();
        for line in [
            "\tlinux-vdso.so.1 (0x00007ffe)",
            "\tlibmpc.so.3 => not found",
            "\tlibz.so.1 => /a dir (x)/libz.so.1 (0x00007f00)",
            "\t/lib64/ld-linux-x86-64.so.2 (0x00007f01)",
            "\tstatically linked",
        ] {
            read(line, &mut loaded);
        }
        assert_eq!(loaded.missing, BTreeSet::from(["libmpc.so.3".to_owned()]));
        assert_eq!(loaded.found, BTreeSet::from([PathBuf::from("/a dir (x)/libz.so.1")]));
    }

    #[tokio::test]
    async fn a_program_of_this_machine_finds_its_c_library() {
        // `sh` may be a link, which `programs` leaves to the program's own name.
        let shell = std::fs::canonicalize("/bin/sh").unwrap();
        assert!(is_dynamic(&shell));
        let loaded = trace(&[shell], None, "x", &CancellationToken::new()).await.unwrap();
        assert_eq!(loaded.missing, BTreeSet::new());
        assert!(loaded.found.iter().any(|it| it.to_string_lossy().contains("libc.so")), "{loaded:?}");
    }

    #[test]
    fn scripts_and_data_are_no_programs() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("script"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(
            dir.path().join("script"),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )
        .unwrap();
        let shell = std::fs::canonicalize("/bin/sh").unwrap();
        std::fs::copy(&shell, dir.path().join("program")).unwrap();
        std::fs::hard_link(dir.path().join("program"), dir.path().join("second-name")).unwrap();
        assert_eq!(programs(dir.path(), &["."]).len(), 1);
        assert_eq!(programs(dir.path(), &["missing"]), Vec::<PathBuf>::new());
    }
}
