//! Publishes the results: `docs/performance.{json,svg}`, and the tables between two marks in `docs/performance.md` and
//! `README.md`.

use std::path::Path;

use super::Result;
use super::chart;
use super::table::Results;

const BEGIN: &str = "<!-- bench: written by `just bench --publish` -->";
const END: &str = "<!-- /bench -->";

/// Writes all files of the repository.
pub(crate) fn publish(results: &Results, repository: &Path) -> Result<()> {
    let docs = repository.join("docs");
    std::fs::write(docs.join("performance.json"), serde_json::to_string_pretty(results)? + "\n")?;
    std::fs::write(docs.join("performance.svg"), chart::svg(results))?;
    replace(&docs.join("performance.md"), &results.markdown())?;
    replace(&repository.join("README.md"), &results.overview())
}

/// Replaces the text between the marks.
fn replace(file: &Path, text: &str) -> Result<()> {
    let old = std::fs::read_to_string(file)?;
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{} has no {BEGIN} … {END}", file.display()))?;
    Ok(std::fs::write(file, format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim_end()))?)
}
