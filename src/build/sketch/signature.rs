//! Turns the head of a function definition into its prototype's text. Works on tokens, because
//! macros stand in heads that no C++ grammar knows (`void IRAM_ATTR f()`). It does not know where
//! the prototype will stand.

use super::conditionals::{MacroChange, Scan};
use super::lexer::{Kind, Token, tokens};
use super::outline::Function;

/// A prototype, without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signature {
    /// `static int f(int a);`
    pub(super) text: Vec<u8>,
    /// The names by which code can refer to the function: one, or the arguments of the macro that makes it.
    pub(super) names: Vec<Vec<u8>>,
    /// Names that came in with the sketch's own macros, which were replaced.
    pub(super) replaced: Vec<Vec<u8>>,
}

/// Why a function gets no prototype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPrototype {
    /// It is a member of a class or namespace.
    Member,
    /// It has a default argument, which a prototype would have to take over from the definition. Arduino's rule: any `=`.
    DefaultArgument,
    /// A condition begins or ends within its head.
    Conditional,
    /// It has no return type, or is made by a macro that is not known: `ISR(TIMER1_COMPA_vect) {}`.
    NoType,
    /// It has more than one type, and none of them is clearly a macro.
    TwoTypes,
}

/// Makes the prototype of a function definition:
/// - `inline` and attributes are left out, as Arduino does: the definition says them. `[[noreturn]]` stays,
///   because C++ wants it in the first declaration;
/// - macros that stand for attributes are left out: `IRAM_ATTR` names another section each time it is expanded;
/// - the sketch's own object-like macros are replaced, since the prototype may come before their definition.
pub(super) fn signature(scan: &Scan, function: &Function) -> Result<Signature, NoPrototype> {
    if function.qualified {
        return Err(NoPrototype::Member);
    }
    if !scan.is_straight(function.start..function.body) {
        return Err(NoPrototype::Conditional);
    }
    let head = scan.tokens_in(function.start..function.body);
    if head.iter().any(|token| token.text(&scan.view).contains(&b'=')) {
        return Err(NoPrototype::DefaultArgument);
    }
    let name_at = head.partition_point(|token| token.start < function.name.start);
    let after_name = head.partition_point(|token| token.start < function.name.end);
    let parameters_end = after_name + group(scan, &head[after_name..], b"(", b")");
    let mut writer =
        Writer { scan, limit: function.start, text: Vec::new(), last: None, replaced: Vec::new() };

    let template = template_head(scan, head);
    let specifiers = &head[template..name_at];
    let kept = kept(scan, specifiers);
    let dropped = match types(scan, specifiers, &kept) {
        Types::One(dropped) => dropped,
        Types::None => return made_by_macro(scan, function, &head[name_at..]),
        Types::Many => return Err(NoPrototype::TwoTypes),
    };
    writer.push_all(&head[..template]);
    for (index, token) in specifiers.iter().enumerate() {
        if kept[index] && !dropped.contains(&index) {
            writer.push(*token);
        }
    }
    writer.push_all(&head[name_at..parameters_end]);
    let tail = &head[parameters_end..];
    let mut keep = self::kept(scan, tail);
    drop_trailing_macros(scan, tail, &mut keep);
    for (token, _) in tail.iter().zip(&keep).filter(|(_, keep)| **keep) {
        writer.push(*token);
    }

    let mut text = writer.text;
    text.push(b';');
    if function.c_linkage {
        let is_static = specifiers.iter().any(|token| token.text(&scan.view) == b"static");
        // Two storage classes can't stand in one declaration.
        text = if is_static {
            [b"extern \"C\" { ", &text[..], b" }"].concat()
        } else {
            [b"extern \"C\" ", &text[..]].concat()
        };
    }
    let name = scan.view.get(function.name.clone()).unwrap_or_default().to_vec();
    Ok(Signature { text, names: vec![name], replaced: writer.replaced })
}

