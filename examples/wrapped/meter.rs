//! Measures time: wall time, and CPU time of this process and of all children that it has waited for.

use std::fmt;
use std::time::{Duration, Instant};

use super::Result;

/// Measured times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) clock: Duration,
    pub(crate) cpu: Duration,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.clock.as_micros(), self.cpu.as_micros())
    }
}

impl Spent {
    /// Parses the output of `Display`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let (clock, cpu) = text.trim().split_once(' ').ok_or("no times")?;
        Ok(Self { clock: Duration::from_micros(clock.parse()?), cpu: Duration::from_micros(cpu.parse()?) })
    }
}

/// Measures from its creation on.
pub(crate) struct Meter {
    began: Instant,
    cpu: Duration,
}

impl Meter {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self { began: Instant::now(), cpu: cpu()? })
    }

    pub(crate) fn read(&self) -> Result<Spent> {
        Ok(Spent { clock: self.began.elapsed(), cpu: cpu()?.saturating_sub(self.cpu) })
    }
}

/// Returns user and system time of this process and of the children that were waited for.
fn cpu() -> Result<Duration> {
    const TICKS_A_SECOND: u32 = 100; // on every Linux that this runs on
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in parentheses may contain anything; utime is the 12th field after it.
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/self/stat is not what it was")?;
    let ticks =
        fields.split(' ').skip(11).take(4).map(str::parse::<u32>).sum::<std::result::Result<u32, _>>()?;
    Ok(Duration::from_secs(1) * ticks / TICKS_A_SECOND)
}
