//! Requests to apt: the packages of each, and the check of their contents.

use std::fmt::{Display, Formatter, Write as _};
use std::path::PathBuf;

use super::super::error::InstallError;
use super::super::installed::InstalledPackages;
use super::cores::{described, repairs};
use super::package_set::{Dependencies, PackageSet, directory_name};
use super::proof::Proof;
use super::table::{AptCore, EXAMPLES_DIR, EXAMPLES_PACKAGE};
use super::toolchain;

/// A request to apt.
#[derive(Debug, Clone, Copy)]
pub(super) enum AptRequest<'r> {
    /// A core with its compiler.
    Core(&'static AptCore),
    /// Arduino's built-in examples.
    BuiltinExamples,
    /// Any packages, for example a simulator.
    Packages { names: &'r [&'r str], with_dependencies: bool },
    /// The packages of a core's tool, of another release of the distribution where `suite` names one.
    Tool { names: &'r [String], suite: Option<&'r str> },
}

/// Displays the request in the user's words.
impl Display for AptRequest<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Core(entry) => write!(f, "core {} from apt", entry.name),
            Self::BuiltinExamples => f.write_str("built-in examples from apt"),
            Self::Packages { names, .. } => write!(f, "packages {} from apt", names.join(", ")),
            Self::Tool { names, suite } => {
                let from = suite.map(|suite| format!(" {suite}")).unwrap_or_default();
                write!(f, "tool {} from apt{from}", names.join(", "))
            }
        }
    }
}

impl AptRequest<'_> {
    /// Returns the set of packages that the request means.
    pub(super) fn set(&self) -> PackageSet {
        let what = self.to_string();
        match *self {
            Self::Core(entry) => core(what, entry),
            Self::BuiltinExamples => {
                let packages = vec![EXAMPLES_PACKAGE.to_owned()];
                plain(what, "examples".to_owned(), packages, Dependencies::No)
            }
            Self::Packages { names, with_dependencies } => {
                let dependencies = if with_dependencies { Dependencies::Yes } else { Dependencies::No };
                let packages = names.iter().map(|&name| name.to_owned()).collect();
                plain(what, directory_name(names, dependencies), packages, dependencies)
            }
            Self::Tool { names, suite } => tool(what, names, suite),
        }
    }

    /// Checks that the packages contain the requested files, and returns a remark for the log.
    ///
    /// # Errors
    /// [`InstallError::Layout`] where they do not.
    pub(super) fn check(&self, installed: &InstalledPackages) -> Result<String, InstallError> {
        let mut remark = String::new();
        match self {
            Self::Core(entry) => {
                let core = described(entry, installed)?;
                for (property, value, reason) in repairs(entry.name, &core.versions) {
                    // Writing into a string can't fail.
                    let _ = write!(remark, "; appends {value} to {property} ({reason})");
                }
            }
            Self::BuiltinExamples => {
                if !installed.root.join(EXAMPLES_DIR).is_dir() {
                    let (package, path) = (EXAMPLES_PACKAGE.to_owned(), PathBuf::from(EXAMPLES_DIR));
                    return Err(InstallError::Layout { package, path });
                }
            }
            Self::Packages { .. } | Self::Tool { .. } => {}
        }
        Ok(remark)
    }
}

fn plain(what: String, name: String, packages: Vec<String>, dependencies: Dependencies) -> PackageSet {
    PackageSet { what, name, packages, suite: None, dependencies, toolchains: Vec::new(), proof: None }
}

fn core(what: String, entry: &AptCore) -> PackageSet {
    let packages = entry.packages.iter().map(|&name| name.to_owned()).collect();
    let dependencies = if entry.compiler.is_some() { Dependencies::IfMissed } else { Dependencies::No };
    let proof = entry.compiler.as_ref().map(|compiler| Proof {
        program_dirs: compiler.program_dirs,
        bin_dir: compiler.bin_dir,
        commands: compiler.smoke,
    });
    PackageSet { proof, ..plain(what, entry.set.to_owned(), packages, dependencies) }
}

fn tool(what: String, names: &[String], suite: Option<&str>) -> PackageSet {
    let toolchains = toolchain::among(names);
    let mut packages = names.to_vec();
    packages.extend(toolchains.iter().flat_map(|it| it.companions).map(|&name| name.to_owned()));
    packages.sort_unstable();
    packages.dedup();
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    let release = suite.map(|suite| format!("+{suite}")).unwrap_or_default();
    let name = format!("tool{release}+{}", directory_name(&words, Dependencies::No));
    let suite = suite.map(str::to_owned);
    PackageSet { suite, toolchains, ..plain(what, name, packages, Dependencies::Yes) }
}
