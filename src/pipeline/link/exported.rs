//! Output files of a link: firmware, and other files that recipes wrote.

use std::path::{Path, PathBuf};

use super::inputs::Link;
use crate::event::Step;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::directory;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

impl Link<'_> {
    /// Returns two lists of files, relative to the cell's directory. The first has the firmware: the file to
    /// upload, then the others by name. As in `arduino-cli compile --output-dir`, firmware names begin with
    /// the project's name. The second has other files that recipes wrote, without files that hooks create,
    /// because hooks create those again in every run.
    pub(super) async fn artifacts(
        &self,
        cx: &BuildContext,
    ) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BuildError> {
        let (cell, given, archive) =
            (self.job.directory.clone(), self.given.clone(), self.core.archive.clone());
        let project = self.project_name.to_owned();
        let names = blocking(move || {
            let mut names = Vec::new();
            for entry in std::fs::read_dir(&cell)? {
                let entry = entry?;
                let name = entry.file_name();
                if entry.file_type().is_ok_and(|kind| kind.is_file())
                    && !directory::is_ours(&name)
                    && (name.to_string_lossy().starts_with(&*project) || !given.contains(&entry.path()))
                    && Some(Path::new(&name)) != archive.as_deref()
                {
                    names.push(PathBuf::from(name));
                }
            }
            names.sort();
            Ok(names)
        });
        let names = names.await?.map_err(|error: std::io::Error| {
            BuildError::io(Step::Objcopy, FileAction::Read, &self.job.directory, &error)
        })?;
        let config = &self.job.target.config;
        let first = config.output_file(self.project_name);
        let first = first.map_err(|error| BuildError::board(Step::Objcopy, &error))?.map(PathBuf::from);
        if let Some(first) = first.as_ref().filter(|first| !names.contains(first)) {
            cx.runner.warn_once(format!(
                "the recipes made no {} (recipe.output.tmp_file of {}); as with arduino-cli, that is no error",
                first.display(),
                config.platform_dir.join("platform.txt").display()
            ));
        }
        let is_firmware = |name: &PathBuf| {
            Some(name) == first.as_ref() || name.to_string_lossy().starts_with(self.project_name)
        };
        let (mut files, others): (Vec<_>, Vec<_>) = names.into_iter().partition(is_firmware);
        if let Some(at) = files.iter().position(|name| Some(name) == first.as_ref()) {
            files[..=at].rotate_right(1);
        }
        Ok((files, others))
    }
}
