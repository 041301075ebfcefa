//! Parts of a sketch: declarations of every form that C++11 has, each with statements that use it.

use super::heads;
use crate::differential::Dice;

/// Numbers for names: no two parts have the same.
#[derive(Debug)]
pub(super) struct Names(usize);

impl Names {
    pub(super) fn new() -> Self {
        Self(0)
    }

    pub(super) fn next(&mut self) -> usize {
        self.0 += 1;
        self.0
    }
}

/// A piece of source.
#[derive(Debug)]
pub(super) struct Part {
    /// Types and macros, which have to stand before every function of the sketch.
    pub(super) early: String,
    pub(super) text: String,
    /// A statement that uses it.
    pub(super) call: String,
    /// It declares what is no function, so that it stands before `setup`.
    pub(super) ahead: bool,
    /// arduino-cli may make no prototype for it, so that the sketch fails.
    pub(super) risk: bool,
}

impl Part {
    fn new(text: String, call: String, risk: bool) -> Self {
        Self { early: String::new(), text, call, ahead: false, risk }
    }

    /// The same with its types and macros apart.
    fn split(self) -> Self {
        let mut part = Self { text: String::new(), ..self };
        let mut goes_on = false;
        for line in self.text.split_inclusive('\n') {
            let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
            let is_type = begins(&["struct ", "class ", "enum ", "typedef ", "using ", "union ", "#define "])
                || (begins(&["namespace ", "template "]) && line.contains("struct "));
            if goes_on || is_type {
                part.early.push_str(line);
                goes_on = line.trim_end().ends_with('\\');
            } else {
                part.text.push_str(line);
            }
        }
        part
    }
}

/// A part of any form.
pub(super) fn part(dice: &mut Dice, names: &mut Names) -> Part {
    let n = names.next();
    let part = match dice.below(20) {
        0..=7 => function(dice, n),
        8..=9 => types(dice, n).split(),
        10..=11 => members(dice, n).split(),
        12..=13 => macros(dice, n).split(),
        14..=15 => return conditionals(dice, n),
        16 => templates(dice, n),
        17..=18 => early_uses(dice, n),
        _ => scopes(dice, n).split(),
    };
    // Sometimes all of it stands in one place.
    if dice.one_in(60) {
        return Part { text: part.early + &part.text, early: String::new(), risk: true, ..part };
    }
    part
}

/// Statements of a function that has an `int a` in scope; with literals and conditionals that confuse scanners.
pub(super) fn body(dice: &mut Dice, n: usize) -> String {
    let odd = [
        "if (a == '{') a++;",
        "if (a == '\"') a++; // it's",
        "a += '\\'';",
        "a += sizeof(\"} // \\\" {\");",
        "a += /* } */ 1;",
        "#ifdef NEVER\n  if (a) {\n#else\n  if (a > 1) {\n#endif\n    a++;\n  }",
        "#if 0\n  don't {\n#endif",
        "auto l = [](int b) { return b + 1; }; a = l(a);",
        "switch (a) { case 1: a = 2; break; default: a--; }",
        "for (int i = 0; i < 2; i++) { a ^= i; }",
        "a = a ? a : -a;",
        "static const char t[] = \"x}\"; a += t[0];",
        "while (a > 100) a -= 7;",
        "{ int b = a; { a = b + 1; } }",
        "if (a) goto out; a++; out:;",
        "struct In { int v; } in = {1}; a += in.v;",
        "a += R\"(x)\"[0];",
    ];
    let mut text = format!("a += {n};");
    for at in 0..dice.below(3) {
        let odd = odd[dice.below(odd.len())].replace("out", &format!("out{at}"));
        // A directive stands on a line of its own.
        text = format!("{text} {{\n{odd}\n}}");
    }
    format!("{text}\n PORTB = a;")
}

fn function(dice: &mut Dice, n: usize) -> Part {
    let (head, call, risk) = heads::any(dice, n);
    let body = body(dice, n);
    let open = [" {", "\n{", "{", " // said\n{", " /* { */ {"][dice.below(5)];
    let close = ["}\n", "};\n", "} // end\n", "}\n\n", "} ;\n"][[0, 0, 0, 1, 2, 3, 4][dice.below(7)]];
    let result = if head.starts_with("void f_") { "" } else { " return 0;" };
    let mut text = format!("{head}{open} int a = PINB; {body}{result} {close}");
    if dice.one_in(12) {
        let prototype = heads::prototype(&head);
        text = format!("{prototype}{text}");
    }
    Part::new(text, call, risk)
}

