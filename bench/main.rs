//! Measures fbuild-matrix against the floor and its peers, with one command:
//!
//! ```text
//! cargo run --release --example bench [-- --rounds 5 --peers]
//! ```
//!
//! Everything is installed without root below `target/`. Each round runs every way once, and the next round reverses
//! the order. The table has medians, and ratios to the median of the floor in the same run. Firmware that differs from
//! the floor's ends the bench. `docs/performance.md` explains the table.
//!
//! ext4 without a journal creates files more slowly after many were removed. Therefore nothing is removed during a
//! measurement or in the minute before. Peers, which remove many files, run last.

mod chart;
mod firmware;
mod floor;
#[path = "../tests/it/arduino/installation.rs"]
mod installation;
mod installs;
mod machine;
mod meter;
mod ours;
mod peers;
mod publish;
mod set;
mod table;
mod tools;

use std::error::Error;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use firmware::Firmware;
use floor::Floor;
use machine::Machine;
use meter::{Spent, measure};
use ours::Ours;
use peers::{Peers, Work};
use set::Set;
use table::{Kind, Results, Table};
use tools::Tools;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Measures fbuild-matrix against the floor and its peers.
#[derive(Debug, Parser)]
struct Options {
    /// How often everything is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only these sets
    #[arg(long = "set", value_name = "SET", default_values = ["examples", "library", "heavy"])]
    sets: Vec<SetName>,
    /// Only these groups of ways, beside the floor
    #[arg(long, value_name = "GROUP", value_delimiter = ',', default_values = ["cached", "no-cache"])]
    only: Vec<Group>,
    /// The peers as well, in so many rounds of their own; a round of theirs takes minutes
    #[arg(long, value_name = "ROUNDS", num_args = 0..=1, default_value_t = 0, default_missing_value = "1")]
    peers: usize,
    /// Another binary instead of this repository's, which is built first
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// The sets that peers build; some take a quarter of an hour for a round of the library
    #[arg(long = "peer-set", value_name = "SET", default_values = ["examples"])]
    peer_sets: Vec<SetName>,
    /// Only installations of cores and libraries, against arduino-cli, curl and tar
    #[arg(long)]
    installs: bool,
    /// Write table, chart and data into docs/ and README.md as well
    #[arg(long)]
    publish: bool,
    /// Measure nothing: print, or publish, what an earlier run has saved
    #[arg(long, value_name = "results.json")]
    results: Option<PathBuf>,
    /// Processes at once, for every way that can have more than one; the machine's CPUs if missing
    #[arg(short, long)]
    jobs: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum SetName {
    /// Ten of Arduino's examples
    Examples,
    /// A library with many sources and many examples
    Library,
    /// A library whose header takes longer than the rest of a sketch
    Heavy,
}

/// Ways that are measured one after the other.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Group {
    /// Cold filling the cache, nothing changed, one line changed, work directory gone, another one, failing cells
    Cached,
    /// Cold with --no-cache
    NoCache,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if options.installs {
        let binary = options.binary.clone().map_or_else(build, |path| Ok(std::path::absolute(path)?))?;
        let table = installs::run(&Tools::new()?, &binary, &below_target("bench/installs"), options.rounds)?;
        return Ok(write!(std::io::stdout(), "{table}")?);
    }
    let results = match &options.results {
        Some(path) => serde_json::from_slice(&std::fs::read(path)?)?,
        None => run(&options)?,
    };
    if options.publish {
        publish::publish(&results, Path::new(env!("CARGO_MANIFEST_DIR")))?;
    }
    Ok(write!(std::io::stdout(), "{}", results.markdown())?)
}

