//! Heads of functions, each with a statement that calls it.

use crate::differential::Dice;

/// A head of any form, a call, and whether arduino-cli may make no prototype for it. Behind the head comes a body that
/// has `int a` as its own variable.
pub(super) fn any(dice: &mut Dice, n: usize) -> (String, String, bool) {
    /// Default arguments, comments, attributes in the middle, `noexcept`, `->`, what declares more than the function.
    const RISKS: [usize; 8] = [2, 8, 10, 11, 13, 23, 24, 25];
    let plain = format!("PORTB = (int)f_{n}(1);");
    let bare = format!("f_{n}(1);");
    let result = [
        "int",
        "long",
        "unsigned long",
        "uint8_t",
        "byte",
        "boolean",
        "static int",
        "inline int",
        "static inline int",
        "unsigned",
        "const int",
        "signed char",
        "static unsigned long int",
        "size_t",
        "word",
        "extern int",
    ][dice.below(16)];
    let forms: [(String, String); 26] = [
        (format!("{result} f_{n}(int q)"), plain.clone()),
        (format!("void f_{n}(int q)"), bare.clone()),
        (format!("{result} f_{n}(int q, long r = 3)"), plain.clone()),
        (format!("{result}\nf_{n} (int q)"), plain.clone()),
        (
            format!("{result} f_{n}(int q,\n    char r,\n    const char *s)"),
            format!("PORTB = (int)f_{n}(1, 'c', \"s\");"),
        ),
        (format!("{result} f_{n}()"), format!("PORTB = (int)f_{n}();")),
        (format!("{result} f_{n}(void)"), format!("PORTB = (int)f_{n}();")),
        (format!("{result} f_{n}(int)"), plain.clone()),
        (format!("{result} f_{n}(int /* pin */)"), plain.clone()),
        (format!("{result} f_{n}(int q // how many\n )"), plain.clone()),
        (format!("int f_{n}(int q) noexcept"), plain.clone()),
        (format!("auto f_{n}(int q) -> int"), plain.clone()),
        (format!("__attribute__((noinline)) int f_{n}(int q)"), plain.clone()),
        (format!("int __attribute__((noinline)) f_{n}(int q)"), plain.clone()),
        (format!("[[gnu::noinline]] int f_{n}(int q)"), plain.clone()),
        (format!("volatile int f_{n}(int q)"), plain.clone()),
        (format!("void *f_{n}(int q)"), format!("PORTB = (int)f_{n}(1);")),
        (
            format!("const char *f_{n}(const __FlashStringHelper *q)"),
            format!("PORTB = (int)f_{n}(F(\"it's \\\" {{\"));"),
        ),
        (format!("int f_{n}(int q[])"), format!("{{ int t[] = {{1, 2}}; PORTB = f_{n}(t); }}")),
        (format!("int f_{n}(int (&q)[2])"), format!("{{ int t[] = {{1, 2}}; PORTB = f_{n}(t); }}")),
        (format!("int f_{n}(int (*q)(int, char), int r)"), format!("PORTB = f_{n}(0, 1);")),
        (format!("int f_{n}(String q)"), format!("PORTB = f_{n}(String(PINB));")),
        (format!("int f_{n}(const String &q, ...)"), format!("PORTB = f_{n}(\"x\", 1, 2);")),
        (format!("int f_{n}(char q = '\"', const char *r = \")\")"), format!("PORTB = f_{n}();")),
        (
            format!("struct S{n} {{ int v; }} x_{n}; int f_{n}(struct S{n} q)"),
            format!("PORTB = f_{n}(x_{n});"),
        ),
        (format!("int (*f_{n}(int q))(int)"), format!("PORTB = (int)f_{n}(1);")),
    ];
    // The common forms come more often.
    let at = if dice.one_in(2) { dice.below(8) } else { dice.below(forms.len()) };
    let (head, call) = forms[at].clone();
    (head, call, RISKS.contains(&at))
}

/// A prototype of the sketch's own for a head.
pub(super) fn prototype(head: &str) -> String {
    if head.contains('=') || head.contains("struct") || head.contains("//") {
        return String::new();
    }
    format!("{head};\n")
}
