//! Requests for the rest of a file, and the answers' validators (RFC 9110, sections 13 and 14).

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, IF_RANGE, RANGE};

use super::address::HttpAddress;
use super::client::HttpAnswer;
use super::part::PartState;

/// Returns the headers of a request from byte `offset` on.
pub(super) fn headers(address: &HttpAddress, state: &PartState, offset: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // The checksum is that of the archive itself.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if offset > 0 {
        // Digits are a valid header.
        if let Ok(range) = HeaderValue::from_str(&format!("bytes={offset}-")) {
            headers.insert(RANGE, range);
        }
        let validator = state.validator.as_deref().filter(|_| state.url == address.shown.to_string());
        // Without a validator, or from another server, the checksum alone decides.
        if let Some(validator) = validator.and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(IF_RANGE, validator);
        }
    }
    headers
}

/// Returns the strong validator of an answer (RFC 9110, section 13.1.5).
pub(super) fn validator(answer: &HttpAnswer) -> Option<String> {
    let tag = answer.header("etag").filter(|tag| tag.starts_with('"'));
    tag.or_else(|| answer.header("last-modified")).map(str::to_owned)
}

/// Returns the first byte of a partial answer: 5 of `bytes 5-9/10`.
pub(super) fn range_start(answer: &HttpAnswer) -> Option<u64> {
    let range = answer.header("content-range")?.trim().strip_prefix("bytes")?;
    range.trim().split_once('-')?.0.trim().parse().ok()
}
