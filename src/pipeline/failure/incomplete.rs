//! Explains a core's failure by an incomplete platform directory.

use std::path::PathBuf;

use super::error::BuildError;
use super::gaps::{empty_submodules, gap_above, gaps};
use crate::diagnostics::missing_file;
use crate::event::FailureKind;
use crate::platform::BoardConfig;

/// Maximum number of gaps in a message.
const MOST: usize = 3;

/// Extends a core's failure by the reason why a file that a tool names is missing: a dangling link, or a
/// submodule that was not fetched. Files that the tool does not name are not considered.
pub(in crate::pipeline) fn explain(error: BuildError, config: &BoardConfig) -> BuildError {
    let BuildError::Failed(mut failure) = error else { return error };
    let missing = Some(&failure.diagnostic).filter(|_| !failure.command.is_empty());
    let Some(missing) = missing.and_then(|diagnostic| missing_file(diagnostic)).map(PathBuf::from) else {
        return BuildError::Failed(failure);
    };
    let mut gaps: Vec<String> = if missing.is_absolute() {
        gap_above(&missing).into_iter().collect()
    } else {
        let near = [Some(&config.core_dir), config.variant_dir.as_ref()];
        let mut gaps: Vec<String> =
            near.into_iter().flatten().flat_map(|directory| gaps(directory, &missing)).collect();
        gaps.extend(empty_submodules(&config.core_platform_dir, &missing));
        if gaps.is_empty() {
            gaps = super::gaps::gaps(&config.core_platform_dir, &missing);
        }
        gaps
    };
    if !gaps.is_empty() {
        let more = gaps.len().saturating_sub(MOST);
        gaps.truncate(MOST);
        if more > 0 {
            gaps.push(format!("and {more} more"));
        }
        let note = format!("the core's directory is incomplete: {}", gaps.join("; "));
        failure.kind = FailureKind::Infrastructure;
        failure.message = format!("{}; {note}", failure.message);
        failure.diagnostic = format!("{}\n{note}\n", failure.diagnostic.trim_end());
    }
    BuildError::Failed(failure)
}
