//! A sketch's sources, ready to be compiled: its C++ is generated once for all cells of the sketch.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::sketch::{self, SketchFile, SketchUnit};
use super::unit::blocking;
use super::{BuildError, sources};
use crate::event::{Failure, Step};
use crate::plan::Sketch;
use crate::source::{Disk, Files};
use crate::store::write_atomically;

/// A sketch's sources.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// `build.project_name`: the main file's name.
    pub(super) project_name: String,
    /// What is compiled, in link order, and where its object goes below the cell's `sketch` folder.
    pub(super) sources: Vec<(PathBuf, PathBuf)>,
    /// The same in the order in which they are looked through for includes.
    pub(super) walked: Vec<PathBuf>,
    /// Folders for `"…"` in generated C++: the sketch's own.
    pub(super) quote: Vec<Arc<Path>>,
}

impl Prepared {
    /// The same with sources that a hook made in the folder `made`, where Arduino has copies of all the
    /// sketch's: among these they take the place that their names give them.
    pub(super) fn with(&self, made: &Path, generated: Vec<PathBuf>) -> Self {
        let mut all = self.clone();
        for source in generated {
            let Ok(relative) = source.strip_prefix(made).map(Path::to_owned) else { continue };
            let rank = sources::rank(&relative);
            let after = |(_, other): &(PathBuf, PathBuf)| sources::rank(other) < rank;
            let at = all.sources.iter().rposition(after).map_or(0, |at| at + 1);
            all.sources.insert(at, (source.clone(), relative));
            all.walked.push(source);
        }
        all
    }
}

type Slot = Arc<OnceCell<Result<Arc<Prepared>, Box<Failure>>>>;

/// The sketches of a run.
#[derive(Debug, Default)]
pub(super) struct Sketches {
    prepared: Mutex<HashMap<PathBuf, Slot>>,
}

impl Sketches {
    /// Prepares a sketch, unless another cell already did.
    pub(super) async fn prepare(
        &self,
        files: &Arc<Files>,
        sketch: &Arc<Sketch>,
    ) -> Result<Arc<Prepared>, BuildError> {
        let slot = {
            // A panic elsewhere leaves the map whole: each change is one insert.
            let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
            prepared.entry(sketch.staging.clone()).or_default().clone()
        };
        let result = slot
            .get_or_try_init(|| async {
                let (files, sketch) = (files.clone(), sketch.clone());
                match blocking(move || prepare(files.disk(), &sketch)).await? {
                    Ok(prepared) => Ok(Ok(Arc::new(prepared))),
                    Err(BuildError::Failed(failure)) => Ok(Err(failure)),
                    Err(other) => Err(other),
                }
            })
            .await?;
        result.clone().map_err(BuildError::Failed)
    }
}

fn prepare(disk: &Disk, sketch: &Sketch) -> Result<Prepared, BuildError> {
    let bad = |error: &dyn std::error::Error| {
        let cause = error.source().map(|source| format!(": {source}")).unwrap_or_default();
        BuildError::code(Step::Preprocess, format!("{error}{cause}"))
    };
    let files = if sketch.single_file {
        sketch::load_file(disk, &sketch.main_file)
    } else {
        sketch::load(disk, &sketch.dir, &sketch.main_file)
    };
    let files = files.map_err(|error| bad(&error))?;
    let project_name = files.main_file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut merged = None;
    if let Some(name) = files.merged_name() {
        let text = sketch::preprocess(&read(disk, &files.ino_files)?);
        let path = sketch.staging.join(&name);
        // Left alone where nothing changed, so that its times stay as well.
        if std::fs::read(&path).ok().as_deref() != Some(text.as_slice()) {
            std::fs::create_dir_all(&sketch.staging)
                .and_then(|()| write_atomically(&path, &text))
                .map_err(|error| BuildError::io(Step::Preprocess, "written", &path, &error))?;
        }
        merged = Some((path, PathBuf::from(name)));
    }
    let relative = |path: &Path| path.strip_prefix(&files.folder).unwrap_or(path).to_owned();
    let sources: Vec<(PathBuf, PathBuf)> = files
        .units()
        .into_iter()
        .filter_map(|unit| match unit {
            SketchUnit::Merged => merged.clone(),
            SketchUnit::Source(path) => {
                let relative = relative(&path);
                Some((path, relative))
            }
        })
        .collect();
    let walked = walked(disk, &files.folder, &sources, merged.as_ref().map(|(path, _)| path))
        .map_err(|error| BuildError::io(Step::Preprocess, "read", &files.folder, &error))?;
    let quote = merged.is_some().then(|| files.folder.as_path().into()).into_iter().collect();
    Ok(Prepared { project_name, sources, walked, quote })
}

fn read(disk: &Disk, paths: &[PathBuf]) -> Result<Vec<SketchFile>, BuildError> {
    let one = |path: &PathBuf| {
        let text = disk.read(path).map_err(|error| BuildError::io(Step::Preprocess, "read", path, &error))?;
        Ok(SketchFile { path: path.clone(), text })
    };
    paths.iter().map(one).collect()
}

/// The generated C++, the folder's own sources, those below `src`.
fn walked(
    disk: &Disk,
    folder: &Path,
    sources: &[(PathBuf, PathBuf)],
    merged: Option<&PathBuf>,
) -> std::io::Result<Vec<PathBuf>> {
    let src = folder.join("src");
    let mut order: Vec<PathBuf> = merged.into_iter().cloned().collect();
    order.extend(sources::as_walked(disk, folder, false)?);
    if disk.is_dir(&src) {
        order.extend(sources::as_walked(disk, &src, true)?);
    }
    // Whatever the sketch's rules leave out stays out; whatever they have in addition comes last.
    let mut walked: Vec<PathBuf> =
        order.into_iter().filter(|path| sources.iter().any(|(source, _)| source == path)).collect();
    for (source, _) in sources {
        if !walked.contains(source) {
            walked.push(source.clone());
        }
    }
    Ok(walked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hook_made_stands_where_its_name_puts_it() {
        let source = |path: &str| (Path::new("/sketch").join(path), PathBuf::from(path));
        let prepared = Prepared {
            project_name: "S.ino".to_owned(),
            sources: ["a.c", "S.ino.cpp", "z.cpp", "src/b.c"].map(source).to_vec(),
            walked: vec!["/sketch/S.ino.cpp".into()],
            quote: Vec::new(),
        };
        let made = ["requiredLibraries.cpp", "b.c", "a.S", "src/c.c"];
        let made = made.map(|path| Path::new("/cell/sketch").join(path)).to_vec();
        let all = prepared.with(Path::new("/cell/sketch"), made.clone());
        let order: Vec<&str> = all.sources.iter().map(|(_, relative)| relative.to_str().unwrap()).collect();
        assert_eq!(
            order,
            ["a.S", "a.c", "b.c", "S.ino.cpp", "requiredLibraries.cpp", "z.cpp", "src/b.c", "src/c.c"]
        );
        assert_eq!(all.walked[1], made[0], "it is looked through for includes");
    }
}
