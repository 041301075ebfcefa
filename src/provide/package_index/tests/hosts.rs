//! Which host takes which archive.

use super::fixture::{package, tool, whole};
use crate::provide::package_index::Host;

/// Returns the host triple that a host takes of these.
fn taken(host: &str, triples: &[&str]) -> Option<String> {
    let file = whole(&[package("v", &[], &[tool("t", "1", triples)])]);
    let host: Host = host.parse().unwrap();
    host.choose(&file.packages[0].tools[0].systems).map(|system| system.host.clone())
}

#[test]
fn each_host_takes_its_own_triples() {
    // The triples of published indexes.
    let own = [
        ("linux/amd64", &["x86_64-pc-linux-gnu", "x86_64-linux-gnu", "x86_64-unknown-linux-gnu"][..]),
        ("linux/386", &["i686-pc-linux-gnu", "i386-linux-gnu", "i586-linux-gnu"]),
        ("linux/arm", &["arm-linux-gnueabihf", "armv7l-linux-gnueabihf"]),
        ("linux/arm64", &["aarch64-linux-gnu", "arm64-linux-gnueabihf"]),
        ("linux/riscv64", &["riscv64-linux-gnu"]),
        ("windows/386", &["i686-mingw32", "i386-pc-cygwin"]),
        ("windows/amd64", &["x86_64-mingw32", "x86_64-pc-mingw32", "amd64-pc-cygwin"]),
        ("windows/arm64", &["arm64-mingw32", "aarch64-w64-mingw32"]),
        ("darwin/386", &["i386-apple-darwin11", "i686-apple-darwin"]),
        ("darwin/amd64", &["x86_64-apple-darwin", "x86_64-apple-darwin12"]),
        ("darwin/arm64", &["arm64-apple-darwin", "arm64-apple-darwin20"]),
        ("freebsd/386", &["i386-freebsd11", "686-freebsd"]),
        ("freebsd/amd64", &["amd64-freebsd11"]),
        ("freebsd/arm", &["arm-freebsd", "armv7-freebsd13"]),
    ];
    // By host: those that it emulates, best first.
    let emulated = [
        ("windows/amd64", &["windows/386"][..]),
        ("windows/arm64", &["windows/amd64", "windows/386"]),
        ("darwin/amd64", &["darwin/386"]),
        ("darwin/arm64", &["darwin/amd64", "darwin/386"]),
    ];
    for (host, _) in own {
        let emulated = emulated.iter().find(|(it, _)| *it == host).map_or(&[][..], |(_, others)| others);
        for (other, triples) in own {
            for triple in triples {
                let fits = other == host
                    || emulated.contains(&other)
                    // `arm.*-linux-gnueabihf` is not anchored and also fits this 64-bit spelling.
                    || (host == "linux/arm" && *triple == "arm64-linux-gnueabihf");
                assert_eq!(taken(host, &[triple]).is_some(), fits, "{host} {triple}");
            }
        }
        assert_eq!(taken(host, &["all"]).as_deref(), Some("all"), "{host}");
        assert_eq!(taken(host, &["", "noarch", "ALL", "any"]), None, "{host}");
    }
}

#[test]
fn the_best_triple_wins_and_of_equals_the_first() {
    let cases = [
        (
            "linux/amd64",
            &["i686-pc-linux-gnu", "x86_64-linux-gnu", "x86_64-pc-linux-gnu"][..],
            "x86_64-linux-gnu",
        ),
        ("linux/amd64", &["all", "x86_64-linux-gnu"], "all"),
        ("linux/amd64", &["x86_64-linux-gnu", "all"], "x86_64-linux-gnu"),
        ("windows/arm64", &["i686-mingw32", "x86_64-mingw32"], "x86_64-mingw32"),
        ("windows/arm64", &["i686-mingw32", "x86_64-mingw32", "all"], "all"),
        ("windows/arm64", &["i686-mingw32", "aarch64-mingw32", "x86_64-mingw32"], "aarch64-mingw32"),
        ("windows/amd64", &["i386-pc-cygwin", "i686-mingw32"], "i386-pc-cygwin"),
        ("darwin/arm64", &["i386-apple-darwin11", "x86_64-apple-darwin12"], "x86_64-apple-darwin12"),
    ];
    for (host, triples, expected) in cases {
        assert_eq!(taken(host, triples).as_deref(), Some(expected), "{host} {triples:?}");
    }
    assert_eq!(taken("linux/amd64", &[]), None);
}

#[test]
fn hosts_are_parsed_and_unknown_ones_refused() {
    for host in Host::known() {
        assert_eq!(host.to_string().parse::<Host>().unwrap(), host);
    }
    let message = "linux/amd46".parse::<Host>().unwrap_err().to_string();
    assert!(
        message.contains("`linux/amd46` is not a host") && message.contains("`linux/amd64`"),
        "{message}"
    );
    assert!("linux".parse::<Host>().is_err() && "".parse::<Host>().is_err());
    let here = Host::current().to_string();
    assert!(here.parse::<Host>().is_ok(), "{here}");
}
