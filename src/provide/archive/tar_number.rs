//! Numbers in the headers of a tar.

/// Reads a numeric field: octal text, or GNU's binary form with its high bit set. Blank means 0.
pub(super) fn number(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 != 0 {
        // 0xff would begin a negative number.
        let (high, low) = field.split_at(field.len() - 8);
        let [0x80, rest @ ..] = high else { return None };
        let bytes = low.try_into().ok()?;
        return rest.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(bytes));
    }
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    if text.is_empty() {
        return Some(0);
    }
    let octal = text.iter().all(|byte| (b'0'..=b'7').contains(byte));
    u64::from_str_radix(std::str::from_utf8(text).ok().filter(|_| octal)?, 8).ok()
}