fn types(dice: &mut Dice, n: usize) -> Part {
    let value = n % 7;
    let forms = [
        (
            format!("struct T{n} {{ int v; long w; }};\n"),
            format!("T{n} x{n} = {{{value}, 2}}; by_type_{n}(x{n});"),
            format!("T{n} x"),
        ),
        (
            format!("enum T{n} {{ ON_{n} = 1, OFF_{n} }};\n"),
            format!("by_type_{n}(OFF_{n});"),
            format!("T{n} x"),
        ),
        (
            format!("enum class T{n} : uint8_t {{ A, B }};\n"),
            format!("by_type_{n}(T{n}::B);"),
            format!("T{n} x"),
        ),
        (format!("typedef unsigned long T{n};\n"), format!("by_type_{n}({value});"), format!("T{n} x")),
        (
            format!("using T{n} = int (*)(int);\n"),
            format!("by_type_{n}([](int q) {{ return q; }});"),
            format!("T{n} x"),
        ),
        (
            format!("union T{n} {{ int i; char c[2]; }};\n"),
            format!("T{n} x{n} = {{{value}}}; by_type_{n}(x{n});"),
            format!("const T{n} &x"),
        ),
        (
            format!("class T{n} {{ public: T{n}(int v) : v(v) {{}} int v; }};\n"),
            format!("by_type_{n}(T{n}({value}));"),
            format!("T{n} x"),
        ),
        (
            format!("struct T{n} {{ uint8_t a : 3, b : 5; }} __attribute__((packed));\n"),
            format!("T{n} x{n}; x{n}.a = 1; by_type_{n}(x{n});"),
            format!("T{n} &x"),
        ),
        (
            format!("namespace ns{n} {{ struct T{n} {{ int v; }}; }}\nusing namespace ns{n};\n"),
            format!("T{n} x{n} = {{1}}; by_type_{n}(x{n});"),
            format!("T{n} x"),
        ),
        (
            format!("typedef struct {{ int v; }} T{n};\n"),
            format!("T{n} x{n} = {{1}}; by_type_{n}(x{n});"),
            format!("T{n} x"),
        ),
    ];
    let (declaration, call, parameter) = forms[dice.below(forms.len())].clone();
    let user = format!("void by_type_{n}({parameter}) {{ (void)x; PORTB = {n}; }}\n");
    let text = format!("{declaration}{user}");
    Part::new(text, call, false)
}

fn members(dice: &mut Dice, n: usize) -> Part {
    let forms = [
        (
            format!(
                "class C{n} {{ public: int run(int a); static int all(); }};\nint C{n}::run(int a) {{ return a + {n}; }}\nint C{n}::all() {{ return {n}; }}\n"
            ),
            format!("C{n} c{n}; PORTC = c{n}.run(1) + C{n}::all();"),
        ),
        (
            format!(
                "struct C{n} {{ int v; C{n} operator+(const C{n} &o) const {{ return C{n}{{v + o.v}}; }} operator int() const {{ return v; }} }};\n"
            ),
            format!("{{ C{n} p{{1}}, q{{2}}; PORTC = int(p + q); }}"),
        ),
        (
            format!(
                "struct Base{n} {{ virtual int f(int a) {{ return a; }} }};\nstruct C{n} : Base{n} {{ int f(int a) override {{ return a + {n}; }} }};\nint call_{n}(Base{n} &b) {{ return b.f(1); }}\n"
            ),
            format!("{{ C{n} c; PORTC = call_{n}(c); }}"),
        ),
        (
            format!(
                "struct C{n} {{ int x; }};\nC{n} operator-(C{n} x, C{n} b) {{ return C{n}{{x.x - b.x}}; }}\n"
            ),
            format!("{{ C{n} p{{1}}, q{{2}}; PORTC = (p - q).x; }}"),
        ),
        (
            format!(
                "class C{n} {{ class In {{ public: int g() {{ return {n}; }} }}; public: int g() {{ In i; return i.g(); }} }};\nint g_{n}(C{n} &c) {{ return c.g(); }}\n"
            ),
            format!("{{ C{n} c; PORTC = g_{n}(c); }}"),
        ),
        (
            format!(
                "class C{n} {{ int v = 3; friend int peek_{n}(const C{n} &); }};\nint peek_{n}(const C{n} &c) {{ return c.v; }}\n"
            ),
            format!("{{ C{n} c; PORTC = peek_{n}(c); }}"),
        ),
        (
            format!(
                "struct C{n} {{ C{n}(int a = 1) : v(a) {{}} ~C{n}() {{ PORTC = v; }} explicit operator bool() const {{ return v; }} int v; }};\n"
            ),
            format!("{{ C{n} c(2); if (c) PORTC = 1; }}"),
        ),
        (
            format!("long long operator\"\" _k{n}(unsigned long long v) {{ return v * {n}; }}\n"),
            format!("PORTC = 3_k{n};"),
        ),
        (
            format!(
                "struct C{n} {{ int twice(int a) {{ return 2 * a; }} }};\nint twice(C{n} c, int a) {{ return c.twice(a); }}\n"
            ),
            format!("{{ C{n} c; PORTC = twice(c, 2); }}"),
        ),
    ];
    let (text, call) = forms[dice.below(forms.len())].clone();
    Part::new(text, call, false)
}

