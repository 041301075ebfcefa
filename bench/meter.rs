//! Runs a process to its end and measures it. Knows nothing of its purpose.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use super::Result;

/// Interval between readings of a process's memory. The peak only grows, so only growth in the last interval is missed.
const GLANCE: Duration = Duration::from_millis(5);

/// Resources that a measured command used.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Spent {
    /// Wall time in seconds.
    pub(crate) wall: f64,
    /// CPU time in seconds, user and system, of the process and all descendants that were waited for.
    pub(crate) cpu: f64,
    /// Peak memory of the process itself in bytes, without its children.
    pub(crate) peak: u64,
    /// Number of started tools, as the way itself reports it.
    pub(crate) tools: Option<u64>,
}

/// Runs a command that must succeed; its output goes to the file `log`.
///
/// Processes that it leaves behind are not measured, so there must be none.
pub(crate) fn measure(command: &mut Command, log: &Path) -> Result<Spent> {
    let (spent, succeeded) = attempt(command, log)?;
    if succeeded { Ok(spent) } else { Err(failure(command, log).into()) }
}

/// Runs a command that may fail; returns whether it succeeded.
pub(crate) fn attempt(command: &mut Command, log: &Path) -> Result<(Spent, bool)> {
    let printed = File::create(log)?;
    command.stdin(Stdio::null()).stdout(printed.try_clone()?).stderr(printed);
    let cpu = children()?;
    let began = Instant::now();
    let mut child =
        command.spawn().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let (id, over) = (child.id(), AtomicBool::new(false));
    let (status, wall, peak) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(id, &over));
        let status = child.wait();
        let wall = began.elapsed();
        over.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        (status, wall, watcher.join().unwrap_or(0))
    });
    let cpu = children()?.saturating_sub(cpu);
    let spent = Spent { wall: wall.as_secs_f64(), cpu: cpu.as_secs_f64(), peak, tools: None };
    Ok((spent, status?.success()))
}

/// Returns the end of a failed command's output.
fn failure(command: &Command, log: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<&str> = text.lines().rev().take(LINES).collect();
    lines.reverse();
    format!("{command:?} failed ({}):\n{}", log.display(), lines.join("\n"))
}

/// Returns a process's peak memory, read until it ends.
fn watch(id: u32, over: &AtomicBool) -> u64 {
    let path = format!("/proc/{id}/status");
    let mut peak = 0;
    while !over.load(Ordering::Relaxed) {
        // A process that has just ended has no entry any more.
        peak = std::fs::read_to_string(&path).ok().and_then(|text| high_water(&text)).unwrap_or(peak);
        std::thread::park_timeout(GLANCE);
    }
    peak
}

fn high_water(status: &str) -> Option<u64> {
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kibibytes.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Returns user and system time of all children that were waited for, and of theirs.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: TimeVal| -> Result<Duration> {
        Ok(Duration::from_secs(time.tv_sec().try_into()?) + Duration::from_micros(time.tv_usec().try_into()?))
    };
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}
