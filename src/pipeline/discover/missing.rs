//! Asks the real preprocessor for the first missing include, once for each state of its inputs, over all
//! runs.

use std::sync::LazyLock;

use regex::Regex;

use crate::event::{FailureKind, Step};
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::failure::stored::StoredFailure;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::StepName;
use crate::pipeline::job::step::{process, run_in_slot};
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::CoveredCall;
use crate::process::ProcessEnd;

/// Answer of the real preprocessor for a source.
#[derive(Debug)]
pub(in crate::pipeline) struct Preprocessed {
    /// Header that arduino-cli takes for missing, if any.
    pub(in crate::pipeline) missing: Option<String>,
    /// The failed command as an error; `None` if the answer was remembered, or the command succeeded.
    pub(in crate::pipeline) failure: Option<BuildError>,
}

/// A call of the real preprocessor.
pub(in crate::pipeline) struct Call<'a> {
    pub(in crate::pipeline) cx: &'a BuildContext,
    pub(in crate::pipeline) jcx: &'a JobContext,
    pub(in crate::pipeline) name: StepName,
    pub(in crate::pipeline) argv: Vec<String>,
    /// The inputs of the call. Without them, the answer is neither looked up nor remembered.
    pub(in crate::pipeline) covered: Option<CoveredCall>,
}

impl Call<'_> {
    /// Returns the first missing include.
    ///
    /// # Errors
    /// The preprocessor can't be run, is ended by a signal, fails for lack of memory or without output, or an
    /// input has changed meanwhile. After any other error arduino-cli continues with the next source.
    pub(in crate::pipeline) async fn first_missing(&self) -> Result<Preprocessed, BuildError> {
        let Some(CoveredCall { keys, .. }) = &self.covered else { return self.run().await };
        let Self { cx, .. } = self;
        let mut failure = None;
        // Every sketch asks about the sources of its libraries.
        let slot = cx.tables.missing.cell(keys.portable);
        let missing = slot.get_or_try_init(async || {
            if let Some(known) = cx.files.memo().fact(&keys.portable)
                && (known.is_empty() || cx.stores.failures.is_used(&keys.portable))
            {
                return Ok(Some(known.to_string()).filter(|header| !header.is_empty()));
            }
            let ran = self.run().await?;
            cx.files.memo().remember_fact(keys.portable, ran.missing.as_deref().unwrap_or_default());
            failure = ran.failure;
            Ok::<_, BuildError>(ran.missing)
        });
        let missing = missing.await?.clone();
        Ok(Preprocessed { missing, failure })
    }

    /// Returns the error of a call whose answer was remembered.
    ///
    /// # Errors
    /// The errors of [`Self::first_missing`].
    pub(in crate::pipeline) async fn failure(&self) -> Result<Option<BuildError>, BuildError> {
        let stored = match &self.covered {
            Some(CoveredCall { keys, places, .. }) => {
                self.cx.stores.failures.find_among(keys, places).await?
            }
            None => None,
        };
        match stored {
            Some(StoredFailure { failure, .. }) => Ok(Some(BuildError::Failed(failure))),
            None => Ok(self.run().await?.failure),
        }
    }

    async fn run(&self) -> Result<Preprocessed, BuildError> {
        let Self { cx, jcx, name, argv, covered } = self;
        let process = process(argv.clone(), cx.staging.clone(), jcx.environment.clone());
        let finished = run_in_slot(&cx.runner, name, &process, &jcx.transcript).await?;
        let failure = (!finished.end.succeeded())
            .then(|| BuildError::command(Step::Preprocess, process.argv(), finished.end, &finished.stderr));
        if let Some(error) = &failure {
            let is_code = matches!(error, BuildError::Failed(failure) if failure.kind == FailureKind::Code);
            if !matches!(finished.end, ProcessEnd::Exited(_)) || finished.stderr.is_empty() || !is_code {
                return Err(error.clone());
            }
        }
        if let Some(covered) = covered {
            covered.settle(cx, failure.as_ref().map_or(Ok(()), Err)).await?;
        }
        let printed = String::from_utf8_lossy(&finished.stderr);
        let missing = failure.as_ref().and_then(|_| missing_header(&printed));
        Ok(Preprocessed { missing: missing.filter(|header| !header.is_empty()), failure })
    }
}