fn macros(dice: &mut Dice, n: usize) -> Part {
    let blank = ["", " ", "\t", "  "][dice.below(4)];
    let forms = [
        (
            format!("#define JOB{n}(x) void x##_job_{n}(int a)\nJOB{n}(red) {{ PORTB = a; }}\n"),
            format!("red_job_{n}(1);"),
        ),
        (
            format!(
                "#define MAKE{n}(t, x) t x##_made_{n}() {{ return {n}; }}\nMAKE{n}(int, green)\nMAKE{n}(long, blue)\n"
            ),
            format!("PORTB = green_made_{n}() + blue_made_{n}();"),
        ),
        (
            format!(
                "#define EACH{n}(X) X(p) X(q)\n#define ONE{n}(x) int x##_each_{n}(int a) {{ return a + {n}; }}\nEACH{n}(ONE{n})\n"
            ),
            format!("PORTB = p_each_{n}(1) + q_each_{n}(2);"),
        ),
        (
            format!(
                "#define BEGIN{n} {{\n#define END{n} }}\nint braced_{n}(int a) BEGIN{n} return a; END{n}\n"
            ),
            format!("PORTB = braced_{n}(1);"),
        ),
        (
            format!(
                "#define fast{n} __attribute__((noinline))\nfast{n} int quick_{n}(int a) {{ return a + {n}; }}\n"
            ),
            format!("PORTB = quick_{n}(1);"),
        ),
        (
            format!("#define HEAD{n} int headed_{n}(int a)\nHEAD{n} {{ return a; }}\n"),
            format!("PORTB = headed_{n}(3);"),
        ),
        (
            format!(
                "#define DO{n}(x) do {{ \\{blank}\n  late_{n}(x); \\{blank}\n }} while (0)\nvoid late_{n}(int a) {{ PORTB = a; }}\n"
            ),
            format!("DO{n}(4);"),
        ),
        (
            format!("#define TYPE{n} unsigned char\nTYPE{n} typed_{n}(TYPE{n} a) {{ return a; }}\n"),
            format!("PORTB = typed_{n}(3);"),
        ),
        (
            format!("#define NAME{n} named_{n}\nint NAME{n}(int a) {{ return a; }}\n"),
            format!("PORTB = named_{n}(3);"),
        ),
        (
            format!("#define IF{n}(x) x\nIF{n}(int chosen_{n}(int a) {{ return a; }})\n"),
            format!("PORTB = chosen_{n}(1);"),
        ),
        (
            format!(
                "#define STR{n}(...) #__VA_ARGS__\nconst char *text_{n}() {{ return STR{n}(a, \"b\", 'c'); }}\n"
            ),
            format!("PORTB = text_{n}()[1];"),
        ),
    ];
    let (text, call) = forms[dice.below(forms.len())].clone();
    Part::new(text, call, false)
}

