//! The values of `{runtime.tools.NAME.path}` and `{runtime.tools.NAME-VERSION.path}` for one platform.
//!
//! Source: arduino-cli, `docs/platform-specification.md` and `FindToolsRequiredForBuild`. Where arduino-cli leaves the
//! choice to chance (one version of a tool from several packages), the order here is fixed.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::catalog::normalized;
use super::model::RequiredTool;
use crate::provide::versions::RelaxedVersion;

/// An installed version of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledTool {
    /// Package of the tool.
    pub packager: String,
    /// Name of the tool.
    pub name: String,
    /// Version, as the directory's name states it.
    pub version: RelaxedVersion,
    /// Directory of its files.
    pub path: PathBuf,
}

/// Returns the directories by `NAME` (sorted) and by `NAME-VERSION`.
///
/// `packager` is the platform's package, `referenced` the package of the core that its board refers to, and
/// `dependencies` are the platform's. The best candidate of a name wins: a dependency, then the highest version of the
/// platform's package, then of the referenced package, then of any other. Of equals, the alphabetically first package.
pub fn tool_paths(
    installed: &[InstalledTool],
    packager: &str,
    referenced: Option<&str>,
    dependencies: &[RequiredTool],
) -> IndexMap<String, PathBuf> {
    // By tool, packager and version: the place among the dependencies in arduino-cli's order, of which the last wins.
    let mut sorted: Vec<&RequiredTool> = dependencies.iter().collect();
    sorted.sort_by(|a, b| (&a.packager, &a.name, &a.version).cmp(&(&b.packager, &b.name, &b.version)));
    let places: HashMap<_, _> = (1_usize..)
        .zip(sorted)
        .map(|(place, tool)| ((tool.packager.as_str(), tool.name.as_str(), normalized(&tool.version)), place))
        .map(|(key, place)| (key, place))
        .collect();
    let rank = |tool: &InstalledTool| {
        let key = (tool.packager.as_str(), tool.name.as_str(), normalized(&tool.version));
        let kin = if tool.packager == packager {
            2
        } else {
            usize::from(Some(tool.packager.as_str()) == referenced)
        };
        (places.get(&key).copied().unwrap_or(0), kin)
    };
    let mut ranked: Vec<(_, &InstalledTool)> = installed.iter().map(|tool| (rank(tool), tool)).collect();
    // Best first; for `NAME-VERSION`, the versions of one key are equal.
    ranked.sort_by_key(|(rank, tool)| (Reverse(*rank), Reverse(tool.version.clone()), tool.packager.clone()));
    let mut by_name: IndexMap<String, PathBuf> = IndexMap::new();
    let mut by_version: IndexMap<String, PathBuf> = IndexMap::new();
    for (_, tool) in ranked {
        by_name.entry(tool.name.clone()).or_insert_with(|| tool.path.clone());
        by_version.entry(format!("{}-{}", tool.name, tool.version)).or_insert_with(|| tool.path.clone());
    }
    by_name.sort_unstable_keys();
    by_version.sort_unstable_keys();
    for (name, path) in by_version {
        by_name.entry(name).or_insert(path);
    }
    by_name
}
