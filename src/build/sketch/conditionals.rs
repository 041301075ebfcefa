//! What the preprocessor's directives mean for the text around them, without evaluating one: under
//! which conditions each byte stands, where macros change, where the global scope is. It also
//! makes the *view* that the C++ parser gets, in which comments, directives and branches that
//! would unbalance the braces are blank. It knows no macros, no headers and no flags.

use super::lexer::{Kind, Token, is_word, tokens};

/// A branch of an `#if … #endif`: which group, and which of its branches, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) group: usize,
    pub(super) branch: usize,
}

/// An `#if … #endif`.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// Where the `#` of its first directive is.
    pub(super) start: usize,
    /// The directives that open its branches, on one line and without comments.
    pub(super) branches: Vec<Vec<u8>>,
}

/// A `#define` or `#undef`.
#[derive(Debug, Clone)]
pub(super) struct MacroChange {
    pub(super) name: Vec<u8>,
    /// Where its directive ends.
    pub(super) end: usize,
    /// What the name is replaced by; `None` after `#undef`.
    pub(super) replacement: Option<Vec<u8>>,
    /// Whether it takes arguments.
    pub(super) function_like: bool,
}

/// What one pass over a source finds out.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The source as the parser gets it: as long as the source, newlines where they were.
    pub(super) view: Vec<u8>,
    /// The tokens of the view.
    pub(super) tokens: Vec<Token>,
    pub(super) groups: Vec<Group>,
    pub(super) macros: Vec<MacroChange>,
    /// Where the `#include` directives end.
    pub(super) includes: Vec<usize>,
    /// From each offset on, until the next: the conditions.
    stacks: Vec<(usize, Vec<Branch>)>,
    /// From each offset on, until the next: whether it is the global scope. `extern "C" {` does not leave it.
    global: Vec<(usize, bool)>,
}

impl Scan {
    /// The conditions under which the byte at `offset` is compiled, outermost first.
    pub(super) fn stack(&self, offset: usize) -> &[Branch] {
        let after = self.stacks.partition_point(|(start, _)| *start <= offset);
        after.checked_sub(1).map_or(&[], |index| &self.stacks[index].1)
    }

    /// Whether `offset` is outside of every class, function, namespace and parenthesis.
    pub(super) fn is_global(&self, offset: usize) -> bool {
        let after = self.global.partition_point(|(start, _)| *start <= offset);
        after.checked_sub(1).is_none_or(|index| self.global[index].1)
    }

    /// The tokens of the view within `range`.
    pub(super) fn tokens_in(&self, range: std::ops::Range<usize>) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.start < range.start);
        let to = self.tokens.partition_point(|token| token.start < range.end);
        self.tokens.get(from..to).unwrap_or_default()
    }

    /// Whether no condition begins, changes or ends within `range`.
    pub(super) fn is_straight(&self, range: std::ops::Range<usize>) -> bool {
        !self.stacks.iter().any(|(start, _)| range.contains(start))
    }

    /// The token before `offset`.
    pub(super) fn token_before(&self, offset: usize) -> Option<&[u8]> {
        let after = self.tokens.partition_point(|token| token.start < offset);
        after.checked_sub(1).map(|index| self.tokens[index].text(&self.view))
    }
}

/// Reads a source.
pub(super) fn scan(source: &[u8]) -> Scan {
    let mut scanner = Scanner {
        scan: Scan { view: source.to_vec(), ..Scan::default() },
        nesting: Nesting::default(),
        open: Vec::new(),
        hidden: Vec::new(),
        recent: [&[], &[]],
    };
    for token in tokens(source) {
        match token.kind {
            Kind::Comment => blank(&mut scanner.scan.view, token.start, token.end),
            Kind::Directive => {
                blank(&mut scanner.scan.view, token.start, token.end);
                scanner.directive(token, &Directive::parse(token.text(source)));
            }
            _ => scanner.code(token, token.text(source)),
        }
    }
    while !scanner.open.is_empty() {
        scanner.close(source.len());
    }
    let Scanner { mut scan, mut hidden, .. } = scanner;
    hidden.sort_unstable();
    for &(start, end) in &hidden {
        blank(&mut scan.view, start, end);
    }
    let Scan { view, tokens, .. } = &mut scan;
    tokens.retain(|token| view[token.start] != b' ');
    scan
}

/// The open brackets. Parentheses are counted, braces remembered: `true` for the ones of `extern "C" {`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Nesting {
    braces: Vec<bool>,
    parens: usize,
}

impl Nesting {
    fn is_global(&self) -> bool {
        self.parens == 0 && self.braces.iter().all(|&linkage| linkage)
    }
}

/// An `#if` whose `#endif` is yet to come.
struct Open {
    group: usize,
    before: Nesting,
    /// Each branch so far: where it begins and ends, and the nesting at its end.
    branches: Vec<(usize, usize, Nesting)>,
    branch_start: usize,
}

