//! Line splices, line endings and trigraphs: translation phases 1 and 2 (C11 5.1.1.2).

use memchr::memchr;
use memchr::memmem::find;

/// Returns the text without its line splices, `None` where it has none.
pub(super) fn without_splices(text: &[u8]) -> Option<Vec<u8>> {
    let mut whole: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = memchr(b'\\', &text[from..]).map(|at| from + at) {
        if let Some(length) = splice(&text[at..]) {
            whole.get_or_insert_default().extend_from_slice(&text[copied..at]);
            copied = at + length;
            from = copied;
        } else {
            from = at + 1;
        }
    }
    if let Some(whole) = &mut whole {
        whole.extend_from_slice(&text[copied..]);
    }
    whole
}

/// Returns the text with its trigraphs replaced, `None` where it has none. Compilers replace them only in strict modes.
pub(super) fn without_trigraphs(text: &[u8]) -> Option<Vec<u8>> {
    find(text, b"??")?;
    let mut whole = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        let replaced = match rest {
            [b'?', b'?', third, ..] => match third {
                b'=' => Some(b'#'),
                b'/' => Some(b'\\'),
                b'\'' => Some(b'^'),
                b'(' => Some(b'['),
                b')' => Some(b']'),
                b'!' => Some(b'|'),
                b'<' => Some(b'{'),
                b'>' => Some(b'}'),
                b'-' => Some(b'~'),
                _ => None,
            },
            _ => None,
        };
        whole.push(replaced.unwrap_or(*byte));
        rest = if replaced.is_some() { &rest[3..] } else { tail };
    }
    (whole.len() < text.len()).then_some(whole)
}

/// Returns the length of the line splice at the start of `text`, if any.
pub(super) fn splice(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let blanks = text[1..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | 0)).count();
    Some(1 + blanks + newline(&text[1 + blanks..])?)
}

/// Returns the length of the line ending at the start of `text`, if any.
pub(super) fn newline(text: &[u8]) -> Option<usize> {
    match text {
        [b'\r', b'\n', ..] => Some(2),
        [b'\r' | b'\n', ..] => Some(1),
        _ => None,
    }
}
