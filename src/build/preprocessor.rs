//! Questions to the real compiler that no native scan can answer: which folders it searches, and
//! which include it misses first. Each is asked once for each state of its inputs, over all runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::context::{StepName, process, run_in_slot};
use super::{BuildContext, BuildError, JobContext};
use crate::board::Value;
use crate::event::Step;
use crate::plan::Target;
use crate::source::{Hash, SearchPath};

/// The folders that a command searches, with a place for the include folders that a unit adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folders {
    /// For `"…"` only.
    pub(super) quote: Vec<Arc<Path>>,
    /// Before the unit's include folders.
    pub(super) before: Vec<Arc<Path>>,
    /// Behind them.
    pub(super) after: Vec<Arc<Path>>,
}

impl Folders {
    /// The search path of a unit that adds these folders.
    pub(super) fn with(&self, quote: &[Arc<Path>], include: &[Arc<Path>]) -> SearchPath {
        SearchPath {
            quote: self.quote.iter().chain(quote).cloned().collect(),
            include: self.before.iter().chain(include).cloned().collect(),
            system: self.after.clone(),
        }
    }
}

/// The answers of this run.
#[derive(Debug, Default)]
pub(super) struct Answers {
    folders: Mutex<HashMap<Hash, Arc<Folders>>>,
}

/// The word in a command's place for the source, and for the output.
pub(super) const SOURCE: &str = "\u{1}source";
pub(super) const OUTPUT: &str = "\u{1}output";

