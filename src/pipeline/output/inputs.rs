//! Inputs of the commands after the compiles: links, archives, conversions, hooks. Their results are stored
//! under a key over these inputs.
//!
//! A tool of the GNU tool chain reads the files in its words and in the directories of `-L`. Any other
//! program (a script of the platform, a hook) may read everything in the platform's and the sketch's
//! directory, and every file in its words, also in a shell's text. Files elsewhere that such a program does
//! not name can't be known.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::event::Step;
use crate::includes::{Disk, Files};
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;
use crate::pipeline::unit::Options;

/// Directories that matter to the commands of a job.
#[derive(Debug, Clone)]
pub(in crate::pipeline) struct CommandScope {
    /// The job's directory, where the commands run. The job itself creates its files, except `given`.
    pub(in crate::pipeline) directory: PathBuf,
    /// Files in the job's directory that hooks created: they are inputs.
    pub(in crate::pipeline) given: HashSet<PathBuf>,
    /// Directories that an unknown program may read as a whole.
    pub(in crate::pipeline) whole: Vec<PathBuf>,
    /// Directories that keys replace with placeholders.
    pub(in crate::pipeline) places: Places,
}

/// Adds commands, their tools and all their inputs to a key. Returns the reason why the key can't cover a
/// command, if any. The key is the same in every checkout and work directory, unless a program is unknown:
/// how it uses the names of its files can't be known.
///
/// # Errors
/// A tool is missing or can't be identified, or a directory can't be read.
pub(in crate::pipeline) async fn add_commands(
    cx: &BuildContext,
    jcx: &JobContext,
    key: &mut Key,
    scope: &CommandScope,
    commands: &[(Step, &[String])],
) -> Result<Option<String>, BuildError> {
    let mut uncacheable = None;
    let mut knows_all = true;
    let places = &scope.places;
    for &(step, argv) in commands {
        let program = PathBuf::from(argv.first().map(String::as_str).unwrap_or_default());
        let identity =
            cx.identities.of(&program).await.map_err(|error| BuildError::identity(step, &error))?;
        let is_known = identity.version.is_some() || is_binary_utility(&program);
        knows_all &= is_known;
        let words: Vec<String> = argv.iter().map(|word| places.forget(word)).collect();
        key.add(identity.hash.as_bytes()).command(&words, &jcx.environment);
        let (mut argv, scope, files) = (argv.to_vec(), scope.clone(), cx.files.clone());
        if step == Step::Link {
            // Intermediate files that a link saves beside the firmware are not used: samd and nrf52 platforms
            // have this option.
            argv.retain(|word| !word.trim_start_matches('-').starts_with("save-temps"));
        }
        let is_compiler = identity.version.is_some();
        let read = blocking(move || {
            let mut options = Options::read(&argv, &scope.directory, files.disk());
            let mut absent = Vec::new();
            if !is_known {
                for path in argv.iter().flat_map(|word| absolute_paths(word)) {
                    if files.disk().is_file(&path) {
                        options.files.push(path);
                    } else if !path.starts_with(&scope.directory) && !files.disk().exists(&path) {
                        absent.push((path, Key::new("absent").finish()));
                    }
                }
            }
            let reason = options.uncacheable.clone().filter(|_| is_compiler);
            named(&options, &scope, &files).map(|hashes| ([hashes, absent].concat(), reason))
        });
        let (hashes, reason) =
            read.await?.map_err(|error| BuildError::io(step, FileAction::Read, &program, &error))?;
        for (path, hash) in hashes {
            cx.tables.inputs.add_file(jcx.track.job(), &path, hash);
            key.add(places.forget(&path.to_string_lossy()).as_bytes()).add(hash.as_bytes());
        }
        uncacheable = uncacheable.or(reason);
    }
    if !knows_all {
        key.add(places.key().as_bytes());
        for directory in &scope.whole {
            cx.tables.inputs.add_tree(jcx.track.job(), directory);
            let (directory, files) = (directory.clone(), cx.files.clone());
            let hash = blocking(move || files.tree(&directory)).await?;
            key.add(hash.as_bytes());
        }
    }
    Ok(uncacheable)
}

/// Whether a program is a GNU tool that reads only the files in its words: `avr-objcopy`,
/// `arm-none-eabi-size`.
fn is_binary_utility(program: &Path) -> bool {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let last = name.rsplit('-').next().unwrap_or_default();
    ["ar", "objcopy", "objdump", "size", "nm", "ranlib", "strip", "ld"].contains(&last)
}

