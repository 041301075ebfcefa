//! Machines that tools run on, and the host triples of an index that fit them.
//!
//! Source: arduino-cli, `internal/arduino/cores/tools.go`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::RegexSet;

use super::model::ToolSystem;
use crate::nearest::{quoted, suggestion};

/// Operating system and processor of a machine, in Go's words as arduino-cli uses them: `linux/amd64`, `darwin/arm64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host {
    os: String,
    arch: String,
}

/// Error of a text that is not a host.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a host: expected an operating system and a processor, such as `linux/amd64`{}", quoted(.text), hint(.text))]
pub struct UnknownHost {
    text: String,
}

/// A kind of host triple.
#[derive(Debug, Clone, Copy)]
enum Triple {
    LinuxArm,
    LinuxArm64,
    LinuxRiscv64,
    Linux64,
    Linux32,
    Windows32,
    Windows64,
    WindowsArm64,
    Mac64,
    Mac32,
    MacArm64,
    FreeBsdArm,
    FreeBsd32,
    FreeBsd64,
}

/// The expressions in the order of [`Triple`]. They are not anchored.
static TRIPLES: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    RegexSet::new([
        "arm.*-linux-gnueabihf",
        "(aarch64|arm64)-linux-gnu",
        "riscv64-linux-gnu",
        "x86_64-.*linux-gnu",
        "i[3456]86-.*linux-gnu",
        "i[3456]86-.*(mingw32|cygwin)",
        "(amd64|x86_64)-.*(mingw32|cygwin)",
        "(aarch64|arm64)-.*(mingw32|cygwin)",
        "x86_64-apple-darwin.*",
        "i[3456]86-apple-darwin.*",
        "arm64-apple-darwin.*",
        "arm.*-freebsd[0-9]*",
        "i?[3456]86-freebsd[0-9]*",
        "amd64-freebsd[0-9]*",
    ])
    .ok()
});

/// A system with the triples that fit it, best first: its own, then those that it can emulate.
type System = (&'static str, &'static str, &'static [Triple]);

/// The systems that arduino-cli knows. On any other one, only tools for `all` hosts can be used.
const SYSTEMS: &[System] = &[
    ("linux", "386", &[Triple::Linux32]),
    ("linux", "amd64", &[Triple::Linux64]),
    ("linux", "arm", &[Triple::LinuxArm]),
    ("linux", "armbe", &[Triple::LinuxArm]),
    ("linux", "arm64", &[Triple::LinuxArm64]),
    ("linux", "riscv64", &[Triple::LinuxRiscv64]),
    ("windows", "386", &[Triple::Windows32]),
    ("windows", "amd64", &[Triple::Windows64, Triple::Windows32]),
    ("windows", "arm64", &[Triple::WindowsArm64, Triple::Windows64, Triple::Windows32]),
    ("darwin", "386", &[Triple::Mac32]),
    ("darwin", "amd64", &[Triple::Mac64, Triple::Mac32]),
    ("darwin", "arm64", &[Triple::MacArm64, Triple::Mac64, Triple::Mac32]),
    ("freebsd", "386", &[Triple::FreeBsd32]),
    ("freebsd", "amd64", &[Triple::FreeBsd64]),
    ("freebsd", "arm", &[Triple::FreeBsdArm]),
];

impl Host {
    /// Returns the machine that this program was compiled for.
    pub fn current() -> Self {
        let os = match std::env::consts::OS {
            "macos" => "darwin",
            os => os,
        };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            arch => arch,
        };
        Self { os: os.to_owned(), arch: arch.to_owned() }
    }

    /// Returns the hosts that arduino-cli knows.
    pub fn known() -> impl Iterator<Item = Self> {
        SYSTEMS.iter().map(|(os, arch, _)| Self { os: (*os).to_owned(), arch: (*arch).to_owned() })
    }

    /// Returns the system whose archive this host uses: one made for it, else one that it emulates; of equals the first.
    pub fn choose<'s>(&self, systems: &'s [ToolSystem]) -> Option<&'s ToolSystem> {
        let ranked =
            systems.iter().enumerate().filter_map(|(at, system)| Some((self.rank(&system.host)?, at)));
        ranked.min().and_then(|(_, at)| systems.get(at))
    }

    /// Returns how well the host triple fits: 0 for a program made for this host, more for emulation.
    fn rank(&self, triple: &str) -> Option<usize> {
        if triple == "all" {
            return Some(0);
        }
        let (_, _, fitting) = SYSTEMS.iter().find(|(os, arch, _)| *os == self.os && *arch == self.arch)?;
        let matches = TRIPLES.as_ref()?.matches(triple);
        fitting.iter().position(|kind| matches.matched(*kind as usize))
    }
}

impl FromStr for Host {
    type Err = UnknownHost;

    /// Parses `OS/ARCH`. Only hosts that arduino-cli knows are accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::known()
            .find(|host| host.to_string() == text)
            .ok_or_else(|| UnknownHost { text: text.to_owned() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)
    }
}

/// Returns the nearest hosts for a message.
fn hint(text: &str) -> String {
    let known: Vec<String> = Host::known().map(|host| host.to_string()).collect();
    suggestion(text, known.iter().map(String::as_str)).map(|it| format!("; {it}")).unwrap_or_default()
}
