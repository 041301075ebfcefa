//! Lists the symbols of a cell's firmware when it is linked: the objects that identify their owners exist
//! only then. The list is stored beside the firmware, also in the artifact store; a run without a link does
//! not read it.

use std::path::{Path, PathBuf};

use super::inputs::Link;
use crate::event::Section;
use crate::fs::write_atomically;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::output::embed;
use crate::pipeline::shared::blocking::blocking;
use crate::symbols::{CellSymbols, Definitions, Owner, Symbols, measure, sections};

/// Lists the symbols of `elf` in the cell's directory, and returns its sections. A failure is logged, leaves no list, and
/// does not fail the cell.
pub(super) async fn list(link: &Link<'_>, elf: &Path) -> Result<Vec<Section>, BuildError> {
    let objects = objects(link);
    let (directory, elf) = (link.job.directory.clone(), elf.to_owned());
    blocking(move || {
        let path = directory.join(CellSymbols::FILE);
        let read = std::fs::read(&elf);
        let found = read.as_deref().map(sections).unwrap_or_default();
        let written = read
            .and_then(|bytes| described(&bytes, &directory, &objects))
            .and_then(|symbols| Ok(serde_json::to_vec(&symbols)?))
            .and_then(|bytes| write_atomically(&path, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, elf = %elf.display(), "the symbols of the firmware could not be listed");
        }
        found.into_iter().map(|(name, bytes)| Section { name, bytes }).collect()
    })
    .await
}

fn described(elf: &[u8], directory: &Path, objects: &[(Owner, PathBuf)]) -> std::io::Result<CellSymbols> {
    let mut definitions = Definitions::default();
    for (owner, path) in objects {
        definitions.add(owner, &std::fs::read(directory.join(path))?);
    }
    let symbols = measure(elf, &definitions).map_err(std::io::Error::other)?;
    Ok(CellSymbols { elf: blake3::hash(elf).to_hex().to_string(), symbols })
}

/// Returns the symbols of an ELF that is not kept.
pub(super) async fn of(link: &Link<'_>, elf: &Path) -> Option<Symbols> {
    let objects = objects(link);
    let (directory, elf) = (link.job.directory.clone(), elf.to_owned());
    let described = blocking(move || described(&std::fs::read(&elf)?, &directory, &objects)).await;
    described.ok()?.ok().map(|cell| cell.symbols)
}

/// Returns every object of the link with its owner, in link order.
fn objects(link: &Link<'_>) -> Vec<(Owner, PathBuf)> {
    let mut objects: Vec<(Owner, PathBuf)> =
        link.sketch.iter().map(|source| (Owner::Sketch, source.path.clone())).collect();
    objects.extend(link.job.embed.iter().map(|it| (Owner::Sketch, embed::object(it))));
    for source in link.libraries.iter().flat_map(|library| &library.sources) {
        objects.push((library_of(&source.path), source.path.clone()));
    }
    let (core, variant): (Vec<&PathBuf>, Vec<&PathBuf>) =
        link.core.objects.iter().partition(|path| !link.core.variant_objects.contains(path));
    objects.extend(variant.into_iter().map(|path| (Owner::Variant, path.clone())));
    objects.extend(core.into_iter().map(|path| (Owner::Core, path.clone())));
    objects
}

/// Returns the owner of `libraries/NAME/…`: the library's directory, as
/// [`crate::pipeline::discover::libraries`] names it.
fn library_of(object: &Path) -> Owner {
    let name = object.components().nth(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Owner::Library(name.unwrap_or_default())
}