/// Returns the files in a command's words, and in directories that it names, with their hashes.
fn named(
    options: &Options,
    scope: &CommandScope,
    files: &Files,
) -> std::io::Result<Vec<(PathBuf, crate::includes::Hash)>> {
    let disk = files.disk();
    let made_here =
        |path: &Path| path.starts_with(&scope.directory) && !scope.given.contains(path) && disk.exists(path);
    let mut paths: Vec<PathBuf> = options.files.clone();
    for directory in options.libraries.iter().chain(&options.directories) {
        let entries = disk.list(directory).unwrap_or_default().into_iter();
        paths.extend(entries.map(|entry| entry.path()).filter(|path| disk.is_file(path)));
    }
    for path in paths.clone() {
        paths.extend(absolute_names(&path, disk));
    }
    paths.retain(|path| !made_here(path));
    paths.sort();
    paths.dedup();
    paths.into_iter().map(|path| files.hash_now(&path).map(|hash| (path, hash))).collect()
}

/// Returns the files that a linker script names by absolute paths; it finds others in the directories of
/// `-L`.
fn absolute_names(script: &Path, disk: &Disk) -> Vec<PathBuf> {
    let extension = script.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("ld" | "lds" | "x" | "ldscript" | "lcf" | "icf" | "sct")) {
        return Vec::new();
    }
    let text = disk.read(script).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    absolute_paths(&text).into_iter().filter(|path| disk.is_file(path)).collect()
}

/// Returns the absolute paths in the text of a linker script or a shell command.
pub(in crate::pipeline) fn absolute_paths(text: &str) -> Vec<PathBuf> {
    let is_between = |c: char| c.is_whitespace() || "\"'`(){},;&|<>=".contains(c);
    text.split(is_between)
        .filter(|word| word.starts_with('/') && !word.starts_with("/*") && !word.starts_with("//"))
        .map(PathBuf::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::shared::checkout::Checkout;
    use crate::plan::Layout;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn binary_utilities_are_told_from_other_programs() {
        for (name, expected) in
            [("avr-objcopy", true), ("ar", true), ("/usr/bin/python3", false), ("bar", false)]
        {
            assert_eq!(is_binary_utility(Path::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn paths_are_found_in_a_shells_text() {
        let text = "cat '/a/b.txt' >/c/d; [ -f /e ]&&cp /f/g \"/h\" --x=/i // /* */ b/c";
        let paths = ["/a/b.txt", "/c/d", "/e", "/f/g", "/h", "/i"].map(PathBuf::from);
        assert_eq!(absolute_paths(text), paths);
    }

    #[test]
    fn what_a_link_reads_is_named_and_what_it_makes_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["cell", "libs"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let extra = at("extra.x").display().to_string();
        for (name, text) in [
            ("cell/a.o", ""),
            ("cell/flags.txt", "-O2"),
            ("libs/libx.a", "one"),
            ("board.ld", &*format!("INCLUDE \"{extra}\"\nSECTIONS {{ /DISCARD/ : {{}} }}")),
            ("extra.x", "one"),
        ] {
            std::fs::write(at(name), text).unwrap();
        }
        let checkout = Checkout::new(at("repo"), &Layout::new(at("work")), &at("staging"));
        let scope = CommandScope {
            directory: at("cell"),
            given: [at("cell/flags.txt")].into(),
            whole: Vec::new(),
            places: Places::of(&checkout, &at("cell")),
        };
        let root = directory.path().display();
        let argv = words(&format!(
            "gcc -T{root}/board.ld -L{root}/libs @{root}/cell/flags.txt -lx {root}/cell/a.o -o {root}/cell/a.elf"
        ));
        let read = || {
            let options = Options::read(&argv, &scope.directory, &Disk::default());
            named(&options, &scope, &Files::default()).unwrap()
        };
        let first = read();
        let names: Vec<PathBuf> = first.iter().map(|(path, _)| path.clone()).collect();
        assert_eq!(names, ["board.ld", "cell/flags.txt", "extra.x", "libs/libx.a"].map(at));
        std::fs::write(at("extra.x"), "two").unwrap();
        assert_ne!(read(), first);
    }
}
