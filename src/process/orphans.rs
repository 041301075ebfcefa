//! Ends what is left of the processes that this one started, directly or not: the embedded cache ends
//! only the driver of a compile that is dropped, not the compiler proper that the driver started.
//!
//! Works on Linux, by `/proc`; elsewhere it does nothing.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rustix::process::{Pid, Signal, getpid, kill_process};

/// Makes this process the parent of what its children leave behind, so that it can be found.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    {
        // Where the kernel refuses, orphans are merely harder to find.
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
    }
}

/// Kills every descendant of this process. To be called only when none of them is wanted any more.
pub fn end_descendants() {
    // A process that is just being started may escape one look, not several: nothing starts new ones.
    for _ in 0..10 {
        let descendants = descendants(getpid());
        if descendants.is_empty() {
            return;
        }
        for pid in descendants {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Kills the descendants of this process whose environment holds `variable` (`NAME=value`), until there
/// are none. Children inherit it, so it finds a whole tree, orphans among it.
pub(crate) fn end_marked(variable: &str) {
    for _ in 0..40 {
        let marked: Vec<Pid> =
            descendants(getpid()).into_iter().filter(|pid| has_variable(*pid, variable)).collect();
        if marked.is_empty() {
            return;
        }
        for pid in marked {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// The variable that every process of a run has in its environment. It names the directories that the run writes,
/// so that a later run in one of them recognises what a killed one has left behind. It is part of no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunMarker(String);

impl RunMarker {
    pub(crate) const NAME: &'static str = "FBUILD_MATRIX_RUN";

    /// Of runs that work in the directory `work` and whose compilers run in `staging`.
    pub fn new(work: &Path, staging: &Path) -> Self {
        let name = |directory: &Path| {
            let real = real(directory);
            blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex()[..16].to_owned()
        };
        Self(format!("{}:{}", name(work), name(staging)))
    }

    /// The variable's value: a name for each directory.
    pub(crate) fn value(&self) -> &str {
        &self.0
    }

    /// Whether a run with this value writes into a directory of this one.
    fn shares(&self, value: &str) -> bool {
        value.split(':').any(|theirs| self.0.split(':').any(|ours| ours == theirs))
    }
}

/// A path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let known = path.ancestors().find_map(|known| Some((known.canonicalize().ok()?, known)));
    let Some((mut real, known)) = known else { return path.to_owned() };
    real.extend(path.strip_prefix(known).into_iter().flat_map(Path::components));
    real
}

/// Kills what a run that was killed has left behind: compilers that still write what this run is about to write. No
/// living run works in the directories that `marker` names, since this run holds their locks.
pub fn end_leftovers(marker: &RunMarker) {
    // Where paths mean something else, the same name is another directory.
    let mounts = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/mnt")).ok();
    let here = mounts("self");
    for _ in 0..40 {
        let own = descendants(getpid());
        let left: Vec<Pid> = processes()
            .filter(|pid| *pid != getpid() && !own.contains(pid))
            .filter(|pid| value_of(*pid, RunMarker::NAME).is_some_and(|value| marker.shares(&value)))
            .filter(|pid| mounts(&pid.as_raw_pid().to_string()) == here)
            .collect();
        if left.is_empty() {
            return;
        }
        for pid in left {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// All processes.
fn processes() -> impl Iterator<Item = Pid> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// Whether a process was started with this variable (`NAME=value`).
pub(crate) fn has_variable(pid: Pid, variable: &str) -> bool {
    environment(pid).split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

/// The value of a variable that a process was started with.
fn value_of(pid: Pid, name: &str) -> Option<String> {
    let environment = environment(pid);
    let mut entries = environment.split(|byte| *byte == 0);
    let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(value.to_vec()).ok()
}

/// The environment that a process was started with: nothing for a kernel thread or one of another user.
fn environment(pid: Pid) -> Vec<u8> {
    std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).unwrap_or_default()
}

/// The living descendants of a process; zombies wait only for somebody to look.
fn descendants(root: Pid) -> Vec<Pid> {
    Ancestry::read().descendants(root)
}

/// Which process started which, at one moment.
pub(crate) struct Ancestry(HashMap<i32, Vec<i32>>);

impl Ancestry {
    /// All living processes, as they are now.
    pub(crate) fn read() -> Self {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            // `PID (NAME) STATE PPID …`; the name may hold anything.
            let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
            let mut fields = rest.split(' ');
            let (Some(state), Some(parent)) = (fields.next(), fields.next()) else { continue };
            if !matches!(state, "Z" | "X")
                && let Ok(parent) = parent.parse()
            {
                children.entry(parent).or_default().push(pid);
            }
        }
        Self(children)
    }

    /// What a process has started itself, and what was left to it.
    pub(crate) fn children(&self, parent: Pid) -> impl Iterator<Item = Pid> {
        self.0.get(&parent.as_raw_pid()).into_iter().flatten().filter_map(|pid| Pid::from_raw(*pid))
    }

    /// These and theirs, down to the last.
    pub(crate) fn descendants(&self, root: Pid) -> Vec<Pid> {
        let (mut seen, mut found, mut queue) = (HashSet::new(), Vec::new(), vec![root]);
        while let Some(parent) = queue.pop() {
            for child in self.children(parent) {
                // A number that was given again while they were read could make a circle.
                if seen.insert(child) {
                    found.push(child);
                    queue.push(child);
                }
            }
        }
        found
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_is_ended() {
        let start = |mark: &str| {
            std::process::Command::new("/bin/sh")
                .args(["-c", "sleep 60 & sleep 61"])
                .env("MARK", mark)
                .spawn()
                .unwrap()
        };
        let (mut marked, mut other) = (start("this"), start("other"));
        let pid = |child: &std::process::Child| Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        while descendants(pid(&marked)).is_empty() || descendants(pid(&other)).is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let sleeping = descendants(pid(&marked))[0];
        end_marked("MARK=this");
        assert!(!marked.wait().unwrap().success());
        // A signal takes its moment to end a process.
        let gone = (0..1000).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            !has_variable(sleeping, "MARK=this")
        });
        assert!(gone, "the grandchild lives");
        assert!(other.try_wait().unwrap().is_none(), "another tree was ended");
        end_marked("MARK=other");
        other.wait().unwrap();
    }

    #[test]
    fn what_a_killed_run_left_is_ended_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            path
        };
        let (work, staging, other) = (at("work"), at("staging"), at("other"));
        // Detached from us, as what a killed run leaves is.
        let start = |cwd: &Path, marker: Option<&RunMarker>| {
            let temporary = work.join("tmp");
            let output = std::process::Command::new("/bin/sh")
                .args(["-c", "sleep 60 >/dev/null 2>&1 & echo $!"])
                .current_dir(cwd)
                .env_clear()
                .env("TMPDIR", temporary)
                .env("LC_ALL", "C")
                .envs(marker.map(|marker| (RunMarker::NAME, marker.value())))
                .output()
                .unwrap();
            Pid::from_raw(String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()).unwrap()
        };
        let marker = RunMarker::new(&work, &staging);
        let left = start(&work, Some(&marker));
        let away = start(Path::new("/"), Some(&marker));
        let same_staging = start(&staging, Some(&RunMarker::new(&other, &staging)));
        let same_work = start(&work, Some(&RunMarker::new(&work, &other)));
        let other_run = start(&work, Some(&RunMarker::new(&other, &other.join("tmp"))));
        // With the directory and the bare environment of our own processes.
        let bystander = start(&work, None);
        end_leftovers(&marker);
        let alive = |pid: Pid| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
            stat.is_ok_and(|stat| !stat.contains(") Z"))
        };
        let found = [left, away, same_staging, same_work, other_run, bystander].map(alive);
        for pid in [other_run, bystander] {
            kill_process(pid, Signal::KILL).unwrap();
        }
        assert_eq!(found, [false, false, false, false, true, true]);
    }

    #[test]
    fn a_directory_has_one_name_however_it_is_reached() {
        let root = tempfile::tempdir().unwrap();
        let (work, link) = (root.path().join("work"), root.path().join("link"));
        std::fs::create_dir(&work).unwrap();
        std::os::unix::fs::symlink(&work, &link).unwrap();
        assert_eq!(RunMarker::new(&work, &work), RunMarker::new(&link, &link));
        assert_ne!(RunMarker::new(&work, &work), RunMarker::new(&work, root.path()));
        // The directory of compilers is made later than the marker.
        let early = RunMarker::new(&work, &link.join("tmp"));
        std::fs::create_dir(work.join("tmp")).unwrap();
        assert_eq!(early, RunMarker::new(&work, &work.join("tmp")));
    }

    #[test]
    fn grandchildren_are_found() {
        let mut child =
            std::process::Command::new("/bin/sh").args(["-c", "sleep 60 & sleep 60"]).spawn().unwrap();
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let mut found = Vec::new();
        for _ in 0..200 {
            found = descendants(pid);
            if found.len() == 2 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        for grandchild in &found {
            kill_process(*grandchild, Signal::KILL).unwrap();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.len(), 2);
    }
}