struct Scanner<'a> {
    scan: Scan,
    nesting: Nesting,
    open: Vec<Open>,
    /// Ranges that the parser must not see.
    hidden: Vec<(usize, usize)>,
    /// The last two tokens.
    recent: [&'a [u8]; 2],
}

impl<'a> Scanner<'a> {
    fn code(&mut self, token: Token, text: &'a [u8]) {
        match text {
            b"{" => {
                let linkage = self.recent[0] == b"extern" && self.recent[1].starts_with(b"\"");
                self.nesting.braces.push(linkage);
            }
            b"}" => {
                self.nesting.braces.pop();
                // A brace closes whatever parenthesis was left open in it: broken code must not hide the rest.
                self.nesting.parens = 0;
            }
            b"(" => self.nesting.parens += 1,
            b")" => self.nesting.parens = self.nesting.parens.saturating_sub(1),
            _ => {}
        }
        if matches!(text, b"{" | b"}" | b"(" | b")") {
            self.note_scope(token.end);
        }
        self.recent = [self.recent[1], text];
        self.scan.tokens.push(token);
    }

    fn note_scope(&mut self, from: usize) {
        let global = self.nesting.is_global();
        if self.scan.global.last().is_none_or(|(_, last)| *last != global) {
            self.scan.global.push((from, global));
        }
    }

    fn directive(&mut self, token: Token, directive: &Directive) {
        match directive.name.as_slice() {
            b"if" | b"ifdef" | b"ifndef" => {
                self.scan.groups.push(Group { start: token.start, branches: vec![directive.line.clone()] });
                self.open.push(Open {
                    group: self.scan.groups.len() - 1,
                    before: self.nesting.clone(),
                    branches: Vec::new(),
                    branch_start: token.end,
                });
                self.note_stack(token.end);
            }
            b"elif" | b"elifdef" | b"elifndef" | b"else" => {
                if let Some(open) = self.open.last_mut() {
                    let end = std::mem::replace(&mut self.nesting, open.before.clone());
                    open.branches.push((open.branch_start, token.start, end));
                    open.branch_start = token.end;
                    self.scan.groups[open.group].branches.push(directive.line.clone());
                    self.note_scope(token.end);
                    self.note_stack(token.end);
                }
            }
            b"endif" => self.close(token.start),
            b"include" | b"include_next" | b"import" => self.scan.includes.push(token.end),
            b"define" | b"undef" => {
                let length = directive.rest.iter().take_while(|&&byte| is_word(byte)).count();
                let (name, rest) = directive.rest.split_at(length);
                self.scan.macros.push(MacroChange {
                    name: name.to_vec(),
                    end: token.end,
                    replacement: (directive.name == b"define").then(|| rest.trim_ascii().to_vec()),
                    function_like: rest.first() == Some(&b'('),
                });
            }
            _ => {}
        }
    }

    fn note_stack(&mut self, from: usize) {
        let stack = self.open.iter().map(|open| Branch {
            group: open.group,
            branch: self.scan.groups[open.group].branches.len() - 1,
        });
        self.scan.stacks.push((from, stack.collect()));
    }

    /// Ends the innermost group. The nesting after it is the one at the end of its first living branch.
    fn close(&mut self, at: usize) {
        let Some(mut open) = self.open.pop() else { return };
        open.branches.push((open.branch_start, at, self.nesting.clone()));
        let lines = &self.scan.groups[open.group].branches;
        let is_dead = |index: usize| {
            let condition = |line: &[u8]| line.strip_prefix(b"#if ").map(|rest| rest.trim_ascii().to_vec());
            let first = lines.first().and_then(|line| condition(line));
            match index {
                0 => first.is_some_and(|text| text == b"0" || text == b"false"),
                _ => first.is_some_and(|text| text == b"1" || text == b"true"),
            }
        };
        let chosen = (0..open.branches.len()).find(|&index| !is_dead(index));
        let unbalanced = open.branches.iter().any(|(_, _, nesting)| *nesting != open.before);
        for (index, (start, end, _)) in open.branches.iter().enumerate() {
            if is_dead(index) || (unbalanced && Some(index) != chosen) {
                self.hidden.push((*start, *end));
            }
        }
        self.nesting = match chosen {
            Some(index) => open.branches.swap_remove(index).2,
            None => open.before,
        };
        self.note_scope(at);
        self.note_stack(at);
    }
}

/// A directive's parts.
struct Directive {
    name: Vec<u8>,
    rest: Vec<u8>,
    /// `#name rest`.
    line: Vec<u8>,
}

