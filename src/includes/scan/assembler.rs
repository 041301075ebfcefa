//! What the assembler reads: `.incbin` and `.include`, in assembler and in `asm("…")` strings. Knows no comments of
//! the assembler's: a directive too many costs a hash, one too few a stale object.

use super::{Condition, Directive, Form, Include, Scan, Trait, is_plain_name};

const WORDS: [(&[u8], Directive); 2] =
    [(b"incbin", Directive::EmbedAnywhere), (b"include", Directive::IncludeAnywhere)];

/// Adds what `text` makes the assembler read.
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
    let name = &operand[..operand.len().min(super::LONGEST_NAME)];
    let name = super::find(name, quote).map(|end| String::from_utf8_lossy(&name[..end]));
    match name {
        // `".incbin \"" FILE "\""` is put together by the preprocessor, `"\file"` by a macro of the
        // assembler, `%0` by the compiler.
        Some(name)
            if is_plain_name(&name) && !name.contains(['\n', '"', '\\', '%']) && !is_code(&name, quote) =>
        {
            scan.includes.push(Include {
                name: name.into_owned(),
                form: Some(Form::Quote),
                directive,
                condition: Condition::Maybe,
                needs: super::Needs::new(),
            });
        }
        _ => scan.traits.push(Trait::OpaqueEmbed),
    }
}

/// Whether what seems to be a name may be C between two string literals: the quote before it ended one.
/// `".incbin " #file "\n"` and `".incbin "FILE"\n"` are, `"a/b.bin"` is not.
fn is_code(name: &str, quote: &[u8]) -> bool {
    let is_path =
        |name: &str| name.contains(['.', '/']) && !name.contains([' ', '\t', '(', ')', '#', ',', ';']);
    quote == b"\"" && !is_path(name)
}
