//! Finds the dependencies of a compile on more than the files that it reads: the clock, the file's own name, the times
//! of files, and the files that the assembler reads.
//!
//! Comments do not count. Macros count where the preprocessor can see them: not in literals, and not in groups that
//! `#if 0` or its like switches off. The assembler's directives and pragmas count in literals as well (`asm("…")`,
//! `_Pragma("…")`), and in any group: what the assembler includes is not preprocessed.
//!
//! Most files have none of these words, so the text is first searched unchanged, and read by lines only after a match.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memmem::find;

use super::assembler;
use super::header_name::split_word;
use super::lines::{LineKind, Lines};
use super::model::{Scan, Trait};
use super::readings::each_reading;
use super::splices::without_splices;
use super::words::{BASE_NAME, OWN_NAMES, TIMES};

/// Text of the pragma that compares the times of files.
const FILE_TIMES: &str = "GCC dependency";

/// All words, for one search.
static ANY: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let words = TIMES.iter().chain(&OWN_NAMES).chain(&[FILE_TIMES]);
    #[allow(clippy::expect_used)] // it fails on more than i32::MAX states, and these words have a hundred
    AhoCorasick::new(words).expect("a few short words")
});

fn trait_of(word: &str) -> Trait {
    match word {
        "__DATE__" => Trait::Date,
        "__TIME__" => Trait::Time,
        "__TIMESTAMP__" => Trait::Timestamp,
        BASE_NAME => Trait::BaseName,
        _ => Trait::OwnName,
    }
}

/// Adds the traits of a file, and the files that the assembler reads, to its scan.
pub(super) fn scan(text: &[u8], scan: &mut Scan) {
    // The trigraph of a backslash may join two lines.
    let has_any = has_any(text)
        || find(text, b"??/").is_some()
        || without_splices(text).is_some_and(|text| has_any(&text));
    if !has_any {
        return;
    }
    for (uncommented, traits) in each_reading(text, read) {
        scan.traits.extend(traits);
        scan.traits.extend(find(&uncommented, FILE_TIMES.as_bytes()).map(|_| Trait::FileTimes));
        assembler::scan(&uncommented, scan);
    }
}

fn has_any(text: &[u8]) -> bool {
    let reads = || {
        let mut found = Scan::default();
        assembler::scan(text, &mut found);
        !found.includes.is_empty() || !found.traits.is_empty()
    };
    ANY.is_match(text) || reads()
}

/// Returns the lines without comments and splices, and the traits of the identifiers that the preprocessor can see.
fn read(lines: &mut Lines<'_>) -> (Vec<u8>, Vec<Trait>) {
    lines.watch();
    let (mut text, mut traits) = (Vec::new(), Vec::new());
    let mut groups = Groups::default();
    let mut line = Vec::new();
    while let Some(kind) = lines.next_into(&mut line) {
        let words = lines.watched();
        let is_directive = kind == LineKind::Directive;
        let counts = if is_directive { groups.directive(&line) } else { !groups.are_off() };
        if counts && !words.is_empty() {
            let parameters = if is_directive { parameters(&line) } else { Vec::new() };
            let words = words.into_iter().filter(|word| !parameters.iter().any(|name| name == word));
            traits.extend(words.map(trait_of));
        }
        text.extend_from_slice(&line);
        text.push(b'\n');
    }
    (text, traits)
}

/// Returns the parameters of the macro that a directive defines: ST's headers call one `__TIME__`.
fn parameters(directive: &[u8]) -> Vec<String> {
    let line = String::from_utf8_lossy(directive);
    let (word, rest) = split_word(line.trim_start());
    let (_, rest) = split_word(rest.trim_start());
    let list = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let list = list.filter(|_| word == "define").map(|(list, _)| list);
    list.map(|list| list.split(',').map(|name| name.trim().to_owned()).collect()).unwrap_or_default()
}

/// The conditionals around a line, as far as a literal number decides them.
#[derive(Default)]
struct Groups(Vec<Group>);

struct Group {
    /// Whether the current branch is off.
    is_off: bool,
    /// Whether a branch before the next one is certainly on.
    is_done: bool,
}

impl Groups {
    fn are_off(&self) -> bool {
        self.0.iter().any(|group| group.is_off)
    }

    /// Follows a directive. Returns whether the preprocessor reads its operand.
    fn directive(&mut self, line: &[u8]) -> bool {
        let line = String::from_utf8_lossy(line);
        let (word, rest) = split_word(line.trim());
        match word {
            "if" | "ifdef" | "ifndef" => {
                let counts = !self.are_off();
                let value = if word == "if" { literal(rest) } else { None };
                self.0.push(Group { is_off: value == Some(false), is_done: value == Some(true) });
                counts
            }
            "elif" | "elifdef" | "elifndef" | "else" => {
                let Some(mut group) = self.0.pop() else { return true };
                let counts = !group.is_done && !self.are_off();
                let value = if word == "elif" { literal(rest) } else { None };
                group.is_off = group.is_done || value == Some(false);
                group.is_done |= value == Some(true);
                self.0.push(group);
                counts
            }
            "endif" => {
                self.0.pop();
                true
            }
            _ => !self.are_off(),
        }
    }
}

