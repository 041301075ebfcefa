//! The statements of a plain sketch: declarations of variables, and functions.

use super::lexer::{Kind, Token};

/// Words that no plain statement contains.
const NOT_PLAIN: [&str; 36] = [
    "__attribute__",
    "alignas",
    "asm",
    "auto",
    "case",
    "catch",
    "class",
    "constexpr",
    "decltype",
    "default",
    "delete",
    "enum",
    "explicit",
    "extern",
    "friend",
    "inline",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "operator",
    "overload",
    "private",
    "protected",
    "public",
    "register",
    "static_assert",
    "struct",
    "template",
    "this",
    "throw",
    "try",
    "typedef",
    "typename",
    "union",
    "using",
];

/// The keywords of types, after each of which ctags writes a blank; it writes none after other names.
const KEYWORDS: [&str; 11] =
    ["char", "const", "double", "float", "int", "long", "short", "signed", "unsigned", "void", "volatile"];

/// Returns the tokens before the `;` that ends a statement or the `{` of a function's body, and which of the two ends
/// them.
pub(super) fn split<'a, 't>(tokens: &'a [Token<'t>]) -> Option<(&'a [Token<'t>], u8)> {
    let (mut round, mut braces, mut assigned) = (0_usize, 0_usize, false);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Include => return None,
            Kind::Punct(b';') if round == 0 && braces == 0 => return Some((&tokens[..at], b';')),
            Kind::Punct(b'{') if round == 0 && !assigned => return Some((&tokens[..at], b'{')),
            Kind::Punct(b'=') if round == 0 && braces == 0 => assigned = true,
            Kind::Punct(b'(' | b'[') => round += 1,
            Kind::Punct(b')' | b']') => round = round.checked_sub(1)?,
            Kind::Punct(b'{') if assigned => braces += 1,
            Kind::Punct(b'}') => braces = braces.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// Returns a function's body with its braces, at the start of `tokens`.
pub(super) fn body<'a, 't>(tokens: &'a [Token<'t>]) -> Option<&'a [Token<'t>]> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Include => return None,
            Kind::Punct(b'{') => depth += 1,
            Kind::Punct(b'}') => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(&tokens[..=at]);
        }
    }
    None
}

/// Accepts a declaration of variables, or an empty statement.
pub(super) fn check_declaration(tokens: &[Token]) -> Option<()> {
    let (mut depth, mut assigned) = (0_i32, false);
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        // ctags reads `<` as the start of a template, except in `<<`.
        let doubled = |with: Option<&Token>| {
            with.is_some_and(|other| other.kind == token.kind && other.start.abs_diff(token.start) == 1)
        };
        let is_shift = || doubled(next) || doubled(at.checked_sub(1).and_then(|before| tokens.get(before)));
        let is_value = assigned || depth > 0;
        let fits = match token.kind {
            Kind::Word => !NOT_PLAIN.contains(&token.text),
            Kind::Number
            | Kind::Literal
            | Kind::Punct(b'.' | b'-' | b'+' | b'/' | b'%' | b'|' | b'^' | b'~' | b'!' | b'?') => is_value,
            Kind::Punct(b'*' | b'&' | b',' | b'=' | b'(' | b')' | b'[' | b']') => true,
            Kind::Punct(b'<' | b'>') => assigned && is_shift(),
            Kind::Punct(b'{' | b'}' | b':') => assigned,
            Kind::Punct(_) | Kind::Include => false,
        };
        if !fits {
            return None;
        }
        match token.kind {
            Kind::Punct(b'(' | b'[') => depth += 1,
            Kind::Punct(b')' | b']') => depth -= 1,
            Kind::Punct(b'=') if depth == 0 => assigned = true,
            _ => {}
        }
    }
    Some(())
}

/// A function's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) name: String,
    /// The prototype as ctags writes it.
    pub(super) text: String,
    pub(super) is_static: bool,
    pub(super) line: usize,
    /// The whole source line, as arduino-cli compares it.
    pub(super) source_line: String,
}

