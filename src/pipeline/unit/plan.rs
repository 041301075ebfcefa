//! Plans a unit: its command, the possible inputs of its compile, and its key. Compiles nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::asked;
use super::clock::clock;
use super::digests::{copy_of, exact_digest, portable_digest};
use super::idle::without_idle;
use super::named::{Reading, completed};
use super::options::Options;
use super::planned::{Lookup, OUTPUT, Planned, SOURCE, Wanted};
use super::reads::reads;
use super::responses;
use crate::event::Step;
use crate::includes::{Hash, Inputs, OWN_NAMES, Search, Trait};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::first_option;
use crate::pipeline::prepare::preprocessor;
use crate::pipeline::prepare::preprocessor::marker;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::checkout::Checkout;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::plan::Target;
use crate::platform::Value;
use crate::toolchain::Identity;

/// Plans a unit, once for all cores and cells with the same request: every sketch of a board requests the
/// units of its libraries.
pub(in crate::pipeline) async fn plan(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
) -> Result<Arc<Planned>, BuildError> {
    let everything = responses::spelled_out(cx, command(&wanted, &[marker(cx).into()])?).await?;
    let mut key = Key::new("plan");
    key.command(&everything, &jcx.environment).add(wanted.label.as_bytes());
    key.add(wanted.source.as_os_str().as_encoded_bytes()).add(wanted.target.family.to_string().as_bytes());
    for directory in &wanted.include {
        key.add(directory.as_os_str().as_encoded_bytes());
    }
    key.add(&jcx.round.to_le_bytes());
    let slot = cx.tables.units.planned.cell(key.finish());
    slot.get_or_try_init(async || plan_once(cx, jcx, wanted, everything).await.map(Arc::new)).await.cloned()
}

/// Finds the possible inputs of the compile, and computes the key. `everything` is the command with a
/// placeholder for all include directories.
async fn plan_once(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: Wanted<'_>,
    everything: Vec<String>,
) -> Result<Planned, BuildError> {
    let identity = identify(cx, &everything).await?;
    let options = asked::options(cx, &everything).await?;
    let language = language(&everything, &wanted.source, &options);
    let directories = preprocessor::directories(cx, jcx, &everything, &language, &identity.hash).await?;
    let search = asked::search(cx, directories.with(&wanted.include)).await?;
    let lookup = Lookup { options, directories, search };
    let inputs = inputs(cx, jcx, &wanted, &identity, &lookup).await?;
    let Lookup { search, .. } = &lookup;
    let include = needed(&wanted, search, &inputs);
    let shown = command(&wanted, &include)?;
    for (place, what) in [(SOURCE, "source_file"), (OUTPUT, "object_file")] {
        if !shown.iter().any(|word| word.contains(place)) {
            let platform = &wanted.target.config.platform_dir;
            let recipe = format!("{{{what}}} in the recipe for {}", wanted.label);
            return Err(BuildError::no_recipe(Step::Compile, &recipe, platform));
        }
    }
    let uncacheable = if identity.version.is_none() {
        // Neither the inputs of an unknown compiler nor the cache's support of its options are known.
        Some("a compiler of a kind that is not known".to_owned())
    } else if inputs.incomplete.is_some() {
        inputs.incomplete.clone()
    } else {
        let argv = responses::spelled_out(cx, shown.clone()).await?;
        clock(cx, jcx, &wanted, &identity.hash, &argv, &inputs).await?
    };
    let portable = portable(cx, &wanted, search, &inputs, &include, uncacheable.is_none()).await?;
    let name = seed(cx, &wanted);
    let mut key = Key::new("unit 6");
    key.add(identity.hash.as_bytes()).add(name.as_bytes());
    let is_portable = portable.is_some();
    let argv = if let Some(argv) = portable {
        argv
    } else {
        let argv = responses::spelled_out(cx, shown.clone()).await?;
        without_idle(argv, wanted.values, search, &inputs).await?
    };
    let copy = copy_of(cx, &inputs, &wanted, &argv, is_portable);
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
    // A depfile puts the object's path, and with it the unit's key, into the key of the compiler cache.
    let seed = if writes_depfile(&argv) { name } else { key.finish() };
    if uncacheable.is_some() {
        // A key that never repeats: the unit is compiled once in every run.
        key.add(&cx.tables.nonce.to_le_bytes());
    }
    let key = key.finish();
    let argv = if identity.version.is_some() { reproducible(cx, argv, &seed) } else { argv };
    let is_light = wanted.target.family.has_light_units();
    let (label, source) = (wanted.label, wanted.source);
    Ok(Planned { key, label, source, argv, shown, named, copy, lookup, inputs, uncacheable, is_light })
}

