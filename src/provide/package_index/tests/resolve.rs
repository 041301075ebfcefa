//! Which release and which archives a request brings. The expectations are what arduino-cli installs.

use serde_json::json;

use super::fixture::{LINUX, catalog, package, platform, resolved, tool};
use crate::provide::package_index::{Host, PackageCatalog, VersionRequest};
use crate::versions::RelaxedVersion;

const MAC: &str = "x86_64-apple-darwin";
const WINDOWS: &str = "i686-mingw32";

/// Returns a catalog with a core for each kind of difficulty.
fn sample() -> PackageCatalog {
    let mut deprecated = platform("avr", "1.9.9", &["v:gcc@2-x"]);
    deprecated["deprecated"] = json!(true);
    let mut uploads = platform("uploads", "1.0.0", &["v:gcc@1", "v:gcc@1.0.0"]);
    uploads["discoveryDependencies"] = json!([{"packager": "v", "name": "disco"}, {"packager": "nobody", "name": "x"}, {"packager": "v", "name": "win"}]);
    uploads["monitorDependencies"] = json!([{"packager": "v", "name": "monitor"}]);
    let mut unpublished = platform("unpublished", "2.0.0", &[]);
    unpublished["url"] = json!("");
    let platforms = [
        platform("avr", "1.0.0", &["v:gcc@1"]),
        platform("avr", "1.2.0", &["v:gcc@2-x", "tools:dude@esp-1_2"]),
        platform("avr", "1.2.0-rc1", &["v:gcc@2-x"]),
        platform("avr", "1.10.0-beta.2", &["v:gcc@2-x"]),
        deprecated,
        platform("pre", "1.0.0", &[]),
        platform("pre", "2.0.0-rc1", &[]),
        platform("partly", "1.0.0", &["v:gcc@1"]),
        platform("partly", "1.1.0", &["v:win@1"]),
        platform("partly", "1.2.0", &["v:gccc@1"]),
        platform("partly", "1.3.0", &["tols:dude@1"]),
        platform("partly", "1.4.0", &["v:gcc@77"]),
        platform("nowhere", "1.0.0", &["v:win@1"]),
        platform("nowhere", "2.0.0", &["v:win@1"]),
        platform("short", "1", &[]),
        platform("short", "1.1", &[]),
        platform("unpublished", "1.0.0", &[]),
        unpublished,
        platform("template", "", &[]),
        uploads,
    ];
    let tools = [
        tool("gcc", "1.0.0", &["i686-pc-linux-gnu", LINUX, MAC]),
        tool("gcc", "2-x", &[LINUX, "all"]),
        tool("win", "1", &[WINDOWS]),
        tool("disco", "1.0.0", &[LINUX]),
        tool("disco", "1.2.0-rc1", &[LINUX]),
        tool("disco", "zzz", &[LINUX]),
        tool("monitor", "0.1", &["all"]),
    ];
    catalog(&[
        package("v", &platforms, &tools),
        package("tools", &[], &[tool("dude", "esp-1_2", &[LINUX]), tool("dude", "1", &[MAC])]),
    ])
}

#[test]
fn requests_bring_what_arduino_cli_installs() {
    let gcc_1 = format!("v:gcc@1.0.0 {LINUX}");
    let gcc_2 = format!("v:gcc@2-x {LINUX}");
    let dude = format!("tools:dude@esp-1_2 {LINUX}");
    let cases: [(&str, &[&str]); 22] = [
        // Deprecated and pre-releases take part; a pre-release is less than its release.
        ("v:avr", &["1.10.0-beta.2", &gcc_2]),
        ("v:pre", &["2.0.0-rc1"]),
        ("v:avr@1.9.9", &["1.9.9", &gcc_2]),
        ("v:avr@1.2.0", &["1.2.0", &gcc_2, &dude]),
        ("v:avr@1.2.0-rc1", &["1.2.0-rc1", &gcc_2]),
        ("v:avr@1.0.0", &["1.0.0", &gcc_1]),
        ("v:avr@1.0", &["1.0.0", &gcc_1]),
        ("v:avr@1", &["1.0.0", &gcc_1]),
        ("v:avr@ 1.0.0 ", &["1.0.0", &gcc_1]),
        // The newest that the host can use.
        ("v:partly", &["1.0.0", &gcc_1]),
        ("v:unpublished", &["1.0.0"]),
        ("v:short", &["1.1"]),
        ("v:short@1.0.0", &["1"]),
        ("v:short@1.1.0", &["1.1"]),
        // Ranges.
        ("v:avr@1.2.*", &["1.2.0", &gcc_2, &dude]),
        ("v:avr@^1.2", &["1.9.9", &gcc_2]),
        ("v:avr@~1.2", &["1.2.0", &gcc_2, &dude]),
        ("v:avr@>=1.0, <1.2", &["1.0.0", &gcc_1]),
        ("v:avr@*", &["1.9.9", &gcc_2]),
        ("v:partly@>=1.0, <1.2", &["1.0.0", &gcc_1]),
        ("v:partly@<=1.4.0", &["1.0.0", &gcc_1]),
        // A tool that is named twice comes once; of discoveries the newest, if there is one.
        ("v:uploads", &["1.0.0", &gcc_1, &format!("v:disco@1.2.0-rc1 {LINUX}"), "v:monitor@0.1 all"]),
    ];
    let catalog = sample();
    for (request, expected) in cases {
        let found = resolved(&catalog, request, "linux/amd64");
        assert_eq!(
            found.as_deref(),
            Ok(expected.iter().map(ToString::to_string).collect::<Vec<_>>().as_slice()),
            "{request}"
        );
    }
}