impl Answers {
    /// The folders that the compiler of `argv` searches by itself: `argv` is a compile command with
    /// [`SOURCE`], [`OUTPUT`] and, in the place of the unit's include folders, `-I` and the marker
    /// folder. `language` is what `-x` calls the source's.
    pub(super) async fn folders(
        &self,
        cx: &BuildContext,
        jcx: &JobContext,
        argv: &[String],
        language: &str,
        identity: &Hash,
    ) -> Result<Arc<Folders>, BuildError> {
        let mut argv: Vec<String> = argv.to_vec();
        let marker = marker(cx);
        strip_compile(&mut argv);
        argv.extend(["-E", "-v", "-x", language, "/dev/null"].map(str::to_owned));
        let mut key = blake3::Hasher::new();
        key.update(b"folders\0").update(identity.as_bytes());
        for word in &argv {
            key.update(word.as_bytes()).update(b"\0");
            // A folder that is named but not there is not searched, and a response file speaks for itself.
            if let Some(path) = named_paths(word) {
                let is_dir = Path::new(path).is_dir();
                key.update(&[u8::from(is_dir)]);
                if !is_dir && let Ok(hash) = cx.files.hash_now(Path::new(path)) {
                    key.update(hash.as_bytes());
                }
            }
        }
        let key = key.finalize();
        if let Some(known) = self.lock().get(&key) {
            return Ok(known.clone());
        }
        let text = match cx.files.memo().fact(&key) {
            Some(text) => text.to_string(),
            None => {
                let name = jcx.step(Step::Preprocess, "search path");
                let process = process(argv, cx.staging.clone(), jcx.environment.clone());
                let finished = run_in_slot(cx, &name, &process, &jcx.transcript).await?;
                if finished.code != Some(0) {
                    return Err(BuildError::command(
                        Step::Preprocess,
                        process.argv(),
                        finished.code,
                        &finished.printed(),
                    ));
                }
                let text = String::from_utf8_lossy(&finished.stderr).into_owned();
                cx.files.memo().remember_fact(key, &text);
                text
            }
        };
        let folders = Arc::new(parse(&text, &marker));
        Ok(self.lock().entry(key).or_insert(folders).clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Hash, Arc<Folders>>> {
        // A panic elsewhere leaves the map whole: each change is one insert.
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder that exists and that nothing else names.
pub(super) fn marker(cx: &BuildContext) -> PathBuf {
    cx.staging.join("include-folders")
}

/// Takes out of a compile command what makes it compile: source, output, depfile.
fn strip_compile(argv: &mut Vec<String>) {
    let mut kept = Vec::with_capacity(argv.len());
    let mut words = std::mem::take(argv).into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" | "-MF" | "-MT" | "-MQ" | "-x" => {
                words.next();
            }
            "-c" | "-MMD" | "-MD" | "-M" | "-MM" | "-MP" | "-MG" => {}
            _ if word.contains(SOURCE) || word.contains(OUTPUT) => {}
            _ => kept.push(word),
        }
    }
    *argv = kept;
}

/// The paths in a word that decide where is searched.
fn named_paths(word: &str) -> Option<&str> {
    ["-I", "-isystem", "-iquote", "-idirafter", "-isysroot", "--sysroot=", "-iprefix", "-B", "@"]
        .iter()
        .find_map(|option| word.strip_prefix(option))
        .filter(|path| !path.is_empty())
        .or_else(|| word.starts_with('/').then_some(word))
}

/// Reads the two lists that GCC and Clang print with `-v`.
fn parse(text: &str, marker: &Path) -> Folders {
    let mut folders = Folders::default();
    let mut list = None;
    let mut behind_marker = false;
    for line in text.lines() {
        if line.starts_with("#include \"...\"") {
            list = Some(false);
        } else if line.starts_with("#include <...>") {
            list = Some(true);
        } else if line.starts_with("End of search list") {
            break;
        } else if let (Some(angle), Some(path)) = (list, line.strip_prefix(' ')) {
            let path: Arc<Path> = Path::new(path.trim_end_matches(" (framework directory)")).into();
            if *path == *marker {
                behind_marker = true;
            } else if !angle {
                folders.quote.push(path);
            } else if behind_marker {
                folders.after.push(path);
            } else {
                folders.before.push(path);
            }
        }
    }
    folders
}

/// The first include that the real preprocessor misses in a source, if any.
///
/// `state` covers everything that the answer depends on: the compiler, and the closure of the source
/// with these include folders.
pub(super) async fn first_missing(
    cx: &BuildContext,
    name: StepName,
    jcx: &JobContext,
    target: &Target,
    source: &Path,
    includes: &[String],
    values: &[(&str, Value<'_>)],
    state: &Hash,
) -> Result<Option<String>, BuildError> {
    let source_text = source.to_string_lossy();
    let mut all = values.to_vec();
    all.extend([
        ("includes", Value::Words(includes)),
        ("source_file", Value::Word(&source_text)),
        ("preprocessed_file_path", Value::Word("/dev/null")),
        ("object_file", Value::Word("/dev/null")),
    ]);
    let platform = &target.config.platform_dir;
    let argv = target
        .config
        .preprocess_command(&all)
        .map_err(|error| BuildError::board(Step::Preprocess, &error))?
        .ok_or_else(|| BuildError::no_recipe(Step::Preprocess, "recipe.cpp.o.pattern", platform))?;
    let mut key = blake3::Hasher::new();
    key.update(b"missing\0").update(state.as_bytes());
    for word in &argv {
        key.update(word.as_bytes()).update(b"\0");
    }
    let key = key.finalize();
    let known = cx.files.memo().fact(&key);
    let answer = if let Some(known) = known {
        known.to_string()
    } else {
        let process = process(argv, cx.staging.clone(), jcx.environment.clone());
        let finished = run_in_slot(cx, &name, &process, &jcx.transcript).await?;
        let printed = String::from_utf8_lossy(&finished.stderr).into_owned();
        let answer = printed.lines().find_map(missing_header).unwrap_or_default().to_owned();
        if finished.code.is_some() {
            cx.files.memo().remember_fact(key, &answer);
        }
        answer
    };
    Ok(Some(answer).filter(|answer| !answer.is_empty()))
}

/// `FILE:LINE:COLUMN: fatal error: NAME: No such file or directory`; Clang's `'NAME' file not found`.
fn missing_header(line: &str) -> Option<&str> {
    let (_, message) = line.split_once("fatal error: ")?;
    message
        .strip_suffix(": No such file or directory")
        .or_else(|| message.strip_prefix('\'')?.strip_suffix("' file not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_lists_are_read_around_the_marker() {
        let text = "Target: avr\n#include \"...\" search starts here:\n /quoted\n#include <...> search starts here:\n \
                    /own\n /marker\n /usr/lib/gcc/avr/5.4.0/include\nEnd of search list.\n /noise\n";
        let folders = parse(text, Path::new("/marker"));
        let path = |text: &str| -> Arc<Path> { Path::new(text).into() };
        assert_eq!(folders.quote, [path("/quoted")]);
        assert_eq!(folders.before, [path("/own")]);
        assert_eq!(folders.after, [path("/usr/lib/gcc/avr/5.4.0/include")]);
    }

    #[test]
    fn a_compile_command_becomes_a_question() {
        let mut argv: Vec<String> =
            ["gcc", "-c", "-Os", "-MMD", "-x", "c", "-Ia", SOURCE, "-o", OUTPUT].map(str::to_owned).to_vec();
        strip_compile(&mut argv);
        assert_eq!(argv, ["gcc", "-Os", "-Ia"]);
    }

    #[test]
    fn missing_headers_are_named() {
        let line = "/s/A.ino:1:17: fatal error: Servo.h: No such file or directory";
        assert_eq!(missing_header(line), Some("Servo.h"));
        assert_eq!(missing_header("x.c:1:10: fatal error: 'a/b.h' file not found"), Some("a/b.h"));
        assert_eq!(missing_header("x.c:1:1: error: expected"), None);
    }
}
