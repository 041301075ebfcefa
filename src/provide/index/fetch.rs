//! Installs a resolved platform with its tools, in the layout of arduino-cli.

use std::path::{Path, PathBuf};

use futures::future::try_join_all;
use indexmap::IndexMap;

use super::super::archive_directory::ArchiveDirectory;
use super::super::arduino_directory::ArduinoDirectory;
use super::super::blocking::blocking;
use super::super::context::InstallContext;
use super::super::core_directory;
use super::super::download::{Downloader, StagingDirectory};
use super::super::error::{InstallError, IoAction};
use super::super::installed::InstalledCore;
use super::super::package_index::{
    InstalledTool, ResolvedPlatform, ResolvedTool, installed_json, tool_paths,
};
use super::lock::archive;

/// Installs a core and its tools for this machine, all of them at the same time.
///
/// # Errors
/// Whatever prevents the installation.
pub(crate) async fn fetch_core(
    platform: &ResolvedPlatform,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<InstalledCore, InstallError> {
    let core = fetch_platform(platform, downloader, cx);
    let tools = try_join_all(platform.tools.iter().map(|tool| fetch_tool(tool, downloader, cx)));
    let (platform_dir, installed) = tokio::try_join!(core, tools)?;
    let ResolvedPlatform { package, release, .. } = platform;
    let tools: IndexMap<String, PathBuf> = tool_paths(&installed, &package.name, None, &release.tools);
    let name = format!("{}:{}", package.name, release.architecture);
    let versions = std::iter::once((name.clone(), release.version.to_string()))
        .chain(installed.iter().map(|it| (format!("{}:{}", it.packager, it.name), it.version.to_string())))
        .collect();
    let core = blocking(move || core_directory::read(&name, &platform_dir, tools)).await?;
    Ok(InstalledCore { versions, ..core })
}

/// Installs a core without its tools, and returns it with the directories in which [`fetch_core`] installs these.
///
/// # Errors
/// Whatever prevents the installation.
pub(crate) async fn fetch_core_without_tools(
    platform: &ResolvedPlatform,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<InstalledCore, InstallError> {
    let platform_dir = fetch_platform(platform, downloader, cx).await?;
    let tools: Vec<InstalledTool> = platform
        .tools
        .iter()
        .map(|tool| Ok(installed_tool(tool, tool_directory(tool, cx)?)))
        .collect::<Result<_, InstallError>>()?;
    let ResolvedPlatform { package, release, .. } = platform;
    let tools = tool_paths(&tools, &package.name, None, &release.tools);
    let name = format!("{}:{}", package.name, release.architecture);
    let core = blocking(move || core_directory::read(&name, &platform_dir, IndexMap::new())).await?;
    Ok(InstalledCore { tools, ..core })
}

/// Installs a core without its tools, and returns its directory.
///
/// # Errors
/// Whatever prevents the installation.
pub(crate) async fn fetch_platform(
    platform: &ResolvedPlatform,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<PathBuf, InstallError> {
    let ResolvedPlatform { package, release, .. } = platform;
    let name = format!("{}:{}", package.name, release.architecture);
    let json = installed_json(platform, false);
    let finish = move |dir: &Path| {
        let path = dir.join("installed.json");
        std::fs::write(&path, json).map_err(|error| InstallError::io(IoAction::Write, &path, error))
    };
    let package = ArchiveDirectory {
        what: format!("core {name} {}", release.version),
        archive: archive(&release.archive),
        staging: StagingDirectory::Packages,
        place: ArduinoDirectory::new(&cx.cache_dir).core(&name, release.version.as_str())?,
    };
    package.install(downloader, cx, finish).await
}

async fn fetch_tool(
    tool: &ResolvedTool,
    downloader: &Downloader,
    cx: &InstallContext,
) -> Result<InstalledTool, InstallError> {
    let ResolvedTool { package, release, system } = tool;
    let directory = ArchiveDirectory {
        what: format!("tool {}:{} {}", package.name, release.name, release.version),
        archive: archive(&system.archive),
        staging: StagingDirectory::Packages,
        place: tool_directory(tool, cx)?,
    };
    let path = directory.install(downloader, cx, |_| Ok(())).await?;
    Ok(installed_tool(tool, path))
}

/// Returns the directory in which a tool is installed.
fn tool_directory(tool: &ResolvedTool, cx: &InstallContext) -> Result<PathBuf, InstallError> {
    let ResolvedTool { package, release, .. } = tool;
    let name = format!("{}:{}", package.name, release.name);
    ArduinoDirectory::new(&cx.cache_dir).tool(&name, release.version.as_str())
}

fn installed_tool(tool: &ResolvedTool, path: PathBuf) -> InstalledTool {
    let ResolvedTool { package, release, .. } = tool;
    InstalledTool {
        packager: package.name.clone(),
        name: release.name.clone(),
        version: release.version.clone(),
        path,
    }
}
