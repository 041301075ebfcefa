//! Links with very many objects. If their paths take more than 30,000 bytes, arduino-cli packs the objects
//! into one archive for each directory and links these (`link` in `internal/arduino/builder/linker.go`).
//! Objects of one directory are adjacent then, and existing archives come first and are linked completely.
//!
//! In arduino-cli the user's build path decides. Here equal inputs give equal bytes, so a typical path length
//! is used, and a warning is given if another build path would change the link.

use std::path::Path;

use indexmap::IndexMap;

use super::archive;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::Target;
use crate::platform::Value;

/// Maximum length of the paths, in bytes.
const LIMIT: usize = 30_000;

/// Typical length of a build path: `/home/runner/.cache/arduino/sketches/` and 32 digits, where arduino-cli
/// builds on GitHub's runners. In the container of `arduino/compile-sketches` it is the same.
const USUAL: usize = 69;

/// Usual range of build path lengths.
const SHORTEST: usize = 20;
const LONGEST: usize = 150;

/// Replacement for the objects of a link.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct Packed {
    /// Commands that pack, each with the archive's path relative to the build directory.
    pub(in crate::pipeline) archiving: Vec<(String, Vec<String>)>,
    /// Words for `{object_files}`.
    pub(in crate::pipeline) words: Vec<String>,
    /// Possible difference to arduino-cli's link.
    pub(in crate::pipeline) warning: Option<String>,
}

/// Packs the objects of a link, absolute paths mostly below `build_path`, if their paths are too long.
///
/// # Errors
/// The platform has no recipe for archives, or it can't be expanded.
pub(in crate::pipeline) async fn pack(
    cx: &BuildContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    build_path: &Path,
    objects: &[String],
) -> Result<Option<Packed>, BuildError> {
    let length = |build_path_length| length(objects, build_path, build_path_length);
    if length(LONGEST) <= LIMIT {
        return Ok(None);
    }
    let groups = Groups::of(objects);
    let is_certain = groups.keep_the_order(objects) || length(SHORTEST) > LIMIT;
    let warning = (!is_certain).then(|| {
        format!(
            "the paths of its {} objects take about {LIMIT} bytes; arduino-cli links them in another order where they \
             take more, which depends on the length of its build path: here it is taken as {USUAL}",
            objects.len()
        )
    });
    if length(USUAL) <= LIMIT {
        let words = objects.to_vec();
        return Ok(warning.map(|warning| Packed { archiving: Vec::new(), words, warning: Some(warning) }));
    }
    let mut archiving = Vec::new();
    for (archive, members) in &groups.packed {
        let path = Path::new(archive);
        let label = path.strip_prefix(build_path).unwrap_or(path).display().to_string();
        let commands = archive::commands(cx, target, values, members, path).await?;
        archiving.extend(commands.into_iter().map(|argv| (label.clone(), argv)));
    }
    let archives = groups.archives.iter().chain(groups.packed.keys()).cloned();
    let words = std::iter::once("-Wl,--whole-archive".to_owned())
        .chain(archives)
        .chain(["-Wl,--no-whole-archive".to_owned()]);
    Ok(Some(Packed { archiving, words: words.collect(), warning }))
}

/// Returns the length of the quoted paths, separated by blanks, for a build path of another length.
fn length(objects: &[String], build_path: &Path, build_path_length: usize) -> usize {
    let own = build_path.as_os_str().len();
    let is_below = |object: &&String| Path::new(object).starts_with(build_path);
    let moved = objects.iter().filter(is_below).count();
    let now: usize = objects.iter().map(|object| object.len() + 3).sum();
    (now + moved * build_path_length).saturating_sub(moved * own + 1)
}

/// Objects of a link, grouped by directory.
struct Groups {
    /// Objects that are archives already.
    archives: Vec<String>,
    /// Other objects by the archive of their directory, in the order of first occurrence.
    packed: IndexMap<String, Vec<String>>,
}

impl Groups {
    fn of(objects: &[String]) -> Self {
        let (archives, others): (Vec<String>, Vec<String>) =
            objects.iter().cloned().partition(|object| object.strip_suffix(".a").is_some());
        let mut packed: IndexMap<String, Vec<String>> = IndexMap::new();
        for object in others {
            let archive = Path::new(&object).with_file_name("objs.a").display().to_string();
            packed.entry(archive).or_default().push(object);
        }
        Self { archives, packed }
    }

    /// Whether packing preserves the link order.
    fn keep_the_order(&self, objects: &[String]) -> bool {
        self.archives.is_empty() && self.packed.values().flatten().eq(objects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| format!("/b/{name}")).collect()
    }

    #[test]
    fn lengths_are_those_of_another_build_path() {
        let objects = [objects(&["x.o", "y.o"]), vec!["/lib/z.a".to_owned()]].concat();
        let text = "\"/build/x.o\" \"/build/y.o\" \"/lib/z.a\"";
        assert_eq!(length(&objects, Path::new("/b"), "/build".len()), text.len());
    }

    #[test]
    fn a_directory_that_comes_again_changes_the_order() {
        let keeps = |names: &[&str]| {
            let objects = objects(names);
            Groups::of(&objects).keep_the_order(&objects)
        };
        assert!(keeps(&["l/a.o", "l/b.o", "l/c/d.o", "k/a.o"]));
        assert!(!keeps(&["l/a.o", "l/b/c.o", "l/d.o"]));
        assert!(!keeps(&["k.a", "l/a.o"]));
    }
}
