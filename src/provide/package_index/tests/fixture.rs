//! Small package indexes in JSON, and values made of them.

use serde_json::{Value, json};

use crate::provide::package_index::{Host, IndexFile, PackageCatalog, VersionRequest, parse};

/// Host triple of the tests' host.
pub(super) const LINUX: &str = "x86_64-pc-linux-gnu";

/// Returns a package.
pub(super) fn package(name: &str, platforms: &[Value], tools: &[Value]) -> Value {
    json!({
        "name": name,
        "maintainer": "Maintainer",
        "websiteURL": "https://example.org/",
        "email": "a@example.org",
        "help": {"online": "https://example.org/help"},
        "platforms": platforms,
        "tools": tools,
    })
}

/// Returns a release of a platform; `tools` are `PACKAGER:NAME@VERSION`.
pub(super) fn platform(architecture: &str, version: &str, tools: &[&str]) -> Value {
    let tools: Vec<Value> = tools
        .iter()
        .map(|tool| {
            let (packager, rest) = tool.split_once(':').unwrap();
            let (name, version) = rest.split_once('@').unwrap();
            json!({"packager": packager, "name": name, "version": version})
        })
        .collect();
    json!({
        "name": "Boards",
        "architecture": architecture,
        "version": version,
        "category": "Contributed",
        "url": format!("https://example.org/{architecture}-{version}.zip"),
        "archiveFileName": format!("{architecture}-{version}.zip"),
        "checksum": "SHA-256:00",
        "size": "12",
        "help": {"online": ""},
        "boards": [{"name": "Uno", "id": [{"usb": "2341:0043"}]}, {"name": "Mega"}],
        "toolsDependencies": tools,
    })
}

/// Returns a release of a tool with an archive for each host.
pub(super) fn tool(name: &str, version: &str, hosts: &[&str]) -> Value {
    let systems: Vec<Value> =
        hosts.iter().map(|host| system(host, &format!("{name}-{version}-{host}.zip"))).collect();
    json!({"name": name, "version": version, "systems": systems})
}

/// Returns an archive of a tool.
pub(super) fn system(host: &str, file: &str) -> Value {
    json!({
        "host": host,
        "url": format!("https://example.org/{file}"),
        "archiveFileName": file,
        "size": "34",
        "checksum": "SHA-256:11",
    })
}

/// Parses an index of these packages, which has no broken entry.
pub(super) fn whole(packages: &[Value]) -> IndexFile {
    let file = with_faults(packages);
    assert_eq!(file.dropped, []);
    file
}

/// Parses an index of these packages.
pub(super) fn with_faults(packages: &[Value]) -> IndexFile {
    parse(json!({"packages": packages}).to_string().as_bytes()).unwrap()
}

/// Returns the catalog of one index.
pub(super) fn catalog(packages: &[Value]) -> PackageCatalog {
    let mut catalog = PackageCatalog::default();
    catalog.add(whole(packages), None);
    catalog
}

/// Resolves `VENDOR:ARCH` or `VENDOR:ARCH@VERSION`. Returns the version, then `PACKAGER:TOOL@VERSION HOST` of each tool; or
/// the message.
pub(super) fn resolved(catalog: &PackageCatalog, request: &str, host: &str) -> Result<Vec<String>, String> {
    let (core, version) = request.split_once('@').unwrap_or((request, ""));
    let (packager, architecture) = core.split_once(':').unwrap();
    let version = if version.is_empty() { VersionRequest::Newest } else { version.parse().unwrap() };
    let host: Host = host.parse().unwrap();
    let found =
        catalog.resolve(packager, architecture, &version, &host).map_err(|error| error.to_string())?;
    let tools = found.tools.iter().chain(&found.upload_tools).map(|tool| {
        format!("{}:{}@{} {}", tool.package.name, tool.release.name, tool.release.version, tool.system.host)
    });
    Ok([found.release.version.to_string()].into_iter().chain(tools).collect())
}
