//! Finds the line of a source that defines or uses a name, for linker errors without a line. Parses only the
//! necessary part of C++: words, brackets, comments and literals. A wrong guess names a wrong line of the
//! right file.

/// A word or a sign of a source, with its line, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'a> {
    text: &'a str,
    line: u32,
}

/// Returns the line that defines `name`: a function with a body, or a variable, outside of every function.
pub(in crate::pipeline) fn definition(source: &str, name: &str) -> Option<u32> {
    let tokens = tokens(source);
    let mut scopes = Scopes::default();
    let mut is_extern = false;
    for (at, token) in tokens.iter().enumerate() {
        scopes.step(&tokens, at);
        match token.text {
            ";" | "{" | "}" => is_extern = false,
            "extern" => is_extern = true,
            word if word == name && scopes.is_outside() && defines(&tokens, at, is_extern) => {
                return Some(token.line);
            }
            _ => {}
        }
    }
    None
}

/// Returns the first line in a function that uses `name`, else the first line that contains it.
pub(in crate::pipeline) fn mention(source: &str, name: &str) -> Option<u32> {
    let tokens = tokens(source);
    let mut scopes = Scopes::default();
    let mut first = None;
    for (at, token) in tokens.iter().enumerate() {
        scopes.step(&tokens, at);
        if token.text == name {
            if !scopes.is_outside() {
                return Some(token.line);
            }
            first = first.or(Some(token.line));
        }
    }
    first
}

/// Returns the identifier in the source for a symbol: `bar` for `Foo::bar(int)`, `Foo` for `vtable for Foo`.
pub(in crate::pipeline) fn identifier(symbol: &str) -> Option<&str> {
    let symbol = symbol.trim_end_matches(" const");
    let name = if symbol.ends_with(')') { symbol.split('(').next()? } else { symbol };
    let name = name.split('<').next()?.trim_end();
    let name = name.rsplit([':', ' ']).next()?;
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_word.then_some(name)
}

/// The brackets around a token, and whether each counts. Those of namespaces and of `extern "C"` do not.
#[derive(Debug, Default)]
struct Scopes(Vec<bool>);

impl Scopes {
    fn step(&mut self, tokens: &[Token<'_>], at: usize) {
        match tokens[at].text {
            "{" => {
                let before = |back: usize| at.checked_sub(back).map_or("", |at| tokens[at].text);
                let is_open = before(1) == "namespace"
                    || before(2) == "namespace"
                    || (before(1).starts_with('"') && before(2) == "extern");
                self.0.push(!is_open);
            }
            "(" => self.0.push(true),
            "}" | ")" => {
                self.0.pop();
            }
            _ => {}
        }
    }

    fn is_outside(&self) -> bool {
        !self.0.contains(&true)
    }
}

/// Whether the statement around the name at `at`, outside of every function, defines that name.
fn defines(tokens: &[Token<'_>], at: usize, is_extern: bool) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    // A definition has a type before the name.
    let has_type = at > 0 && (is_word(text(at - 1)) || matches!(text(at - 1), "*" | "&" | ">" | ":" | ","));
    match text(at + 1) {
        "(" => {
            let mut depth = 0_usize;
            for at in at + 1..tokens.len() {
                match text(at) {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    "{" if depth == 0 => return true,
                    ";" | "=" | "," if depth == 0 => return false,
                    _ => {}
                }
            }
            false
        }
        "=" | "{" => has_type,
        "[" if is_extern => {
            has_type && tokens[at..].iter().take_while(|it| it.text != ";").any(|it| it.text == "=")
        }
        ";" | "[" | "," => has_type && !is_extern,
        _ => false,
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Returns the words, literals and signs of a source, without comments and preprocessor lines.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    let mut begins_line = true;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let length = match c {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |end| end + 4),
            '#' if begins_line => directive(rest),
            'R' if rest.starts_with("R\"") => raw_string(rest),
            '"' | '\'' => literal(rest, c),
            _ if is_word(rest) || c.is_ascii_digit() => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => c.len_utf8(),
        };
        let text = &rest[..length];
        let is_comment = text.starts_with("//") || text.starts_with("/*");
        let is_directive = c == '#' && begins_line;
        if !(c.is_whitespace() || is_comment || is_directive) {
            tokens.push(Token { text, line });
        }
        begins_line = c == '\n' || (begins_line && c.is_whitespace());
        line += u32::try_from(text.matches('\n').count()).unwrap_or_default();
        at += length;
    }
    tokens
}

/// Returns the length of a preprocessor line with its continuations.
fn directive(rest: &str) -> usize {
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        end += line.len();
        if !line.trim_end_matches(['\n', '\r']).ends_with('\\') {
            return end - usize::from(line.ends_with('\n'));
        }
    }
    end
}

/// Returns the length of a literal: to its closing quote, or to the end of the line.
fn literal(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Returns the length of `R"mark(…)mark"`.
fn raw_string(rest: &str) -> usize {
    let Some(mark) = rest[2..].split('(').next().filter(|mark| mark.len() <= 16) else { return 2 };
    let end = format!("){mark}\"");
    rest.find(&end).map_or(rest.len(), |at| at + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
#define buffer 1 \\
  2
// buffer[3];
extern char buffer[];
int helper(int);
namespace space { namespace {
/* helper
*/
char buffer[2000];
}}
extern \"C\" {
int helper(int a) { return a + \"helper {\"[0]; }
}
const char *text = R\"(} helper)\", *other;
struct Point { int other; };
void Point::move(int by) {
  missing(by); // {
  other = '{';
}
void setup() { missing(2); }
extern const char table[3] = {1};
";

    #[test]
    fn definitions_are_told_from_declarations() {
        for (name, line) in [
            ("buffer", Some(9)),
            ("helper", Some(12)),
            ("text", Some(14)),
            ("other", Some(14)),
            ("move", Some(16)),
            ("setup", Some(20)),
            ("table", Some(21)),
            ("missing", None),
            ("by", None),
        ] {
            assert_eq!(definition(SOURCE, name), line, "{name}");
        }
    }

    #[test]
    fn uses_in_functions_come_first() {
        for (name, line) in
            [("missing", Some(17)), ("other", Some(15)), ("Point", Some(15)), ("nothing", None)]
        {
            assert_eq!(mention(SOURCE, name), line, "{name}");
        }
    }

    #[test]
    fn symbols_have_identifiers() {
        for (symbol, name) in [
            ("missing", Some("missing")),
            ("Foo::bar(int, char)", Some("bar")),
            ("vtable for Foo", Some("Foo")),
            ("largest<Point>(Point, Point)", Some("largest")),
            ("operator<<(int)", Some("operator")),
            ("setup()::count", Some("count")),
            ("Foo::bar(int) const", Some("bar")),
            ("Foo::~Foo()", None),
            ("", None),
        ] {
            assert_eq!(identifier(symbol), name, "{symbol}");
        }
    }

    #[test]
    fn whatever_a_source_is_it_has_an_end() {
        for source in ["\"", "'", "/*", "//", "#", "#\\", "R\"", "R\"x(", "}}}", "((", "é\u{0}", "a(", "a ("]
        {
            assert_eq!(definition(source, "b"), None);
            assert_eq!(mention(source, "b"), None);
        }
    }
}
