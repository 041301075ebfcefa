//! Parses apt's output: the archives that it would fetch, and its complaints. Text in, data out.

use std::fmt::Write as _;

/// A package archive, as `apt-get --print-uris` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Archive {
    pub package: String,
    /// With the epoch, if the version has one.
    pub version: String,
    /// `amd64`, `arm64`, …, `all`.
    pub architecture: String,
    /// The name under which `apt-get download` stores it.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// The strongest checksum that the package list has.
    pub checksum: Checksum,
}

/// A checksum of the package list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    /// In lower-case hexadecimal.
    Sha256(String),
    /// In lower-case hexadecimal.
    Sha512(String),
    /// Missing, or too weak to rely on: for one package `apt-get install` prints MD5 and `download` SHA-256.
    Weak,
}

/// Parses a line of `--print-uris`: `'URI' FILE SIZE ALGORITHM:SUM`. `None` for any other line.
///
/// The file's name is `NAME_VERSION_ARCH.deb`, with `%3a` for the colon of an epoch.
pub(super) fn archive(line: &str) -> Option<Archive> {
    let rest = line.strip_prefix('\'')?;
    let (_, rest) = rest.split_once("' ")?;
    let mut words = rest.split(' ');
    let file = words.next()?;
    let size = words.next()?.parse().ok()?;
    let checksum = match words.next().and_then(|word| word.split_once(':')) {
        Some(("SHA256", sum)) if is_hex(sum, 64) => Checksum::Sha256(sum.to_ascii_lowercase()),
        Some(("SHA512", sum)) if is_hex(sum, 128) => Checksum::Sha512(sum.to_ascii_lowercase()),
        _ => Checksum::Weak,
    };
    // It becomes a path below the download directory.
    if file.contains('/') {
        return None;
    }
    let mut parts = file.strip_suffix(".deb")?.splitn(3, '_');
    let (package, version, architecture) = (parts.next()?, parts.next()?, parts.next()?);
    if package.is_empty() || package.starts_with('.') {
        return None;
    }
    Some(Archive {
        package: unescape(package)?,
        version: unescape(version)?,
        architecture: unescape(architecture)?,
        file: file.to_owned(),
        size,
        checksum,
    })
}

/// Returns apt's errors on standard error, or else its warnings: each once, without the `E: `, joined by `; `, at most
/// four.
pub(super) fn complaints(stderr: &str) -> String {
    const MOST: usize = 4;
    for prefix in ["E: ", "W: "] {
        let mut lines: Vec<&str> = Vec::new();
        for line in stderr.lines() {
            if let Some(line) = line.strip_prefix(prefix).map(str::trim)
                && !line.is_empty()
                && !lines.contains(&line)
            {
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            let mut joined = lines.iter().take(MOST).copied().collect::<Vec<_>>().join("; ");
            if lines.len() > MOST {
                // Writing into a string can't fail.
                let _ = write!(joined, "; and {} more", lines.len() - MOST);
            }
            return joined;
        }
    }
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or("it said nothing").trim().to_owned()
}

/// Returns whether apt reports an unknown package, or one without an installable version.
pub(super) fn is_unknown_package(stderr: &str) -> bool {
    [
        "Unable to locate package",
        "has no installation candidate",
        "Can't select candidate version",
        "Can't find a source to download",
        "Couldn't find any package by",
    ]
    .iter()
    .any(|words| stderr.contains(words))
}

/// Returns whether a tool reports a full disk.
pub(crate) fn is_disk_full(stderr: &str) -> bool {
    ["No space left on device", "Disk quota exceeded", "don't have enough free space"]
        .iter()
        .any(|words| stderr.contains(words))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Decodes `%xx`. `None` where no byte follows a `%`, or the result is not UTF-8.
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let (code, after) = after.split_at_checked(2)?;
            let code = std::str::from_utf8(code).ok()?;
            // `from_str_radix` accepts a sign.
            if !is_hex(code, 2) {
                return None;
            }
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = after;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SUM: &str = "1d0723749c4cbd55eb2478795a581dd29783150e3340a72c4aa7606d96109fbd";

    #[test]
    fn a_line_with_an_epoch() {
        let line = format!(
            "'http://deb.debian.org/debian/pool/main/g/gcc-avr/gcc-avr_5.4.0%2bAtmel3.6.2-3_amd64.deb' \
             gcc-avr_1%3a5.4.0+Atmel3.6.2-3_amd64.deb 15399376 SHA256:{SUM}"
        );
        let archive = archive(&line).unwrap();
        assert_eq!(archive.package, "gcc-avr");
        assert_eq!(archive.version, "1:5.4.0+Atmel3.6.2-3");
        assert_eq!(archive.architecture, "amd64");
        assert_eq!(archive.file, "gcc-avr_1%3a5.4.0+Atmel3.6.2-3_amd64.deb");
        assert_eq!(archive.size, 15_399_376);
        assert_eq!(archive.checksum, Checksum::Sha256(SUM.to_owned()));
    }

    #[test]
    fn md5_is_weak_and_so_is_nothing() {
        let sum = |tail: &str| archive(&format!("'x' a_1_all.deb 5{tail}")).unwrap().checksum;
        assert_eq!(sum(" MD5Sum:8e7e741807b1e1939df8f58323affdcb"), Checksum::Weak);
        assert_eq!(sum(""), Checksum::Weak);
        assert_eq!(sum(" SHA256:12"), Checksum::Weak);
    }

    #[test]
    fn what_is_no_archive_is_none() {
        for line in [
            "",
            "Reading package lists...",
            "'u' ../../evil_1_all.deb 5 SHA256:00",
            "'u' .._1_all.deb 5 SHA256:00",
            "'u' a_1%3_all.deb 5 SHA256:00",
            "'u' a_1%+1_all.deb 5 SHA256:00",
            "'u' a_1.deb 5 SHA256:00",
            "'u' a_1_all.deb many SHA256:00",
        ] {
            assert_eq!(archive(line), None, "{line}");
        }
    }

    #[test]
    fn complaints_are_apts_errors_once_each() {
        assert_eq!(complaints("W: slow\nE: one\nE: two\nE: one\n"), "one; two");
        assert_eq!(complaints("W: slow\nnoise\n"), "slow");
        assert_eq!(complaints("E: 1\nE: 2\nE: 3\nE: 4\nE: 5\nE: 6\n"), "1; 2; 3; 4; and 2 more");
        assert_eq!(complaints("dpkg-deb: error: bad magic\n\n"), "dpkg-deb: error: bad magic");
        assert_eq!(complaints(""), "it said nothing");
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC{0,80}") {
            let _ = archive(&line);
            let _ = complaints(&line);
        }

        #[test]
        fn names_and_versions_survive(
            package in "[a-z0-9][a-z0-9+.-]{1,12}",
            epoch in proptest::option::of(0u8..9),
            version in "[0-9][A-Za-z0-9+.~-]{0,12}",
            size in any::<u64>(),
        ) {
            let version = epoch.map_or(version.clone(), |epoch| format!("{epoch}:{version}"));
            let file = format!("{package}_{}_amd64.deb", version.replace(':', "%3a").replace('~', "%7e"));
            let archive = archive(&format!("'http://h/{file}' {file} {size} SHA256:{SUM}")).unwrap();
            prop_assert_eq!(archive.package, package);
            prop_assert_eq!(archive.version, version);
            prop_assert_eq!(archive.size, size);
        }
    }
}
