//! A set of packages that is installed as one directory. Data only; knows nothing of how it is installed.

use super::super::machine::Machine;
use super::manifest::SetIdentity;
use super::proof::Proof;
use super::toolchain::Toolchain;

/// A set of packages to install.
#[derive(Debug, Clone)]
pub(super) struct PackageSet {
    /// The set in the user's words, for events and errors.
    pub what: String,
    /// The name of its directory.
    pub name: String,
    pub packages: Vec<String>,
    /// The packages' release, if it is not the machine's. Such packages get a C library of their own.
    pub suite: Option<String>,
    pub dependencies: Dependencies,
    /// The cross compilers among the packages.
    pub toolchains: Vec<&'static Toolchain>,
    /// Proof that the other programs work.
    pub proof: Option<Proof>,
}

/// Whether the packages' dependencies are installed as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependencies {
    No,
    /// If the dynamic loader misses libraries.
    IfMissed,
    Yes,
}

impl PackageSet {
    /// Returns all proofs, those of the cross compilers last.
    pub(super) fn proofs(&self) -> Vec<Proof> {
        self.proof.into_iter().chain(self.toolchains.iter().map(|it| it.proof)).collect()
    }

    /// Returns the identity by which an installation of the set is recognised.
    pub(super) fn identity(&self, machine: &Machine) -> SetIdentity {
        let mut requested = self.packages.clone();
        requested.sort_unstable();
        requested.dedup();
        SetIdentity { set: self.name.clone(), requested, machine: machine.tag.clone() }
    }
}

/// Returns a name for the directory of a set of packages: readable, and short enough for any file system. Sets whose
/// names are cut to the same text are distinguished by their manifests.
pub(super) fn directory_name(names: &[&str], dependencies: Dependencies) -> String {
    const LONGEST: usize = 60;
    let mut name = names.join("+");
    if dependencies == Dependencies::Yes {
        name.insert_str(0, "all+");
    }
    // Never a path and never hidden, whatever the packages' names; apt reports unknown ones.
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "+.-".contains(c) { c } else { '_' })
        .take(LONGEST)
        .collect::<String>()
        .trim_start_matches(['.', '-'])
        .to_owned()
}
