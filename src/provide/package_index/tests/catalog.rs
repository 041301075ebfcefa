//! How the packages of several files merge.

use serde_json::json;

use super::fixture::{LINUX, package, platform, system, tool, whole};
use crate::provide::package_index::PackageCatalog;

fn merged(files: &[Vec<serde_json::Value>]) -> PackageCatalog {
    let mut catalog = PackageCatalog::default();
    for packages in files {
        catalog.add(whole(packages), None);
    }
    catalog
}

#[test]
fn the_last_file_counts_for_a_platform_version_and_the_package_itself() {
    let mut later = platform("avr", "1.0", &[]);
    later["name"] = json!("Later");
    let mut contact = package("v", &[later, platform("avr", "1.2.0", &[])], &[]);
    contact["maintainer"] = json!("Later");
    contact["email"] = json!(null);
    let first = package("v", &[platform("avr", "1.0.0", &[]), platform("avr", "1.1.0", &[])], &[]);
    let catalog = merged(&[vec![first], vec![package("other", &[], &[]), contact]]);
    let v = catalog.package("v").unwrap();
    assert_eq!((v.info().maintainer.as_str(), v.info().email.as_str()), ("Later", ""));
    let releases: Vec<(&str, &str)> =
        v.platform_releases("avr").iter().map(|it| (it.version.as_str(), it.name.as_str())).collect();
    // `1.0` and `1.0.0` are one release, which keeps its first spelling.
    assert_eq!(releases, [("1.2.0", "Boards"), ("1.1.0", "Boards"), ("1.0.0", "Later")]);
    let names: Vec<&str> = catalog.packages().map(|package| package.info().name.as_str()).collect();
    assert_eq!(names, ["other", "v"]);
}

#[test]
fn a_tool_version_has_the_archives_of_all_files_and_the_first_of_a_host() {
    let mut second = tool("gcc", "1.0", &[]);
    second["systems"] = json!([system(LINUX, "late.zip"), system("i686-mingw32", "win.zip")]);
    let catalog = merged(&[
        vec![package("v", &[], &[tool("gcc", "1.0.0", &[LINUX]), tool("gcc", "esp-2", &[])])],
        vec![package("v", &[], &[second])],
    ]);
    let releases = catalog.package("v").unwrap().tool_releases("gcc");
    assert_eq!(releases.len(), 2);
    let files: Vec<&str> = releases[0].systems.iter().map(|it| it.archive.file_name.as_str()).collect();
    assert_eq!(files, [&format!("gcc-1.0.0-{LINUX}.zip"), "win.zip"]);
    // A version that is not semantic comes last.
    assert_eq!(releases[1].version.as_str(), "esp-2");
}

#[test]
fn the_origin_of_a_file_replaces_the_stated_one() {
    let mut catalog = PackageCatalog::default();
    let mut stated = package("v", &[], &[]);
    stated["url"] = json!("https://stated/");
    catalog.add(whole(std::slice::from_ref(&stated)), Some("https://fetched/"));
    assert_eq!(catalog.package("v").unwrap().info().url, "https://fetched/");
    catalog.add(whole(&[stated]), None);
    assert_eq!(catalog.package("v").unwrap().info().url, "https://stated/");
}

#[test]
fn versions_that_differ_in_build_metadata_are_two_releases() {
    let releases = ["1.0.0+a", "1.0.0+b", "1.0.0"].map(|version| platform("avr", version, &[]));
    let catalog = merged(&[vec![package("v", &releases, &[])]]);
    assert_eq!(catalog.package("v").unwrap().platform_releases("avr").len(), 3);
}
