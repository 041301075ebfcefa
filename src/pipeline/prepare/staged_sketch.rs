//! The sources of a sketch, ready for discovery and compiles: staged once for all cells of the sketch.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::staged::{Copies, Staging};
use crate::event::{Failure, Step};
use crate::fs::Sharing;
use crate::includes::{Disk, Files};
use crate::pipeline::discover::sources;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::output::directory;
use crate::pipeline::shared::blocking::blocking;
use crate::plan::Sketch;
use crate::sketch::{self, Merged, Plain, Prototypes, SketchFile, SketchFiles};
use crate::sync::OncePerKey;

/// A staged sketch.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Prepared {
    /// `build.project_name`: the main file's name.
    pub(in crate::pipeline) project_name: String,
    /// `build.source.path`: the sketch's own directory, with symbolic links resolved.
    pub(in crate::pipeline) dir: PathBuf,
    /// The staged directory; the sketch's own directory if the main file is C or C++.
    pub(in crate::pipeline) root: PathBuf,
    /// The merged `.ino` files; `None` if the main file is C or C++.
    pub(in crate::pipeline) merged: Option<Arc<MergedSketch>>,
    /// Staged files, relative to `root`.
    files: Vec<PathBuf>,
}

/// The `.ino` files of a sketch.
#[derive(Debug)]
pub(in crate::pipeline) struct MergedSketch {
    /// Number of lines before the main file's first line in the merged source.
    offset: usize,
    /// The files, main file first.
    pub(in crate::pipeline) tabs: Vec<PathBuf>,
    /// The prototypes of a plain sketch; `None` for any other.
    pub(in crate::pipeline) plain: Option<Plain>,
    /// `Name.ino.cpp`.
    pub(in crate::pipeline) name: String,
}

impl MergedSketch {
    /// Returns `Name.ino.cpp.merged`: the source that arduino-cli searches for includes and functions.
    pub(in crate::pipeline) fn merged_name(&self) -> String {
        format!("{}.merged", self.name)
    }

    /// Returns the main file.
    pub(in crate::pipeline) fn main(&self) -> &Path {
        self.tabs.first().map_or(Path::new(""), PathBuf::as_path)
    }
}

/// A source of a sketch: its path, and the path of its object below the cell's directory.
pub(in crate::pipeline) type SketchSource = (PathBuf, PathBuf);

/// Treatment of a sketch's own files after hooks have created others.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) enum OwnFiles {
    /// Own files remain: arduino-cli copies them after the hook.
    Stay,
    /// The files in the directory replace the own files: the hook could change those there.
    Replaced,
}

impl Prepared {
    /// Returns the sketch with the files that hooks created in `directory`, where arduino-cli has its copies.
    ///
    /// # Errors
    /// A file can't be read, or a copy can't be written.
    pub(in crate::pipeline) async fn with_left(
        &self,
        files: &Arc<Files>,
        staging: &Arc<Staging>,
        directory: &Path,
        left: Vec<PathBuf>,
        own: OwnFiles,
    ) -> Result<Self, BuildError> {
        let (all, directory, staging, files) =
            (self.clone(), directory.to_owned(), staging.clone(), files.clone());
        blocking(move || {
            let mut copies = match own {
                OwnFiles::Stay => all.copies()?,
                OwnFiles::Replaced => Copies::default(),
            };
            for path in left {
                let Ok(relative) = path.strip_prefix(&directory).map(Path::to_owned) else { continue };
                copies.insert_new(relative, read(files.disk(), &path)?);
            }
            all.staged(&copies, &staging)
        })
        .await?
    }

    /// Places the staged files where arduino-cli has them, for hooks that read or change them.
    ///
    /// # Errors
    /// The directory can't be written.
    pub(in crate::pipeline) async fn place(&self, directory: &Path) -> Result<(), BuildError> {
        let files = self.files.iter().map(|path| (self.root.join(path), path.clone())).collect();
        directory::place(directory, Step::Preprocess, Sharing::Copy, files).await
    }