/// Returns everything that the compile could read.
async fn inputs(
    cx: &BuildContext,
    jcx: &JobContext,
    wanted: &Wanted<'_>,
    identity: &Identity,
    lookup: &Lookup,
) -> Result<Inputs, BuildError> {
    let Lookup { options, directories, search } = lookup;
    let inputs = reads(cx, search, &wanted.source, options, Some(directories), None).await?;
    let Some(inputs) = inputs else { return Err(unreadable(cx, &wanted.source).await?) };
    if identity.version.is_none() || inputs.unnamed.is_empty() {
        return Ok(inputs);
    }
    let argv = responses::spelled_out(cx, command(wanted, &wanted.include)?).await?;
    let places = Places::of(&cx.checkout, cx.layout.root()).with_staged(&cx.checkout, &wanted.source);
    let (source, identity) = (wanted.source.as_path(), &identity.hash);
    let reading = Reading { source, argv: &argv, identity, places: &places, search, options, directories };
    completed(cx, jcx, &reading, inputs).await
}

/// Returns the command with names behind the link to the checkout, if that can't change the object: no file
/// contains its own name (`__FILE__`), and only sources and headers in the command name the checkout or the
/// work directory.
async fn portable(
    cx: &BuildContext,
    wanted: &Wanted<'_>,
    search: &Arc<Search>,
    inputs: &Inputs,
    include: &[Arc<Path>],
    transparent: bool,
) -> Result<Option<Vec<String>>, BuildError> {
    let names = [Trait::OwnName, Trait::BaseName];
    let mut traits = inputs.files.iter().flat_map(|file| &file.scan.traits);
    let says_its_name = traits.any(|kind| names.contains(kind));
    if !transparent || says_its_name || !cx.checkout.can_be_renamed() {
        return Ok(None);
    }
    let include: Vec<Arc<Path>> =
        include.iter().map(|directory| cx.checkout.rename(directory).into()).collect();
    let argv = responses::spelled_out(cx, command(wanted, &include)?).await?;
    let mut argv = without_idle(argv, wanted.values, search, inputs).await?;
    rename_places(&cx.checkout, &mut argv);
    let seen = cx.checkout.seen().to_string_lossy();
    let is_tied = |word: &String| {
        // The staging directory may lie in the checkout, or in the work directory.
        let word = word.replace(&*seen, "");
        cx.checkout.is_tied(&word) || OWN_NAMES.iter().any(|name| word.contains(name))
    };
    let tied = argv.iter().skip(1).find(|word| is_tied(word));
    tracing::trace!(label = wanted.label, ?tied, "a word that names the checkout or the work directory");
    Ok(tied.is_none().then_some(argv))
}

/// Options whose value is a path to read from, in the same or in the next word. Only the content at that path
/// matters.
const PLACES: [&str; 8] =
    ["-I", "-isystem", "-iquote", "-idirafter", "-iprefix", "-include", "-imacros", "-B"];

/// Renames the values of these options to the compilers' name for the checkout.
fn rename_places(checkout: &Checkout, argv: &mut [String]) {
    let mut is_value = false;
    for word in argv {
        let option =
            PLACES.iter().filter(|option| word.starts_with(*option)).max_by_key(|option| option.len());
        let value = if is_value { Some(0) } else { option.map(|option| option.len()) };
        is_value = !is_value && option.is_some_and(|option| option.len() == word.len());
        if let Some(renamed) = value.and_then(|at| checkout.rename_text(&word[at..])) {
            word.replace_range(value.unwrap_or_default().., &renamed);
        }
    }
}

/// Returns the seed of a unit: independent of the content of its source, and different for each unit of a
/// link. For a sketch's source it depends only on the label.
fn seed(cx: &BuildContext, wanted: &Wanted<'_>) -> Hash {
    let mut seed = Key::new("seed");
    seed.add(wanted.label.as_bytes());
    if wanted.sketch.is_none() {
        seed.add(cx.checkout.keyed(&wanted.source).as_encoded_bytes());
    }
    seed.finish()
}

