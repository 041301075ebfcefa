//! What became of a case: its verdict and the firmware's bytes.

use std::fs;
use std::path::{Path, PathBuf};

use object::{Object as _, ObjectSection as _, SectionFlags};
use serde::{Deserialize, Serialize};

/// The result of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Firmware was made.
    Builds {
        /// Hash of the `.hex`.
        hex: String,
        /// Hash over the sections of the ELF that are loaded or occupy memory (`SHF_ALLOC`): name, address, size,
        /// and the bytes of those that have any. So `.bss`, `.noinit` and `.eeprom` count too.
        loaded: String,
        /// The exported files, each with a hash of its content but for the ELF. Only of cases with a platform of their
        /// own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
    },
    /// An error in the sketch or a library, or no such sketch.
    Fails {
        /// The first error, for readers; it is not compared.
        why: String,
    },
    /// Something else went wrong: a crash, a timeout, a run that ended early. Equal to nothing.
    Broken {
        /// What.
        why: String,
    },
}

impl Outcome {
    /// The firmware in a directory: its one `.hex` and `.elf`. `None` where one of them is missing.
    pub(crate) fn built(dir: &Path) -> Option<Self> {
        let files = fs::read_dir(dir).ok()?.map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        let ends = |end: &str| {
            let mut found = files.iter().filter(|path| {
                let name = path.file_name().unwrap().to_string_lossy();
                name.ends_with(end) && !name.contains("with_bootloader")
            });
            found.next()
        };
        let (hex, elf) = (fs::read(ends(".hex")?).unwrap(), fs::read(ends(".elf")?).unwrap());
        Some(Self::Builds { hex: short(blake3::hash(&hex)), loaded: loaded(&elf), files: Vec::new() })
    }

    /// The same with the files that were exported.
    pub(crate) fn with_files(self, exported: &[PathBuf]) -> Self {
        let Self::Builds { hex, loaded, .. } = self else { return self };
        let describe = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy();
            if name.ends_with(".elf") {
                return name.into_owned();
            }
            format!("{name} {}", short(blake3::hash(&fs::read(path).unwrap())))
        };
        let mut files: Vec<String> = exported.iter().map(describe).collect();
        files.sort();
        Self::Builds { hex, loaded, files }
    }

    /// A build that ends well without making firmware.
    pub(super) fn without_firmware() -> Self {
        Self::Builds { hex: "none".to_owned(), loaded: "none".to_owned(), files: Vec::new() }
    }

    /// A failure, by what was printed.
    pub(super) fn failed(printed: &str) -> Self {
        Self::Fails { why: first_error(printed) }
    }

    /// Whether the verdict and, where there is firmware, its bytes are the same.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fails { .. }, Self::Fails { .. }) => true,
            (Self::Builds { .. }, Self::Builds { .. }) => self == other,
            _ => false,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Builds { hex, loaded, files } => {
                write!(f, "builds (hex {hex}, loaded {loaded}) {}", files.join(", "))
            }
            Self::Fails { why } => write!(f, "fails ({why})"),
            Self::Broken { why } => write!(f, "broken ({why})"),
        }
    }
}

/// The message of the first error that a compiler, a linker or arduino-cli printed; without paths, which differ
/// from machine to machine.
fn first_error(printed: &str) -> String {
    let printed: Vec<&str> = printed.lines().filter(|line| !line.contains("-discovery not found")).collect();
    let error = printed.iter().find_map(|line| {
        let at = ["error: ", "Error: ", "undefined reference", "multiple definition"];
        at.iter().find_map(|it| line.find(it).map(|start| &line[start..]))
    });
    let line = error.or(printed.first().copied()).unwrap_or_default();
    let line = line.trim_start_matches("error: ");
    let line = if line.starts_with('/') { line.rsplit('/').next().unwrap_or_default() } else { line };
    // What is left of arduino-cli's own messages may end with a path.
    let end = [" /", "(/"].iter().filter_map(|path| line.find(path)).min().unwrap_or(line.len());
    line[..end].chars().take(120).collect()
}

pub(super) fn loaded(elf: &[u8]) -> String {
    let file = object::File::parse(elf).unwrap();
    let mut hasher = blake3::Hasher::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else { continue };
        if sh_flags.0 & object::elf::SHF_ALLOC.0 == 0 {
            continue;
        }
        hasher.update(section.name_bytes().unwrap()).update(b"\0");
        hasher.update(&section.address().to_le_bytes()).update(&section.size().to_le_bytes());
        hasher.update(section.data().unwrap());
    }
    short(hasher.finalize())
}

fn short(hash: blake3::Hash) -> String {
    hash.to_hex()[..16].to_owned()
}
