//! A board with the properties of its core's provider and of the matrix.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::matrix::{Board, Core, Overrides};
use crate::platform::{
    BoardConfig, BoardError, Fqbn, HostOs, Override, Platform, Platforms, RuntimeEnv, WarningLevel, resolve,
};
use crate::provide::InstalledCore;

/// The cores of the boards.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores<'a> {
    /// Their platforms.
    pub(crate) platforms: &'a Platforms,
    /// The installed cores, by `vendor:arch`.
    pub(crate) installed: &'a IndexMap<String, InstalledCore>,
    /// Their entries in the matrix, by `vendor:arch`.
    pub(crate) matrix: &'a IndexMap<String, Core>,
}

/// The cores that a board can use.
#[derive(Debug)]
pub(super) struct Scope {
    /// The cores, by `vendor:arch`.
    pub(super) installed: IndexMap<String, InstalledCore>,
    /// Their platforms.
    pub(super) platforms: Platforms,
}

impl Scope {
    /// Returns the cores of a board: those of its profile, or else all that are installed under their own names.
    ///
    /// # Errors
    /// A platform that can't be read.
    pub(super) fn of(board: &Board, cores: &IndexMap<String, InstalledCore>) -> Result<Self, BoardError> {
        let own: Vec<&InstalledCore> = match board.pinned_platforms() {
            [] => cores.iter().filter(|(key, core)| **key == core.name).map(|(_, core)| core).collect(),
            platforms => platforms.iter().filter_map(|platform| cores.get(&platform.key())).collect(),
        };
        let installed = own.into_iter().map(|core| (core.name.clone(), core.clone())).collect();
        let platforms = platforms(&installed)?;
        Ok(Self { installed, platforms })
    }
}

/// Loads the platforms of the installed cores; without those of which a board has its own version.
///
/// # Errors
/// A platform that can't be read.
pub(crate) fn platforms(cores: &IndexMap<String, InstalledCore>) -> Result<Platforms, BoardError> {
    cores
        .iter()
        .filter(|(key, core)| **key == core.name)
        .map(|(_, core)| {
            let (vendor, architecture) = core.name.split_once(':').unwrap_or((&core.name, ""));
            Platform::load(&core.platform_dir, vendor, architecture, HostOs::current())
        })
        .collect()
}

/// A board with all properties merged.
#[derive(Debug)]
pub(crate) struct ResolvedBoard {
    pub(crate) config: BoardConfig,
    /// Directory of its tools' shared libraries, for `LD_LIBRARY_PATH`.
    pub(crate) library_path: Option<PathBuf>,
    /// What the matrix says of its hooks' inputs.
    pub(crate) hook_inputs: Option<Vec<PathBuf>>,
}

impl Cores<'_> {
    /// Merges a board's properties, in this order: of the core whose recipes it uses (`build.core=vendor:core`,
    /// `build.variant=vendor:variant`), of its own core, and `overrides`.
    ///
    /// # Errors
    /// Those of [`resolve`].
    pub(crate) fn board(
        self,
        fqbn: &Fqbn,
        warnings: WarningLevel,
        overrides: &[Override],
    ) -> Result<ResolvedBoard, BoardError> {
        let own = fqbn.core_name();
        let mut config = self.resolved(&[&own], fqbn, warnings, overrides)?;
        let lenders = [&config.core_platform_dir, &config.variant_platform_dir];
        let is_lender = |core: &&InstalledCore| core.name != own && lenders.contains(&&core.platform_dir);
        let lender = self.installed.values().find(is_lender);
        if let Some(lender) = lender {
            config = self.resolved(&[&lender.name, &own], fqbn, warnings, overrides)?;
        }
        let library_path = |core: &InstalledCore| core.library_path.clone();
        let library_path =
            self.installed.get(&own).and_then(library_path).or_else(|| lender.and_then(library_path));
        let inputs = |name: &str| self.matrix.get(name).and_then(|core| core.inputs.clone());
        let hook_inputs = inputs(&own).or_else(|| inputs(&lender?.name));
        Ok(ResolvedBoard { config, library_path, hook_inputs })
    }

    /// Merges a board's properties with those of these cores; later ones override earlier ones.
    fn resolved(
        self,
        cores: &[&str],
        fqbn: &Fqbn,
        warnings: WarningLevel,
        own: &[Override],
    ) -> Result<BoardConfig, BoardError> {
        let mut env = RuntimeEnv { warnings, ..RuntimeEnv::default() };
        let mut overrides = Overrides::new();
        for &name in cores {
            if let Some(core) = self.installed.get(name) {
                env.tools.extend(core.tools.clone());
                overrides.extend(core.properties.iter().map(|(key, value)| Override::written(key, value)));
                env.required.extend(core.required.clone());
            }
            overrides.extend(self.matrix.get(name).into_iter().flat_map(|core| core.properties.clone()));
        }
        overrides.extend(own.iter().cloned());
        resolve(self.platforms, fqbn, &env, &overrides)
    }
}
