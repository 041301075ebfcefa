//! Data of a unit: the request of a job, the planned compile, and the object.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::copy::SketchCopy;
use super::depfile;
use super::options::Options;
use crate::event::Failure;
use crate::includes::{Files, Hash, Inputs, MacroName, Search};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::plan::Target;
use crate::platform::Value;
use crate::sketch::plain::Macros;

/// Placeholder for the source in a command.
pub(in crate::pipeline) const SOURCE: &str = "\u{1}source";
/// Placeholder for the object in a command.
pub(in crate::pipeline) const OUTPUT: &str = "\u{1}output";

/// A compile that a core or a cell requests.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Wanted<'a> {
    /// The board.
    pub(in crate::pipeline) target: &'a Target,
    /// Properties of the job for the command: `build.path` and the like.
    pub(in crate::pipeline) values: &'a [(&'a str, Value<'a>)],
    /// The source.
    pub(in crate::pipeline) source: PathBuf,
    /// `-I` directories, in order.
    pub(in crate::pipeline) include: Vec<Arc<Path>>,
    /// The sketch's directory, if the source is a staged one.
    pub(in crate::pipeline) sketch: Option<&'a Path>,
    /// Name in reports.
    pub(in crate::pipeline) label: String,
}

/// How a compile finds the files that it reads.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Lookup {
    /// Dependencies of the command beside the source.
    pub(super) options: Arc<Options>,
    /// Search directories and macros that the compiler reports.
    pub(super) directories: Arc<CompilerDirectories>,
    /// The search along the include directories of the request.
    pub(super) search: Arc<Search>,
}

/// A planned unit.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Planned {
    /// Key over everything that can change the object.
    pub(in crate::pipeline) key: Hash,
    /// Name in reports.
    pub(in crate::pipeline) label: String,
    /// The source.
    pub(super) source: PathBuf,
    /// Command of the process, with the placeholders [`SOURCE`] and [`OUTPUT`].
    pub(super) argv: Vec<String>,
    /// The same command with the names that the user knows, without added options.
    pub(super) shown: Vec<String>,
    /// The compiler's name for the source.
    pub(super) named: PathBuf,
    /// Copies that are compiled instead of a sketch's staged files; `None` for other sources.
    pub(super) copy: Option<SketchCopy>,
    /// How the compile finds its files.
    pub(super) lookup: Lookup,
    /// Every file that the compile could read.
    pub(super) inputs: Inputs,
    /// Reason why the unit is uncacheable; `None` if it is cacheable.
    pub(super) uncacheable: Option<String>,
    /// Whether the compile takes less time than the embedded cache ([`Family::has_light_units`]).
    ///
    /// [`Family::has_light_units`]: crate::plan::Family::has_light_units
    pub(super) is_light: bool,
}

impl Planned {
    /// Returns every file that the compile could read.
    pub(in crate::pipeline) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Returns the source; the staged copy for a source of the sketch.
    pub(in crate::pipeline) fn source(&self) -> &Path {
        &self.source
    }

    /// Returns the command with these names of source and object.
    pub(super) fn command(&self, source: &Path, object: &Path) -> Vec<String> {
        filled(&self.argv, source, object)
    }

    /// Returns the command with the names that the user knows.
    pub(super) fn shown(&self, object: &Path) -> Vec<String> {
        filled(&self.shown, &self.source, object)
    }

    /// Returns the path of the object in `staging`, where compilers run.
    pub(super) fn object(&self, staging: &Path) -> PathBuf {
        staging.join(format!("{}.o", self.key.to_hex()))
    }

    /// Whether the object may be in the artifact store instead of the compiler cache: light units, and units of sketches,
    /// which may have been compiled with a precompiled prefix.
    pub(super) fn may_be_kept(&self) -> bool {
        self.is_light || self.copy.is_some()
    }

    /// Returns the size of the source.
    pub(super) fn bytes(&self) -> u64 {
        self.inputs.files.first().map_or(0, |source| source.size())
    }

    /// Returns the rule of the compile's depfile, if the command writes one.
    pub(in crate::pipeline) fn depfile(&self, object: &Path) -> Option<String> {
        let with_system = self.shown.iter().any(|word| word == "-MD");
        let is_wanted = with_system || self.shown.iter().any(|word| word == "-MMD");
        let system = &self.lookup.directories.system;
        let is_system = |file: &Path| system.iter().any(|directory| file.starts_with(directory));
        let mut files: Vec<&Path> = self.inputs.files.iter().map(|file| &*file.path).collect();
        files.retain(|file| with_system || !is_system(file));
        // The source first, then the others in an order that is the same in each run.
        files.get_mut(1..).unwrap_or_default().sort_unstable();
        is_wanted.then(|| depfile::rule(object, files.into_iter()))
    }

    /// Returns the macros that the compile can see.
    pub(in crate::pipeline) fn macros<'a>(&'a self, files: &'a Files) -> UnitMacros<'a> {
        UnitMacros { unit: self, files }
    }

    /// Returns the reason why the unit is uncacheable, if it is.
    pub(in crate::pipeline) fn uncacheable(&self) -> Option<String> {
        self.uncacheable.clone()
    }
}

/// Returns a command with the names of source and object for the placeholders.
fn filled(argv: &[String], source: &Path, object: &Path) -> Vec<String> {
    let (source, object) = (source.to_string_lossy(), object.to_string_lossy());
    argv.iter().map(|word| word.replace(SOURCE, &source).replace(OUTPUT, &object)).collect()
}

/// The macros that a unit's compile can see: from its possible inputs, its command, and the compiler.
pub(in crate::pipeline) struct UnitMacros<'a> {
    unit: &'a Planned,
    files: &'a Files,
}

impl Macros for UnitMacros<'_> {
    fn bodies(&self, name: &str) -> Vec<String> {
        let macro_name = MacroName::of(name);
        let defining = self.unit.inputs.files.iter();
        let defining = defining.filter(|file| file.scan.defines.binary_search(&macro_name).is_ok());
        let own = self.unit.lookup.options.macros.get(name).cloned();
        own.into_iter().chain(defining.flat_map(|file| self.files.definitions(file, name).to_vec())).collect()
    }

    fn is_predefined(&self, name: &str) -> bool {
        // A compiler that does not report its macros may predefine any name.
        let predefined = self.unit.lookup.directories.predefined.as_ref();
        predefined.is_none_or(|predefined| predefined.has(name))
    }
}

/// The object of a unit.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Unit {
    /// Path of the object; may be linked elsewhere, must never be written to.
    pub(in crate::pipeline) object: PathBuf,
    /// Hash of the content.
    pub(in crate::pipeline) hash: Hash,
    /// Output of the compiler.
    pub(in crate::pipeline) printed: String,
    /// Whether the key covers all inputs of the compile; if not, every result that contains the object is
    /// uncacheable.
    pub(in crate::pipeline) is_cacheable: bool,
}

/// Result of a unit; the error is its failure.
pub(super) type Made = Result<Unit, Box<Failure>>;
