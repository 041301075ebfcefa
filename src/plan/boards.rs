//! One board with what its core's provider and the matrix say of it.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::matrix::{Core, Overrides};
use crate::platform::{
    BoardConfig, BoardError, Fqbn, Override, Platforms, RuntimeEnv, WarningLevel, resolve,
};
use crate::provide::InstalledCore;

/// The cores that boards are of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores<'a> {
    /// Their platforms.
    pub(crate) platforms: &'a Platforms,
    /// What was installed, by `vendor:arch`.
    pub(crate) installed: &'a IndexMap<String, InstalledCore>,
    /// What the matrix says of them, by `vendor:arch`.
    pub(crate) matrix: &'a IndexMap<String, Core>,
}

/// A board with every property merged.
#[derive(Debug)]
pub(crate) struct ResolvedBoard {
    pub(crate) config: BoardConfig,
    /// Where the shared libraries of its tools are, if the loader needs to be told.
    pub(crate) library_path: Option<PathBuf>,
}

impl Cores<'_> {
    /// Merges a board's properties: in this order, what comes with the core whose recipes it uses
    /// (`build.core=vendor:core`, `build.variant=vendor:variant`) and with its own, and `overrides`.
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
        Ok(ResolvedBoard { config, library_path })
    }

    /// A board with what comes with these cores; the later ones win.
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