/// Measures everything.
fn run(options: &Options) -> Result<Results> {
    // Held until the end: two benches would remove each other's directories.
    std::fs::create_dir_all(below_target("bench"))?;
    let lock = std::fs::File::create(below_target("bench/lock"))?;
    lock.try_lock().map_err(|_| "another bench runs in this repository's target directory")?;
    let binary = match &options.binary {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let jobs =
        options.jobs.map_or_else(|| std::thread::available_parallelism().map(NonZeroUsize::get), Ok)?;
    let tools = Tools::new()?;
    let mut results = Results { machine: Machine::here(&tools, &binary, jobs)?, tables: Vec::new() };
    let directory = |name: &SetName| below_target("bench").join(format!("{name:?}").to_lowercase());
    let sets = options.sets.iter().map(|name| match name {
        SetName::Examples => set::examples::set(&tools, &directory(name).join("set")),
        SetName::Library => set::library::light(&directory(name).join("set")),
        SetName::Heavy => set::library::heavy(&directory(name).join("set")),
    });
    let sets = sets.collect::<Result<Vec<_>>>()?;
    let benches = options.sets.iter().zip(&sets);
    let benches = benches.map(|(name, set)| Bench::new(&tools, set, directory(name), &binary, jobs));
    let benches = benches.collect::<Result<Vec<_>>>()?;
    rustix::fs::sync();
    std::thread::sleep(FORGOTTEN);
    for bench in &benches {
        results.tables.push(bench.rounds(options)?);
        // The measurement of the peers may be interrupted.
        results.machine.finish()?;
        results.save(&below_target("bench"))?;
    }
    let tables = results.tables.iter_mut().zip(&benches).zip(&options.sets);
    for ((table, bench), _) in tables.filter(|(_, name)| options.peer_sets.contains(name)) {
        bench.peers(options.peers, table)?;
    }
    results.save(&below_target("bench"))?;
    Ok(results)
}

/// Time in which ext4 skips freed inodes, with a margin.
const FORGOTTEN: Duration = Duration::from_secs(70);

/// Builds this repository's program.
fn build() -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--bin", "fbuild-matrix", "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    cargo.arg("--target-dir").arg(below_target(""));
    if cargo.status()?.success() {
        Ok(below_target("release/fbuild-matrix"))
    } else {
        Err("cargo build failed".into())
    }
}

/// Returns a path below `target/`.
fn below_target(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(path)
}

/// A set, and the programs that build it.
struct Bench<'a> {
    tools: &'a Tools,
    set: &'a Set,
    directory: PathBuf,
    jobs: usize,
    floor: Floor,
    ours: Ours,
}

impl<'a> Bench<'a> {
    /// Prepares everything. fbuild-matrix runs once, because the floor starts with generated C++.
    fn new(tools: &'a Tools, set: &'a Set, directory: PathBuf, binary: &Path, jobs: usize) -> Result<Self> {
        let ours = Ours::new(tools, binary, &directory.join("ours"), jobs)?;
        ours.without_cache(set)?;
        let generated = ours.keep_generated()?;
        let work = Work { tools, set, directory: &directory.join("peers"), generated: &generated, jobs };
        let floor = Floor::new(work, &directory.join("floor"), None)?;
        Ok(Self { tools, set, directory, jobs, floor, ours })
    }

    fn rounds(&self, options: &Options) -> Result<Table> {
        let mut table = Table::new(self.set, &self.floor);
        for round in 0..options.rounds {
            let expected = self.floor(&mut table)?;
            let mut groups = options.only.clone();
            if round % 2 == 1 {
                groups.reverse();
            }
            for group in groups {
                self.ours(group, round, &expected, &mut table)?;
            }
            self.done("round", round, options.rounds)?;
        }
        Ok(table)
    }

    /// Measures rounds of the peers, each with the floor.
    fn peers(&self, rounds: usize, table: &mut Table) -> Result<()> {
        if rounds == 0 {
            return Ok(());
        }
        let (directory, generated) = (self.directory.join("peers"), self.ours.generated());
        let work = Work {
            tools: self.tools,
            set: self.set,
            directory: &directory,
            generated: &generated,
            jobs: self.jobs,
        };
        let peers = Peers::new(work, table)?;
        for round in 0..rounds {
            let expected = self.floor(table)?;
            peers.round(work, round % 2 == 1, &expected, table);
            self.done("round of the peers", round, rounds)?;
        }
        Ok(())
    }

    fn done(&self, what: &str, round: usize, rounds: usize) -> Result<()> {
        Ok(writeln!(std::io::stderr(), "{}: {what} {} of {rounds}", self.set.name, round + 1)?)
    }

    fn ours(&self, group: Group, round: usize, floor: &Firmware, table: &mut Table) -> Result<()> {
        match group {
            Group::Cached => {
                for (way, spent) in self.ours.with_cache(self.set, round, floor)? {
                    table.add(Kind::Ours, way, spent);
                }
            }
            Group::NoCache => {
                table.add(Kind::Ours, ours::WITHOUT, self.ours.without_cache(self.set)?);
                firmware::same(ours::WITHOUT, &firmware::read(self.set, &self.ours.out())?, floor)?;
            }
        }
        Ok(())
    }

    /// Measures the floor and returns its firmware, the reference for all others.
    fn floor(&self, table: &mut Table) -> Result<Firmware> {
        self.floor.clear()?;
        for (way, tools) in [(table::FLOOR, self.floor.tools), (table::FLOOR_AGAIN, 0)] {
            let spent = measure(&mut self.floor.command(self.tools), &self.directory.join("floor.log"))?;
            table.add(Kind::Floor, way, Spent { tools: Some(tools), ..spent });
        }
        firmware::read(self.set, &self.floor.out())
    }
}
