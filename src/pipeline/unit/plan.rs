//! What a unit is going to be: its command, what its compile could read, and its key. Compiles nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::preprocessor::{Folders, OUTPUT, SOURCE, marker};
use super::super::{BuildContext, BuildError, FileAction, JobContext};
use super::copy::{SketchCopy, exact_digest, portable_digest};
use super::idle::without_idle;
use super::{Key, Options, Wanted, blocking, depfile, lock, responses};
use crate::event::Step;
use crate::includes::{
    Closure, Disk, Files, Form, Hash, Inputs, MacroName, OWN_NAMES, Search, SourceFile, Trait,
};
use crate::pipeline::sketch::plain::Macros;
use crate::plan::Target;
use crate::platform::Value;
use crate::toolchain::Identity;

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
    options: Arc<Options>,
    /// What the compiler says of itself.
    folders: Arc<Folders>,
    /// Everything that the compile could read.
    pub(super) inputs: Inputs,
    /// Why neither an earlier object nor the cache may stand for it, if so.
    pub(super) opaque: Option<String>,
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
        let system = &self.folders.system;
        let is_system = |file: &Path| system.iter().any(|folder| file.starts_with(folder));
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
    pub(in crate::pipeline) fn opaque(&self) -> Option<String> {
        self.opaque.clone()
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
        let predefined = self.unit.folders.predefined.as_ref();
        predefined.is_none_or(|predefined| predefined.has(name))
    }
}

/// Plans a unit, once for all cores and cells that want the same: each sketch of a board wants the units of
/// its libraries again.
pub(in crate::pipeline) async fn plan(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
) -> Result<Arc<Planned>, BuildError> {
    let everything = responses::spelled_out(cx, command(&wanted, &[marker(cx).into()])?).await?;
    let mut key = Key::new("plan");
    key.command(&everything, &jcx.environment).add(wanted.label.as_bytes());
    key.add(wanted.source.as_os_str().as_encoded_bytes()).add(wanted.target.family.to_string().as_bytes());
    for folder in &wanted.include {
        key.add(folder.as_os_str().as_encoded_bytes());
    }
    key.add(&jcx.round.to_le_bytes());
    let slot = lock(&cx.units.planned).entry(key.finish()).or_default().clone();
    slot.get_or_try_init(async || plan_once(cx, jcx, wanted, everything).await.map(Arc::new)).await.cloned()
}

/// Finds what the compile could read, and makes the key. `everything` is the command with a place for all
/// include folders.
async fn plan_once(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
    everything: Vec<String>,
) -> Result<Planned, BuildError> {
    let identity = identify(cx, &everything).await?;
    let options = cx.units.options(cx, &everything).await?;
    let language = language(&everything, &wanted.source, &options);
    let folders = cx.units.folders(cx, jcx, &everything, &language, &identity.hash).await?;
    let search = cx.units.search(cx, folders.with(&wanted.include)).await?;
    let Some(inputs) = reads(cx, &search, &wanted.source, &options, Some(&folders)).await? else {
        return Err(unreadable(cx, &wanted.source).await?);
    };
    let include = needed(&wanted, &search, &inputs);
    let shown = command(&wanted, &include)?;
    for (place, what) in [(SOURCE, "source_file"), (OUTPUT, "object_file")] {
        if !shown.iter().any(|word| word.contains(place)) {
            let platform = &wanted.target.config.platform_dir;
            let recipe = format!("{{{what}}} in the recipe for {}", wanted.label);
            return Err(BuildError::no_recipe(Step::Compile, &recipe, platform));
        }
    }
    let mut opaque = inputs.uncacheable().map(str::to_owned);
    if identity.version.is_none() {
        // Who knows what it reads, and whether the cache understands its options.
        opaque.get_or_insert_with(|| "a compiler of a kind that is not known".to_owned());
    }
    let portable = portable(cx, &wanted, &search, &inputs, &include, opaque.is_none()).await?;
    let name = seed(cx, &wanted);
    let mut key = Key::new("unit 6");
    key.add(identity.hash.as_bytes()).add(name.as_bytes());
    let is_portable = portable.is_some();
    let argv = if let Some(argv) = portable {
        argv
    } else {
        let argv = responses::spelled_out(cx, shown.clone()).await?;
        without_idle(argv, wanted.values, &search, &inputs).await?
    };
    let copy = SketchCopy::of(cx, &inputs, &wanted, &argv, is_portable);
    let named = copy.as_ref().map(|copy| copy.named(&wanted.source));
    let (argv, named) = if is_portable {
        let (context, read) = (cx.clone(), inputs.clone());
        let files = blocking(move || read.hash_by(|file| portable_digest(&context, file))).await?;
        key.add(b"portable").add(files.as_bytes()).command(&argv, &jcx.environment);
        (argv, named.unwrap_or_else(|| cx.checkout.rename(&wanted.source).into_owned()))
    } else {
        let files = inputs.hash_by(|file| exact_digest(cx, file));
        let named = named.unwrap_or_else(|| wanted.source.clone());
        key.add(files.as_bytes()).add(named.as_os_str().as_encoded_bytes());
        key.command(&argv, &jcx.environment);
        (argv, named)
    };
    // With a depfile, the path of the object is in the key of the compiler cache, and brings our key into it.
    let seed = if writes_depfile(&argv) { name } else { key.finish() };
    if opaque.is_some() {
        // Never the same twice: it is compiled in every run, once.
        key.add(&cx.nonce.to_le_bytes());
    }
    let key = key.finish();
    let argv = if identity.version.is_some() { reproducible(cx, argv, &seed) } else { argv };
    let is_light = wanted.target.family.has_light_units();
    let (label, source) = (wanted.label, wanted.source);
    Ok(Planned { key, label, source, argv, shown, named, copy, options, folders, inputs, opaque, is_light })
}