fn conditionals(dice: &mut Dice, n: usize) -> Part {
    let condition = [
        "#ifdef __AVR__",
        "#if defined(ARDUINO_ARCH_AVR)",
        "#ifndef ESP32",
        "#if ARDUINO >= 10600",
        "#if ARDUINO < 10800",
        "#if 1",
        "#ifdef LATER",
        "# ifdef FROM_HEADER",
        "#if defined(NEVER) || (F_CPU > 1000000L)",
        "#if 0",
        "#if __has_include(<Wire.h>)",
    ][dice.below(11)];
    let forms = [
        format!(
            "{condition}\nint cond_{n}(int a) {{ return a; }}\n#else\nint cond_{n}(long a) {{ return a + 1; }}\n#endif\n"
        ),
        format!("{condition}\nint\n#else\nlong\n#endif\ncond_{n}(int a) {{ return a; }}\n"),
        format!("int cond_{n}(\n{condition}\n  int a\n#else\n  long a\n#endif\n) {{ return a; }}\n"),
        format!(
            "{condition}\nint cond_{n}(int a) {{\n#else\nint cond_{n}(char a) {{\n#endif\n  return a;\n}}\n"
        ),
        format!(
            "{condition}\n#define KIND_{n} int\n#else\n#define KIND_{n} long\n#endif\nKIND_{n} cond_{n}(KIND_{n} a) {{ return a; }}\n"
        ),
        format!("#if 0\nit's \"open {{\nvoid cond_{n}() {{\n#endif\nint cond_{n}(int a) {{ return a; }}\n"),
        format!("{condition}\n__attribute__((noinline))\n#endif\nint cond_{n}(int a) {{ return a; }}\n"),
        format!("int cond_{n}(int a)\n{condition}\n{{ return a; }}\n#else\n{{ return a + 2; }}\n#endif\n"),
        format!(
            "{condition}\n#if 1\nint cond_{n}(int a) {{ return a; }}\n#endif\n#elif 1\nint cond_{n}(int a) {{ return 5; }}\n#endif\n"
        ),
    ];
    let mut text = forms[dice.below(forms.len())].clone();
    if dice.one_in(4) {
        text.push_str(["#define LATER\n", "#define FROM_HEADER\n", "#undef LATER\n"][dice.below(3)]);
    }
    let ahead = !dice.one_in(3);
    Part { ahead, ..Part::new(text, format!("PORTD = cond_{n}(3);"), !ahead) }
}

fn templates(dice: &mut Dice, n: usize) -> Part {
    let forms = [
        (
            format!("template <typename T> T tmpl_{n}(T a) {{ return a + {n}; }}\n"),
            format!("PORTB = tmpl_{n}(1) + tmpl_{n}<long>(2);"),
        ),
        (
            format!("template <class T, int N>\nT tmpl_{n}(const T (&a)[N]) {{ return a[N - 1]; }}\n"),
            format!("{{ int t[2] = {{1, 2}}; PORTB = tmpl_{n}(t); }}"),
        ),
        (
            format!(
                "template <typename T> struct V{n} {{ T v; T get() {{ return v; }} }};\nint tmpl_{n}(V{n}<int> v) {{ return v.get(); }}\n"
            ),
            format!("{{ V{n}<int> v = {{3}}; PORTB = tmpl_{n}(v); }}"),
        ),
        (
            format!(
                "template <typename T> T tmpl_{n}(T a) {{ return a; }}\ntemplate <> int tmpl_{n}<int>(int a) {{ return a + 1; }}\n"
            ),
            format!("PORTB = tmpl_{n}(1);"),
        ),
        (
            format!("template <typename... A> int tmpl_{n}(A... a) {{ return sizeof...(a); }}\n"),
            format!("PORTB = tmpl_{n}(1, 'a', 2L);"),
        ),
        (
            format!("template <int N> constexpr int tmpl_{n}() {{ return N * {n}; }}\n"),
            format!("PORTB = tmpl_{n}<3>();"),
        ),
    ];
    let (text, call) = forms[dice.below(forms.len())].clone();
    // A template has no prototype.
    Part { ahead: true, ..Part::new(text, call, false) }
}