impl Head {
    /// Returns the head in these tokens of `text`; `None` where it is not plain.
    pub(super) fn of(tokens: &[Token], text: &[u8]) -> Option<Self> {
        let open = tokens.iter().position(|token| token.is(b'('))?;
        let (before, parameters) = tokens.split_at(open);
        let (name, types) = before.split_last()?;
        let is_static = types.first().is_some_and(|first| first.text == "static");
        let types = &types[usize::from(is_static)..];
        let last = parameters.last().filter(|last| last.is(b')'))?;
        let (line, first) = (name.line, tokens.first()?);
        let is_name = name.kind == Kind::Word && !is_keyword(name.text);
        if !is_name || first.line != line || last.line != line || types.is_empty() {
            return None;
        }
        let returns = returned(types)?;
        check_parameters(&parameters[1..parameters.len() - 1])?;
        // arduino-cli does not recognise a head with a comment in it.
        let whole = std::str::from_utf8(text.get(first.start..=last.start)?).ok()?;
        if whole.contains('/') {
            return None;
        }
        let signature = with_single_blanks(&whole[parameters[0].start - first.start..]);
        let start = text[..first.start].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let length = memchr::memchr(b'\n', &text[start..]).unwrap_or(text.len() - start);
        // Trailing blanks matter: the line may end with `static ` in a comment.
        let source_line = std::str::from_utf8(&text[start..start + length]).ok()?;
        let source_line = source_line.trim_end_matches('\r').to_owned();
        // arduino-cli splits the output of ctags at tabs, also within the quoted source line.
        let fields = ["\tclass:", "\tstruct:", "\tnamespace:"];
        if (!is_static && source_line.contains("static "))
            || fields.iter().any(|field| source_line.contains(field))
        {
            return None;
        }
        let text = format!("{returns} {}{signature};", name.text);
        Some(Self { name: name.text.to_owned(), text, is_static, line, source_line })
    }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
        || NOT_PLAIN.contains(&word)
        || ["static", "do", "else", "for", "goto", "if", "return", "switch", "virtual", "wchar_t", "while"]
            .contains(&word)
}

/// Returns a return type: keywords, then at most one other name, then any `*` and `&`.
fn returned(types: &[Token]) -> Option<String> {
    let mut text = String::new();
    let (mut named, mut pointed) = (false, false);
    for token in types {
        match token.kind {
            Kind::Punct(byte @ (b'*' | b'&')) => {
                pointed = true;
                text.push(char::from(byte));
            }
            Kind::Word if pointed || named => return None,
            Kind::Word if KEYWORDS.contains(&token.text) => {
                text.push_str(token.text);
                text.push(' ');
            }
            Kind::Word if !is_keyword(token.text) => {
                named = true;
                text.push_str(token.text);
            }
            _ => return None,
        }
    }
    let has_type = types.first().is_some_and(|first| first.kind == Kind::Word);
    // arduino-cli regards a text that starts with `template` as a template.
    let has_type = has_type && !text.starts_with("template");
    has_type.then(|| text.trim_end().to_owned())
}

/// Checks that parameters consist of words, `*`, `&` and arrays, and that each starts with a word.
fn check_parameters(tokens: &[Token]) -> Option<()> {
    if tokens.is_empty() {
        return Some(());
    }
    let mut begins = true;
    let mut depth = 0_i32;
    for token in tokens {
        let fits = match token.kind {
            Kind::Word => depth == 0 && (KEYWORDS.contains(&token.text) || !is_keyword(token.text)),
            Kind::Number | Kind::Punct(b']') => depth == 1,
            Kind::Punct(b'*' | b'&' | b',' | b'[') => !begins && depth == 0,
            _ => false,
        };
        if !fits {
            return None;
        }
        depth += i32::from(token.is(b'[')) - i32::from(token.is(b']'));
        begins = token.is(b',');
    }
    (!begins && depth == 0).then_some(())
}

/// Returns the text with each run of blanks as one blank, as GCC writes it.
fn with_single_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_blank = matches!(c, ' ' | '\t');
        if !(is_blank && out.ends_with(' ')) {
            out.push(if is_blank { ' ' } else { c });
        }
    }
    out
}
