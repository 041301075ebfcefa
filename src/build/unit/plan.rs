//! What a unit is going to be: its command, what its compile could read, and its key. Compiles nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::preprocessor::{Folders, OUTPUT, SOURCE, marker};
use super::super::{BuildContext, BuildError, JobContext};
use super::{Key, Options, Wanted, blocking, lock, responses};
use crate::board::Value;
use crate::compile::Identity;
use crate::event::Step;
use crate::plan::Target;
use crate::source::{Closure, Disk, Form, Hash, Inputs, OWN_NAMES, Search, SourceFile, Trait, digest};

/// A unit that can be made.
#[derive(Debug, Clone)]
pub(in crate::build) struct Planned {
    /// Covers everything that can change its object.
    pub(in crate::build) key: Hash,
    /// What it is called in reports.
    pub(in crate::build) label: String,
    /// The source.
    pub(super) source: PathBuf,
    /// What is run, with [`SOURCE`] and [`OUTPUT`] in their places.
    pub(super) argv: Vec<String>,
    /// The same by the names that the user knows, and without what was added.
    pub(super) shown: Vec<String>,
    /// What the compiler calls the source.
    pub(super) named: PathBuf,
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
    /// How large its source is.
    pub(super) fn bytes(&self) -> u64 {
        self.inputs.files.first().map_or(0, |source| source.size())
    }

    /// Why its key is good for this run only, if so.
    pub(in crate::build) fn opaque(&self) -> Option<String> {
        self.opaque.clone()
    }
}

/// Plans a unit, once for all cores and cells that want the same: each sketch of a board wants the units of
/// its libraries again.
pub(in crate::build) async fn plan(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
) -> Result<Arc<Planned>, BuildError> {
    let everything = responses::spelled_out(cx, command(&wanted, &[marker(cx).into()], &[])?).await?;
    let mut key = Key::new("plan");
    key.command(&everything, &jcx.environment).add(wanted.label.as_bytes());
    key.add(wanted.source.as_os_str().as_encoded_bytes()).add(wanted.target.family.to_string().as_bytes());
    for folders in [&wanted.include, &wanted.quote] {
        key.add(&folders.len().to_le_bytes());
        for folder in folders {
            key.add(folder.as_os_str().as_encoded_bytes());
        }
    }
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
    let folders = cx.units.answers.folders(cx, jcx, &everything, &language, &identity.hash).await?;
    let search = cx.units.search(cx, folders.with(&wanted.quote, &wanted.include)).await?;
    let inputs = reads(cx, &search, &wanted.source, &options, Some(&folders)).await?.ok_or_else(|| {
        BuildError::infrastructure(Step::Compile, format!("{} can't be read", wanted.source.display()))
    })?;
    let (include, quote) = needed(&wanted, &search, &inputs);
    let shown = command(&wanted, &include, &quote)?;
    for (place, what) in [(SOURCE, "source_file"), (OUTPUT, "object_file")] {
        if !shown.iter().any(|word| word.contains(place)) {
            let platform = &wanted.target.config.platform_dir;
            let recipe = format!("{{{what}}} in the recipe for {}", wanted.label);
            return Err(BuildError::no_recipe(Step::Compile, &recipe, platform));
        }
    }
    let mut opaque = inputs.opaque.clone();
    if identity.version.is_none() {
        // Who knows what it reads, and whether the cache understands its options.
        opaque.get_or_insert_with(|| "a compiler of a kind that is not known".to_owned());
    }
    let portable = portable(cx, &wanted, &inputs, &include, &quote, opaque.is_none()).await?;
    let mut key = Key::new("unit 4");
    key.add(identity.hash.as_bytes());
    let (argv, named) = if let Some(Portable { argv, named, generated }) = portable {
        let files = keyed_files(cx, &inputs, &wanted.source, generated);
        key.add(b"portable").add(files.as_bytes()).command(&argv, &jcx.environment);
        (argv, named)
    } else {
        let argv = responses::spelled_out(cx, shown.clone()).await?;
        key.add(inputs.hash().as_bytes()).add(wanted.source.as_os_str().as_encoded_bytes());
        key.command(&argv, &jcx.environment);
        (argv, wanted.source.clone())
    };
    let seed = key.finish();
    if opaque.is_some() {
        // Never the same twice: it is compiled in every run, once.
        key.add(&cx.nonce.to_le_bytes());
    }
    let key = key.finish();
    let argv = if identity.version.is_some() { reproducible(cx, argv, &seed) } else { argv };
    let is_light = wanted.target.family.has_light_units();
    let (label, source) = (wanted.label, wanted.source);
    Ok(Planned { key, label, source, argv, shown, named, inputs, opaque, is_light })
}

/// A unit whose object is the same wherever the checkout is.
struct Portable {
    argv: Vec<String>,
    /// What the compiler calls the source.
    named: PathBuf,
    /// The hash of a generated source's text, wherever the checkout is.
    generated: Option<Hash>,
}