impl Directive {
    fn parse(text: &[u8]) -> Self {
        let mut line = Vec::new();
        let body = text.strip_prefix(b"#").unwrap_or(text);
        let mut last_end = None;
        for token in tokens(body) {
            if token.kind == Kind::Comment {
                continue;
            }
            if last_end.is_some_and(|end| end != token.start) {
                line.push(b' ');
            }
            line.extend(token.text(body).iter().filter(|&&byte| byte != b'\n'));
            last_end = Some(token.end);
        }
        let length = line.iter().take_while(|&&byte| is_word(byte)).count();
        let (name, rest) = line.split_at(length);
        let (name, rest) = (name.to_vec(), rest.trim_ascii().to_vec());
        let mut line = [b"#", name.as_slice(), b" ", &rest].concat();
        line.truncate(line.trim_ascii_end().len());
        Self { name, rest, line }
    }
}

fn blank(view: &mut [u8], start: usize, end: usize) {
    for byte in view.get_mut(start..end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, needle: &str) -> usize {
        source.find(needle).unwrap()
    }

    fn conditions(source: &str, needle: &str) -> Vec<String> {
        let scan = scan(source.as_bytes());
        let line = |branch: &Branch| {
            String::from_utf8(scan.groups[branch.group].branches[branch.branch].clone()).unwrap()
        };
        scan.stack(at(source, needle)).iter().map(line).collect()
    }

    fn view(source: &str) -> String {
        let scan = scan(source.as_bytes());
        assert_eq!(scan.view.len(), source.len());
        String::from_utf8(scan.view)
            .unwrap()
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn conditions_stack_and_end() {
        let source = "a\n#if defined(X) /* y */ && \\\n  Y // z\nb\n# elif Z\nc\n#ifdef Q\nd\n#endif\n#else\ne\n#endif\nf";
        assert!(conditions(source, "a").is_empty());
        assert_eq!(conditions(source, "b\n"), ["#if defined(X) && Y"]);
        assert_eq!(conditions(source, "c\n"), ["#elif Z"]);
        assert_eq!(conditions(source, "d\n#endif"), ["#elif Z", "#ifdef Q"]);
        assert_eq!(conditions(source, "e\n#endif\nf"), ["#else"]);
        assert!(scan(source.as_bytes()).stack(source.len() - 1).is_empty());
    }

    #[test]
    fn macros_and_includes_are_noted() {
        let scan = scan(b"#include <a>\n#define F(x) x /* c */ y\n#define G (1)\n#undef F\n#define\n");
        assert_eq!(scan.includes, [12]);
        let names: Vec<_> = scan
            .macros
            .iter()
            .map(|change| (change.name.as_slice(), change.replacement.as_deref(), change.function_like))
            .collect();
        assert_eq!(names[0], (b"F".as_slice(), Some(b"(x) x y".as_slice()), true));
        assert_eq!(names[1], (b"G".as_slice(), Some(b"(1)".as_slice()), false));
        assert_eq!(names[2], (b"F".as_slice(), None, false));
    }

    #[test]
    fn the_global_scope_is_outside_of_braces_and_parentheses() {
        let source = "a { b } extern \"C\" { c { d } } ( e ) namespace n { f } g";
        let scan = scan(source.as_bytes());
        for (needle, global) in [
            ("a", true),
            ("b", false),
            ("c {", true),
            ("d", false),
            (" e ", false),
            ("f ", false),
            ("g", true),
        ] {
            assert_eq!(scan.is_global(source.rfind(needle).unwrap()), global, "{needle}");
        }
    }

    #[test]
    fn branches_that_open_a_brace_each_are_seen_once() {
        let source = "#ifdef A\nvoid f(int a) {\n#else\nvoid f() {\n#endif\n}\nvoid g() {}";
        assert_eq!(view(source), "void f(int a) {\n}\nvoid g() {}");
        let scan = scan(source.as_bytes());
        assert!(scan.is_global(at(source, "void g")));
    }

    #[test]
    fn a_group_may_open_what_another_closes() {
        let source =
            "#ifdef __cplusplus\nextern \"C\" {\n#endif\nvoid f();\n#ifdef __cplusplus\n}\n#endif\nint g;";
        assert_eq!(view(source), "extern \"C\" {\nvoid f();\n}\nint g;");
        assert!(scan(source.as_bytes()).is_global(at(source, "void f")));
    }

    #[test]
    fn dead_branches_are_not_seen() {
        assert_eq!(view("#if 0\nit's { prose\n#else\nint a;\n#endif\nint b;"), "int a;\nint b;");
        assert_eq!(view("#if 1\nint a;\n#else\nint b;\n#endif"), "int a;");
        assert_eq!(view("#if 0\nint a;\n#endif\nint b;"), "int b;");
    }

    #[test]
    fn stray_and_missing_endifs_do_no_harm() {
        assert_eq!(view("#endif\n#else\nint a;\n#if X\nint b;"), "int a;\nint b;");
    }
}
