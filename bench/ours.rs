//! The ways of fbuild-matrix: each is one run of its binary, as a user starts it.

use std::path::{Path, PathBuf};
use std::process::Command;

use fbuild_matrix::event::{CacheOutcome, Event, EventKind};

use super::Result;
use super::firmware::{self, Firmware};
use super::meter::{Spent, attempt};
use super::set::Set;
use super::tools::{Tools, empty, set_aside};

/// The program, with its own directories.
pub(crate) struct Ours {
    binary: PathBuf,
    directory: PathBuf,
    apt: PathBuf,
    jobs: usize,
}

impl Ours {
    /// Creates an instance that works below `directory`.
    pub(crate) fn new(tools: &Tools, binary: &Path, directory: &Path, jobs: usize) -> Result<Self> {
        empty(directory)?;
        Ok(Self { binary: binary.to_owned(), directory: directory.to_owned(), apt: tools.apt(), jobs })
    }

    /// Returns the work directory, with generated C++ and firmware.
    pub(crate) fn work(&self) -> PathBuf {
        self.directory.join("work")
    }

    /// Copies the generated C++ of a run's sketches to a directory that later runs do not change.
    pub(crate) fn keep_generated(&self) -> Result<PathBuf> {
        let to = self.generated();
        std::fs::create_dir(&to)?;
        for entry in walkdir::WalkDir::new(self.work()) {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(".ino.cpp") {
                std::fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(to)
    }

    /// Returns that directory, with each file under its own name.
    pub(crate) fn generated(&self) -> PathBuf {
        self.directory.join("generated")
    }

    /// Returns the firmware directory, with a directory for each board.
    pub(crate) fn out(&self) -> PathBuf {
        self.work().join("cells")
    }

    /// Measures a cold run without the compiler cache. Its work directory is not reused.
    pub(crate) fn without_cache(&self, set: &Set) -> Result<Spent> {
        self.clear()?;
        self.run(set, &["--no-cache"])
    }

    /// Measures runs in sequence: cold, nothing changed, one line of a sketch, one line of a header, a new work
    /// directory, another work directory, and a repeated run with as many failing cells. Each starts from the state that
    /// the previous one left.
    pub(crate) fn with_cache(
        &self,
        set: &Set,
        round: usize,
        floor: &Firmware,
    ) -> Result<[(&'static str, Spent); 7]> {
        let read = || firmware::read(set, &self.out());
        self.clear()?;
        let cold = self.run(set, &[])?;
        firmware::same(COLD, &read()?, floor)?;
        let nothing = self.run(set, &[])?;
        firmware::same(NOTHING, &read()?, floor)?;
        set.in_sketch.make(round)?;
        let sketch = self.run(set, &[])?;
        let after_sketch = read()?;
        firmware::changed(SKETCH, &after_sketch, floor)?;
        set.in_header.make(round)?;
        let header = self.run(set, &[])?;
        firmware::changed(HEADER, &read()?, &after_sketch)?;
        set.in_sketch.undo()?;
        set.in_header.undo()?;
        set_aside(&self.work())?;
        let restored = self.run(set, &[])?;
        firmware::same(RESTORED, &read()?, floor)?;
        let elsewhere = self.run_in(&self.elsewhere(), &set.matrix, &[])?;
        firmware::same(ELSEWHERE, &firmware::read(set, &self.elsewhere().join("cells"))?, floor)?;
        let failed = self.failing(set)?;
        Ok([
            (COLD, cold),
            (NOTHING, nothing),
            (SKETCH, sketch),
            (HEADER, header),
            (RESTORED, restored),
            (ELSEWHERE, elsewhere),
            (FAILING, failed),
        ])
    }

    /// Measures the second of two runs in which half of the cells fail.
    fn failing(&self, set: &Set) -> Result<Spent> {
        let mut last = None;
        for _ in 0..2 {
            let (spent, succeeded) = self.attempt(&self.work(), &set.failing, &[])?;
            if succeeded {
                return Err(format!("{FAILING}: no cell has failed").into());
            }
            last = Some(spent);
        }
        last.filter(|spent| spent.tools == Some(0))
            .ok_or_else(|| format!("{FAILING}: the second run has started tools").into())
    }

    /// Returns a second work directory.
    fn elsewhere(&self) -> PathBuf {
        self.directory.join("elsewhere")
    }

    fn cache(&self) -> PathBuf {
        self.directory.join("cache")
    }

    /// Removes everything but the installed packages and what earlier runs stored about them.
    fn clear(&self) -> Result<()> {
        set_aside(&self.work())?;
        set_aside(&self.elsewhere())?;
        let (tools, stored) = (self.cache().join("tools"), self.directory.join("tools"));
        if tools.is_file() {
            std::fs::rename(&tools, &stored)?;
        }
        for directory in [self.cache(), self.directory.join("home")] {
            set_aside(&directory)?;
            std::fs::create_dir(&directory)?;
        }
        if stored.is_file() {
            std::fs::copy(&stored, &tools)?;
        }
        Ok(std::os::unix::fs::symlink(&self.apt, self.cache().join("apt"))?)
    }

    fn run(&self, set: &Set, options: &[&str]) -> Result<Spent> {
        self.run_in(&self.work(), &set.matrix, options)
    }

    /// Runs a matrix in a work directory; every cell must be built.
    fn run_in(&self, work: &Path, matrix: &Path, options: &[&str]) -> Result<Spent> {
        match self.attempt(work, matrix, options)? {
            (spent, true) => Ok(spent),
            (_, false) => Err(format!("the run failed: {}", self.log().display()).into()),
        }
    }

    /// Runs a matrix in a work directory; returns whether every cell was built.
    fn attempt(&self, work: &Path, matrix: &Path, options: &[&str]) -> Result<(Spent, bool)> {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("HOME", self.directory.join("home")).env("FBUILD_MATRIX_CACHE_DIR", self.cache());
        command.arg("run").arg(matrix).arg("--work-dir").arg(work);
        command.arg(format!("-j{}", self.jobs)).args(["--progress", "none", "-q"]).args(options);
        let (spent, succeeded) = attempt(&mut command, &self.log())?;
        let events = std::fs::read_to_string(work.join("reports/events.jsonl"))?;
        Ok((Spent { tools: Some(started(&events)?), ..spent }, succeeded))
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }
}

pub(crate) const COLD: &str = "cold, filling the cache";
pub(crate) const WITHOUT: &str = "cold, --no-cache";
pub(crate) const NOTHING: &str = "nothing changed";
pub(crate) const SKETCH: &str = "one line of a sketch changed";
pub(crate) const HEADER: &str = "one line of a library's header changed";
pub(crate) const RESTORED: &str = "work directory gone, cache there";
pub(crate) const ELSEWHERE: &str = "another work directory, cache there";
pub(crate) const FAILING: &str = "nothing changed, as many cells more that fail";

/// Returns the number of tools that a run has started: every step except cache hits and conversions in process.
fn started(events: &str) -> Result<u64> {
    let mut count = 0;
    for line in events.lines() {
        let event: Event = serde_json::from_str(line)?;
        if let EventKind::StepFinished(step) = event.kind {
            let in_process = step.process.is_none() && step.cache.is_none();
            count += u64::from(step.cache != Some(CacheOutcome::Hit) && !in_process);
        }
    }
    Ok(count)
}