    /// Returns the sketch with prototypes in the final source; without that source if arduino-cli creates
    /// none.
    ///
    /// # Errors
    /// The prototypes can't be inserted, or the copy can't be written.
    pub(in crate::pipeline) async fn with_prototypes(
        &self,
        staging: &Arc<Staging>,
        prototypes: Arc<Prototypes>,
    ) -> Result<Self, BuildError> {
        let (all, staging) = (self.clone(), staging.clone());
        let Some(merged) = self.merged.clone() else { return Ok(all) };
        blocking(move || {
            let path = all.root.join(merged.merged_name());
            let text = std::fs::read(&path)
                .map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, &path, &error))?;
            let source = Merged { text, offset: merged.offset, main: merged.main().to_owned() };
            let text = prototypes.insert_into(&source);
            let text = text.map_err(|error| BuildError::code(Step::Preprocess, error.to_string()))?;
            let mut copies = all.copies()?;
            match text {
                Some(text) => copies.insert(merged.name.clone().into(), text),
                // arduino-cli compiles a file of this name then only if the sketch has one.
                None if merged.plain.is_some() => copies.remove(Path::new(&merged.name)),
                None => {}
            }
            all.staged(&copies, &staging)
        })
        .await?
    }

    /// Reads the staged files.
    fn copies(&self) -> Result<Copies, BuildError> {
        let mut copies = Copies::default();
        for relative in &self.files {
            let path = self.root.join(relative);
            let text = std::fs::read(&path)
                .map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, &path, &error))?;
            copies.insert(relative.clone(), text);
        }
        Ok(copies)
    }

    fn staged(mut self, copies: &Copies, staging: &Staging) -> Result<Self, BuildError> {
        let root = staging.stage(copies);
        self.root =
            root.map_err(|(path, error)| BuildError::io(Step::Preprocess, FileAction::Write, &path, &error))?;
        self.files = copies.paths();
        Ok(self)
    }

    /// Returns the user's own files that are staged or merged. A file that a hook created may be among them.
    pub(in crate::pipeline) fn own_files(&self) -> Vec<PathBuf> {
        let tabs = self.merged.iter().flat_map(|merged| merged.tabs.iter().cloned());
        tabs.chain(self.files.iter().map(|path| self.dir.join(path))).collect()
    }

    /// Returns the user's own files behind an object of the sketch: the `.ino` files, or the original of a
    /// copy. `object` is its path below the cell's directory.
    pub(in crate::pipeline) fn originals(&self, object: &Path) -> Vec<PathBuf> {
        let source = object.with_extension("");
        let Ok(relative) = source.strip_prefix("sketch") else { return Vec::new() };
        match &self.merged {
            Some(merged) if relative == Path::new(&merged.name) => merged.tabs.clone(),
            _ => vec![self.dir.join(relative)],
        }
    }

    /// Returns the compiled sources in link order: those of the sketch's directory, then those of its `src`.
    ///
    /// # Errors
    /// A directory can't be read.
    pub(in crate::pipeline) fn sources(&self, disk: &Disk) -> Result<Vec<SketchSource>, BuildError> {
        let Some(_) = &self.merged else {
            let object = sources::object_path(Path::new("sketch"), Path::new(&self.project_name));
            return Ok(vec![(self.root.join(&self.project_name), object)]);
        };
        let src = self.root.join("src");
        let read = |dir: &Path, found: io::Result<Vec<PathBuf>>| {
            found.map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, dir, &error))
        };
        let mut all = read(&self.root, sources::of_directory(disk, &self.root))?;
        if disk.is_dir(&src) {
            all.extend(read(&src, sources::of_tree(disk, &src))?);
        }
        let object = |path: PathBuf| {
            let relative = path.strip_prefix(&self.root).unwrap_or(&path);
            let object = sources::object_path(Path::new("sketch"), relative);
            (path, object)
        };
        Ok(all.into_iter().map(object).collect())
    }

    /// Returns the sources in the order of library discovery: the merged one first.
    ///
    /// # Errors
    /// A directory can't be read.
    pub(in crate::pipeline) fn walked(&self, disk: &Disk) -> Result<Vec<PathBuf>, BuildError> {
        let Some(merged) = &self.merged else { return Ok(vec![self.root.join(&self.project_name)]) };
        let generated = self.root.join(&merged.name);
        let mut all = vec![self.root.join(merged.merged_name())];
        all.extend(walk(disk, &self.root, false)?.into_iter().filter(|path| *path != generated));
        all.extend(walk(disk, &self.root.join("src"), true)?);
        Ok(all)
    }
}

fn walk(disk: &Disk, dir: &Path, recurse: bool) -> Result<Vec<PathBuf>, BuildError> {
    if !disk.is_dir(dir) {
        return Ok(Vec::new());
    }
    let found = sources::as_walked(disk, dir, recurse);
    found.map_err(|error| BuildError::io(Step::Preprocess, FileAction::Read, dir, &error))
}

