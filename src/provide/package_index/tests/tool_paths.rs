//! The values of `{runtime.tools.NAME.path}`. Checked against arduino-cli with 120 random sets of installed tools.

use proptest::prelude::*;

use crate::provide::package_index::{InstalledTool, RequiredTool, tool_paths};
use crate::versions::RelaxedVersion;

/// Returns the tool `PACKAGER:NAME@VERSION`, installed in a directory of that name.
fn installed(text: &str) -> InstalledTool {
    let RequiredTool { packager, name, version } = required(text);
    InstalledTool { packager, name, version, path: text.into() }
}

fn required(text: &str) -> RequiredTool {
    let (packager, rest) = text.split_once(':').unwrap();
    let (name, version) = rest.split_once('@').unwrap();
    RequiredTool { packager: packager.into(), name: name.into(), version: RelaxedVersion::new(version) }
}

/// Returns the directory of a key.
fn path_of(key: &str, tools: &[&str], packager: &str, referenced: Option<&str>, needs: &[&str]) -> String {
    let tools: Vec<InstalledTool> = tools.iter().map(|it| installed(it)).collect();
    let needs: Vec<RequiredTool> = needs.iter().map(|it| required(it)).collect();
    tool_paths(&tools, packager, referenced, &needs)
        .get(key)
        .map(|it| it.display().to_string())
        .unwrap_or_default()
}

#[test]
fn the_reference_priority_chooses() {
    let tools = ["a:gcc@9", "b:gcc@3.0.0", "b:gcc@4.0.0", "c:gcc@5", "c:gcc@esp-1", "d:gcc@9.0.0"];
    let cases = [
        // A dependency, of whatever package and version.
        ("gcc", "b", None, &["c:gcc@esp-1"][..], "c:gcc@esp-1"),
        ("gcc", "b", None, &["b:gcc@3"], "b:gcc@3.0.0"),
        // Of two, the last by package and version.
        ("gcc", "b", None, &["b:gcc@4.0.0", "b:gcc@3.0.0"], "b:gcc@4.0.0"),
        ("gcc", "b", None, &["c:gcc@esp-1", "b:gcc@4.0.0"], "c:gcc@esp-1"),
        // A dependency that is not installed.
        ("gcc", "b", None, &["b:gcc@7"], "b:gcc@4.0.0"),
        // The platform's package, then the referenced one, then the highest version, then the alphabet.
        ("gcc", "b", Some("c"), &[], "b:gcc@4.0.0"),
        ("gcc", "x", Some("c"), &[], "c:gcc@5"),
        ("gcc", "x", Some("y"), &[], "a:gcc@9"),
        ("gcc", "x", None, &[], "a:gcc@9"),
        ("gcc-3.0.0", "x", None, &[], "b:gcc@3.0.0"),
        ("gcc-9", "d", None, &[], "a:gcc@9"),
        ("gcc-7", "b", None, &[], ""),
        ("clang", "b", None, &[], ""),
    ];
    for (key, packager, referenced, needs, expected) in cases {
        assert_eq!(
            path_of(key, &tools, packager, referenced, needs),
            expected,
            "{key} {packager} {referenced:?} {needs:?}"
        );
    }
    let same = ["c:t@1", "b:t@1", "a:t@1"];
    let cases =
        [("a", None, "a:t@1"), ("c", Some("b"), "c:t@1"), ("x", Some("b"), "b:t@1"), ("x", None, "a:t@1")];
    for (packager, referenced, expected) in cases {
        assert_eq!(path_of("t-1", &same, packager, referenced, &[]), expected);
        assert_eq!(path_of("t", &same, packager, referenced, &[]), expected);
    }
    assert_eq!(path_of("t-1", &same, "a", None, &["c:t@1"]), "c:t@1");
}

proptest! {
    #[test]
    fn the_order_of_what_is_installed_does_not_matter(
        tools in prop::collection::btree_set("[abc]:[tu]@(1|1[.]0|2|esp-1)", 0..10),
        needs in prop::collection::vec("[abc]:[tu]@[123]", 0..3),
        packager in "[abcd]",
        referenced in prop::option::of("[abcd]"),
    ) {
        let needs: Vec<RequiredTool> = needs.iter().map(|it| required(it)).collect();
        let mut tools: Vec<InstalledTool> = tools.iter().map(|it| installed(it)).collect();
        let one = tool_paths(&tools, &packager, referenced.as_deref(), &needs);
        tools.reverse();
        let other = tool_paths(&tools, &packager, referenced.as_deref(), &needs);
        prop_assert_eq!(one.iter().collect::<Vec<_>>(), other.iter().collect::<Vec<_>>());
        // Each tool and each of its versions has a directory of its own name.
        for tool in &tools {
            prop_assert!(one.contains_key(&tool.name));
            let exact = &one[&format!("{}-{}", tool.name, tool.version)];
            let end = format!(":{}@{}", tool.name, tool.version);
            prop_assert!(exact.display().to_string().ends_with(&end));
        }
    }
}
