//! Runs a process to its end, and says what it took. Knows nothing of what it is for.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use serde::{Deserialize, Serialize};

use super::Result;

/// How often the memory of a process is read: its peak only grows, so what is missed is what came in the
/// last moment.
const GLANCE: Duration = Duration::from_millis(5);

/// What something took.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Spent {
    /// Seconds by the clock.
    pub(crate) wall: f64,
    /// Seconds of CPU, user and system, of the process and of all that it has waited for.
    pub(crate) cpu: f64,
    /// The most bytes of memory that the process itself has had, its children not counted.
    pub(crate) peak: u64,
    /// Tools that were started, by what the way itself tells of it.
    pub(crate) tools: Option<u64>,
}

/// Runs a command that must succeed; all that it prints goes to the file `log`.
///
/// Processes that it leaves behind are not measured, so none may be.
pub(crate) fn measure(command: &mut Command, log: &Path) -> Result<Spent> {
    let (spent, succeeded) = attempt(command, log)?;
    if succeeded { Ok(spent) } else { Err(failure(command, log).into()) }
}

/// The same for a command that may fail; says whether it did not.
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

/// The end of what a failed command has printed.
fn failure(command: &Command, log: &Path) -> String {
    const LINES: usize = 20;
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<&str> = text.lines().rev().take(LINES).collect();
    lines.reverse();
    format!("{command:?} failed ({}):\n{}", log.display(), lines.join("\n"))
}

/// The peak of a process's memory, looked at until it is over.
fn watch(id: u32, over: &AtomicBool) -> u64 {
    let path = format!("/proc/{id}/status");
    let mut peak = 0;
    while !over.load(Ordering::Relaxed) {
        // A process that has just ended has none any more.
        peak = std::fs::read_to_string(&path).ok().and_then(|text| high_water(&text)).unwrap_or(peak);
        std::thread::park_timeout(GLANCE);
    }
    peak
}

fn high_water(status: &str) -> Option<u64> {
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kibibytes.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// User and system time of all children that were waited for, and of theirs.
fn children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: TimeVal| -> Result<Duration> {
        Ok(Duration::from_secs(time.tv_sec().try_into()?) + Duration::from_micros(time.tv_usec().try_into()?))
    };
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}