/// The command by the names behind the link to the checkout, if the object can't tell the difference:
/// no file says its own name (`__FILE__`), and no word of the command names the checkout or the work
/// folder but for sources and headers.
async fn portable(
    cx: &BuildContext,
    wanted: &Wanted<'_>,
    inputs: &Inputs,
    include: &[Arc<Path>],
    quote: &[Arc<Path>],
    transparent: bool,
) -> Result<Option<Portable>, BuildError> {
    let says_its_name = inputs.files.iter().any(|file| file.scan.traits.contains(&Trait::OwnName));
    if !transparent || says_its_name || !cx.checkout.can_be_renamed() {
        return Ok(None);
    }
    let rename = |folders: &[Arc<Path>]| -> Vec<Arc<Path>> {
        folders.iter().map(|folder| cx.checkout.rename(folder).into()).collect()
    };
    let argv = responses::spelled_out(cx, command(wanted, &rename(include), &rename(quote))?).await?;
    let seen = cx.checkout.seen().to_string_lossy();
    let is_tied = |word: &String| {
        // The staging folder may lie in the checkout, or in the work folder.
        let word = word.replace(&*seen, "");
        cx.checkout.is_tied(&word) || OWN_NAMES.iter().any(|name| word.contains(name))
    };
    if argv.iter().skip(1).any(is_tied) {
        return Ok(None);
    }
    if !cx.checkout.is_generated(&wanted.source) {
        let named = cx.checkout.rename(&wanted.source).into_owned();
        return Ok(Some(Portable { argv, named, generated: None }));
    }
    let (files, checkout, source) = (cx.files.clone(), cx.checkout.clone(), wanted.source.clone());
    let hash = blocking(move || files.disk().read(&source).map(|text| checkout.hash_of(&text))).await?;
    let hash = hash.map_err(|error| BuildError::io(Step::Compile, "read", &wanted.source, &error))?;
    let named = cx.checkout.generated_path(&wanted.source, &hash);
    Ok(Some(Portable { argv, named, generated: Some(hash) }))
}

/// A hash over what a portable unit reads, by names that are the same for every checkout.
fn keyed_files(cx: &BuildContext, inputs: &Inputs, source: &Path, generated: Option<Hash>) -> Hash {
    let name = source.file_name().unwrap_or_default();
    inputs.hash_by(|file| match generated {
        Some(hash) if *file.path == *source => digest(name, &hash),
        _ => file.keyed_digest(|path| cx.checkout.keyed(path)),
    })
}

/// Adds what makes objects the same every time: names of link-time sections are random without a seed,
/// and the folder that a compiler runs in is in its debug information. The seed also brings our key
/// into that of the cache, which else knows nothing of what our key covers.
fn reproducible(cx: &BuildContext, mut argv: Vec<String>, seed: &Hash) -> Vec<String> {
    let map = |folder: &Path| format!("-fdebug-prefix-map={}=.", folder.display());
    let seed = format!("-frandom-seed={}", &seed.to_hex()[..32]);
    // Of two that fit the last counts. What the recipe says comes behind, and counts before ours.
    let words = [seed, map(&cx.staging), map(cx.checkout.seen())];
    argv.splice(argv.len().min(1)..argv.len().min(1), words);
    argv
}

/// Of include and quote folders those that a name leads to, in their order: then cells whose other
/// libraries differ share the unit, and every name still leads to the same file.
fn needed(wanted: &Wanted<'_>, search: &Search, inputs: &Inputs) -> (Vec<Arc<Path>>, Vec<Arc<Path>>) {
    let kept = |folders: &[Arc<Path>]| -> Vec<Arc<Path>> {
        folders.iter().filter(|folder| inputs.needs(search, folder)).cloned().collect()
    };
    (kept(&wanted.include), kept(&wanted.quote))
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
pub(in crate::build) async fn reads(
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
pub(in crate::build) fn forced(
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
pub(in crate::build) async fn compiler_folders(
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
        quote: Vec::new(),
        label: String::new(),
    };
    let argv = responses::spelled_out(cx, command(&wanted, &[marker(cx).into()], &[])?).await?;
    let identity = identify(cx, &argv).await?;
    let folders = cx.units.answers.folders(cx, jcx, &argv, "c++", &identity.hash).await?;
    Ok((folders, identity.hash))
}

async fn identify(cx: &BuildContext, argv: &[String]) -> Result<Identity, BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    cx.identities.of(&program).await.map_err(|error| BuildError::identity(Step::Compile, &error))
}

/// The argv of a unit with [`SOURCE`] and [`OUTPUT`] in their places.
fn command(
    wanted: &Wanted<'_>,
    include: &[Arc<Path>],
    quote: &[Arc<Path>],
) -> Result<Vec<String>, BuildError> {
    let config = &wanted.target.config;
    let extension = wanted.source.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let recipe = config.compile_recipe(extension).ok_or_else(|| {
        BuildError::no_recipe(Step::Compile, &format!("recipe for .{extension} files"), &config.platform_dir)
    })?;
    let includes = include_words(quote, include);
    let mut values = wanted.values.to_vec();
    values.extend([
        ("includes", Value::Words(&includes)),
        ("source_file", Value::Word(SOURCE)),
        ("object_file", Value::Word(OUTPUT)),
    ]);
    config.command(recipe.pattern, &values).map_err(|error| BuildError::board(Step::Compile, &error))
}

/// The words that `{includes}` becomes.
pub(in crate::build) fn include_words(quote: &[Arc<Path>], include: &[Arc<Path>]) -> Vec<String> {
    let quote = quote.iter().flat_map(|folder| ["-iquote".to_owned(), folder.display().to_string()]);
    quote.chain(include.iter().map(|folder| format!("-I{}", folder.display()))).collect()
}
