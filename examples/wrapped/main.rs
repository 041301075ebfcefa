//! Measures the cost of a compiler cache. The same translation units are compiled two at a time: directly, through
//! ccache as a wrapper process, and through the embedded zccache.
//!
//! ```text
//! cargo run --release --example wrapped -- [ROUNDS]
//! ```
//!
//! Everything is installed by this program's own apt provider, below `target/`. Each round runs every way once, in
//! order. The table has the median of the rounds; the program fails where an object differs from the direct compile's.
//! CPU time includes the compilers and this process: it is more reliable than wall time on a busy machine.

mod meter;
mod units;
mod ways;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fbuild_matrix::event::channel;
use fbuild_matrix::provide::{InstallContext, apt};
use tokio_util::sync::CancellationToken;

use meter::Spent;
use ways::{Bench, WAYS};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Number of CPUs of the machine on which the table in `docs/cache.md` was measured.
const AT_ONCE: usize = 2;
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    fbuild_matrix::process::settle();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => runtime.block_on(rounds(ROUNDS)),
        // This process measures the hits in a new process, and prints the times for its parent.
        ["--again", directory] => runtime.block_on(again(Path::new(directory))),
        [count] => runtime.block_on(rounds(count.parse()?)),
        _ => Err("usage: wrapped [ROUNDS]".into()),
    }
}

/// Returns the directory of packages or of the work.
fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp").join(name)
}

async fn bench(directory: &Path) -> Result<Bench> {
    let (events, _) = channel();
    let install = InstallContext {
        cache_dir: place("packages"),
        offline: false,
        events,
        cancel: CancellationToken::new(),
    };
    std::fs::create_dir_all(&install.cache_dir)?;
    let core = apt::install_core("arduino:avr", &install).await?;
    let ccache = apt::install_packages(&["ccache"], true, &install).await?;
    Ok(Bench::new(directory, units::units(&core)?, &core, &ccache, AT_ONCE))
}

async fn rounds(count: usize) -> Result<()> {
    std::fs::create_dir_all(place(""))?;
    let directory = tempfile::tempdir_in(place(""))?;
    let bench = bench(directory.path()).await?;
    let mut rounds = Vec::new();
    for round in 1..=count {
        rounds.push(bench.round().await?);
        writeln!(std::io::stderr(), "round {round} of {count}")?;
    }
    table(&rounds, bench.units())
}

async fn again(directory: &Path) -> Result<()> {
    let spent = bench(directory).await?.again().await?;
    Ok(writeln!(std::io::stdout(), "{spent}")?)
}

/// Prints the time for each unit; the factors are medians of each round's own.
fn table(rounds: &[[Spent; WAYS.len()]], units: usize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let units = u32::try_from(units)?;
    writeln!(out, "{units} translation units, {AT_ONCE} at a time, {} rounds; ms a unit", rounds.len())?;
    writeln!(out, "{:26} {:>7} {:>7} {:>7} {:>7}", "", "clock", "", "CPU", "")?;
    for (number, way) in WAYS.into_iter().enumerate() {
        let column = |part: fn(&Spent) -> Duration| {
            let seconds = |spent: &Spent| part(spent).as_secs_f64();
            let time = median(rounds.iter().map(|round| seconds(&round[number]) * 1e3 / f64::from(units)));
            let factor = median(rounds.iter().map(|round| seconds(&round[number]) / seconds(&round[0])));
            format!("{time:7.2} {factor:6.3}x")
        };
        writeln!(out, "{way:26} {} {}", column(|spent| spent.clock), column(|spent| spent.cpu))?;
    }
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
