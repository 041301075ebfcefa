//! Precompiles a prefix: checks its headers, compiles them, and verifies the result with the unit that asked for it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::apply::{Call, Outcome};
use super::candidate::{Candidate, PRECOMPILED, differs, is_useless};
use super::check::{MARKER, problem};
use super::due::Due;
use super::table::{Precompiled, PrefixTable};
use crate::event::{CacheOutcome, Step};
use crate::fs::write_atomically;
use crate::includes::Hash;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::job::step::{Held, first_option, process, run_in_slot};
use crate::pipeline::shared::blocking::blocking;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::unit::depfile;
use crate::pipeline::unit::planned::{OUTPUT, Planned, SOURCE, Unit};
use crate::process::{Transcript, run};

/// Reason why a prefix is not used.
enum Reason {
    /// Holds for the same prefix in every run.
    Lasting(String),
    /// The compiler made another object.
    Differs,
    /// A fault of this run: the disk, an interrupt.
    Passing(String),
}

impl From<BuildError> for Reason {
    fn from(error: BuildError) -> Self {
        Self::Passing(format!("{error:?}"))
    }
}

impl From<io::Error> for Reason {
    fn from(error: io::Error) -> Self {
        Self::Passing(error.to_string())
    }
}

/// Makes a prefix that [`Prefixes::count`](super::Prefixes::count) returned. `unit` is the object of a plain compile of
/// `planned`. Other cells compile meanwhile, and the time does not count for the job.
pub(in crate::pipeline::unit) async fn make(
    cx: &BuildContext,
    jcx: &JobContext,
    planned: &Arc<Planned>,
    unit: &Unit,
    due: Due,
) {
    let Due { candidate, plain } = due;
    let mut making = Making { table: &cx.tables.prefixes, key: candidate.key, made: None };
    jcx.stopwatch.pause();
    let maker = Maker { cx, jcx, candidate: &candidate };
    let made = maker.make(planned, unit, plain).await;
    jcx.stopwatch.resume();
    let memo = cx.files.memo();
    match made {
        Ok(made) => {
            tracing::debug!(headers = %candidate.label, bytes = made.bytes, "precompiled a prefix");
            making.made = Some(made);
        }
        Err(Reason::Lasting(reason)) => {
            tracing::debug!(headers = %candidate.label, %reason, "a prefix can't be precompiled");
            memo.remember_fact(is_useless(&candidate.key), &reason);
        }
        Err(Reason::Differs) => {
            tracing::warn!(headers = %candidate.label, unit = %planned.label, "another object with precompiled headers: not used again with this compiler");
            memo.remember_fact(differs(&candidate.compiler), "differs");
        }
        Err(Reason::Passing(reason)) => {
            tracing::debug!(headers = %candidate.label, %reason, "a prefix was not precompiled");
        }
    }
}

/// Settles a prefix, also if its job is dropped meanwhile.
struct Making<'a> {
    table: &'a PrefixTable,
    key: Hash,
    made: Option<Precompiled>,
}

impl Drop for Making<'_> {
    fn drop(&mut self) {
        self.table.settle(self.key, self.made.take());
    }
}

struct Maker<'a> {
    cx: &'a BuildContext,
    jcx: &'a JobContext,
    candidate: &'a Candidate,
}

