//! Seeds a cell's directory: objects of sketch and libraries, then the core's.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::inputs::Link;
use crate::event::Step;
use crate::fs::Sharing;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::hooks;
use crate::pipeline::job::product::CoreArtifacts;
use crate::pipeline::output::directory;
use crate::pipeline::unit::Unit;
use crate::platform::Hook;

impl Link<'_> {
    /// Returns how objects are placed: as copies if a hook runs between the compiles and the link, because it
    /// may write into objects; else as hardlinks.
    pub(super) fn sharing(&self) -> Sharing {
        let config = &self.job.target.config;
        let mut hooks = self.early.others().chain([Hook::LinkingPrelink]);
        if hooks.any(|hook| !config.hooks(hook).is_empty()) { Sharing::Copy } else { Sharing::Link }
    }

    /// Places the objects of sketch and libraries in the cell's directory. Removes the outputs of an earlier
    /// link first, because a tool must not write through a hardlink into a shared file. Objects that hooks
    /// have seen stay as they are.
    pub(super) async fn seed(&self, units: &[Unit]) -> Result<(), BuildError> {
        let directory = &self.job.directory;
        let placed = self.early.placed();
        let mut stays = self.given.clone();
        stays.extend(
            placed.iter().flat_map(|path| [directory.join(path), directory.join(path).with_extension("d")]),
        );
        directory::clear(directory, &stays).await?;
        let own = self.sources().zip(units).filter(|(source, _)| !placed.contains(&source.path));
        let sharing = self.sharing();
        if sharing == Sharing::Copy {
            let objects = own.map(|(source, unit)| (&*source.path, &*source.unit, unit));
            return hooks::place(directory, objects).await;
        }
        // Of equal paths the last one counts.
        let own: HashMap<&Path, &Path> = own.map(|(source, unit)| (&*source.path, &*unit.object)).collect();
        let own = own.into_iter().map(|(path, object)| (object.to_owned(), path.to_owned()));
        directory::place(directory, Step::Seed, sharing, own.collect()).await
    }

    /// Places the core's objects and archive in the cell's directory, after the archives of libraries are
    /// packed. As with arduino-cli, a recipe that always names `core.a` finds no directory for it before
    /// that.
    pub(super) async fn seed_core(&self, core: &Arc<CoreArtifacts>) -> Result<(), BuildError> {
        let archive = core.outline.archive.iter().filter(|_| core.has_archive);
        let core = &core.outline;
        let seeds = core.objects.iter().chain(archive).map(|path| (core.directory.join(path), path.clone()));
        directory::place(&self.job.directory, Step::Seed, self.sharing(), seeds.collect()).await
    }
}
