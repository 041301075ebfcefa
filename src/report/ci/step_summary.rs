//! The step summary of GitHub: the page of `summary.md`, appended to what earlier commands of the step wrote.

use std::io;
use std::path::{Path, PathBuf};

use super::environment_file::append;
use crate::event::Event;
use crate::report::reporter::Reporter;
use crate::report::summary::{SUMMARY_MAX, SummaryFold};

/// Appends to `GITHUB_STEP_SUMMARY`.
pub(in crate::report) struct StepSummary {
    path: PathBuf,
    fold: SummaryFold,
}

impl StepSummary {
    /// Paths are shown relative to the directory `current`.
    pub(in crate::report) fn new(path: PathBuf, current: &Path) -> Self {
        Self { path, fold: SummaryFold::new(current) }
    }
}

impl Reporter for StepSummary {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.fold.fold(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.fold.close();
        append(&self.path, |length| page(length, |max| self.fold.markdown(max)));
        Ok(())
    }
}

/// Returns a page for a file that has `length` bytes already. GitHub refuses a file above its limit.
pub(super) fn page(length: u64, markdown: impl FnOnce(usize) -> String) -> String {
    let used = usize::try_from(length).unwrap_or(usize::MAX);
    // What is there may lack its last newline.
    let before = if used > 0 { "\n\n" } else { "" };
    let room = SUMMARY_MAX.saturating_sub(used).saturating_sub(before.len());
    let page = markdown(room);
    if page.len() > room { String::new() } else { format!("{before}{page}") }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::report::ci::testing::many_causes;

    /// Returns the file after a run with as many causes, written after `before`.
    fn written(before: &[u8], causes: u32) -> Vec<u8> {
        let directory = tempfile::tempdir().expect("directory");
        let path = directory.path().join("summary");
        fs::write(&path, before).expect("write");
        let mut summary = StepSummary::new(path.clone(), Path::new("/here"));
        for event in many_causes(causes).events() {
            summary.report(&event).expect("folded");
        }
        summary.finish().expect("written");
        fs::read(&path).expect("read")
    }

    #[test]
    fn it_follows_what_is_there_and_has_all_causes() {
        let text = String::from_utf8(written(b"# mine", 200)).expect("UTF-8");
        assert!(text.starts_with("# mine\n\n## "), "{text}");
        for number in 0..200 {
            assert!(text.contains(&format!("'wrong{number}' was not declared")), "{number}");
        }
    }

    #[test]
    fn all_together_stay_within_the_limit() {
        for before in
            [0, SUMMARY_MAX / 2, SUMMARY_MAX - 10_000, SUMMARY_MAX - 200, SUMMARY_MAX - 5, SUMMARY_MAX + 9]
        {
            let text = written("ä".repeat(before / 2).as_bytes(), 200);
            assert!(text.len() <= SUMMARY_MAX.max(before), "{before}: {}", text.len());
            let text = String::from_utf8(text).expect("UTF-8");
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            assert_eq!(
                text.contains("left out"),
                (SUMMARY_MAX - 10_000..SUMMARY_MAX - 150).contains(&before)
            );
        }
    }
}
