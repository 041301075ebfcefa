//! Finds the prefixes of a unit: its first includes, with a command that precompiles them. Starts no process.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::lead::{Lead, leads};
use super::table::Precompiled;
use crate::event::JobId;
use crate::fs::write_atomically;
use crate::includes::{Closure, Hash, Inputs, SourceFile, Trait};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::unit::depfile;
use crate::pipeline::unit::planned::{OUTPUT, Planned, SOURCE};
use crate::pipeline::unit::reads::forced;
use crate::process::Environment;

/// Greatest number of includes in a prefix.
const MOST_LEADS: usize = 6;

/// Name of the file with the includes of a prefix.
const HEADER: &str = "fbuild_matrix_prefix.h";

/// Name of the file with the precompiled header of [`HEADER`].
pub(super) const PRECOMPILED: &str = "fbuild_matrix_prefix.h.gch";

/// A prefix of a unit.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Key over everything that can change the precompiled header.
    pub(super) key: Hash,
    /// The names of its headers.
    pub(super) label: String,
    /// The include directives.
    pub(super) text: String,
    /// File with this text.
    pub(super) header: PathBuf,
    /// Command of a compile with the placeholders [`SOURCE`] and [`OUTPUT`], without a depfile and a seed.
    pub(super) argv: Vec<String>,
    /// Every file that the headers could read.
    pub(super) inputs: Inputs,
    /// Identity of the compiler.
    pub(super) compiler: Hash,
}

/// A prefix that is to be made.
#[derive(Debug)]
pub(in crate::pipeline::unit) struct Due {
    pub(super) candidate: Candidate,
    /// Duration of the compile that it was counted with.
    pub(super) took: Duration,
}

/// The prefixes of a unit, the longest first.
#[derive(Debug, Default)]
pub(in crate::pipeline::unit) struct Prefixes(pub(super) Vec<Candidate>);

impl Prefixes {
    /// Returns the longest one that is ready.
    pub(super) fn ready(&self, cx: &BuildContext) -> Option<Arc<Precompiled>> {
        cx.tables.prefixes.ready(self.0.iter().map(|candidate| candidate.key))
    }
}

/// Returns the prefixes of a unit of `job`; none for a unit that a precompiled header could change, and where none may pay.
pub(in crate::pipeline::unit) async fn prefixes(
    cx: &BuildContext,
    job: &JobId,
    environment: &Environment,
    planned: &Arc<Planned>,
) -> Result<Prefixes, BuildError> {
    let may_pay = matches!(job, JobId::Cell(cell) if cx.tables.prefixes.may_pay(&cell.board));
    if !may_pay || !is_eligible(planned) {
        return Ok(Prefixes::default());
    }
    let program = Path::new(planned.argv.first().map_or("", String::as_str));
    let identity = cx.identities.of(program).await.ok().filter(|identity| !identity.is_script);
    let Some(compiler) = identity.map(|identity| identity.hash) else { return Ok(Prefixes::default()) };
    if cx.files.memo().fact(&differs(&compiler)).is_some() {
        return Ok(Prefixes::default());
    }
    let finder =
        Finder { cx: cx.clone(), planned: planned.clone(), compiler, environment: environment.clone() };
    blocking(move || Prefixes(finder.all())).await
}

/// Returns the key of the fact that a compiler once made another object with a precompiled header.
pub(super) fn differs(compiler: &Hash) -> Hash {
    Key::new("prefix differs").add(compiler.as_bytes()).finish()
}

/// Returns the key of the fact that a prefix is of no use.
pub(super) fn is_useless(prefix: &Hash) -> Hash {
    Key::new("prefix is useless").add(prefix.as_bytes()).finish()
}

/// Whether a unit is a C++ source of a sketch whose object does not depend on how its headers are read.
fn is_eligible(planned: &Planned) -> bool {
    let predefined = planned.lookup.directories.predefined.as_ref();
    let is_gcc = predefined.is_some_and(|macros| macros.has("__GNUC__") && !macros.has("__clang__"));
    let extension = planned.source().extension().and_then(|extension| extension.to_str());
    let is_cpp = matches!(extension, Some("cpp" | "cc" | "cxx"));
    let options = &planned.lookup.options;
    // What is forced would come after the precompiled header, which must come first.
    let has_own_order = !options.forced.is_empty() || options.language.is_some();
    // Link-time bytecode numbers its symbols in the order in which they were read.
    let has_bytecode = planned.argv.iter().any(|word| word.starts_with("-flto"));
    let is_plain = |place: &str| {
        let mut naming = depfile::without(&planned.argv).filter(|word| word.contains(place));
        naming.next().is_some_and(|word| word == place) && naming.next().is_none()
    };
    planned.uncacheable.is_none()
        && planned.copy.is_some()
        && is_gcc
        && is_cpp
        && !has_own_order
        && !has_bytecode
        && is_plain(SOURCE)
        && is_plain(OUTPUT)
}

