//! What a command can read: its source, what is included by force, the closure of both, and files that options name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::Options;
use crate::event::Step;
use crate::includes::{Closure, Disk, Form, Inputs, Search, SourceFile};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// The files that a command can read, beginning with `source`; `None` where that can't be read. `directories` is
/// what the compiler answered for the same command, if it was asked.
pub(in crate::pipeline) async fn reads(
    cx: &BuildContext,
    search: &Arc<Search>,
    source: &Path,
    options: &Arc<Options>,
    directories: Option<&Arc<CompilerDirectories>>,
) -> Result<Option<Inputs>, BuildError> {
    let (search, staging, source) = (search.clone(), cx.staging.clone(), source.to_owned());
    let (options, directories) = (options.clone(), directories.cloned());
    blocking(move || {
        let files = search.files();
        let Some(main) = files.get(&source) else { return Ok(None) };
        let forced = forced(&search, &staging, &options);
        let predefined = directories.as_ref().and_then(|directories| directories.predefined.as_ref());
        let mut inputs = Closure::new(&search, &options.macros, predefined).of(&main, &forced);
        for path in options.files.iter().cloned().chain(tools(files.disk(), &options.directories)?) {
            let file = files.get(&path).ok_or_else(|| format!("{} can't be read", path.display()))?;
            inputs.files.push(file);
        }
        inputs.incomplete = options.uncacheable.clone().or(inputs.incomplete);
        Ok(Some(inputs))
    })
    .await?
    .map_err(|error: String| BuildError::infrastructure(Step::Compile, error))
}

/// What is read before the source, with the index of the directory that it was found in.
pub(in crate::pipeline) fn forced(
    search: &Search,
    staging: &Path,
    options: &Options,
) -> Vec<(Arc<SourceFile>, Option<usize>)> {
    let one = |name: &String| {
        // GCC looks in the directory that it runs in, then along the path.
        let here = search.files().get(&staging.join(name)).map(|file| (file, None));
        here.or_else(|| search.along(name, Form::Quote))
    };
    // GCC includes that first, where the target's C library has it.
    let predefined = search.along("stdc-predef.h", Form::Angle);
    predefined.into_iter().chain(options.forced.iter().filter_map(one)).collect()
}

/// The files below the directories that `-B` names, in order.
fn tools(disk: &Disk, directories: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for directory in directories.iter().filter(|directory| disk.is_dir(directory)) {
        for entry in disk.walk(directory, true, |_| true) {
            let entry = entry.map_err(|error| error.to_string())?;
            found.extend(entry.file_type().is_file().then(|| entry.into_path()));
        }
    }
    Ok(found)
}
