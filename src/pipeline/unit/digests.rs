//! Names and digests of the files that a unit reads, where possible the same in every checkout and work
//! directory.

use std::ffi::OsStr;
use std::path::Path;

use super::copy::{NAME, SketchCopy};
use super::planned::Wanted;
use crate::includes::{BASE_NAME, Hash, Inputs, SourceFile, Trait, digest};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;

/// Returns the copies of the staged files among `inputs` for a unit with this command; `None` if the source
/// is not staged. `renamed` says whether the command names the checkout as compilers see it.
pub(super) fn copy_of(
    cx: &BuildContext,
    inputs: &Inputs,
    wanted: &Wanted<'_>,
    argv: &[String],
    renamed: bool,
) -> Option<SketchCopy> {
    let (from, relative) = cx.checkout.staged(&wanted.source)?;
    // Without the content: the path is in debug information and in link-time bytecode, and an edit that
    // changes no code must not change the object.
    let mut key = Key::new("sketch copy");
    key.add(cx.checkout.keyed(wanted.sketch?).as_encoded_bytes());
    key.add(relative.as_os_str().as_encoded_bytes()).add(&[u8::from(renamed)]);
    for word in argv {
        key.add(word.as_bytes());
    }
    // A source that names its own file must name a directory of this work directory. `__FILE__` does not: in a staged
    // file every line has the name of the user's file.
    let mut traits = inputs.files.iter().flat_map(|file| &file.scan.traits);
    let says_its_name =
        traits.any(|kind| *kind == Trait::BaseName) || argv.iter().any(|word| word.contains(BASE_NAME));
    let place = if says_its_name { cx.layout.staging() } else { cx.staging.clone() };
    let to = place.join("sketches").join(&key.finish().to_hex()[..32]);
    let staged = inputs.files.iter().filter_map(|file| file.path.strip_prefix(&from).ok());
    Some(SketchCopy { files: staged.map(Path::to_owned).collect(), from, to, renamed })
}

/// Returns the hash of a staged file's text, independent of the checkout's location.
fn portable_hash(cx: &BuildContext, file: &SourceFile) -> Hash {
    let read = std::fs::read(&file.path);
    read.map_or(file.hash, |text| cx.checkout.hash_of(&text))
}

/// Returns a digest of an input, under a name that is the same in every checkout and work directory.
pub(super) fn portable_digest(cx: &BuildContext, file: &SourceFile) -> Hash {
    file.keyed_digest(|| match cx.checkout.staged(&file.path) {
        Some((_, relative)) => staged_digest(relative, &portable_hash(cx, file)),
        None => digest(&cx.checkout.keyed(&file.path), &file.hash),
    })
}

/// Returns a digest of an input, under its path; for a staged file, under its path below the sketch.
pub(super) fn exact_digest(cx: &BuildContext, file: &SourceFile) -> Hash {
    match cx.checkout.staged(&file.path) {
        Some((_, relative)) => staged_digest(relative, &file.hash),
        None => file.digest(),
    }
}

fn staged_digest(relative: &Path, content: &Hash) -> Hash {
    digest(OsStr::new(&Path::new(NAME).join(relative)), content)
}