/// Finds the prefixes of a unit. Blocking: reads and writes files.
struct Finder {
    cx: BuildContext,
    planned: Arc<Planned>,
    compiler: Hash,
    environment: Environment,
}

impl Finder {
    fn all(&self) -> Vec<Candidate> {
        let search = &self.planned.lookup.search;
        let (Some(main), Ok(text)) =
            (search.files().get(self.planned.source()), std::fs::read(self.planned.source()))
        else {
            return Vec::new();
        };
        let mut leads = leads(&text);
        // A header that is found beside the source is the sketch's own.
        let is_shared =
            |lead: &Lead| matches!(search.resolve(&main, &lead.name, lead.form), Some((_, Some(_))));
        let shared = leads.iter().position(|lead| !is_shared(lead)).unwrap_or(leads.len());
        leads.truncate(shared.min(MOST_LEADS));
        (1..=leads.len()).rev().filter_map(|count| self.one(&leads[..count])).collect()
    }

    /// Returns the prefix of these includes, unless a precompiled header could change the object.
    fn one(&self, leads: &[Lead]) -> Option<Candidate> {
        let text: String = leads.iter().map(Lead::directive).collect();
        let header = self.write(&text)?;
        let lookup = &self.planned.lookup;
        let main = lookup.search.files().get(&header)?;
        let before = forced(&lookup.search, &self.cx.staging, &lookup.options);
        let predefined = lookup.directories.predefined.as_ref();
        let inputs = Closure::new(&lookup.search, &lookup.options.macros, predefined).of(&main, &before);
        // While a header is precompiled, `__BASE_FILE__` is its own name.
        let names_source = |file: &Arc<SourceFile>| file.scan.traits.contains(&Trait::BaseName);
        // The key of the unit must cover what the headers read.
        let known: HashSet<_> = self.planned.inputs.files.iter().map(|file| file.id).collect();
        let is_covered = inputs.files.iter().all(|file| file.id == main.id || known.contains(&file.id));
        if inputs.incomplete.is_some()
            || !is_covered
            || inputs.files.iter().any(names_source)
            || self.has_twin(&inputs)
        {
            return None;
        }
        let argv = self.command(&inputs);
        let mut key = Key::new("prefix 1");
        key.add(self.compiler.as_bytes()).add(text.as_bytes()).add(inputs.hash().as_bytes());
        let key = key.command(&argv, &self.environment).finish();
        if self.cx.files.memo().fact(&is_useless(&key)).is_some() {
            return None;
        }
        let names: Vec<&str> = leads.iter().map(|lead| lead.name.as_str()).collect();
        let label = names.join(", ");
        Some(Candidate { key, label, text, header, argv, inputs, compiler: self.compiler })
    }

    /// Writes the text of a prefix into a directory without other files, so that every name is searched along the path.
    fn write(&self, text: &str) -> Option<PathBuf> {
        let name = blake3::hash(text.as_bytes()).to_hex();
        let directory = self.cx.tables.prefixes.root().join("text").join(&name[..32]);
        let header = directory.join(HEADER);
        if !header.is_file() {
            let written =
                std::fs::create_dir_all(&directory).and_then(|()| write_atomically(&header, text.as_bytes()));
            if let Err(error) = written {
                tracing::debug!(%error, path = %header.display(), "no prefix");
                return None;
            }
        }
        Some(header)
    }

    /// Whether another input of the unit has the content of one of these. With `#pragma once`, GCC recognises a file of a
    /// precompiled header by its content alone, and otherwise also by its time.
    fn has_twin(&self, inputs: &Inputs) -> bool {
        let own: HashSet<_> = inputs.files.iter().map(|file| file.id).collect();
        let disk = self.planned.lookup.search.files().disk();
        let mut others =
            self.planned.inputs.files.iter().filter(|file| !own.contains(&file.id) && file.size() > 0);
        others.any(|other| {
            let mut twins = inputs.files.iter().filter(|file| file.hash == other.hash);
            // Another spelling is the same file.
            twins.any(|twin| disk.real(&twin.path).ok() != disk.real(&other.path).ok())
        })
    }

    /// Returns the unit's command without the parts in which units with the same prefix differ.
    fn command(&self, inputs: &Inputs) -> Vec<String> {
        let search = &self.planned.lookup.search;
        let unneeded = search.path().include.iter().filter(|directory| !inputs.needs(search, directory));
        let unneeded: HashSet<String> = unneeded
            .flat_map(|directory| [directory.clone(), self.cx.checkout.rename(directory).into()])
            .map(|directory: Arc<Path>| format!("-I{}", directory.display()))
            .collect();
        depfile::without(&self.planned.argv)
            .filter(|word| !unneeded.contains(word) && !word.starts_with("-frandom-seed="))
            .collect()
    }
}
