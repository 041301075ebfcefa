//! Queries the real compiler for its search directories and predefined macros, once for each state of its
//! inputs, over all runs. No native scan can determine them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::Step;
use crate::includes::{Disk, Hash, Predefined};
use crate::pipeline::discover::compiler_directories::CompilerDirectories;
use crate::pipeline::failure::error::{BuildError, FileAction};
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{first_option, process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::unit::{OUTPUT, SOURCE, options};
use crate::plan::Target;
use crate::platform::Value;

/// Returns the default search directories of the compiler in `argv`: a compile command with [`SOURCE`],
/// [`OUTPUT`] and, in place of the unit's include directories, `-I` and the marker directory. `language` is
/// the source's language for `-x`.
pub(in crate::pipeline) async fn directories(
    cx: &BuildContext,
    jcx: &JobContext,
    argv: &[String],
    language: &str,
    identity: &Hash,
) -> Result<Arc<CompilerDirectories>, BuildError> {
    let options = options(cx, argv).await?;
    let mut argv: Vec<String> = argv.to_vec();
    let markers = [marker(cx), cx.staging.join("system-directories")];
    strip_compile(&mut argv);
    // Before every other `-isystem`, to mark the end of the include directories.
    let system = ["-isystem".to_owned(), markers[1].display().to_string()];
    let at = first_option(&argv);
    argv.splice(at..at, system);
    argv.extend(["-E", "-dM", "-v", "-x", language, "/dev/null"].map(str::to_owned));
    let mut key = Key::new("directories 5");
    key.add(identity.as_bytes()).command(&argv, &jcx.environment);
    for path in &options.files {
        // A response file can contain directories too.
        key.add(cx.files.get(path).map_or(*identity, |file| file.hash).as_bytes());
    }
    let key = key.finish();
    let asked = Key::new("asked").add(key.as_bytes()).add(&jcx.round.to_le_bytes()).finish();
    let slot = cx.tables.units.directories.cell(asked);
    // Once for all units with the same command.
    let answer = slot.get_or_try_init(async || {
        let (memo, staging, asked) = (cx.files.clone(), cx.staging.clone(), markers.clone());
        let may_be_known = options.uncacheable.is_none();
        let known = blocking(move || {
            for directory in &asked {
                std::fs::create_dir_all(directory)
                    .map_err(|error| BuildError::io(Step::Preprocess, FileAction::Make, directory, &error))?;
            }
            let known = memo.memo().tool_fact(&key).filter(|_| may_be_known);
            let known = known.map(|text| parse(&text, &asked, &staging));
            Ok::<_, BuildError>(known.filter(|answer| answer.still_holds(memo.disk())))
        });
        if let Some(known) = known.await?? {
            return Ok(Arc::new(known.directories));
        }
        let text = ask(cx, jcx, argv).await?;
        cx.files.memo().remember_tool_fact(key, &text);
        Ok(Arc::new(parse(&text, &markers, &cx.staging).directories))
    });
    answer.await.cloned()
}

/// Returns the compiler's output with its search path and its macros.
async fn ask(cx: &BuildContext, jcx: &JobContext, argv: Vec<String>) -> Result<String, BuildError> {
    let name = jcx.step(Step::Preprocess, "search path");
    let process = process(argv, cx.staging.clone(), jcx.environment.clone());
    let finished = run_in_slot(&cx.runner, &name, &process, &jcx.transcript).await?;
    if finished.end.succeeded() && finished.omitted > 0 {
        // A truncated list of macros is not usable.
        let message =
            format!("{} printed too much for its search path and macros", process.program.display());
        return Err(BuildError::infrastructure(Step::Preprocess, message));
    }
    if finished.end.succeeded() {
        // The search lists, then the macros.
        Ok(String::from_utf8_lossy(&[finished.stderr, finished.stdout].concat()).into_owned())
    } else {
        Err(BuildError::command(Step::Preprocess, process.argv(), finished.end, &finished.printed()))
    }
}

/// Returns a directory that exists and that no other option names.
pub(in crate::pipeline) fn marker(cx: &BuildContext) -> PathBuf {
    cx.staging.join("include-directories")
}

/// Prefixes of words that name a forced include.
const FORCED: [&str; 4] = ["-include", "-imacros", "--include=", "--imacros="];

/// Removes from a compile command what makes it compile (source, output, depfile), and options that do not
/// affect directories: commands that differ only in these have the same answer.
fn strip_compile(argv: &mut Vec<String>) {
    let mut kept = Vec::with_capacity(argv.len());
    let mut words = std::mem::take(argv).into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            // A forced include may itself include files in the unit's directories, which the marker replaces
            // here (apollo3's mbed).
            "-o" | "-MF" | "-MT" | "-MQ" | "-x" | "-include" | "-imacros" | "--include" | "--imacros" => {
                words.next();
            }
            _ if FORCED.iter().any(|option| word.starts_with(option)) => {}
            "-c" | "-E" | "-C" | "-CC" | "-w" | "-MMD" | "-MD" | "-M" | "-MM" | "-MP" | "-MG" => {}
            _ if word.contains(SOURCE) || word.contains(OUTPUT) || is_beside_directories(&word) => {}
            _ => kept.push(word),
        }
    }
    *argv = kept;
}