/// Whether a compile writes a depfile beside its object: zccache's key covers the path of the object then.
fn writes_depfile(argv: &[String]) -> bool {
    argv.iter().any(|word| matches!(word.as_str(), "-MD" | "-MMD"))
}

/// Adds options that make objects reproducible: without a seed, names of link-time sections are random, and
/// debug information contains the working directory of the compiler.
fn reproducible(cx: &BuildContext, mut argv: Vec<String>, seed: &Hash) -> Vec<String> {
    let map = |directory: &Path| format!("-fdebug-prefix-map={}=.", directory.display());
    let seed = format!("-frandom-seed={}", &seed.to_hex()[..32]);
    // The last of two matching maps counts. The recipe's own options follow and take precedence.
    let words = [seed, map(&cx.staging), map(cx.checkout.seen())];
    let at = first_option(&argv);
    argv.splice(at..at, words);
    argv
}

/// Returns the include directories into which a name resolves, in order. Cells with different other libraries
/// share the unit, and every name still resolves to the same file.
fn needed(wanted: &Wanted<'_>, search: &Search, inputs: &Inputs) -> Vec<Arc<Path>> {
    wanted.include.iter().filter(|directory| inputs.needs(search, directory)).cloned().collect()
}

/// Returns the language as which the driver compiles a source.
fn language(argv: &[String], source: &Path, options: &Options) -> String {
    let program = argv.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
    let by_name = match source.extension().and_then(|extension| extension.to_str()) {
        // The C++ driver compiles C files as C++.
        Some("c") if !program.contains("g++") && !program.contains("c++") && !program.contains("clang++") => {
            "c"
        }
        Some("S") => "assembler-with-cpp",
        _ => "c++",
    };
    options.language.clone().filter(|language| language != "none").unwrap_or_else(|| by_name.to_owned())
}

/// Returns the default search directories of the board's C++ compiler, and its identity.
pub(in crate::pipeline) async fn compiler_directories(
    cx: &BuildContext,
    jcx: &JobContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
) -> Result<(Arc<CompilerDirectories>, Hash), BuildError> {
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
    let directories = preprocessor::directories(cx, jcx, &argv, "c++", &identity.hash).await?;
    Ok((directories, identity.hash))
}

async fn identify(cx: &BuildContext, argv: &[String]) -> Result<Identity, BuildError> {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    cx.identities.of(&program).await.map_err(|error| BuildError::identity(Step::Compile, &error))
}

/// Returns the argv of a unit with the placeholders [`SOURCE`] and [`OUTPUT`].
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

/// Returns the words for `{includes}`.
pub(in crate::pipeline) fn include_words(include: &[Arc<Path>]) -> Vec<String> {
    include.iter().map(|directory| format!("-I{}", directory.display())).collect()
}

/// Returns the reason why a source can't be read.
async fn unreadable(cx: &BuildContext, source: &Path) -> Result<BuildError, BuildError> {
    let (files, path) = (cx.files.clone(), source.to_owned());
    let read = blocking(move || files.disk().read(&path)).await?;
    Ok(match read {
        Err(error) => BuildError::io(Step::Compile, FileAction::Read, source, &error),
        Ok(_) => BuildError::changed(source),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Layout;

    #[test]
    fn only_places_to_read_from_get_another_name() {
        let layout = Layout::new("/repo/.work".into());
        let checkout = Checkout::new("/repo".into(), &layout, Path::new("/cache"));
        let renamed = |text: &str| {
            let mut argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            rename_places(&checkout, &mut argv);
            argv.join(" ")
        };
        for (text, expected) in [
            ("-I/repo/a -isystem /repo/b", "-I/cache/checkout/a -isystem /cache/checkout/b"),
            ("-iprefix/repo/c/ -iprefix /repo/", "-iprefix/cache/checkout/c/ -iprefix /cache/checkout/"),
            ("-include /repo/d.h -imacros/repo/e", "-include /cache/checkout/d.h -imacros/cache/checkout/e"),
            ("-I /repo -DX=/repo", "-I /cache/checkout -DX=/repo"),
        ] {
            assert_eq!(renamed(text), expected);
        }
        for text in
            ["-I/repository -I /opt/repo", "-DNAME=/repo/x /repo/y", "-I/repo/.work/x", "-o /repo/x.o"]
        {
            assert_eq!(renamed(text), text);
        }
    }
}
