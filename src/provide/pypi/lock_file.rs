//! Pinned packages: pip's format for requirements, each with its version and the hashes of its files, as
//! `pip-compile --generate-hashes` and `uv pip compile --generate-hashes` write it; or the entries of the matrix's lock
//! file in that format.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::super::error::{InstallError, IoAction};
use super::super::locked::LockedPython;
use super::requirement::{is_wheel, normal};

/// Pinned packages.
#[derive(Debug)]
pub(super) struct LockFile {
    /// The file that pins them.
    pub(super) path: PathBuf,
    /// Requirements, as pip reads them.
    pub(super) text: String,
    /// Whether the packages come from the matrix's lock file: then those that must be installed first, in the same
    /// format.
    pub(super) first: Option<String>,
}

/// What pip reads.
pub(super) enum Requirements<'a> {
    /// A file, which may refer to others.
    File(&'a Path),
    /// Its text, for a file that is still to be written.
    Text(&'a str),
}

/// Packages that source packages are built with. They are installed first, so that the pinned versions build others,
/// not the newest ones.
const BUILDERS: [&str; 5] = ["setuptools", "wheel", "flit-core", "hatchling", "poetry-core"];

impl LockFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn read(path: &Path) -> Result<Self, InstallError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| InstallError::io(IoAction::Read, path, error))?;
        Ok(Self { path: path.to_owned(), text, first: None })
    }

    /// Returns the packages of an environment that the matrix's lock file `path` has.
    pub(super) fn of_matrix(path: &Path, packages: &[LockedPython]) -> Self {
        let text = |packages: &mut dyn Iterator<Item = &LockedPython>| {
            let mut text = String::new();
            for package in packages {
                // Writing to a string can't fail.
                let _ = write!(text, "{}=={}", package.name, package.version);
                for file in &package.files {
                    let _ = write!(text, " \\\n    --hash=sha256:{}", file.sha256);
                }
                text.push('\n');
            }
            text
        };
        // Sources are built with what is installed already; so packages that need not be built come first.
        let is_built = |package: &&LockedPython| !package.files.iter().any(|file| is_wheel(&file.url));
        let first = if packages.iter().any(|package| is_built(&package)) {
            text(&mut packages.iter().filter(|package| !is_built(package)))
        } else {
            String::new()
        };
        Self { path: path.to_owned(), text: text(&mut packages.iter()), first: Some(first) }
    }

    /// Returns what pip reads.
    pub(super) fn requirements(&self) -> Requirements<'_> {
        match self.first {
            None => Requirements::File(&self.path),
            Some(_) => Requirements::Text(&self.text),
        }
    }

    /// Returns what a user can do where pip refuses the packages.
    pub(super) const fn advice(&self) -> &'static str {
        match self.first {
            None => {
                "see that the lock file pins all that the packages need, with the hashes of what the index has"
            }
            Some(_) => {
                "the matrix's lock file has these packages: check the network and pip's configuration, or write it \
                 again with `fbuild-matrix core lock`"
            }
        }
    }

    /// Checks that the file pins the requested packages, `NAME==VERSION` each.
    ///
    /// # Errors
    /// [`InstallError::Pinned`] where it does not.
    pub(super) fn check(&self, packages: &[String], what: &str) -> Result<(), InstallError> {
        for asked in packages {
            let (name, version) = asked.split_once("==").unwrap_or((asked, ""));
            let same_name = |(pinned, _, _): &(String, &str, &str)| *pinned == normal(name);
            let found: Vec<&str> = self.pins().filter(same_name).map(|(_, version, _)| version).collect();
            if !found.contains(&version) {
                let pinned = found.iter().map(|version| format!("{name}=={version}")).collect::<Vec<_>>();
                return Err(InstallError::Pinned {
                    what: what.to_owned(),
                    lock: self.path.clone(),
                    asked: asked.clone(),
                    pinned: if pinned.is_empty() { format!("no {name}") } else { pinned.join(" and ") },
                });
            }
        }
        Ok(())
    }

    /// Returns the requirements of the packages that sources are built with.
    pub(super) fn builders(&self) -> String {
        if let Some(first) = &self.first {
            return first.clone();
        }
        self.pins()
            .filter(|(name, _, _)| BUILDERS.contains(&name.as_str()))
            .flat_map(|(_, _, lines)| [lines.trim_end(), "\n"])
            .collect()
    }

    /// Returns normalised name, version and lines of each requirement.
    fn pins(&self) -> impl Iterator<Item = (String, &str, &str)> {
        // A requirement's first line is not indented, the lines with its hashes are.
        let starts = self.text.lines().map(|line| line.as_ptr() as usize - self.text.as_ptr() as usize);
        let starts: Vec<usize> =
            starts.filter(|&at| self.text[at..].starts_with(|c: char| c.is_ascii_alphanumeric())).collect();
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([self.text.len()]).collect();
        starts.into_iter().zip(ends).filter_map(|(start, end)| {
            let lines = &self.text[start..end];
            let (name, rest) = lines.split_once("==")?;
            let version = rest.split(|c: char| c.is_whitespace() || c == ';' || c == '\\').next()?;
            Some((normal(name), version, lines))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_told_apart() {
        let text = "# made by a tool\nPy_Serial==3.5 \\\n    --hash=sha256:aa\nsetuptools==80.9.0 ; python_version > '3' \\\n    \
                    --hash=sha256:bb \\\n    --hash=sha256:cc\nx==1\nx==2 ; else\n";
        let lock = LockFile { path: "/m/lock.txt".into(), text: text.to_owned(), first: None };
        let pins: Vec<_> = lock.pins().map(|(name, version, _)| format!("{name} {version}")).collect();
        assert_eq!(pins, ["py-serial 3.5", "setuptools 80.9.0", "x 1", "x 2"]);
        let builders = lock.builders();
        assert!(
            builders.starts_with("setuptools==80.9.0 ;") && builders.ends_with("sha256:cc\n"),
            "{builders}"
        );
        let check = |asked: &str| lock.check(&[asked.to_owned()], "x").map_err(|error| error.to_string());
        assert_eq!(
            [check("pyserial==3.5"), check("py-serial==3.5"), check("x==2")].map(|it| it.is_ok()),
            [false, true, true]
        );
        assert!(
            check("x==3").unwrap_err().contains("/m/lock.txt pins x==1 and x==2 where the matrix says x==3")
        );
        assert!(check("y==3").unwrap_err().contains("pins no y where"));
    }
}
