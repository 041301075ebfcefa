//! The values of `{runtime.tools.NAME.path}` and `{runtime.tools.NAME-VERSION.path}` for one platform.
//!
//! Source: arduino-cli, `docs/platform-specification.md` and `FindToolsRequiredForBuild`. Where arduino-cli leaves the
//! choice to chance (one version of a tool from several packages), the order here is fixed.

use std::collections::HashMap;
use std::path::PathBuf;

use indexmap::IndexMap;

use super::catalog::normalized;
use super::model::RequiredTool;
use crate::versions::RelaxedVersion;

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
    let places: HashMap<(&str, &str, String), usize> =
        sorted.into_iter().map(|it| key(&it.packager, &it.name, &it.version)).zip(1..).collect();
    let rank = |tool: &InstalledTool| {
        let key = key(&tool.packager, &tool.name, &tool.version);
        let kin = if tool.packager == packager {
            2
        } else {
            usize::from(Some(tool.packager.as_str()) == referenced)
        };
        (places.get(&key).copied().unwrap_or(0), kin)
    };
    let mut ranked: Vec<(_, &InstalledTool)> = installed.iter().map(|tool| (rank(tool), tool)).collect();
    // Best first. The text of equal versions (`1.0`, `1.0.0`) only makes the order a fixed one.
    ranked.sort_by(|(one_rank, one), (other_rank, other)| {
        let best = (other_rank, &other.version).cmp(&(one_rank, &one.version));
        best.then_with(|| {
            (&one.packager, one.version.as_str()).cmp(&(&other.packager, other.version.as_str()))
        })
    });
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

/// Returns the identity of a tool's version.
fn key<'t>(packager: &'t str, name: &'t str, version: &RelaxedVersion) -> (&'t str, &'t str, String) {
    (packager, name, normalized(version))
}
