//! A file format with a checksum: `version · checksum · postcard`. Truncated or altered bytes, or those of another
//! version, are rejected.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Returns `value` in this format. `version` changes with the meaning of the value.
pub fn seal<T: Serialize>(version: u32, value: &T) -> Vec<u8> {
    let body = postcard::to_stdvec(value).unwrap_or_default();
    [&version.to_le_bytes(), blake3::hash(&body).as_bytes().as_slice(), &body].concat()
}

/// Returns the value in `bytes`; `None` where they are damaged or of another version.
pub fn unseal<T: DeserializeOwned>(version: u32, bytes: &[u8]) -> Option<T> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    let (checksum, body) = rest.split_first_chunk::<32>()?;
    if u32::from_le_bytes(*number) != version || blake3::hash(body).as_bytes() != checksum {
        return None;
    }
    postcard::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_whole_and_of_this_version_is_believed() {
        let bytes = seal(7, &vec!["a", "b"]);
        assert_eq!(unseal(7, &bytes), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(unseal::<Vec<String>>(8, &bytes), None);
        for at in 0..bytes.len() {
            assert_eq!(unseal::<Vec<String>>(7, &bytes[..at]), None, "cut off at {at}");
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert_eq!(unseal::<Vec<String>>(7, &altered), None, "altered at {at}");
        }
    }
}