/// `FN(setup) {}`, where the sketch has `#define FN(x) void x()`: `FN(setup);` declares it.
fn made_by_macro(scan: &Scan, function: &Function, call: &[Token]) -> Result<Signature, NoPrototype> {
    let name = scan.view.get(function.name.clone()).unwrap_or_default();
    let is_it = |change: &&MacroChange| change.end <= function.start && change.name == name;
    let change = scan.macros.iter().rfind(is_it).filter(|change| change.function_like);
    let makes_a_head = |replacement: &Vec<u8>| {
        replacement.ends_with(b")")
            && !replacement.iter().any(|byte| matches!(byte, b'{' | b'}' | b';' | b'='))
    };
    if !change.and_then(|change| change.replacement.as_ref()).is_some_and(makes_a_head) {
        return Err(NoPrototype::NoType);
    }
    let mut writer = Writer { scan, limit: 0, text: Vec::new(), last: None, replaced: Vec::new() };
    writer.push_all(call);
    writer.text.push(b';');
    let words = call.iter().skip(1).filter(|token| token.kind == Kind::Word);
    let names = words.map(|token| token.text(&scan.view).to_vec()).collect();
    Ok(Signature { text: writer.text, names, replaced: Vec::new() })
}

/// Which tokens are neither `inline` nor an attribute.
fn kept(scan: &Scan, tokens: &[Token]) -> Vec<bool> {
    let text = |index: usize| tokens.get(index).map_or(&[][..], |token: &Token| token.text(&scan.view));
    let mut keep = vec![true; tokens.len()];
    let mut index = 0;
    while index < tokens.len() {
        let length = match text(index) {
            b"inline" | b"__inline" | b"__inline__" | b"__extension__" => 1,
            b"__attribute__" | b"__attribute" | b"__declspec" => {
                1 + group(scan, &tokens[index + 1..], b"(", b")")
            }
            b"[" if text(index + 1) == b"[" => {
                let length = group(scan, &tokens[index..], b"[", b"]");
                let attributes = &tokens[index..index + length];
                if attributes.iter().any(|token| token.text(&scan.view) == b"noreturn") {
                    index += length;
                    continue;
                }
                length
            }
            _ => 0,
        };
        keep[index..(index + length).min(tokens.len())].fill(false);
        index += length.max(1);
    }
    keep
}

/// How many tokens a bracketed group takes that begins with the first token; 0 if none does, all if it does not end.
fn group(scan: &Scan, tokens: &[Token], open: &[u8], close: &[u8]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text(&scan.view);
        if text == open {
            depth += 1;
        } else if text == close {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return if index == 0 { 0 } else { index + 1 };
        }
    }
    tokens.len()
}

/// How many tokens the `template <…>` in front takes, or several of them.
fn template_head(scan: &Scan, head: &[Token]) -> usize {
    let mut end = 0;
    while head.get(end).is_some_and(|token| token.text(&scan.view) == b"template") {
        end += 1 + group(scan, &head[end + 1..], b"<", b">");
    }
    end.min(head.len())
}

enum Types {
    None,
    /// One type is left when these tokens are dropped.
    One(Vec<usize>),
    Many,
}