/// Whether a word does not affect directories: macros, warnings, debug information. `-Wp,-I…` passes options
/// on.
fn is_beside_directories(word: &str) -> bool {
    let is_long = |start: &str| word.starts_with(start) && word.len() > start.len();
    let is_debug = || {
        word == "-g" || ["-g1", "-g2", "-g3", "-ggdb", "-gdwarf"].iter().any(|start| word.starts_with(start))
    };
    is_long("-D") || is_long("-U") || (is_long("-W") && !word.contains(',')) || is_debug()
}

/// A compiler's answer about its search path.
#[derive(Debug, Default)]
struct Answer {
    directories: CompilerDirectories,
    /// Directories that the compiler would search if they existed.
    absent: Vec<PathBuf>,
    /// Directories that the compiler skips because they are other names for searched ones.
    duplicate: Vec<PathBuf>,
}

impl Answer {
    /// Whether the compiler's answer would be the same, as far as it depends on the existence of directories.
    fn still_holds(&self, disk: &Disk) -> bool {
        let CompilerDirectories { quote, before, after, system, .. } = &self.directories;
        let real: Vec<_> = [quote, before, after, system]
            .into_iter()
            .flatten()
            .map(|directory| disk.real(directory).ok().filter(|_| disk.is_dir(directory)))
            .collect();
        let is_searched =
            |directory: &PathBuf| disk.real(directory).is_ok_and(|path| real.contains(&Some(path)));
        real.iter().all(Option::is_some)
            && !self.absent.iter().any(|directory| disk.is_dir(directory))
            && self.duplicate.iter().all(is_searched)
    }
}

/// Parses the two lists that GCC and Clang print with `-v`, and the macros after them (`-dM`). `markers`
/// stand for the unit's include directories and for the beginning of the system directories. Relative paths
/// are relative to `cwd`.
fn parse(text: &str, markers: &[PathBuf; 2], cwd: &Path) -> Answer {
    let mut answer = Answer::default();
    let mut angle = None;
    let mut passed = 0;
    for line in text.lines() {
        let quoted = |start: &str| {
            let path = line.strip_prefix(start)?.strip_prefix('"')?.strip_suffix('"')?;
            Some(cwd.join(path))
        };
        if let Some(path) = quoted("ignoring nonexistent directory ") {
            answer.absent.push(path);
        } else if let Some(path) = quoted("ignoring duplicate directory ") {
            // The markers may or may not exist at a call; they are not directories of the compiler.
            answer.duplicate.extend((!markers.contains(&path)).then_some(path));
        } else if line.starts_with("#include \"...\"") {
            angle = Some(false);
        } else if line.starts_with("#include <...>") {
            angle = Some(true);
        } else if line.starts_with("End of search list") {
            angle = None;
        } else if let (Some(angle), Some(path)) = (angle, line.strip_prefix(' ')) {
            let path: Arc<Path> = cwd.join(path.trim_end_matches(" (framework directory)")).into();
            if let Some(at) = markers.iter().position(|marker| *marker == *path) {
                passed = at + 1;
                continue;
            }
            let CompilerDirectories { quote, before, after, system, .. } = &mut answer.directories;
            let list = match (angle, passed) {
                (false, _) => quote,
                (true, 0) => before,
                (true, 1) => after,
                (true, _) => system,
            };
            list.push(path);
        }
    }
    answer.directories.predefined = predefined(text);
    answer
}

/// Returns the macros of `#define NAME …` and `#define NAME(…) …`. Returns `None` if `__VERSION__` is not
/// among them: a compiler that omits it may omit others too.
fn predefined(text: &str) -> Option<Predefined> {
    let names = || {
        let defined = text.lines().filter_map(|line| line.strip_prefix("#define "));
        defined.map(|line| line.split([' ', '(']).next().unwrap_or_default())
    };
    names().any(|name| name == "__VERSION__").then(|| names().collect())
}