/// Returns the truth of an expression that is a decimal number.
fn literal(expression: &str) -> Option<bool> {
    let digits = expression.trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.bytes().any(|byte| byte != b'0'))
}

#[cfg(test)]
mod tests {
    use super::super::{Directive, Trait, scan};

    fn traits(text: &str) -> Vec<Trait> {
        scan(text.as_bytes()).traits
    }

    #[test]
    fn comments_and_literals_hide_macros() {
        for text in [
            "// built on __DATE__",
            "/* __DATE__ */ int x; /* \n__TIME__ */",
            "// __DATE__ \\\n __TIME__\nint x;",
            "#define X 1 // __DATE__",
            "#define X 1 /* __DATE__\n __TIME__ */ + 2",
            "#error says __DATE__, don't: __TIME__ \"",
            "const char *s = \"__DATE__ \\\" __TIME__\";",
            "const char *s = u8\"__FILE__\"; char c = '__DATE__';",
            "#include \"__DATE__.h\"\n#include <__TIME__>",
            "x = MY__DATE__ + __DATE__S + 1__DATE__;",
            "#if 0\n__DATE__ 'x\n#if Y\n__TIME__\n#endif\n__FILE__\n#endif",
            "#if 00 // off\n__DATE__\n#elif 0\n__DATE__\n#endif",
            "#if 1\n#else\n__DATE__\n#endif",
            "#if 1\n#elif __TIME__\n__DATE__\n#else\n__DATE__\n#endif",
        ] {
            // `#error` is a line like others: words outside of its quotes count.
            let expected: &[Trait] = if text.starts_with("#error") { &[Trait::Date] } else { &[] };
            assert_eq!(traits(text), expected, "{text}");
        }
    }

    #[test]
    fn what_the_preprocessor_sees_counts() {
        for text in [
            "/* */ __DATE__",
            "/* /* */ __DATE__ // */",
            "/\\\n/ x\n__DATE__",
            "// x \\y\n__DATE__",
            "x = \"/*\" __DATE__ \"*/\";",
            "x = '\"', y = __DATE__; // \"",
            "x = \"//\" + __DATE__;",
            "don't\n__DATE__",
            "#if X\n__DATE__\n#endif",
            "#if 0\n#else\n__DATE__\n#endif",
            "#if 0\n#elif X\n__DATE__\n#endif",
            "#if 0\n#elif __TIME__\n#endif",
            "#if 0\n#if 1\n#endif\n#endif\n__DATE__",
            "#if 0 + X\n__DATE__\n#endif",
            "#endif\n#else\n__DATE__",
            "// #if 0\n__DATE__",
            "x = R\"(\n#if 0\n)\" __DATE__;",
            "x = R\"(\")\" __DATE__ R\"(\")\";",
            "%:define X __DATE__",
            "ldi r16, $__DATE__",
            "// x ??/\n y\n__DA\\\nTE__",
        ] {
            assert!(!traits(text).is_empty(), "{text}");
        }
        assert_eq!(traits("x = __FILE__; // __DATE__"), [Trait::OwnName]);
        assert_eq!(traits("x = __BASE_FILE__; // __FILE__"), [Trait::BaseName]);
        assert_eq!(traits("_Pragma(\"GCC dependency \\\"x\\\"\")"), [Trait::FileTimes]);
        assert_eq!(traits("// #pragma GCC dependency \"x\""), []);
    }

    /// Whether a raw string is one depends on the language: words found by either reading count.
    #[test]
    fn each_reading_counts() {
        assert_eq!(traits("R\"(\n__DATE__ // )\"\n"), [Trait::Date]);
        assert_eq!(traits("a 1'0 __DATE__ '"), [Trait::Date]);
        assert_eq!(traits("// ??/\n__DATE__"), [Trait::Date]);
    }

    #[test]
    fn the_assembler_reads_literals_but_no_comments() {
        let read = |text: &str| -> Vec<String> {
            let is_read =
                |directive| matches!(directive, Directive::EmbedAnywhere | Directive::IncludeAnywhere);
            let found = scan(text.as_bytes()).includes.into_iter().filter(|it| is_read(it.directive));
            found.map(|it| it.name).collect()
        };
        assert_eq!(read("asm(\".incbin \\\"a.bin\\\"\"); // .incbin \"b.bin\""), ["a.bin"]);
        assert_eq!(read("  .incbin \"a.bin\" /* .include \"b.s\" */"), ["a.bin"]);
        assert_eq!(read(" .inc\\\nbin \"a.bin\""), ["a.bin"]);
        assert_eq!(read("#if 0\n.incbin \"a.bin\"\n#endif"), ["a.bin"]);
        assert_eq!(traits("// .incbin FILE"), []);
        assert_eq!(traits("#define BYTES(f) asm(\".incbin \" #f) // .incbin \"x\""), [Trait::OpaqueEmbed]);
    }
}
