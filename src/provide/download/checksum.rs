//! Checksums as indexes write them: `SHA-256:hex`, `SHA-1:hex`, `MD5:hex`. Knows no files.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The expected checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Checksum {
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-1.
    Sha1([u8; 20]),
    /// MD5.
    Md5([u8; 16]),
}

/// Error of a checksum in an index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChecksumError {
    /// There is none.
    #[error("the checksum is missing")]
    Missing,
    /// There is no colon.
    #[error("the checksum `{0}` has not the form ALGORITHM:HEX")]
    Form(String),
    /// The algorithm is unknown.
    #[error("the checksum has the unknown algorithm `{0}` (known: SHA-256, SHA-1, MD5)")]
    Algorithm(String),
    /// The digits are not hexadecimal, or their number is wrong.
    #[error("the {algorithm} checksum `{digits}` is not {length} hexadecimal digits")]
    Digits {
        /// The algorithm.
        algorithm: &'static str,
        /// The text after the colon.
        digits: String,
        /// The expected number of digits.
        length: usize,
    },
}

impl Checksum {
    /// Returns the algorithm's name in indexes: `SHA-256`.
    pub(crate) const fn algorithm(&self) -> &'static str {
        match self {
            Self::Sha256(_) => "SHA-256",
            Self::Sha1(_) => "SHA-1",
            Self::Md5(_) => "MD5",
        }
    }

    /// Returns the digits in lower case.
    pub(crate) fn hex(&self) -> String {
        let bytes: &[u8] = match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha1(bytes) => bytes,
            Self::Md5(bytes) => bytes,
        };
        let mut digits = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing to a String can't fail.
            let _ = write!(digits, "{byte:02x}");
        }
        digits
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm(), self.hex())
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;

    fn from_str(text: &str) -> Result<Self, ChecksumError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ChecksumError::Missing);
        }
        let (algorithm, digits) = text.split_once(':').ok_or_else(|| ChecksumError::Form(short(text)))?;
        match algorithm.to_ascii_uppercase().as_str() {
            "SHA-256" => bytes("SHA-256", digits).map(Self::Sha256),
            "SHA-1" => bytes("SHA-1", digits).map(Self::Sha1),
            "MD5" => bytes("MD5", digits).map(Self::Md5),
            _ => Err(ChecksumError::Algorithm(short(algorithm))),
        }
    }
}

/// Returns the bytes of exactly `2 * N` hexadecimal digits.
fn bytes<const N: usize>(algorithm: &'static str, digits: &str) -> Result<[u8; N], ChecksumError> {
    let error = || ChecksumError::Digits { algorithm, digits: short(digits), length: 2 * N };
    // `from_str_radix` would accept a sign.
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(error());
    }
    let mut bytes = [0; N];
    for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[place..place + 2], 16).map_err(|_| error())?;
    }
    Ok(bytes)
}

/// Returns the beginning of a text for a message.
fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Calculates the checksum of a file while it is written, and always its SHA-256 as well.
#[derive(Debug, Clone)]
pub(super) struct ChecksumHasher {
    sha256: Sha256,
    other: Option<OtherHasher>,
}

#[derive(Debug, Clone)]
enum OtherHasher {
    Sha1(Sha1),
    Md5(Md5),
}

impl ChecksumHasher {
    /// Creates a hasher for the algorithm of `expected`.
    pub(super) fn new(expected: &Checksum) -> Self {
        let other = match expected {
            Checksum::Sha256(_) => None,
            Checksum::Sha1(_) => Some(OtherHasher::Sha1(Sha1::new())),
            Checksum::Md5(_) => Some(OtherHasher::Md5(Md5::new())),
        };
        Self { sha256: Sha256::new(), other }
    }

    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        match &mut self.other {
            None => {}
            Some(OtherHasher::Sha1(hasher)) => hasher.update(bytes),
            Some(OtherHasher::Md5(hasher)) => hasher.update(bytes),
        }
    }

    /// Returns the checksum of the bytes so far.
    pub(super) fn checksum(&self) -> Checksum {
        match &self.other {
            None => self.sha256(),
            Some(OtherHasher::Sha1(hasher)) => Checksum::Sha1(hasher.clone().finalize().into()),
            Some(OtherHasher::Md5(hasher)) => Checksum::Md5(hasher.clone().finalize().into()),
        }
    }

    /// Returns the SHA-256 of the bytes so far.
    pub(super) fn sha256(&self) -> Checksum {
        Checksum::Sha256(self.sha256.clone().finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        for (text, bytes) in [
            ("SHA-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "abc"),
            ("SHA-1:a9993e364706816aba3e25717850c26c9cd0d89d", "abc"),
            ("MD5:900150983cd24fb0d6963f7d28e17f72", "abc"),
            ("MD5:d41d8cd98f00b204e9800998ecf8427e", ""),
        ] {
            let expected: Checksum = text.parse().unwrap();
            let mut hasher = ChecksumHasher::new(&expected);
            hasher.update(bytes.as_bytes());
            assert_eq!(hasher.checksum(), expected);
            assert_eq!(hasher.checksum().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_checksum() {
        let error = |text: &str| text.parse::<Checksum>().unwrap_err();
        assert_eq!(error("  "), ChecksumError::Missing);
        assert_eq!(error("abc"), ChecksumError::Form("abc".to_owned()));
        assert_eq!(error("CRC32:00"), ChecksumError::Algorithm("CRC32".to_owned()));
        for digits in [
            "",
            "0",
            "00",
            &"0".repeat(42),
            &"g".repeat(40),
            &"é".repeat(20),
            &format!("+{}", "0".repeat(39)),
        ] {
            assert!(matches!(error(&format!("SHA-1:{digits}")), ChecksumError::Digits { length: 40, .. }));
        }
    }

    proptest! {
        #[test]
        fn display_and_parse_are_inverse(bytes: [u8; 32]) {
            for checksum in [
                Checksum::Sha256(bytes),
                Checksum::Sha1(bytes[..20].try_into().unwrap()),
                Checksum::Md5(bytes[..16].try_into().unwrap()),
            ] {
                prop_assert_eq!(checksum.to_string().parse(), Ok(checksum.clone()));
                prop_assert_eq!(checksum.to_string().to_uppercase().parse(), Ok(checksum));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = text.parse::<Checksum>();
        }
    }
}
