//! The lock file of a matrix during a set-up: what it answers, what was resolved anew, and what `--locked` forbids.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::provide::InstallError;
use crate::provide::locked::{Locked, LockedPython, lock_path, read_lock, write_lock};

/// Age up to which a run uses a copy of an index without asking its server.
const INDEX_AGE: Duration = Duration::from_hours(24);

/// How a set-up uses the lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Locking {
    /// The lock file answers what it can; the rest is resolved by the indexes.
    #[default]
    Preferred,
    /// `--locked`: whatever the lock file does not answer is an error.
    Required,
    /// `core lock`: resolved by the indexes are these names, or with `None` all; the rest as with `Preferred`.
    Renewed(Option<BTreeSet<String>>),
}

/// The lock file of a matrix.
#[derive(Debug)]
pub(super) struct LockUse {
    path: PathBuf,
    matrix: PathBuf,
    locking: Locking,
    /// The entries that may answer.
    pub(super) known: Locked,
    /// Python packages that stay where they fit, although their environment is resolved anew.
    pub(super) kept: Vec<LockedPython>,
    /// The entries that the set-up used.
    pub(super) used: Locked,
    /// A line for each request that the lock file does not answer.
    pub(super) differences: Vec<String>,
    /// What an earlier run has resolved, and when.
    recalled: Option<(Locked, SystemTime)>,
}

impl LockUse {
    /// Reads the lock file of a matrix, if there is one.
    ///
    /// # Errors
    /// The file can't be read or is not a lock file.
    pub(super) fn open(matrix: &Path, locking: Locking) -> Result<Self, InstallError> {
        let path = lock_path(matrix);
        let mut known = match &locking {
            // An unreadable file is replaced.
            Locking::Renewed(None) => Locked::new(),
            _ => read_lock(&path)?.unwrap_or_else(Locked::new),
        };
        let mut kept = Vec::new();
        if let Locking::Renewed(Some(names)) = &locking {
            let is_kept = |name: &str| !names.iter().any(|renewed| renewed.eq_ignore_ascii_case(name));
            known.cores.retain(|core| is_kept(&core.name));
            known.libraries.retain(|library| is_kept(&library.name));
            // pip resolves an environment as a whole.
            let renewed = known.python.iter().filter(|package| !is_kept(&package.name));
            let renewed: Vec<Vec<String>> = renewed.map(|package| package.environment.clone()).collect();
            let of_renewed = known.python.extract_if(.., |package| renewed.contains(&package.environment));
            kept = of_renewed.filter(|package| is_kept(&package.name)).collect();
        }
        let matrix = matrix.to_owned();
        Ok(Self { path, matrix, locking, known, kept, ..Self::none() })
    }

    /// Adds what an earlier run has resolved with the same indexes: the library index alone has 50 MB. `remembered` is the
    /// file that [`Self::remember`] wrote.
    pub(super) fn recall(&mut self, remembered: &Path) {
        let written = std::fs::metadata(remembered).and_then(|it| it.modified());
        let Ok(written) = written else { return };
        let age = written.elapsed().unwrap_or_default();
        if self.locking != Locking::Preferred || age >= INDEX_AGE {
            return;
        }
        let Ok(Some(more)) = read_lock(remembered) else { return };
        self.recalled = Some((more.clone(), written));
        let Locked { version: _, cores, tools, libraries, python } = more;
        // An entry of the lock file comes first: it decides.
        let is_new = |name: &str, known: &[&str]| !known.contains(&name);
        let names: Vec<String> = self.known.names().into_iter().map(str::to_owned).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.known.cores.extend(cores.into_iter().filter(|core| is_new(&core.name, &names)));
        self.known.tools.extend(tools);
        self.known.libraries.extend(libraries.into_iter().filter(|it| is_new(&it.name, &names)));
        let locked: Vec<Vec<String>> = self.known.python.iter().map(|it| it.environment.clone()).collect();
        self.known.python.extend(python.into_iter().filter(|it| !locked.contains(&it.environment)));
    }

    /// Writes what this run has resolved by indexes, for [`Self::recall`]. A run of a part of the matrix (`is_part`) does not
    /// forget the rest, and what earlier runs have resolved does not become younger.
    pub(super) fn remember(&self, path: &Path, is_part: bool) {
        if self.locking == Locking::Required || self.differences.is_empty() {
            return;
        }
        let mut used = self.used.clone();
        let recalled = self.recalled.as_ref().filter(|_| is_part);
        if let Some((recalled, _)) = recalled.cloned() {
            used.cores.extend(recalled.cores);
            used.tools.extend(recalled.tools);
            used.libraries.extend(recalled.libraries);
            used.python.extend(recalled.python);
        }
        used.version = Locked::new().version;
        used.normalise();
        if let Some(directory) = path.parent() {
            // Without this file the next run reads the indexes again; nothing else changes.
            let _ = std::fs::create_dir_all(directory);
            let _ = write_lock(path, &used);
            if let Some((_, written)) = recalled {
                let _ = File::options().write(true).open(path).and_then(|file| file.set_modified(*written));
            }
        }
    }

    /// Returns the lock of a command without a matrix: everything is resolved by the indexes.
    pub(super) fn none() -> Self {
        Self {
            path: PathBuf::new(),
            matrix: PathBuf::new(),
            locking: Locking::Preferred,
            known: Locked::new(),
            kept: Vec::new(),
            used: Locked::new(),
            differences: Vec::new(),
            recalled: None,
        }
    }

    /// Returns whether a request may be resolved by an index. Otherwise notes the difference.
    pub(super) fn may_resolve(&mut self, difference: impl FnOnce(&Self) -> String) -> bool {
        let difference = difference(self);
        self.differences.push(difference);
        self.locking != Locking::Required
    }

    /// Returns the age up to which a copy of an index is used without asking its server.
    pub(super) const fn max_age(&self) -> Duration {
        match self.locking {
            Locking::Preferred | Locking::Required => INDEX_AGE,
            Locking::Renewed(_) => Duration::ZERO,
        }
    }

    /// Returns the path of the lock file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the lock file must answer everything.
    pub(super) fn is_required(&self) -> bool {
        self.locking == Locking::Required
    }

    /// Returns an error where `--locked` forbids a difference.
    ///
    /// # Errors
    /// [`InstallError::NotLocked`].
    pub(super) fn check(&self) -> Result<(), InstallError> {
        if self.locking != Locking::Required || self.differences.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = self.differences.iter().map(|line| format!("  {line}")).collect();
        Err(InstallError::NotLocked {
            path: self.path.clone(),
            matrix: self.matrix.clone(),
            differences: lines.join("\n"),
        })
    }
}
