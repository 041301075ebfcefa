//! A unit as data: what a job wants compiled, what its compile is going to be, and the object that was made.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::copy::SketchCopy;
use super::depfile;
use super::options::Options;
use crate::event::Failure;
use crate::includes::{Files, Hash, Inputs, MacroName};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::plan::Target;
use crate::platform::Value;
use crate::sketch::plain::Macros;

/// Stands for the source in a command, until it is run.
pub(in crate::pipeline) const SOURCE: &str = "\u{1}source";
/// Stands for the object in a command, until it is run.
pub(in crate::pipeline) const OUTPUT: &str = "\u{1}output";

/// What a core or a cell wants compiled.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Wanted<'a> {
    /// The board.
    pub(in crate::pipeline) target: &'a Target,
    /// What the command knows of the job: `build.path` and the like.
    pub(in crate::pipeline) values: &'a [(&'a str, Value<'a>)],
    /// The source.
    pub(in crate::pipeline) source: PathBuf,
    /// `-I` directories, in order.
    pub(in crate::pipeline) include: Vec<Arc<Path>>,
    /// The sketch's directory, where the source is a staged one.
    pub(in crate::pipeline) sketch: Option<&'a Path>,
    /// What it is called in reports.
    pub(in crate::pipeline) label: String,
}

/// A unit that can be made.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Planned {
    /// Covers everything that can change its object.
    pub(in crate::pipeline) key: Hash,
    /// What it is called in reports.
    pub(in crate::pipeline) label: String,
    /// The source.
    pub(super) source: PathBuf,
    /// What is run, with [`SOURCE`] and [`OUTPUT`] in their places.
    pub(super) argv: Vec<String>,
    /// The same by the names that the user knows, and without what was added.
    pub(super) shown: Vec<String>,
    /// What the compiler calls the source.
    pub(super) named: PathBuf,
    /// The copies that it is compiled from, where it is a sketch's.
    pub(super) copy: Option<SketchCopy>,
    /// What its command depends on beside the source.
    pub(super) options: Arc<Options>,
    /// What the compiler says of itself.
    pub(super) directories: Arc<CompilerDirectories>,
    /// Everything that the compile could read.
    pub(super) inputs: Inputs,
    /// Why neither an earlier object nor the cache may stand for it, if so.
    pub(super) uncacheable: Option<String>,
    /// Whether it compiles in less time than the embedded cache takes ([`Family::has_light_units`]).
    ///
    /// [`Family::has_light_units`]: crate::plan::Family::has_light_units
    pub(super) is_light: bool,
}

impl Planned {
    /// The source; of a sketch's the staged copy.
    pub(in crate::pipeline) fn source(&self) -> &Path {
        &self.source
    }

    /// How large its source is.
    pub(super) fn bytes(&self) -> u64 {
        self.inputs.files.first().map_or(0, |source| source.size())
    }

    /// The rule that its compile writes into a depfile, if it writes one.
    pub(in crate::pipeline) fn depfile(&self, object: &Path) -> Option<String> {
        let with_system = self.shown.iter().any(|word| word == "-MD");
        let is_wanted = with_system || self.shown.iter().any(|word| word == "-MMD");
        let system = &self.directories.system;
        let is_system = |file: &Path| system.iter().any(|directory| file.starts_with(directory));
        let mut files: Vec<&Path> = self.inputs.files.iter().map(|file| &*file.path).collect();
        files.retain(|file| with_system || !is_system(file));
        // The source, then the others in an order that is the same in each run.
        files.get_mut(1..).unwrap_or_default().sort_unstable();
        is_wanted.then(|| depfile::rule(object, files.into_iter()))
    }

    /// The macros that its compile can see.
    pub(in crate::pipeline) fn macros<'a>(&'a self, files: &'a Files) -> UnitMacros<'a> {
        UnitMacros { unit: self, files }
    }

    /// Why its key is good for this run only, if so.
    pub(in crate::pipeline) fn uncacheable(&self) -> Option<String> {
        self.uncacheable.clone()
    }
}

/// The macros that a unit's compile can see: those of every file that it could read, of its command, and of the compiler.
pub(in crate::pipeline) struct UnitMacros<'a> {
    unit: &'a Planned,
    files: &'a Files,
}

impl Macros for UnitMacros<'_> {
    fn bodies(&self, name: &str) -> Vec<String> {
        let macro_name = MacroName::of(name);
        let defining = self.unit.inputs.files.iter();
        let defining = defining.filter(|file| file.scan.defines.binary_search(&macro_name).is_ok());
        let own = self.unit.options.macros.get(name).cloned();
        own.into_iter().chain(defining.flat_map(|file| self.files.definitions(file, name).to_vec())).collect()
    }

    fn is_predefined(&self, name: &str) -> bool {
        // A compiler that does not say may have any.
        let predefined = self.unit.directories.predefined.as_ref();
        predefined.is_none_or(|predefined| predefined.has(name))
    }
}

/// An object that was wanted.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct Unit {
    /// Where it is; to be linked elsewhere, never to be written.
    pub(in crate::pipeline) object: PathBuf,
    /// The hash of its content.
    pub(in crate::pipeline) hash: Hash,
    /// What the compiler printed when it was made.
    pub(in crate::pipeline) printed: String,
    /// Whether its key covers what the compiler read: without that no result that it is part of is good
    /// for another run.
    pub(in crate::pipeline) is_cacheable: bool,
}

/// How the making of a unit ended; an error is its failure.
pub(super) type Made = Result<Unit, Box<Failure>>;
