//! The processes of the machine, read from `/proc`. On other systems than Linux there are none.

use std::collections::{HashMap, HashSet};

use rustix::process::Pid;

/// Returns the ids of all processes.
pub(super) fn processes() -> impl Iterator<Item = Pid> {
    std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
}

/// Returns whether a process was started with this variable (`NAME=value`).
pub(super) fn has_variable(pid: Pid, variable: &str) -> bool {
    environment(pid).split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

/// Returns the value of a variable that a process was started with.
pub(super) fn value_of(pid: Pid, name: &str) -> Option<String> {
    let environment = environment(pid);
    let mut entries = environment.split(|byte| *byte == 0);
    let value = entries.find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(value.to_vec()).ok()
}

/// Returns the environment that a process was started with, empty for a kernel thread or another user's process.
fn environment(pid: Pid) -> Vec<u8> {
    std::fs::read(format!("/proc/{}/environ", pid.as_raw_pid())).unwrap_or_default()
}

/// Returns the living descendants of a process, without zombies.
pub(super) fn descendants(root: Pid) -> Vec<Pid> {
    Ancestry::read().descendants(root)
}

/// Snapshot of the children of each process.
pub(super) struct Ancestry(HashMap<i32, Vec<i32>>);

impl Ancestry {
    /// Reads all living processes.
    pub(super) fn read() -> Self {
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            // `PID (NAME) STATE PPID …`; the name may contain any text.
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

    /// Returns the children of a process, adopted ones among them.
    pub(super) fn children(&self, parent: Pid) -> impl Iterator<Item = Pid> {
        self.0.get(&parent.as_raw_pid()).into_iter().flatten().filter_map(|pid| Pid::from_raw(*pid))
    }

    /// Returns the children of a process and all their descendants.
    pub(super) fn descendants(&self, root: Pid) -> Vec<Pid> {
        let (mut seen, mut found, mut queue) = (HashSet::new(), Vec::new(), vec![root]);
        while let Some(parent) = queue.pop() {
            for child in self.children(parent) {
                // A number that was assigned again during the reading could make a cycle.
                if seen.insert(child) {
                    found.push(child);
                    queue.push(child);
                }
            }
        }
        found
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use rustix::process::{Signal, kill_process};

    use super::*;

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