/// The sketches of a run.
#[derive(Debug)]
pub(in crate::pipeline) struct Sketches {
    pub(in crate::pipeline) staging: Arc<Staging>,
    prepared: OncePerKey<Arc<str>, Result<Arc<Prepared>, Box<Failure>>>,
}

impl Sketches {
    /// Returns an empty table; sketches are staged below `directory`.
    pub(in crate::pipeline) fn new(directory: PathBuf) -> Self {
        Self { staging: Arc::new(Staging::new(directory)), prepared: OncePerKey::default() }
    }

    /// Prepares a sketch, once for all its cells.
    pub(in crate::pipeline) async fn prepare(
        &self,
        files: &Arc<Files>,
        sketch: &Arc<Sketch>,
    ) -> Result<Arc<Prepared>, BuildError> {
        let slot = self.prepared.cell(sketch.name.clone());
        let result = slot
            .get_or_try_init(|| async {
                let (files, sketch, staging) = (files.clone(), sketch.clone(), self.staging.clone());
                match blocking(move || prepare(files.disk(), &sketch, &staging)).await? {
                    Ok(prepared) => Ok(Ok(Arc::new(prepared))),
                    Err(BuildError::Failed(failure)) => Ok(Err(failure)),
                    Err(other) => Err(other),
                }
            })
            .await?;
        result.clone().map_err(BuildError::Failed)
    }
}

fn prepare(disk: &Disk, sketch: &Sketch, staging: &Staging) -> Result<Prepared, BuildError> {
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
    let unstaged = |root| Prepared {
        project_name: project_name.clone(),
        dir: files.dir.clone(),
        root,
        merged: None,
        files: Vec::new(),
    };
    if files.tabs.is_empty() {
        return Ok(unstaged(files.dir.clone()));
    }
    check_name(&project_name)?;
    let tabs = tabs(disk, &files.tabs)?;
    let source = sketch::merge(&tabs);
    let mut copies = copies(disk, &files)?;
    // A sketch without a position for its prototypes is not plain.
    let found = Plain::of(&tabs).and_then(|plain| {
        let text = plain.prototypes.insert_into(&source).ok()??;
        Some((plain, text))
    });
    let name = format!("{project_name}.cpp");
    let merged = match found {
        Some((plain, text)) => {
            copies.insert(name.clone().into(), text);
            MergedSketch { plain: Some(plain), tabs: files.tabs.clone(), offset: source.offset, name }
        }
        None => MergedSketch { plain: None, tabs: files.tabs.clone(), offset: source.offset, name },
    };
    copies.insert(merged.merged_name().into(), source.text);
    Prepared { merged: Some(Arc::new(merged)), ..unstaged(PathBuf::new()) }.staged(&copies, staging)
}

/// Rejects a name for which arduino-cli's `NAME.cpp.merged.libsdetect.d` exceeds the file system's limit.
fn check_name(project_name: &str) -> Result<(), BuildError> {
    const LONGEST: usize = 255 - ".cpp.merged.libsdetect.d".len();
    if project_name.len() <= LONGEST {
        return Ok(());
    }
    let message = format!(
        "file name too long: the main file's has {} bytes, and Arduino's tools, which make longer names of it, take at \
         most {LONGEST}",
        project_name.len()
    );
    Err(BuildError::code(Step::Preprocess, message))
}

/// Returns copies of the files beside the merged source, as arduino-cli writes them.
fn copies(disk: &Disk, files: &SketchFiles) -> Result<Copies, BuildError> {
    let mut copies = Copies::default();
    for path in &files.additional {
        let mut copy = sketch::line_directive(1, path);
        copy.extend_from_slice(sketch::without_mark(&read(disk, path)?));
        copies.insert(path.strip_prefix(&files.dir).unwrap_or(path).to_owned(), copy);
    }
    Ok(copies)
}

fn tabs(disk: &Disk, paths: &[PathBuf]) -> Result<Vec<SketchFile>, BuildError> {
    paths.iter().map(|path| Ok(SketchFile { path: path.clone(), text: read(disk, path)? })).collect()
}

/// Reads a file of the sketch. A file that can't be read fails the sketch like one that does not compile,
/// because arduino-cli rejects it as well.
fn read(disk: &Disk, path: &Path) -> Result<Vec<u8>, BuildError> {
    let unreadable = |why: &dyn std::fmt::Display| {
        BuildError::code(Step::Preprocess, format!("{} can't be read: {why}", path.display()))
    };
    // Reading a pipe would block forever.
    if disk.metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(unreadable(&"it is no regular file"));
    }
    disk.read(path).map_err(|error| unreadable(&error))
}