/// Finds the one type among the specifiers, and the macros beside it.
fn types(scan: &Scan, tokens: &[Token], keep: &[bool]) -> Types {
    let text = |index: usize| tokens.get(index).map_or(&[][..], |token: &Token| token.text(&scan.view));
    let mut has_builtin = false;
    let mut others: Vec<std::ops::Range<usize>> = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if !keep[index] || tokens[index].kind != Kind::Word && text(index) != b"::" {
            index += 1;
            continue;
        }
        let start = index;
        index += 1;
        match text(start) {
            b"static" | b"extern" | b"const" | b"volatile" | b"constexpr" | b"consteval" | b"typename"
            | b"register" | b"restrict" | b"__restrict" | b"noreturn" | b"friend" => continue,
            b"void" | b"bool" | b"char" | b"short" | b"int" | b"long" | b"signed" | b"unsigned"
            | b"float" | b"double" | b"auto" | b"wchar_t" | b"char8_t" | b"char16_t" | b"char32_t"
            | b"__int24" | b"__uint24" => {
                has_builtin = true;
                continue;
            }
            b"decltype" | b"typeof" | b"__typeof__" => index += group(scan, &tokens[index..], b"(", b")"),
            b"struct" | b"class" | b"union" | b"enum" => index += 1,
            _ => {}
        }
        // `A::B<C>::D` is one type.
        loop {
            match text(index) {
                b"<" => index += group(scan, &tokens[index..], b"<", b">").max(1),
                b"::" => index += 2,
                _ if text(index - 1) == b"::" => index += 1,
                _ => break,
            }
        }
        let mut end = index.min(tokens.len());
        // The arguments of a macro, unless the parenthesis is the declarator's: `int (*f())()`.
        if text(end) == b"(" && !matches!(text(end + 1), b"*" | b"&" | b"") {
            let length = group(scan, &tokens[end..], b"(", b")");
            if tokens.get(end + length - 1).is_some_and(|token| token.text(&scan.view) == b")") {
                end += length;
            }
        }
        index = end;
        others.push(start..end);
    }
    if has_builtin || others.len() > 1 {
        let (macros, mut left): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|range| is_attribute_macro(scan, text(range.start), tokens[range.start].start));
        let (shouted, rest): (Vec<_>, Vec<_>) =
            left.drain(..).partition(|range| is_shouted(text(range.start)));
        let dropped = |ranges: Vec<std::ops::Range<usize>>| ranges.into_iter().flatten().collect::<Vec<_>>();
        return match (has_builtin, rest.len(), shouted.len()) {
            (true, 0, _) | (false, 1, _) => Types::One(dropped([macros, shouted].concat())),
            (false, 0, 1) => Types::One(dropped(macros)),
            (false, 0, 0) => Types::None,
            _ => Types::Many,
        };
    }
    if others.is_empty() { Types::None } else { Types::One(Vec::new()) }
}

/// Whether a macro of the sketch stands for nothing or for an attribute.
fn is_attribute_macro(scan: &Scan, name: &[u8], before: usize) -> bool {
    let is_it = |change: &&MacroChange| change.end <= before && change.name == name;
    let replacement = scan.macros.iter().rfind(is_it).and_then(|change| change.replacement.as_ref());
    replacement
        .is_some_and(|text| text.is_empty() || text.starts_with(b"__attribute__") || text.starts_with(b"[["))
}

/// `IRAM_ATTR`: how macros are written.
fn is_shouted(name: &[u8]) -> bool {
    name.len() > 1 && name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase)
}

/// Leaves out the macros between the parameters and the body; what follows `->` is a type.
fn drop_trailing_macros(scan: &Scan, tail: &[Token], keep: &mut [bool]) {
    let mut index = 0;
    while let Some(token) = tail.get(index) {
        let text = token.text(&scan.view);
        if matches!(text, b"->" | b"(" | b"[" | b"requires") {
            return;
        }
        let arguments = group(scan, &tail[index + 1..], b"(", b")");
        let length = 1 + arguments;
        if token.kind == Kind::Word && (is_shouted(text) || is_attribute_macro(scan, text, token.start)) {
            keep[index..(index + length).min(tail.len())].fill(false);
        }
        index += length;
    }
}

/// Puts tokens on one line, with a space where there was any.
struct Writer<'a> {
    scan: &'a Scan,
    /// Macros are replaced that are defined before here; 0 for none.
    limit: usize,
    text: Vec<u8>,
    last: Option<Token>,
    replaced: Vec<Vec<u8>>,
}

