//! Possible inputs of a command: its source, forced includes, the closure of both, and files that options
//! name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::Options;
use crate::event::Step;
use crate::includes::{Closure, Disk, Form, HeaderName, Inputs, Search, SourceFile};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;

/// Returns the possible inputs of a command, beginning with `source`; `None` if `source` can't be read.
/// `directories` is the compiler's answer for the same command, if it was queried; `answered` are the headers that
/// computed includes name, if the preprocessor has told them.
pub(in crate::pipeline) async fn reads(
    cx: &BuildContext,
    search: &Arc<Search>,
    source: &Path,
    options: &Arc<Options>,
    directories: Option<&Arc<CompilerDirectories>>,
    answered: Option<&Arc<[HeaderName]>>,
) -> Result<Option<Inputs>, BuildError> {
    let (search, staging, source) = (search.clone(), cx.staging.clone(), source.to_owned());
    let (options, directories, answered) = (options.clone(), directories.cloned(), answered.cloned());
    blocking(move || {
        let files = search.files();
        let Some(main) = files.get(&source) else { return Ok(None) };
        let forced = forced(&search, &staging, &options);
        let predefined = directories.as_ref().and_then(|directories| directories.predefined.as_ref());
        let closure = Closure::new(&search, &options.macros, predefined).answered(answered.as_deref());
        let mut inputs = closure.of(&main, &forced);
        for path in options.files.iter().cloned().chain(tools(files.disk(), &options.directories)?) {
            let file = files.get(&path).ok_or_else(|| format!("{} can't be read", path.display()))?;
            inputs.files.push(file);
        }
        if let Some(reason) = &options.uncacheable {
            inputs.incomplete = Some(reason.clone());
            inputs.unnamed.clear();
        }
        Ok(Some(inputs))
    })
    .await?
    .map_err(|error: String| BuildError::infrastructure(Step::Compile, error))
}

/// Returns the files that are read before the source, each with the index of the search directory that has
/// it.
pub(in crate::pipeline) fn forced(
    search: &Search,
    staging: &Path,
    options: &Options,
) -> Vec<(Arc<SourceFile>, Option<usize>)> {
    let one = |name: &String| {
        // GCC searches its working directory first, then the include path.
        let here = search.files().get(&staging.join(name)).map(|file| (file, None));
        here.or_else(|| search.along(name, Form::Quote))
    };
    // GCC includes this header first, if the target's C library has it.
    let predefined = search.along("stdc-predef.h", Form::Angle);
    predefined.into_iter().chain(options.forced.iter().filter_map(one)).collect()
}

/// Returns the files below the directories of `-B`, in order.
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
