//! The machine on which the numbers were measured.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::Result;
use super::tools::Tools;

/// The machine and the measured version.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    processor: String,
    cpus: usize,
    jobs: usize,
    kernel: String,
    binary: String,
    /// Commit of the repository; with a trailing `+` if files differ from it.
    commit: String,
    packages: Vec<(String, String)>,
    load_before: String,
    load_after: String,
}

impl Machine {
    pub(crate) fn here(tools: &Tools, binary: &Path, jobs: usize) -> Result<Self> {
        let info = std::fs::read_to_string("/proc/cpuinfo")?;
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Ok(Self {
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cpus: std::thread::available_parallelism()?.get(),
            jobs,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            binary: binary.display().to_string(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            packages: tools.core.versions.clone(),
            load_before: load()?,
            load_after: String::new(),
        })
    }

    /// Completes the data after the measurement.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.load_after = load()?;
        Ok(())
    }

    /// Returns a description of one paragraph.
    pub(crate) fn sentence(&self) -> String {
        let packages: Vec<String> =
            self.packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!(
            "{}, {} CPUs, `-j{}`, Linux {}; {}; commit {}; load average before {} and after {}.",
            self.processor,
            self.cpus,
            self.jobs,
            self.kernel,
            packages.join(", "),
            self.commit,
            self.load_before,
            self.load_after
        )
    }
}

fn load() -> Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

/// Returns the commit; `None` without git or a repository.
fn commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let changed = if git(&["status", "--porcelain", "-uno"])?.is_empty() { "" } else { "+" };
    Some(format!("{}{changed}", git(&["rev-parse", "--short", "HEAD"])?))
}
