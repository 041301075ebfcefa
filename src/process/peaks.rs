//! Measures the peak memory of steps: samples the resident sets of their processes, for all steps at once. A step that
//! ends before the first sample is not measured.
//!
//! Works on Linux, by `/proc`; elsewhere nothing is measured.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use rustix::process::{Pid, getpid};

use super::memory::kibibytes;
use super::proc::{Ancestry, has_variable};
use crate::sync::lock;

/// Age from which on a step is sampled.
const YOUNG: Duration = Duration::from_millis(150);

/// Shortest and longest interval between samples. A sample takes at most 1/[`LOOKS_PART`] of the time.
const OFTEN: Duration = Duration::from_millis(100);
const SELDOM: Duration = Duration::from_secs(5);
const LOOKS_PART: u32 = 50;

/// Sampler of the running steps. Cheap to clone; all clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Peaks(Arc<Mutex<Watching>>);

#[derive(Debug, Default)]
struct Watching {
    count: u64,
    steps: HashMap<u64, Watched>,
}

#[derive(Debug)]
struct Watched {
    tree: Tree,
    since: Instant,
    peak: Arc<Mutex<Option<u64>>>,
}

/// The processes of a step, each with all its descendants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    /// This process.
    Root(Pid),
    /// The children of this program with this variable (`NAME=value`) in their environment.
    Marked(String),
}

/// Peak memory of a step. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    watching: Weak<Mutex<Watching>>,
    peak: Arc<Mutex<Option<u64>>>,
}

/// Processes that are sampled until this is dropped.
#[derive(Debug)]
pub(crate) struct Looking {
    watching: Weak<Mutex<Watching>>,
    number: u64,
}

impl Peaks {
    /// Starts sampling on the current runtime, until the last clone is dropped.
    pub fn start() -> Self {
        let peaks = Self::default();
        tokio::spawn(look(Arc::downgrade(&peaks.0)));
        peaks
    }

    /// Returns a meter for a step.
    pub fn meter(&self) -> Meter {
        Meter { watching: Arc::downgrade(&self.0), peak: Arc::default() }
    }
}

impl Meter {
    /// Returns the largest sum over its processes in any sample, in bytes.
    pub fn peak(&self) -> Option<u64> {
        *lock(&self.peak)
    }

    /// Samples the processes until the returned value is dropped.
    pub(crate) fn look_at(&self, tree: Tree) -> Looking {
        let mut number = 0;
        if let Some(watching) = self.watching.upgrade() {
            let mut watching = lock(&watching);
            watching.count += 1;
            number = watching.count;
            watching.steps.insert(number, Watched { tree, since: Instant::now(), peak: self.peak.clone() });
        }
        Looking { watching: self.watching.clone(), number }
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        if let Some(watching) = self.watching.upgrade() {
            lock(&watching).steps.remove(&self.number);
        }
    }
}

async fn look(watching: Weak<Mutex<Watching>>) {
    let mut pause = OFTEN;
    loop {
        tokio::time::sleep(pause).await;
        let Some(watching) = watching.upgrade() else { return };
        let old: Vec<(Tree, Arc<Mutex<Option<u64>>>)> = lock(&watching)
            .steps
            .values()
            .filter(|step| step.since.elapsed() >= YOUNG)
            .map(|step| (step.tree.clone(), step.peak.clone()))
            .collect();
        drop(watching);
        if old.is_empty() {
            pause = OFTEN;
            continue;
        }
        let began = Instant::now();
        let looked = tokio::task::spawn_blocking(move || {
            let ancestry = Ancestry::read();
            for (tree, peak) in old {
                let taken = taken(&tree, &ancestry);
                let mut peak = lock(&peak);
                *peak = (*peak).max(taken);
            }
        });
        // It fails only by a panic, after which nothing is measured.
        if looked.await.is_err() {
            return;
        }
        pause = (began.elapsed() * LOOKS_PART).clamp(OFTEN, SELDOM);
    }
}

/// Returns the sum of the processes' peaks. The peak of a process may be between two samples.
fn taken(tree: &Tree, ancestry: &Ancestry) -> Option<u64> {
    let roots = match tree {
        Tree::Root(pid) => vec![*pid],
        Tree::Marked(variable) => {
            let children = ancestry.children(getpid());
            children.filter(|pid| has_variable(*pid, variable)).collect()
        }
    };
    let all = roots.iter().flat_map(|root| std::iter::once(*root).chain(ancestry.descendants(*root)));
    all.filter_map(high_water).reduce(u64::saturating_add)
}

/// Returns the peak memory of a process.
fn high_water(pid: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).ok()?;
    kibibytes(status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?)
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    const MIB: u64 = 1 << 20;

    /// Starts a program whose child holds so many MiB until it is killed.
    fn holder(mebibytes: u64, mark: &str) -> Child {
        // `tail` stores what might be the end, and there is no end.
        let script =
            format!("{{ head -c {mebibytes}M /dev/zero; sleep 600; }} | tail -c {mebibytes}M & wait");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &script]).env("MARK", mark).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    fn end(mut child: Child) {
        for pid in Ancestry::read().descendants(pid(&child)) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
        child.wait().unwrap();
    }

    fn pid(child: &Child) -> Pid {
        Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_tree_is_measured_and_no_other() {
        let (large, small) = (holder(64, "this"), holder(1, "other"));
        let peaks = Peaks::start();
        let [by_root, by_mark, other] = [(); 3].map(|()| peaks.meter());
        let looking = [
            by_root.look_at(Tree::Root(pid(&large))),
            by_mark.look_at(Tree::Marked("MARK=this".to_owned())),
            other.look_at(Tree::Marked("MARK=other".to_owned())),
        ];
        for _ in 0..1200 {
            let grown = |meter: &Meter| meter.peak() > Some(64 * MIB);
            // The first sample may precede the program.
            if grown(&by_root) && grown(&by_mark) && other.peak() >= Some(MIB) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        drop(looking);
        let left = lock(&peaks.0).steps.len();
        end(large);
        end(small);
        let found = [by_root, by_mark, other].map(|meter| meter.peak().unwrap_or(0) / MIB);
        assert!((64..128).contains(&found[0]) && (64..128).contains(&found[1]), "{found:?}");
        assert!((1..32).contains(&found[2]), "{found:?}");
        assert_eq!(left, 0);
    }

    #[test]
    fn who_measures_for_nobody_needs_nothing() {
        let meter = Meter::default();
        drop(meter.look_at(Tree::Marked("MARK=nobody".to_owned())));
        assert_eq!(meter.peak(), None);
    }
}
