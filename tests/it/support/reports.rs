//! The report directory of a run, read back.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::Junit;

/// A directory of reports.
#[derive(Debug)]
pub(crate) struct Reports {
    directory: PathBuf,
}

impl Reports {
    /// Those in `directory`.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// A report as text.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        let path = self.directory.join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// `junit.xml`.
    #[track_caller]
    pub(crate) fn junit(&self) -> Junit {
        Junit::read(&self.text("junit.xml"))
    }

    /// `timing.json`.
    #[track_caller]
    pub(crate) fn timing(&self) -> Value {
        self.json("timing.json")
    }

    /// `trace.json`.
    #[track_caller]
    pub(crate) fn trace(&self) -> Value {
        self.json("trace.json")
    }

    /// `events.jsonl`, one value a line.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.text("events.jsonl").lines().map(read).collect()
    }

    #[track_caller]
    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}