/// An include that a compiler quotes from a source: with or without a line number before it. As in
/// arduino-cli, the name ends at the last `>` or `"` before a blank.
static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let include = r"#[ \t]*include[\t\n\x0c\r ]*";
    let quoted = r#"[<"]([^\t\n\x0c\r ]+)[">]"#;
    Regex::new(&format!(r"(?m)^[\t\n\x0c\r ]*[0-9 |]*[\t\n\x0c\r ]*{include}{quoted}")).ok()
});

/// Escape sequences of terminals.
static ESCAPES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-?]*[ -/]*[@-~]").ok());

/// Returns the header that arduino-cli extracts from a preprocessor's errors (`IncludesFinderWithRegExp` in
/// its `detector.go`): the first include that is quoted from a source, else any text after `fatal error:`.
fn missing_header(printed: &str) -> Option<String> {
    let printed = ESCAPES.as_ref()?.replace_all(printed, "");
    if let Some(name) = QUOTED.as_ref()?.captures(&printed).and_then(|found| found.get(1)) {
        return Some(name.as_str().trim().to_owned());
    }
    printed.split('\n').find_map(|line| {
        let mut parts = line.split(':').skip_while(|part| !part.contains("fatal error"));
        parts.next()?;
        Some(parts.next().unwrap_or_default().trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn misses(printed: &str, expected: &str) {
        assert_eq!(missing_header(printed).as_deref().unwrap_or_default(), expected, "{printed}");
    }

    #[test]
    fn missing_headers_are_read_as_arduino_cli_reads_them() {
        misses(
            "/s/A.ino:1:17: fatal error: Servo.h: No such file or directory\n #include <Servo.h>\n",
            "Servo.h",
        );
        misses(
            "a:1:2: fatal error: x.h: No such file\n    1 | #include \"sub/x.h\"\n      |    ^",
            "sub/x.h",
        );
        misses("x.c:1:10: fatal error: 'a/b.h' file not found\n#include <a/b.h>\n         ^", "a/b.h");
        misses("\u{1b}[1ma.c:1:\u{1b}[m fatal error: x.h: No\n \u{1b}[31m#include <x.h>\u{1b}[m", "x.h");
    }

    #[test]
    fn what_is_no_quoted_include_is_read_behind_the_words() {
        misses(
            "a:1:2: fatal error: EEPROM.h: No such file or directory\n #include_next <EEPROM.h>\n",
            "EEPROM.h",
        );
        misses("a:1:2: fatal error: L.h: No such file or directory\n #import <L.h>\n", "L.h");
        misses("a:1:2: fatal error: My Lib.h: No such file or directory\n #include <My Lib.h>\n", "My Lib.h");
        misses("avr-g++: fatal error: no input files\n", "no input files");
        misses("a:1: fatal error", "");
    }

    #[test]
    fn other_errors_miss_nothing() {
        misses("x.c:1:1: error: expected\n", "");
        misses("x.c:1:2: error: #error see #include <L.h>\n #error see #include <L.h>\n  ^\n", "");
        misses("", "");
        // The first quoted include counts, whatever its error.
        misses(
            "a.h:1:1: error: #include nested too deeply\n #include \"a.h\"\nb: fatal error: c.h: No\n",
            "a.h",
        );
    }

    #[test]
    fn a_name_goes_on_to_the_last_bracket_before_a_blank() {
        misses("a:1:2: fatal error: L.h: No such file\n #include <L.h>//<M.h>\n", "L.h>//<M.h");
        misses("a:1:2: fatal error: L.h: No such file\n #include <L.h> // <M.h>\n", "L.h");
    }
}