/// The command by the names behind the link to the checkout, if the object can't tell the difference:
/// no file says its own name (`__FILE__`), and no word of the command names the checkout or the work
/// folder but for sources and headers.
async fn portable(
    cx: &BuildContext,
    wanted: &Wanted<'_>,
    search: &Arc<Search>,
    inputs: &Inputs,
    include: &[Arc<Path>],
    transparent: bool,
) -> Result<Option<Vec<String>>, BuildError> {
    let says_its_name = inputs.files.iter().any(|file| file.scan.traits.contains(&Trait::OwnName));
    if !transparent || says_its_name || !cx.checkout.can_be_renamed() {
        return Ok(None);
    }
    let include: Vec<Arc<Path>> = include.iter().map(|folder| cx.checkout.rename(folder).into()).collect();
    let argv = responses::spelled_out(cx, command(wanted, &include)?).await?;
    let argv = without_idle(argv, wanted.values, search, inputs).await?;
    let seen = cx.checkout.seen().to_string_lossy();
    let is_tied = |word: &String| {
        // The staging folder may lie in the checkout, or in the work folder.
        let word = word.replace(&*seen, "");
        cx.checkout.is_tied(&word) || OWN_NAMES.iter().any(|name| word.contains(name))
    };
    Ok(Some(argv).filter(|argv| !argv.iter().skip(1).any(is_tied)))
}

/// Returns the seed of a unit: the same for any content of its source, and another for each unit of a link. Of
/// a sketch's source only the label counts.
fn seed(cx: &BuildContext, wanted: &Wanted<'_>) -> Hash {
    let mut seed = Key::new("seed");
    seed.add(wanted.label.as_bytes());
    if wanted.sketch.is_none() {
        seed.add(cx.checkout.keyed(&wanted.source).as_encoded_bytes());
    }
    seed.finish()
}

/// Whether a compile writes a depfile beside its object: then zccache's key covers the path of the object.
fn writes_depfile(argv: &[String]) -> bool {
    argv.iter().any(|word| matches!(word.as_str(), "-MD" | "-MMD"))
}

/// Adds what makes objects the same every time: names of link-time sections are random without a seed,
/// and the folder that a compiler runs in is in its debug information.
fn reproducible(cx: &BuildContext, mut argv: Vec<String>, seed: &Hash) -> Vec<String> {
    let map = |folder: &Path| format!("-fdebug-prefix-map={}=.", folder.display());
    let seed = format!("-frandom-seed={}", &seed.to_hex()[..32]);
    // Of two that fit the last counts. What the recipe says comes behind, and counts before ours.
    let words = [seed, map(&cx.staging), map(cx.checkout.seen())];
    let at = first_option(&argv);
    argv.splice(at..at, words);
    argv
}

/// Where options of ours go: before the first of the command's own, which is the compiler's, however it is started (`env
/// avr-gcc`, `sh gcc.sh`).
pub(in crate::pipeline) fn first_option(argv: &[String]) -> usize {
    let first = argv.iter().skip(1).position(|word| word.starts_with('-'));
    first.map_or_else(|| argv.len().min(1), |at| at + 1)
}

/// Of the include folders those that a name leads to, in their order: then cells whose other
/// libraries differ share the unit, and every name still leads to the same file.
fn needed(wanted: &Wanted<'_>, search: &Search, inputs: &Inputs) -> Vec<Arc<Path>> {
    wanted.include.iter().filter(|folder| inputs.needs(search, folder)).cloned().collect()
}

/// What the driver takes a source for.
fn language(argv: &[String], source: &Path, options: &Options) -> String {
    let program = argv.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
    let by_name = match source.extension().and_then(|extension| extension.to_str()) {
        // What the C++ driver is given is C++.
        Some("c") if !program.contains("g++") && !program.contains("c++") && !program.contains("clang++") => {
            "c"
        }
        Some("S") => "assembler-with-cpp",
        _ => "c++",
    };
    options.language.clone().filter(|language| language != "none").unwrap_or_else(|| by_name.to_owned())
}

