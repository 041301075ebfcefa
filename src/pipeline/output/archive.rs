//! Archives of objects: a core's, and a library's with `dot_a_linkage`. Plans their commands and finds
//! objects that are replaced; runs nothing.
//!
//! Follows `archiveCompiledFiles` of arduino-cli (`internal/arduino/builder/archive_compiled_files.go`), which runs
//! `recipe.ar.pattern` once for each object: a later object replaces a member of the same file name.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::context::BuildContext;
use crate::plan::Target;
use crate::platform::Value;

/// Returns the commands that pack `objects` into `archive`, in order; none without objects. One command packs
/// all objects if its program is `ar` and the archive is the same: one process per object takes a second for
/// a core.
///
/// # Errors
/// The platform has no recipe for archives, or it can't be expanded.
pub(in crate::pipeline) async fn commands(
    cx: &BuildContext,
    target: &Target,
    values: &[(&str, Value<'_>)],
    objects: &[String],
    archive: &Path,
) -> Result<Vec<Vec<String>>, BuildError> {
    let Some(first) = objects.first() else { return Ok(Vec::new()) };
    let config = &target.config;
    let recipe = config
        .archive_recipe()
        .ok_or_else(|| BuildError::no_recipe(Step::Archive, "recipe.ar.pattern", &config.platform_dir))?;
    let path = archive.display().to_string();
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let command = |object: &String| {
        let mut all = values.to_vec();
        all.extend([
            ("archive_file", Value::Word(&name)),
            ("archive_file_path", Value::Word(&path)),
            ("object_file", Value::Word(object)),
        ]);
        config.command(recipe.pattern, &all).map_err(|error| BuildError::board(Step::Archive, &error))
    };
    let mut packing = command(first)?;
    if takes_many(&packing, first) && replaced(objects).is_empty() && !is_script(cx, &packing).await {
        packing.extend_from_slice(&objects[1..]);
        return Ok(vec![packing]);
    }
    objects.iter().map(command).collect()
}

/// Whether a command is `ar FLAGS ARCHIVE OBJECT`, with flags that have the same effect for many objects as
/// for each.
fn takes_many(argv: &[String], object: &str) -> bool {
    let [program, flags, archive, last] = argv else { return false };
    let letters = flags.strip_prefix('-').unwrap_or(flags);
    let known = letters.contains('r') && letters.chars().all(|letter| "rcsuDU".contains(letter));
    known && last == object && !archive.contains(object) && is_ar(Path::new(program))
}

/// Whether a program is an `ar`, by its name.
fn is_ar(program: &Path) -> bool {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit('-').next() == Some("ar")
}

/// Whether the program of a command is a script, which may treat its arguments in any way. A program that
/// can't be identified fails when it is started.
async fn is_script(cx: &BuildContext, argv: &[String]) -> bool {
    let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
    cx.identities.of(&program).await.is_ok_and(|identity| identity.is_script)
}

/// Returns the objects that a later one of the same file name replaces, each with its replacement.
pub(in crate::pipeline) fn replaced(objects: &[String]) -> Vec<(&String, &String)> {
    let name = |object: &'_ String| object.rsplit('/').next().unwrap_or(object).to_owned();
    let last: HashMap<String, &String> = objects.iter().map(|object| (name(object), object)).collect();
    let pairs = objects.iter().filter_map(|object| Some((object, *last.get(&name(object))?)));
    pairs.filter(|(object, left)| object != left).collect()
}

/// Returns a warning for each object of `archive` that another one replaces. Objects are relative to the
/// build directory, and `root` is the directory of the core or the library.
pub(in crate::pipeline) fn warnings(archive: &str, root: &Path, objects: &[String]) -> Vec<String> {
    let source = |object: &String| object.strip_suffix(".o").unwrap_or(object).to_owned();
    let warning = |(lost, left): (&String, &String)| {
        format!(
            "{archive} of {}: {} is missing in it, because {} has the same file name and replaces it, as with arduino-cli; \
             rename one of them",
            root.display(),
            source(lost),
            source(left)
        )
    };
    replaced(objects).into_iter().map(warning).collect()
}

/// Returns the path of an archive called `name`, relative to the build directory: the first one in
/// `commands`, because platforms choose their own (`{build.path}/core/{archive_file}`), else `default`.
pub(in crate::pipeline) fn place(
    commands: &[Vec<String>],
    build_path: &Path,
    name: &str,
    default: &Path,
) -> PathBuf {
    let mut words =
        commands.iter().flatten().filter_map(|word| Path::new(word).strip_prefix(build_path).ok());
    let named = words.find(|path| path.file_name().is_some_and(|found| found == name));
    named.unwrap_or(default).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_later_object_of_the_same_name_is_left() {
        let objects = words("core/a/x.c.o core/b/x.c.o core/y.c.o core/c/x.c.o");
        let pairs = replaced(&objects);
        let expected = [(&objects[0], &objects[3]), (&objects[1], &objects[3])];
        assert_eq!(pairs, expected);
        let warnings = warnings("core.a", Path::new("/core"), &objects);
        assert!(
            warnings[0].contains("core/a/x.c is missing") && warnings[0].contains("core/c/x.c has"),
            "{warnings:?}"
        );
    }

    #[test]
    fn only_an_ar_that_puts_objects_last_takes_many() {
        for (line, expected) in [
            ("/bin/avr-gcc-ar rcs /b/core.a /b/a.o", true),
            ("ar -rcsD /b/core.a /b/a.o", true),
            ("ar q /b/core.a /b/a.o", false),
            ("ar rcs /b/core.a /b/a.o /b/a.o", false),
            ("ar rcs /b/core.a --in=/b/a.o", false),
            ("ar rcs /b/a.o /b/core.a", false),
            ("pack rcs /b/core.a /b/a.o", false),
        ] {
            assert_eq!(takes_many(&words(line), "/b/a.o"), expected, "{line}");
        }
    }

    #[test]
    fn an_archive_lies_where_its_commands_say() {
        let at = |line: &str| {
            place(&[words(line)], Path::new("/b"), "core.a", Path::new("core/core.a")).display().to_string()
        };
        assert_eq!(at("ar rcs /b/core/core.a /b/core/x.o"), "core/core.a");
        assert_eq!(at("ar rcs /b/core.a /b/core/x.o"), "core.a");
        assert_eq!(at("pack /b core.a"), "core/core.a");
    }
}