#[test]
fn a_lock_can_be_made_for_any_host() {
    let catalog = sample();
    let on = |request, host| resolved(&catalog, request, host);
    assert_eq!(on("v:avr@1.0.0", "darwin/arm64").unwrap(), ["1.0.0", &format!("v:gcc@1.0.0 {MAC}")]);
    assert_eq!(on("v:partly", "windows/amd64").unwrap(), ["1.1.0", &format!("v:win@1 {WINDOWS}")]);
    assert_eq!(on("v:avr@1.9.9", "freebsd/arm").unwrap(), ["1.9.9", "v:gcc@2-x all"]);
    let version = VersionRequest::Exact(RelaxedVersion::new("1.0.0"));
    let host: Host = "linux/386".parse().unwrap();
    let found = catalog.resolve("v", "avr", &version, &host).unwrap();
    // The release has the archives of all hosts.
    assert_eq!(found.tools[0].release.systems.len(), 3);
    assert_eq!(found.tools[0].system.archive.file_name, "gcc-1.0.0-i686-pc-linux-gnu.zip");
}

#[test]
fn newer_releases_that_the_host_cannot_use_are_told() {
    let host: Host = "linux/amd64".parse().unwrap();
    let found = sample().resolve("v", "partly", &VersionRequest::Newest, &host).unwrap();
    let skipped: Vec<String> =
        found.skipped.iter().map(|it| it.to_string().lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(
        skipped,
        [
            "core `v:partly` 1.4.0 needs tool `v:gcc@77`, and no package index has that version; its newest versions: \
             2-x, 1.0.0",
            "core `v:partly` 1.3.0 needs tool `tols:dude@1`, and no package index has that package; did you mean `tools`?",
            "core `v:partly` 1.2.0 needs tool `v:gccc@1`, and no package index has that tool; did you mean `gcc`?",
            "core `v:partly` 1.1.0 needs tool `v:win@1`, which has no archive for linux/amd64; it has: i686-mingw32",
        ]
    );
}

#[test]
fn errors_name_the_failure_and_what_there_is() {
    let newest = "its newest versions: 1.10.0-beta.2, 1.9.9, 1.2.0, 1.2.0-rc1, 1.0.0";
    let cases = [
        ("toolz:avr", "no package index has a package `toolz`; did you mean `tools`?\n".to_owned()),
        ("zzzzz:avr", "no package index has a package `zzzzz`; known here: `tools`, `v`\n".to_owned()),
        ("v:avrr", "package `v` has no platform `avrr`; did you mean `avr`?".to_owned()),
        ("tools:avr", "package `tools` has no platform `avr`".to_owned()),
        ("v:avr@1.3.0", format!("core `v:avr` has no version `1.3.0`; {newest}\n")),
        ("v:avr@^7", format!("core `v:avr` has no version in the range `^7`; {newest}\n")),
        (
            "v:partly@1.1.0",
            "core `v:partly` 1.1.0 needs tool `v:win@1`, which has no archive for linux/amd64; it has: i686-mingw32\n"
                .to_owned(),
        ),
        (
            "v:nowhere",
            "no version of core `v:nowhere` can be installed on linux/amd64; the newest of them: core `v:nowhere` 2.0.0 \
             needs tool `v:win@1`, which has no archive for linux/amd64; it has: i686-mingw32\n"
                .to_owned(),
        ),
        (
            "v:nowhere@>0.1",
            "no version of core `v:nowhere` in the range `>0.1` can be installed on linux/amd64; ".to_owned(),
        ),
        ("v:unpublished@2.0.0", "core `v:unpublished` 2.0.0: the package index states no URL\n".to_owned()),
        ("v:template", "core `v:template`: the package index states no version\n".to_owned()),
    ];
    let catalog = sample();
    for (request, expected) in cases {
        let message = resolved(&catalog, request, "linux/amd64").unwrap_err();
        assert!(message.starts_with(&expected), "{request}: {message}");
    }
}

#[test]
fn a_long_list_of_versions_is_cut() {
    let releases: Vec<_> = (0..30).map(|minor| platform("avr", &format!("1.{minor}.0"), &[])).collect();
    let message =
        resolved(&catalog(&[package("v", &releases, &[])]), "v:avr@2.0.0", "linux/amd64").unwrap_err();
    assert!(message.contains("1.29.0, 1.28.0, ") && message.contains(" and 22 more"), "{message}");
}
