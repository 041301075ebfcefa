//! Ends leftover processes of this run and of killed runs. The embedded cache ends only the driver of a dropped
//! compile, not the compiler proper that the driver started.
//!
//! Works on Linux, by `/proc`; elsewhere it does nothing.

use rustix::process::{Pid, Signal, getpid, kill_process};

use super::marker::RunMarker;
use super::proc::{descendants, has_variable, processes, value_of};

/// Makes this process the parent of orphaned descendants, so that they can be found.
pub fn adopt() {
    #[cfg(target_os = "linux")]
    {
        // Without it, orphans are not found.
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
    }
}

/// Kills every descendant of this process.
pub fn end_descendants() {
    // A process that is just being started may be missed once, not repeatedly: nothing starts new ones.
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

/// Kills the descendants of this process with `variable` (`NAME=value`) in their environment, until none is left.
/// Children inherit it, so that a whole tree ends, with its orphans.
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

/// Kills leftover processes of a killed run: compilers that still write files of this run. No living run works in the
/// directories that `marker` names, as this run holds their locks.
pub fn end_leftovers(marker: &RunMarker) {
    // In another mount namespace the same path is another directory.
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

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use std::path::Path;

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
        // Detached from this process, as leftovers of a killed run are.
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
        // With the directory and the bare environment of this program's own processes.
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
}
