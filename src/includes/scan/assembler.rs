//! Finds the files that the assembler reads: `.incbin` and `.include`, in assembler and in `asm("…")` strings. Ignores
//! the assembler's comments: a directive too many costs a hash, a directive too few a stale object.

use memchr::memmem::find;

use super::header_name::{LONGEST_NAME, is_plain_name};
use super::model::{Condition, Directive, Form, Include, Scan, Trait};
use super::needs::Needs;

const WORDS: [(&[u8], Directive); 2] =
    [(b"incbin", Directive::EmbedAnywhere), (b"include", Directive::IncludeAnywhere)];

/// Adds the files that the assembler reads for `text`.
pub(super) fn scan(text: &[u8], scan: &mut Scan) {
    for at in memchr::memchr_iter(b'.', text) {
        let rest = &text[at + 1..];
        // GAS folds the case of its directives.
        let found = WORDS
            .iter()
            .find(|(word, _)| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)));
        if let Some((word, directive)) = found {
            operand(&rest[word.len()..], *directive, scan);
        }
    }
}

fn operand(rest: &[u8], directive: Directive, scan: &mut Scan) {
    // `.includes`, `object.include(…)` and the like are not the directive.
    if rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'(' | b'.')) {
        return;
    }
    // Between the word and its operand: blanks. The quote is escaped inside a C string.
    let operand = rest.trim_ascii_start();
    let (quote, operand): (&[u8], _) = match operand {
        [b'\\', b'"', operand @ ..] => (b"\\\"", operand),
        [b'"', operand @ ..] => (b"\"", operand),
        _ => return scan.traits.push(Trait::OpaqueEmbed),
    };
    let name = &operand[..operand.len().min(LONGEST_NAME)];
    let name = find(name, quote).map(|end| String::from_utf8_lossy(&name[..end]));
    match name {
        // The preprocessor completes `".incbin \"" FILE "\""`, a macro of the assembler `"\file"`, the compiler `%0`.
        Some(name)
            if is_plain_name(&name) && !name.contains(['\n', '"', '\\', '%']) && !is_code(&name, quote) =>
        {
            scan.includes.push(Include {
                name: name.into_owned(),
                form: Some(Form::Quote),
                directive,
                condition: Condition::Maybe,
                needs: Needs::new(),
            });
        }
        _ => scan.traits.push(Trait::OpaqueEmbed),
    }
}

/// Returns whether a name may be C between two string literals, whose first the quote before it ended.
/// `".incbin " #file "\n"` and `".incbin "FILE"\n"` contain such names, `"a/b.bin"` does not.
fn is_code(name: &str, quote: &[u8]) -> bool {
    let is_path =
        |name: &str| name.contains(['.', '/']) && !name.contains([' ', '\t', '(', ')', '#', ',', ';']);
    quote == b"\"" && !is_path(name)
}
