//! `installed.json`: the entry of an installed platform that arduino-cli keeps in the platform's directory. With it,
//! arduino-cli knows the platform's tools without any index.
//!
//! Source: arduino-cli, `IndexFromPlatformRelease`, version 2 of the format. arduino-cli lists all tools of each package
//! there; this writes only those that the platform depends on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{IndexedArchive, PackageInfo, PlatformRelease, ToolName, ToolRelease};
use super::resolve::{ResolvedPlatform, ResolvedTool};

/// Version of the format.
const VERSION: u32 = 2;

/// Returns the content of `installed.json` for a platform. `trusted` states that its index was signed by Arduino.
pub fn installed_json(platform: &ResolvedPlatform, trusted: bool) -> String {
    let mut tools: BTreeMap<&str, (&PackageInfo, Vec<Value>)> = BTreeMap::new();
    let own = platform.package.name.as_str();
    tools.insert(own, (&platform.package, Vec::new()));
    for ResolvedTool { package, release, .. } in platform.tools.iter().chain(&platform.upload_tools) {
        let (_, releases) = tools.entry(&package.name).or_insert_with(|| (package, Vec::new()));
        releases.push(tool(release));
    }
    let own = tools.remove(own).map(|entry| (entry, vec![release(&platform.release)]));
    let packages = own.into_iter().chain(tools.into_values().map(|entry| (entry, Vec::new())));
    let packages: Vec<Value> =
        packages.map(|((info, tools), platforms)| package(info, &platforms, &tools)).collect();
    let index = json!({"packages": packages, "IsTrusted": trusted, "version": VERSION});
    format!("{index:#}")
}

fn package(info: &PackageInfo, platforms: &[Value], tools: &[Value]) -> Value {
    json!({
        "name": info.name,
        "maintainer": info.maintainer,
        "websiteUrl": info.website_url,
        "url": info.url,
        "email": info.email,
        "platforms": platforms,
        "tools": tools,
        "help": help(&info.help),
    })
}

fn release(release: &PlatformRelease) -> Value {
    let boards = release.boards.iter().map(|board| {
        let ids: Vec<Value> = board.usb.iter().map(|usb| json!({"usb": usb})).collect();
        if ids.is_empty() { json!({"name": board.name}) } else { json!({"name": board.name, "id": ids}) }
    });
    let tools = release
        .tools
        .iter()
        .map(|tool| json!({"packager": tool.packager, "name": tool.name, "version": tool.version.as_str()}));
    let libraries =
        release.libraries.iter().map(|it| json!({"name": it.name, "version": it.version.as_str()}));
    let named = |names: &[ToolName]| -> Vec<Value> {
        names.iter().map(|it| json!({"packager": it.packager, "name": it.name})).collect()
    };
    let IndexedArchive { url, file_name, size, checksum } = &release.archive;
    json!({
        "name": release.name,
        "architecture": release.architecture,
        "version": release.version.as_str(),
        "deprecated": release.deprecated,
        "category": release.category,
        "url": url,
        "archiveFileName": file_name,
        "checksum": checksum,
        "size": number(*size),
        "boards": boards.collect::<Vec<_>>(),
        "help": help(&release.help),
        "toolsDependencies": tools.collect::<Vec<_>>(),
        "discoveryDependencies": named(&release.discoveries),
        "monitorDependencies": named(&release.monitors),
        "libraryDependencies": libraries.collect::<Vec<_>>(),
    })
}

fn tool(release: &ToolRelease) -> Value {
    let systems = release.systems.iter().map(|system| {
        let IndexedArchive { url, file_name, size, checksum } = &system.archive;
        json!({
            "host": system.host,
            "url": url,
            "archiveFileName": file_name,
            "size": number(*size),
            "checksum": checksum,
        })
    });
    json!({
        "name": release.name,
        "version": release.version.as_str(),
        "systems": systems.collect::<Vec<_>>(),
    })
}

/// Returns a size as arduino-cli writes it.
fn number(size: Option<u64>) -> String {
    size.unwrap_or(0).to_string()
}

fn help(url: &str) -> Value {
    if url.is_empty() { json!({}) } else { json!({"online": url}) }
}
