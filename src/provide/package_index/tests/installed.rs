//! `installed.json` as arduino-cli reads it.

use serde_json::{Value, json};

use super::fixture::{LINUX, catalog, package, platform, resolved, tool};
use crate::provide::package_index::{PackageCatalog, VersionRequest, installed_json, parse};

/// Returns the text for the newest `v:avr` of an index with tools of two packages.
fn text() -> String {
    let mut release = platform("avr", "1.2", &["v:gcc@2-x", "tools:dude@1"]);
    release["libraryDependencies"] = json!([{"name": "Servo", "version": "1.0.0"}]);
    release["monitorDependencies"] = json!([{"packager": "v", "name": "monitor"}]);
    let tools = [
        tool("gcc", "1", &[LINUX]),
        tool("gcc", "2-x", &[LINUX, "i686-mingw32"]),
        tool("monitor", "1", &["all"]),
    ];
    let catalog = catalog(&[
        package("v", &[platform("avr", "1.0.0", &[]), release], &tools),
        package("tools", &[platform("other", "1.0.0", &[])], &[tool("dude", "1", &[LINUX])]),
    ]);
    let host = "linux/amd64".parse().unwrap();
    installed_json(&catalog.resolve("v", "avr", &VersionRequest::Newest, &host).unwrap(), true)
}

#[test]
fn it_has_the_platform_and_its_tools_and_nothing_else() {
    let value: Value = serde_json::from_str(&text()).unwrap();
    assert_eq!((&value["version"], &value["IsTrusted"]), (&json!(2), &json!(true)));
    let names = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|it| format!("{} {}", it["name"], it["version"]).replace('"', ""))
            .collect()
    };
    let packages = value["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 2);
    assert_eq!((&packages[0]["name"], &packages[1]["name"]), (&json!("v"), &json!("tools")));
    assert_eq!(names(&packages[0]["platforms"]), ["Boards 1.2"]);
    assert_eq!(names(&packages[0]["tools"]), ["gcc 2-x", "monitor 1"]);
    assert_eq!(names(&packages[1]["platforms"]), [""; 0]);
    assert_eq!(names(&packages[1]["tools"]), ["dude 1"]);
    let release = &packages[0]["platforms"][0];
    assert_eq!(release["size"], json!("12"));
    assert_eq!(release["boards"], json!([{"name": "Uno", "id": [{"usb": "2341:0043"}]}, {"name": "Mega"}]));
    assert_eq!(release["toolsDependencies"][1], json!({"packager": "tools", "name": "dude", "version": "1"}));
    assert_eq!(release["libraryDependencies"], json!([{"name": "Servo", "version": "1.0.0"}]));
}

#[test]
fn it_is_an_index_that_resolves_to_the_same() {
    let file = parse(text().as_bytes()).unwrap();
    assert_eq!(file.dropped, []);
    let mut catalog = PackageCatalog::default();
    catalog.add(file, None);
    let expected =
        ["1.2", &format!("v:gcc@2-x {LINUX}"), &format!("tools:dude@1 {LINUX}"), "v:monitor@1 all"]
            .map(str::to_owned);
    assert_eq!(resolved(&catalog, "v:avr", "linux/amd64").unwrap(), expected);
    let host = "linux/amd64".parse().unwrap();
    let again = installed_json(&catalog.resolve("v", "avr", &VersionRequest::Newest, &host).unwrap(), true);
    assert_eq!(again, text());
}