/// The files that a command can read, beginning with `source`; `None` where that can't be read. `folders` is
/// what the compiler answered for the same command, if it was asked.
pub(in crate::pipeline) async fn reads(
    cx: &BuildContext,
    search: &Arc<Search>,
    source: &Path,
    options: &Arc<Options>,
    folders: Option<&Arc<Folders>>,
) -> Result<Option<Inputs>, BuildError> {
    let (search, staging, source) = (search.clone(), cx.staging.clone(), source.to_owned());
    let (options, folders) = (options.clone(), folders.cloned());
    blocking(move || {
        let files = search.files();
        let Some(main) = files.get(&source) else { return Ok(None) };
        let forced = forced(&search, &staging, &options);
        let predefined = folders.as_ref().and_then(|folders| folders.predefined.as_ref());
        let mut inputs = Closure::new(&search, &options.macros, predefined).of(&main, &forced);
        for path in options.files.iter().cloned().chain(tools(files.disk(), &options.folders)?) {
            let file = files.get(&path).ok_or_else(|| format!("{} can't be read", path.display()))?;
            inputs.files.push(file);
        }
        inputs.opaque = options.opaque.clone().or(inputs.opaque);
        Ok(Some(inputs))
    })
    .await?
    .map_err(|error: String| BuildError::infrastructure(Step::Compile, error))
}

/// What is read before the source, with the index of the folder that it was found in.
pub(in crate::pipeline) fn forced(
    search: &Search,
    staging: &Path,
    options: &Options,
) -> Vec<(Arc<SourceFile>, Option<usize>)> {
    let one = |name: &String| {
        // GCC looks in the folder that it runs in, then along the path.
        let here = search.files().get(&staging.join(name)).map(|file| (file, None));
        here.or_else(|| search.along(name, Form::Quote))
    };
    // GCC includes that first, where the target's C library has it.
    let predefined = search.along("stdc-predef.h", Form::Angle);
    predefined.into_iter().chain(options.forced.iter().filter_map(one)).collect()
}

/// The files below the folders that `-B` names, in order.
fn tools(disk: &Disk, folders: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for folder in folders.iter().filter(|folder| disk.is_dir(folder)) {
        for entry in disk.walk(folder, true, |_| true) {
            let entry = entry.map_err(|error| error.to_string())?;
            found.extend(entry.file_type().is_file().then(|| entry.into_path()));
        }
    }
    Ok(found)
}

/// The folders that the board's C++ compiler searches by itself, and its identity.
pub(in crate::pipeline) async fn compiler_folders(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<(Arc<Folders>, Hash), BuildError> {
    let wanted = Wanted {
        target,
        values,
        source: "question.cpp".into(),
        include: Vec::new(),
        sketch: None,
        label: String::new(),
    };
    let argv = responses::spelled_out(cx, command(&wanted, &[marker(cx).into()])?).await?;
    let identity = identify(cx, &argv).await?;
    let folders = cx.units.folders(cx, jcx, &argv, "c++", &identity.hash).await?;
    Ok((folders, identity.hash))
}

async fn identify(cx: &BuildContext, argv: &[String]) -> Result<Identity, BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    cx.identities.of(&program).await.map_err(|error| BuildError::identity(Step::Compile, &error))
}

/// The argv of a unit with [`SOURCE`] and [`OUTPUT`] in their places.
fn command(wanted: &Wanted<'_>, include: &[Arc<Path>]) -> Result<Vec<String>, BuildError> {
    let config = &wanted.target.config;
    let extension = wanted.source.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let recipe = config.compile_recipe(extension).ok_or_else(|| {
        BuildError::no_recipe(Step::Compile, &format!("recipe for .{extension} files"), &config.platform_dir)
    })?;
    let includes = include_words(include);
    let mut values = wanted.values.to_vec();
    values.extend([
        ("includes", Value::Words(&includes)),
        ("source_file", Value::Word(SOURCE)),
        ("object_file", Value::Word(OUTPUT)),
    ]);
    let argv = config.command_with_warnings(recipe.pattern, &values);
    argv.map_err(|error| BuildError::board(Step::Compile, &error))
}

/// The words that `{includes}` becomes.
pub(in crate::pipeline) fn include_words(include: &[Arc<Path>]) -> Vec<String> {
    include.iter().map(|folder| format!("-I{}", folder.display())).collect()
}
/// Why a source can't be read.
async fn unreadable(cx: &BuildContext, source: &Path) -> Result<BuildError, BuildError> {
    let (files, path) = (cx.files.clone(), source.to_owned());
    let read = blocking(move || files.disk().read(&path)).await?;
    Ok(match read {
        Err(error) => BuildError::io(Step::Compile, FileAction::Read, source, &error),
        Ok(_) => BuildError::changed(source),
    })
}