impl Writer<'_> {
    fn push_all(&mut self, tokens: &[Token]) {
        for token in tokens {
            self.push(*token);
        }
    }

    fn push(&mut self, token: Token) {
        if self.last.is_some_and(|last| last.end != token.start) {
            self.text.push(b' ');
        }
        self.last = Some(token);
        let text = token.text(&self.scan.view).to_vec();
        if token.kind == Kind::Word {
            self.word(&text, 0);
        } else {
            self.text.extend(text.iter().filter(|&&byte| byte != b'\n'));
        }
    }

    fn word(&mut self, word: &[u8], depth: usize) {
        let Some(replacement) = self.replacement(word).filter(|_| depth < 8) else {
            self.text.extend_from_slice(word);
            return;
        };
        for (index, token) in tokens(&replacement).iter().enumerate() {
            if index > 0 {
                self.text.push(b' ');
            }
            let text = token.text(&replacement);
            if token.kind == Kind::Word {
                self.replaced.push(text.to_vec());
                self.word(text, depth + 1);
            } else {
                self.text.extend_from_slice(text);
            }
        }
    }

    /// What the sketch's own object-like macro stands for, if that is the same everywhere.
    fn replacement(&self, word: &[u8]) -> Option<Vec<u8>> {
        let mut changes = self.scan.macros.iter().filter(|change| change.name == word);
        let change = changes.next().filter(|change| !change.function_like && change.end <= self.limit)?;
        let replacement = change.replacement.as_ref()?;
        let everywhere = changes.next().is_none() && self.scan.stack(change.end - 1).is_empty();
        (everywhere && !replacement.contains(&b'#') && replacement != word).then(|| replacement.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::conditionals::scan;
    use super::super::outline::outline;
    use super::*;

    fn prototypes(source: &str) -> Vec<Result<String, NoPrototype>> {
        let scan = scan(source.as_bytes());
        let text = |found: Signature| String::from_utf8(found.text).unwrap();
        outline(&scan).functions.iter().map(|function| signature(&scan, function).map(text)).collect()
    }

    fn prototype(source: &str) -> String {
        let mut found = prototypes(source);
        assert_eq!(found.len(), 1, "{source}: {found:?}");
        found.remove(0).unwrap()
    }

    #[test]
    fn the_head_is_taken_as_it_is_written() {
        for (definition, expected) in [
            ("void f() {}", "void f();"),
            (
                "unsigned  long\n f ( int a , // first\n  int b /* second */ )\n{}",
                "unsigned long f ( int a , int b );",
            ),
            (
                "static const char *const f(const char *a[], unsigned long b) {}",
                "static const char *const f(const char *a[], unsigned long b);",
            ),
            ("int (*f(int a))(int) { return g; }", "int (*f(int a))(int);"),
            ("void f(void (*cb)(int), int n) {}", "void f(void (*cb)(int), int n);"),
            ("int &f(int (&a)[4]) {}", "int &f(int (&a)[4]);"),
            ("auto f(int a) -> decltype(a) {}", "auto f(int a) -> decltype(a);"),
            ("void f() noexcept {}", "void f() noexcept;"),
            ("void f() noexcept(true) {}", "void f() noexcept(true);"),
            ("void f(const char *s, ...) {}", "void f(const char *s, ...);"),
            ("P operator+(const P &a, const P &b) {}", "P operator+(const P &a, const P &b);"),
            ("struct P f(struct Q *q) {}", "struct P f(struct Q *q);"),
            ("std::vector<std::pair<int, A>> f() {}", "std::vector<std::pair<int, A>> f();"),
            ("constexpr int f(int a) { return a; }", "constexpr int f(int a);"),
            ("int f(int a) try {} catch (...) {}", "int f(int a);"),
            ("int main() {}", "int main();"),
            ("long long int f(unsigned char) {}", "long long int f(unsigned char);"),
        ] {
            assert_eq!(prototype(definition), expected);
        }
    }

    #[test]
    fn inline_and_attributes_are_left_to_the_definition() {
        for definition in [
            "inline int f(int a) {}",
            "__attribute__((noinline, section(\"x\"))) int f(int a) {}",
            "int __attribute__((noinline)) f(int a) {}",
            "[[gnu::noinline]] int f(int a) {}",
            "int f(int a) __attribute__((noinline)) {}",
            "IRAM_ATTR int f(int a) {}",
            "int IRAM_ATTR f(int a) {}",
            "int f(int a) HOT {}",
        ] {
            assert_eq!(prototype(definition), "int f(int a);", "{definition}");
        }
        assert_eq!(prototype("uint8_t ICACHE_RAM_ATTR f() {}"), "uint8_t f();");
        assert_eq!(prototype("API uint8_t f() {}"), "uint8_t f();");
        assert_eq!(prototype("const char * IRAM_ATTR f() {}"), "const char * f();");
        assert_eq!(prototype("#define hot __attribute__((hot))\nFoo hot f() {}"), "Foo f();");
        assert_eq!(prototype("[[noreturn]] void f() {}"), "[[noreturn]] void f();");
        assert_eq!(prototype("BOOL f() {}"), "BOOL f();");
    }

    #[test]
    fn templates_keep_their_parameters() {
        assert_eq!(
            prototype("template <class T, int N>\nT f(T (&a)[N])\n{}"),
            "template <class T, int N> T f(T (&a)[N]);"
        );
        assert_eq!(prototype("template <> int f<4>(int a) {}"), "template <> int f<4>(int a);");
        assert_eq!(
            prototype("template <template <class> class C> inline void f(C<int> c) {}"),
            "template <template <class> class C> void f(C<int> c);"
        );
        assert_eq!(prototypes("template <class T = int> T f() {}"), [Err(NoPrototype::DefaultArgument)]);
    }

    #[test]
    fn c_linkage_is_said() {
        assert_eq!(prototype("extern \"C\" void f(int a) {}"), "extern \"C\" void f(int a);");
        assert_eq!(prototype("extern \"C\" {\nvoid f(int a) {}\n}"), "extern \"C\" void f(int a);");
        assert_eq!(prototype("extern \"C\" { static void f() {} }"), "extern \"C\" { static void f(); }");
        assert_eq!(prototype("extern \"C++\" void f() {}"), "void f();");
    }

    #[test]
    fn what_gets_none_says_why() {
        use NoPrototype::{Conditional, DefaultArgument, Member, NoType, TwoTypes};
        for (definition, reason) in [
            ("void f(int a = 3) {}", DefaultArgument),
            ("bool operator==(A a, A b) {}", DefaultArgument),
            ("void A::f() {}", Member),
            ("A::A() : b(1) {}", Member),
            ("ISR(TIMER1_COMPA_vect) {}", NoType),
            ("f() {}", NoType),
            ("void f(int a\n#ifdef B\n, int b\n#endif\n) {}", Conditional),
            ("foo bar f() {}", TwoTypes),
        ] {
            assert_eq!(prototypes(definition), [Err(reason)], "{definition}");
        }
    }

    #[test]
    fn the_sketchs_own_macros_are_replaced_where_that_is_certain() {
        assert_eq!(
            prototype("#define T unsigned N\n#define N long\nT f(char a[T]) {}"),
            "unsigned long f(char a[unsigned long]);"
        );
        assert_eq!(prototype("#ifdef X\n#define T int\n#endif\nT f() {}"), "T f();");
        assert_eq!(prototype("#define T int\n#undef T\nT f() {}"), "T f();");
        assert_eq!(prototype("#define FN(x) void x()\nFN(foo) {}"), "FN(foo);");
        assert_eq!(
            prototypes("#define FN(x) struct x {}; void x##_()\nFN(foo) {}"),
            [Err(NoPrototype::NoType)]
        );
        assert_eq!(prototypes("#define A B A\n#define B A\nA f() {}").len(), 1);
    }
}
