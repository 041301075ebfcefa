//! Removes words from a compile command that name the job and provably have no effect, so that jobs share the
//! unit: stm32 compiles everything with `-I{build.source.path}`, renesas with `-DPROJECT_NAME=…`.

use std::path::Path;
use std::sync::Arc;

use crate::includes::{Inputs, Mentions, Search};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::shared::blocking::blocking;
use crate::platform::Value;

/// Names of the properties that contain a job's directories and project name.
const OF_JOB: [&str; 4] = ["build.path", "build.source.path", "sketch_path", "build.project_name"];

/// Returns the command without words that name the job and have no effect: `-I` of a directory in which no
/// name is found, and `-D` of a macro whose name none of the `inputs` can spell.
///
/// # Errors
/// The run is interrupted.
pub(super) async fn without_idle(
    argv: Vec<String>,
    values: &[(&str, Value<'_>)],
    search: &Arc<Search>,
    inputs: &Inputs,
) -> Result<Vec<String>, BuildError> {
    let of_job = |name: &&str| match values.iter().rev().find(|(key, _)| key == name)?.1 {
        Value::Word(text) if !text.is_empty() => Some(text.to_owned()),
        _ => None,
    };
    let of_job: Vec<String> = OF_JOB.iter().filter_map(of_job).collect();
    let names_job = |word: &String| of_job.iter().any(|text| word.contains(text));
    if inputs.incomplete.is_some() || !argv.iter().any(names_job) {
        return Ok(argv);
    }
    let command = Command { of_job, search: search.clone(), inputs: inputs.clone() };
    blocking(move || command.without_idle(&argv)).await
}

/// A command that names its job.
struct Command {
    /// Values of the properties that name the job.
    of_job: Vec<String>,
    search: Arc<Search>,
    inputs: Inputs,
}

impl Command {
    fn without_idle(&self, argv: &[String]) -> Vec<String> {
        let mut kept: Vec<String> = Vec::with_capacity(argv.len());
        let mut words = argv.iter().peekable();
        while let Some(word) = words.next() {
            let Some(option) = ["-I", "-D"].into_iter().find(|option| word.starts_with(option)) else {
                kept.push(word.clone());
                continue;
            };
            let is_apart = word.len() == option.len();
            let value = if is_apart { words.peek().map_or("", |word| word.as_str()) } else { &word[2..] };
            let is_idle = self.of_job.iter().any(|text| value.contains(text))
                && match option {
                    "-I" => self.is_unneeded(Path::new(value)),
                    _ => !self.may_name(value.split(['=', '(']).next().unwrap_or_default(), argv),
                };
            let both = if is_apart { words.next() } else { None };
            if !is_idle {
                kept.push(word.clone());
                kept.extend(both.cloned());
            }
        }
        kept
    }

    /// Whether no include resolves into a directory. A directory that the compiler knows by another name may
    /// be needed.
    fn is_unneeded(&self, directory: &Path) -> bool {
        let is_searched = self.search.path().include.iter().any(|searched| **searched == *directory);
        let is_absent = || !self.search.files().disk().is_dir(directory);
        (is_searched || is_absent()) && !self.inputs.needs(&self.search, directory)
    }

    /// Whether an input, or another word of the command, could spell the name of a macro.
    fn may_name(&self, name: &str, argv: &[String]) -> bool {
        let own = [format!("-D{name}"), name.to_owned()];
        let defines =
            |word: &&String| own.iter().any(|own| **word == *own || word.starts_with(&format!("{own}=")));
        let of_words =
            argv.iter().filter(|word| !defines(word)).map(|word| Mentions::of(word.as_bytes(), name));
        let of_files = self.inputs.files.iter().map(|file| self.search.files().mentions(file, name));
        of_words.chain(of_files).fold(Mentions::default(), Mentions::and).may_name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::includes::{Closure, Files, SearchPath};

    #[test]
    fn only_what_names_the_job_and_is_not_read_goes() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["job", "with", "system"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        std::fs::write(at("with/config.h"), "").unwrap();
        std::fs::write(at("main.c"), "#if __has_include(\"config.h\")\n#include \"config.h\"\n#endif\nREAD")
            .unwrap();
        let kept = |job: &str, words: &[&str]| {
            let job = at(job).display().to_string();
            let words: Vec<String> = words.iter().map(|word| word.replace("JOB", &job)).collect();
            let path = SearchPath {
                include: vec![Path::new(&job).into(), at("absent").into()],
                system: vec![at("system").into()],
                ..SearchPath::default()
            };
            let files = Arc::new(Files::default());
            let search = Search::new(files.clone(), path);
            let main = files.get(&at("main.c")).unwrap();
            let inputs = Closure::new(&search, &std::collections::HashMap::new(), None).of(&main, &[]);
            let of_job = vec![job.clone()];
            let kept = Command { of_job, search: Arc::new(search), inputs }.without_idle(&words);
            kept.into_iter().map(|word| word.replace(&job, "JOB")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(kept("job", &["gcc", "-IJOB", "-I", "JOB", "-DUNREAD=JOB", "-Ielse"]), "gcc -Ielse");
        assert_eq!(kept("with", &["gcc", "-IJOB", "-DREAD=JOB"]), "gcc -IJOB -DREAD=JOB");
        assert_eq!(kept("job", &["gcc", "-D", "UNREAD=JOB", "-DA=UNREAD"]), "gcc -D UNREAD=JOB -DA=UNREAD");
        assert_eq!(kept("job", &["gcc", "-oJOB/x", "-DOTHER=1"]), "gcc -oJOB/x -DOTHER=1");
    }
}
