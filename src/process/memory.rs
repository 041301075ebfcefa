//! The memory budget of a run: the memory available when the run begins, or the limit of its control group.
//!
//! Works on Linux, by `/proc` and `/sys`; elsewhere there is no limit.

use std::path::{Path, PathBuf};

/// Divisor of the reserve: an eighth is left for this program, for the page cache, and for wrong expectations.
const RESERVE: u64 = 8;

/// Returns the memory for the processes of a run, in bytes: the available memory, or the limit of a control group if
/// that is less, minus an eighth. No limit where neither is known.
pub fn memory_budget() -> u64 {
    budget(Path::new("/"))
}

/// Returns the budget of a system whose files are below `root`.
fn budget(root: &Path) -> u64 {
    let all = available(root).into_iter().chain(limits(root)).min();
    all.map_or(u64::MAX, |all| all - all / RESERVE)
}

/// Returns the memory available without swapping.
fn available(root: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    kibibytes(line)
}

/// Returns `  123 kB` in bytes.
pub(super) fn kibibytes(text: &str) -> Option<u64> {
    let number: u64 = text.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    number.checked_mul(1024)
}

/// Returns the limits of this process's control group and its parents, for version 1 and 2 of control groups.
fn limits(root: &Path) -> Vec<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut limits = Vec::new();
    for line in groups.lines() {
        // `NUMBER:CONTROLLERS:PATH`; version 2 names no controllers.
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (fields.next(), fields.next()) else { continue };
        let (mount, file) = if controllers.is_empty() {
            ("sys/fs/cgroup", "memory.max")
        } else if controllers.split(',').any(|controller| controller == "memory") {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            continue;
        };
        let mount = root.join(mount);
        let mut directory: PathBuf = mount.join(group.trim_start_matches('/'));
        // In a container the path may be the one outside; the mounted directory is then the group itself.
        while directory.starts_with(&mount) {
            // `max` means no limit.
            let limit = std::fs::read_to_string(directory.join(file)).ok();
            limits.extend(limit.and_then(|text| text.trim().parse::<u64>().ok()));
            directory.pop();
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MEMINFO: &str =
        "MemTotal:       16777216 kB\nMemFree:         1000 kB\nMemAvailable:    8388608 kB\n";

    /// Returns the budget of a system with these files, in eighths of a GiB.
    fn eighths(files: &[(&str, &str)]) -> u64 {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        budget(root.path()) / (GIB / 8)
    }

    #[test]
    fn what_is_available_counts_where_no_group_has_less() {
        let meminfo = ("proc/meminfo", MEMINFO);
        assert_eq!(eighths(&[meminfo]), 7 * 8);
        let group = ("proc/self/cgroup", "0::/\n");
        assert_eq!(eighths(&[meminfo, group, ("sys/fs/cgroup/memory.max", "max\n")]), 7 * 8);
        assert_eq!(eighths(&[meminfo, group, ("sys/fs/cgroup/memory.max", "17179869184\n")]), 7 * 8);
        assert_eq!(eighths(&[meminfo, group, ("sys/fs/cgroup/memory.max", "2147483648\n")]), 7 * 2);
    }

    #[test]
    fn groups_above_ours_count_and_so_does_the_one_that_a_container_sees() {
        let ours = ("proc/self/cgroup", "0::/jobs/this\n");
        let files = [ours, ("sys/fs/cgroup/jobs/memory.max", "1073741824\n")];
        assert_eq!(eighths(&files), 7);
        assert_eq!(eighths(&[ours, ("sys/fs/cgroup/memory.max", "2147483648\n")]), 7 * 2);
    }

    #[test]
    fn groups_of_the_first_version_are_read() {
        let groups = "5:cpu:/a\n4:cpuset,memory:/a/b\n0::/\n";
        let files = [
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", groups),
            ("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "3221225472\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/cpu/a/memory.limit_in_bytes", "1\n"),
        ];
        assert_eq!(eighths(&files), 7 * 3);
    }

    #[test]
    fn a_system_that_tells_nothing_has_no_limit() {
        assert_eq!(eighths(&[]), u64::MAX / (GIB / 8));
        assert_eq!(eighths(&[("proc/meminfo", "MemAvailable: much\n")]), u64::MAX / (GIB / 8));
    }
}