/// Returns the command that preprocesses a source with these include words, to find missing includes.
pub(in crate::pipeline) fn question(
    target: &Target,
    source: &Path,
    includes: &[String],
    values: &[(&str, Value<'_>)],
) -> Result<Vec<String>, BuildError> {
    command(target, &source.to_string_lossy(), includes, "/dev/null", values)
}

/// Returns the command that preprocesses a source into a file.
pub(in crate::pipeline) fn command(
    target: &Target,
    source: &str,
    includes: &[String],
    output: &str,
    values: &[(&str, Value<'_>)],
) -> Result<Vec<String>, BuildError> {
    let mut all = values.to_vec();
    all.extend([
        ("includes", Value::Words(includes)),
        ("source_file", Value::Word(source)),
        ("preprocessed_file_path", Value::Word(output)),
    ]);
    let platform = &target.config.platform_dir;
    target
        .config
        .preprocess_command(&all)
        .map_err(|error| BuildError::board(Step::Preprocess, &error))?
        .ok_or_else(|| BuildError::no_recipe(Step::Preprocess, "recipe.cpp.o.pattern", platform))
}

/// Whether a command with [`SOURCE`] and [`OUTPUT`] only preprocesses the one into the other, with line
/// markers, so that its result is known without a run. A command without `-E` compiles. Dependency options
/// that remain without `-MMD` are usually an error in GCC.
pub(in crate::pipeline) fn is_plain(argv: &[String]) -> bool {
    let has = |part: &str| argv.iter().any(|word| word.contains(part));
    let changes_output = |word: &String| {
        word.starts_with("-M")
            || word.starts_with("-d")
            || matches!(word.as_str(), "-P" | "-S" | "-fsyntax-only" | "-fdirectives-only" | "-fpreprocessed")
    };
    argv.iter().any(|word| word == "-E") && has(SOURCE) && has(OUTPUT) && !argv.iter().any(changes_output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_lists_are_read_around_the_marker() {
        let text = "Target: avr\nignoring nonexistent directory \"/gone\"\nignoring duplicate directory \"twice\"\n\
                    #include \"...\" search starts here:\n /quoted\n#include <...> search starts here:\n \
                    /own\n /marker\n relative\n /system\n /usr/lib/gcc/avr/5.4.0/include\nEnd of search list.\n /noise\n";
        let answer = parse(text, &["/marker".into(), "/system".into()], Path::new("/cwd"));
        let path = |text: &str| -> Arc<Path> { Path::new(text).into() };
        let expected = CompilerDirectories {
            quote: vec![path("/quoted")],
            before: vec![path("/own")],
            after: vec![path("/cwd/relative")],
            system: vec![path("/usr/lib/gcc/avr/5.4.0/include")],
            predefined: None,
        };
        assert_eq!(answer.directories, expected);
        assert_eq!(answer.absent, [Path::new("/gone")]);
        assert_eq!(answer.duplicate, [Path::new("/cwd/twice")]);
    }

    #[test]
    fn macros_are_read_if_all_of_them_are_there() {
        let lists = "#include <...> search starts here:\n /own\nEnd of search list.\n";
        let answer = |macros: &str| {
            let text = format!("{lists}{macros}");
            let directories = parse(&text, &["/m".into(), "/s".into()], Path::new("/")).directories;
            assert_eq!(directories.before, [Arc::from(Path::new("/own"))]);
            directories.predefined
        };
        assert_eq!(answer("#define __AVR__ 1\n"), None);
        let expected = ["__AVR__", "__VERSION__", "__UINT8_C"].into_iter().collect();
        let macros = "#define __AVR__ 1\n#define __VERSION__ \"5.4.0\"\n#define __UINT8_C(c) c\n";
        assert_eq!(answer(macros), Some(expected));
    }

    #[test]
    fn an_answer_holds_as_long_as_the_directories_are_as_they_were() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::create_dir(at("one")).unwrap();
        std::fs::create_dir(at("two")).unwrap();
        std::os::unix::fs::symlink(at("one"), at("link")).unwrap();
        let text = "ignoring nonexistent directory \"late\"\nignoring duplicate directory \"link\"\n\
                    #include <...> search starts here:\n one\n two\nEnd of search list.\n";
        let holds = || parse(text, &["/m".into(), "/s".into()], root.path()).still_holds(&Disk::default());
        assert!(holds());
        std::fs::create_dir(at("late")).unwrap();
        assert!(!holds(), "a directory appeared");
        std::fs::remove_dir(at("late")).unwrap();
        assert!(holds());
        std::fs::remove_file(at("link")).unwrap();
        std::fs::create_dir(at("link")).unwrap();
        assert!(!holds(), "a directory is no duplicate any more");
        std::fs::remove_dir(at("link")).unwrap();
        std::os::unix::fs::symlink(at("one"), at("link")).unwrap();
        assert!(holds());
        std::fs::remove_dir(at("two")).unwrap();
        assert!(!holds(), "a directory is gone");
    }

    #[test]
    fn what_does_not_only_preprocess_is_no_plain_command() {
        let plain = |options: &str| {
            let words = format!("g++ {options} {SOURCE} -o {OUTPUT}");
            is_plain(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
        };
        assert!(plain("-E -CC -mmcu=atmega328p -DM"));
        for options in ["-c", "-E -MP", "-E -MF d", "-E -MD", "-E -P", "-E -dM", "-E -fsyntax-only"] {
            assert!(!plain(options), "{options}");
        }
        assert!(!is_plain(&["g++", "-E", SOURCE].map(str::to_owned)), "no output");
    }

    #[test]
    fn a_compile_command_becomes_a_question() {
        let mut argv: Vec<String> =
            "gcc -c -Os -MMD -x c -DX=1 -Ia -Wall -Wp,-Ib -gdwarf-2".split(' ').map(str::to_owned).collect();
        argv.extend([SOURCE, "-o", OUTPUT].map(str::to_owned));
        strip_compile(&mut argv);
        assert_eq!(argv, ["gcc", "-Os", "-Ia", "-Wp,-Ib"]);
    }
}