/// Uses of functions where they may not be declared yet.
fn early_uses(dice: &mut Dice, n: usize) -> Part {
    let function = format!("int early_{n}(int a) {{ return a + {n}; }}\n");
    let forms = [
        (
            format!("int (*table_{n}[])(int) = {{ early_{n}, early_{n} }};\n"),
            format!("PORTB = table_{n}[PINB & 1](2);"),
        ),
        (format!("int value_{n} = early_{n}(2);\n"), format!("PORTB = value_{n};")),
        (
            format!("struct E{n} {{ int go() {{ return early_{n}(1); }} }};\n"),
            format!("{{ E{n} e; PORTB = e.go(); }}"),
        ),
        (
            format!(
                "struct E{n} {{ E{n}(int p, int (*c)(int)) : c(c) {{ (void)p; }} int (*c)(int); }};\nE{n} e_{n}(4, early_{n});\n"
            ),
            format!("PORTB = e_{n}.c(1);"),
        ),
        (format!("auto lam_{n} = [](int a) {{ return early_{n}(a); }};\n"), format!("PORTB = lam_{n}(1);")),
        (
            format!(
                "int over_{n}(long a) {{ return a; }}\nint user_{n}() {{ return over_{n}(PINB); }}\nint over_{n}(int a) {{ return a + 9; }}\n"
            ),
            format!("PORTB = user_{n}();"),
        ),
        (format!("#define RUN_{n} early_{n}(5)\n"), format!("PORTB = RUN_{n};")),
        (
            format!(
                "int ping_{n}(int a) {{ return a ? pong_{n}(a - 1) : early_{n}(a); }}\nint pong_{n}(int a) {{ return a ? ping_{n}(a - 1) : 1; }}\n"
            ),
            format!("PORTB = ping_{n}(PINB);"),
        ),
    ];
    let (user, call) = forms[dice.below(forms.len())].clone();
    let safe = ["over_", "RUN_", "ping_"].iter().any(|safe| user.contains(safe));
    // Functions in front of their uses are no risk.
    let in_front = dice.one_in(3);
    let text = if in_front { format!("{function}{user}") } else { format!("{user}{function}") };
    Part { ahead: !safe || user.contains("RUN_"), ..Part::new(text, call, !safe && !in_front) }
}

fn scopes(dice: &mut Dice, n: usize) -> Part {
    let forms = [
        (
            format!(
                "namespace s{n} {{ int deep(int a) {{ return a + {n}; }} namespace t {{ int deeper() {{ return 2; }} }} }}\n"
            ),
            format!("PORTB = s{n}::deep(1) + s{n}::t::deeper();"),
        ),
        (format!("namespace {{ int anon_{n}(int a) {{ return a; }} }}\n"), format!("PORTB = anon_{n}(1);")),
        (
            format!("extern \"C\" {{ int linked_{n}(int a) {{ return a; }} }}\n"),
            format!("PORTB = linked_{n}(1);"),
        ),
        (format!("extern \"C\" int single_{n}(int a) {{ return a; }}\n"), format!("PORTB = single_{n}(1);")),
        (
            format!(
                "namespace s{n} {{ struct P {{ int v; }}; }}\nint out_{n}(s{n}::P p) {{ return p.v; }}\n"
            ),
            format!("{{ s{n}::P p = {{1}}; PORTB = out_{n}(p); }}"),
        ),
        (
            format!("static_assert(sizeof(int) == 2, \"it's {{\");\nconst int number_{n} PROGMEM = {n};\n"),
            format!("PORTB = pgm_read_word(&number_{n});"),
        ),
        (
            format!("volatile uint8_t flag_{n};\nISR(TIMER{}_COMPA_vect) {{ flag_{n}++; }}\n", 1 + n % 2),
            format!("PORTB = flag_{n};"),
        ),
        (
            format!("const char *const words_{n}[] = {{ \"a\", \"{{\", \"\\\"\" }};\n"),
            format!("PORTB = words_{n}[PINB & 1][0];"),
        ),
        (
            format!("asm(\".set marker_{n}, {n}\");\nint plain_{n}() {{ return {n}; }}\n"),
            format!("PORTB = plain_{n}();"),
        ),
        (
            format!(
                "int one_{n}() {{ return 1; }} int two_{n}() {{ return one_{n}(); }} int three_{n}() {{ return two_{n}(); }}\n"
            ),
            format!("PORTB = three_{n}();"),
        ),
    ];
    let (text, call) = forms[dice.below(forms.len())].clone();
    // Prototypes have C++ linkage.
    let risk = text.contains("extern");
    Part { ahead: !text.contains("plain_") && !text.contains("three_"), ..Part::new(text, call, risk) }
}
