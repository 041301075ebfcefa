//! The directory of a tool among the packages of an environment, such as a compiler that a package contains.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::error::{InstallError, IoAction};
use super::environment::site_packages;

/// Depth below `site-packages` down to which directories with a `bin` are looked for.
const DEPTH: usize = 4;

/// Number of directories that a message lists; further ones are counted.
const MOST_LISTED: usize = 12;

/// Returns the directory `path`, relative to `site-packages`, in an environment. `what` is the tool in the user's words.
///
/// # Errors
/// The directory is missing, or the programs in its `bin` are not executable.
pub(super) fn find_directory(environment: &Path, path: &Path, what: &str) -> Result<PathBuf, InstallError> {
    let read = |path: &Path| {
        let path = path.to_owned();
        move |source| InstallError::io(IoAction::Read, &path, source)
    };
    let all = site_packages(environment).map_err(read(environment))?;
    let Some(found) = all.iter().map(|packages| packages.join(path)).find(|directory| directory.is_dir())
    else {
        let (what, path) = (what.to_owned(), path.to_owned());
        return Err(InstallError::NoToolDirectory { what, path, advice: advice(&all) });
    };
    let bin = found.join("bin");
    match not_executable(&bin).map_err(read(&bin))? {
        Some(program) => Err(InstallError::NotExecutable { what: what.to_owned(), program }),
        None => Ok(found),
    }
}

/// Returns the first program in a directory that has programs, but no executable one. A package loses the permissions of
/// all its files or of none.
fn not_executable(bin: &Path) -> io::Result<Option<PathBuf>> {
    if !bin.is_dir() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(bin)? {
        let path = entry?.path();
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
            return Ok(None);
        }
        files.push(path);
    }
    files.sort();
    Ok(files.into_iter().find(|file| is_program(file)))
}

/// Returns whether a file is an ELF file or begins with `#!`.
fn is_program(file: &Path) -> bool {
    let mut begin = Vec::new();
    let read = File::open(file).and_then(|file| file.take(4).read_to_end(&mut begin));
    read.is_ok() && (begin == b"\x7fELF" || begin.starts_with(b"#!"))
}

/// Returns the directories that the matrix can name: those with a `bin`, or else all at the top.
fn advice(all: &[PathBuf]) -> String {
    let is_code = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_dir() && name != "__pycache__" && !name.ends_with(".dist-info")
    };
    let directories = |depth| {
        all.iter().flat_map(move |packages| {
            let walk = walkdir::WalkDir::new(packages).min_depth(1).max_depth(depth).sort_by_file_name();
            let found = walk.into_iter().filter_entry(is_code).flatten();
            found.filter_map(move |entry| Some(entry.path().strip_prefix(packages).ok()?.to_owned()))
        })
    };
    let has_bin =
        |directory: &PathBuf| all.iter().any(|packages| packages.join(directory).join("bin").is_dir());
    let with_bin: Vec<PathBuf> = directories(DEPTH).filter(has_bin).collect();
    let (found, which) = if with_bin.is_empty() {
        (directories(1).collect(), "name one of its directories")
    } else {
        (with_bin, "name one of its directories with a `bin`")
    };
    if found.is_empty() {
        return "the packages have no directory that could be named: leave out `path`".to_owned();
    }
    let mut listed: Vec<String> =
        found.iter().take(MOST_LISTED).map(|directory| format!("`{}`", directory.display())).collect();
    if let Some(more @ 1..) = found.len().checked_sub(MOST_LISTED) {
        listed.push(format!("and {more} more"));
    }
    format!("{which} in the matrix: {}", listed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Environment(tempfile::TempDir);

    impl Environment {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            fs::create_dir_all(directory.path().join("lib/python3.11/site-packages/x-1.dist-info")).unwrap();
            Self(directory)
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join("lib/python3.11/site-packages").join(path)
        }

        fn file(&self, path: &str, text: &str, mode: u32) {
            let path = self.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn find(&self, path: &str) -> Result<PathBuf, String> {
            find_directory(self.0.path(), Path::new(path), "tool x==1 from PyPI")
                .map_err(|error| error.to_string())
        }
    }

    #[test]
    fn a_missing_directory_lists_those_that_could_be_meant() {
        let environment = Environment::new();
        let error = || environment.find("gcc").unwrap_err();
        let begin = "tool x==1 from PyPI: `site-packages` has no directory `gcc`\n";
        assert_eq!(
            error(),
            format!("{begin}the packages have no directory that could be named: leave out `path`")
        );
        environment.file("gcc", "a file", 0o644);
        environment.file("toy/data/x", "", 0o644);
        environment.file("__pycache__/x", "", 0o644);
        environment.file("x/x.py", "", 0o644);
        assert_eq!(error(), format!("{begin}name one of its directories in the matrix: `toy`, `x`"));
        environment.file("toy/gcc/bin/gcc", "", 0o755);
        environment.file("toy/gcc/avr/bin/as", "", 0o755);
        let with_bin = "name one of its directories with a `bin` in the matrix: `toy/gcc`, `toy/gcc/avr`";
        assert_eq!(error(), format!("{begin}{with_bin}"));
        for number in 0..12 {
            environment.file(&format!("a{number:02}/bin/x"), "", 0o755);
        }
        assert!(error().ends_with("`a11`, and 2 more"), "{}", error());
        assert_eq!(environment.find("toy/gcc"), Ok(environment.at("toy/gcc")));
        assert_eq!(environment.find("toy"), Ok(environment.at("toy")), "a `bin` is not required");
    }

    #[test]
    fn programs_without_permissions_are_an_error() {
        let environment = Environment::new();
        environment.file("toy/bin/README", "text", 0o644);
        assert!(environment.find("toy").is_ok(), "no programs");
        environment.file("toy/bin/gcc", "\x7fELF…", 0o644);
        environment.file("toy/bin/help", "#!/bin/sh\n", 0o644);
        let error = environment.find("toy").unwrap_err();
        let program = environment.at("toy/bin/gcc").display().to_string();
        assert!(error.contains(&format!("{program} is not executable")), "{error}");
        environment.file("toy/bin/help", "#!/bin/sh\n", 0o755);
        assert!(environment.find("toy").is_ok(), "the permissions are those of the package");
    }
}