impl Maker<'_> {
    async fn make(
        &self,
        planned: &Arc<Planned>,
        unit: &Unit,
        plain: Duration,
    ) -> Result<Precompiled, Reason> {
        let directory = self.cx.tables.prefixes.root().join(&self.candidate.key.to_hex()[..32]);
        let made = self.make_in(&directory, planned, unit, plain).await;
        if made.is_err() {
            // What is left is removed with the table.
            let _ = blocking(move || std::fs::remove_dir_all(directory)).await?;
        }
        made
    }

    async fn make_in(
        &self,
        directory: &Path,
        planned: &Arc<Planned>,
        unit: &Unit,
        plain: Duration,
    ) -> Result<Precompiled, Reason> {
        self.check(directory).await?;
        let precompiled = directory.join(PRECOMPILED);
        self.precompile(&precompiled).await?;
        // Without the file itself, GCC fails where it can't use the precompiled one.
        let header = precompiled.with_extension("");
        let ran = self.verify(planned, unit, &header).await?;
        let bytes = blocking(move || Ok::<_, io::Error>(std::fs::metadata(precompiled)?.len())).await??;
        let made = Precompiled::new(self.candidate.key, header, bytes, plain);
        made.used(Some(ran));
        Ok(made)
    }

    /// Returns the command that compiles `source` to `output`.
    fn command(&self, source: &Path, output: &Path) -> impl Iterator<Item = String> {
        let (source, output) = (source.display().to_string(), output.display().to_string());
        self.candidate.argv.iter().map(move |word| match word.as_str() {
            SOURCE => source.clone(),
            OUTPUT => output.clone(),
            other => other.to_owned(),
        })
    }

    /// Preprocesses the headers, and fails if they have an effect that a precompiled header would not have.
    async fn check(&self, directory: &Path) -> Result<(), Reason> {
        let (source, output) = (directory.join("check.cpp"), directory.join("check.i"));
        let headers = &self.candidate.text;
        // Beside the text of the prefix there is no other file, either.
        let (path, text) = (source.clone(), format!("{headers}{MARKER}\n{headers}"));
        let written = blocking(move || {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            write_atomically(&path, text.as_bytes())
        });
        written.await??;
        let mut argv: Vec<String> = self.command(&source, &output).collect();
        argv.extend(["-E".to_owned(), "-dD".to_owned()]);
        let name = self.jcx.step(Step::Preprocess, format!("{}, to precompile them", self.candidate.label));
        let process = process(argv, self.cx.staging.clone(), self.jcx.environment.clone());
        let finished =
            run_in_slot(&self.cx.runner, &name, &process, &Transcript::new(self.cx.runner.output_limit))
                .await?;
        if !finished.end.succeeded() || !finished.printed().is_empty() {
            return Err(Reason::Passing("the preprocessor prints a message about them".to_owned()));
        }
        let found = blocking(move || {
            let text = std::fs::read(&output)?;
            std::fs::remove_file(&output)?;
            Ok::<_, io::Error>(problem(&text))
        });
        found.await??.map_or(Ok(()), |problem| Err(Reason::Lasting(problem)))
    }

    /// Compiles the headers.
    async fn precompile(&self, output: &Path) -> Result<(), Reason> {
        let Self { cx, jcx, candidate } = self;
        let depfile = output.with_extension("d");
        let mut argv: Vec<String> = self.command(&candidate.header, output).collect();
        let header = candidate.header.display().to_string();
        let at = argv.iter().position(|word| *word == header).unwrap_or(argv.len());
        argv.splice(at..at, ["-x".to_owned(), "c++-header".to_owned()]);
        let at = first_option(&argv);
        argv.splice(at..at, ["-MD".to_owned(), "-MF".to_owned(), depfile.display().to_string()]);
        let process = process(argv, cx.staging.clone(), jcx.environment.with_relative_temporary());
        let bytes = candidate.inputs.files.iter().map(|file| file.size()).sum();
        let label = format!("{}, precompiled", candidate.label);
        let name = jcx.compile(jcx.ahead.unit(&candidate.key, &label, bytes), &label);
        let meter = cx.runner.peaks.meter();
        let held = Held::wait(&cx.runner, &name).await;
        let transcript = Transcript::new(cx.runner.output_limit);
        let finished = run(&process, &cx.runner.cancel, &transcript, &meter)
            .await
            .map_err(|error| BuildError::process(Step::Compile, &error))?;
        let ran = finished.ended.duration_since(finished.started);
        held.compiled(Some(ran), CacheOutcome::Miss, &meter, finished.end.succeeded());
        if !finished.end.succeeded() || !finished.printed().is_empty() {
            return Err(Reason::Passing("the compiler prints a message about them".to_owned()));
        }
        let (inputs, checkout, staging) = (candidate.inputs.clone(), cx.checkout.clone(), cx.staging.clone());
        let unforeseen = blocking(move || {
            let changed = inputs.changed().map(Path::to_owned);
            changed.or_else(|| {
                depfile::unforeseen(&depfile, &staging, &inputs, |path| checkout.restore_name(path))
            })
        });
        match unforeseen.await? {
            Some(path) => Err(Reason::Passing(format!("{} has changed or is not known", path.display()))),
            None => Ok(()),
        }
    }

    /// Compiles the unit again, with the precompiled headers, and compares the object. Returns the duration.
    async fn verify(&self, planned: &Arc<Planned>, unit: &Unit, header: &Path) -> Result<Duration, Reason> {
        let Self { cx, jcx, .. } = self;
        let object = planned.object(&cx.staging);
        let label = format!("{}, to verify precompiled headers", planned.label);
        let subject = jcx.ahead.unit(&blake3::hash(label.as_bytes()), &label, planned.bytes());
        let name = jcx.compile(subject, &label);
        let named = &planned.named;
        let call = Call { name: &name, environment: &jcx.environment, planned, named, object: &object };
        let ran = match call.with(cx, header).await? {
            Outcome::Compiled(ran) => ran,
            Outcome::Refused => return Err(Reason::Lasting("the compiler does not accept it".to_owned())),
            Outcome::Ended => return Err(Reason::Passing("the compiler was ended".to_owned())),
        };
        let hash = blocking(move || {
            let hash = blake3::hash(&std::fs::read(&object)?);
            std::fs::remove_file(&object)?;
            // Not every command writes one.
            let _ = std::fs::remove_file(object.with_extension("d"));
            Ok::<_, io::Error>(hash)
        });
        if hash.await?? != unit.hash {
            return Err(Reason::Differs);
        }
        Ok(ran)
    }
}
