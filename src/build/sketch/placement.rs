//! Decides where prototypes go. Arduino asks the real preprocessor which functions there are, and
//! puts all prototypes before the first one. We don't know which conditions hold, so we put them
//! where Arduino would in *each* case, and where that can't compile, later: after the type that
//! the signature needs. Knows nothing of files and of the text that is made.

use std::collections::{HashMap, HashSet};

use super::conditionals::{Branch, Scan};
use super::lexer::{Kind, tokens};
use super::outline::{Entity, Function, Outline};
use super::signature::{Signature, signature};

/// A prototype and its place in the merged source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// Before which byte it goes.
    pub(super) at: usize,
    /// Where the function's definition begins.
    pub(super) definition: usize,
    /// The directives that it must stand within, each with the ones before it of the same `#if`; one `#endif` each.
    pub(super) conditions: Vec<Vec<Vec<u8>>>,
    pub(super) name: Vec<u8>,
    pub(super) text: Vec<u8>,
}

/// A sketch that asks for more places than this for one function is generated; it gets the first ones.
const MOST_PLACES: usize = 16;

/// Types that every Arduino core has: a prototype of nothing but these compiles anywhere.
const CORE_TYPES: [&str; 20] = [
    "String",
    "byte",
    "word",
    "boolean",
    "size_t",
    "ssize_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uintptr_t",
    "intptr_t",
    "Print",
    "Stream",
    "Printable",
    "HardwareSerial",
];

/// Places the prototypes of all functions, sorted by place, then by definition.
pub(super) fn place(scan: &Scan, outline: &Outline) -> Vec<Placed> {
    let planner = Planner::new(scan, outline);
    let mut placed = planner.before_users();
    for candidate in &planner.candidates {
        planner.place(candidate, &mut placed);
    }
    placed.sort_by_key(|placed| (placed.at, placed.definition));
    placed.dedup();
    placed
}

/// A function that can have a prototype.
struct Candidate<'a> {
    function: &'a Function,
    signature: Signature,
    stack: &'a [Branch],
    /// Before here the prototype can't compile.
    earliest: usize,
}

struct Planner<'a> {
    scan: &'a Scan,
    outline: &'a Outline,
    candidates: Vec<Candidate<'a>>,
    /// Before each of them prototypes can go: one for each free function.
    points: Vec<usize>,
    /// The first place of each word.
    first_use: HashMap<&'a [u8], usize>,
}

impl<'a> Planner<'a> {
    fn new(scan: &'a Scan, outline: &'a Outline) -> Self {
        let mut first_use = HashMap::new();
        for token in scan.tokens.iter().filter(|token| token.kind == Kind::Word) {
            first_use.entry(token.text(&scan.view)).or_insert(token.start);
        }
        let free = outline.functions.iter().filter(|function| !function.qualified);
        let points = free.clone().map(|function| insertion_point(scan, outline, function.before)).collect();
        let mut planner = Self { scan, outline, candidates: Vec::new(), points, first_use };
        let entities = planner.entities();
        for function in free {
            if let Ok(signature) = signature(scan, function) {
                let stack = scan.stack(function.start);
                let earliest = planner.earliest(function, &signature, stack, &entities);
                planner.candidates.push(Candidate { function, signature, stack, earliest });
            }
        }
        planner
    }

    fn text(&self, range: &std::ops::Range<usize>) -> &'a [u8] {
        self.scan.view.get(range.clone()).unwrap_or_default()
    }

    fn entities(&self) -> HashMap<&'a [u8], Vec<&'a Entity>> {
        let mut entities: HashMap<&[u8], Vec<&Entity>> = HashMap::new();
        for entity in &self.outline.entities {
            entities.entry(self.text(&entity.name)).or_default().push(entity);
        }
        entities
    }

    /// After the declaration of everything in the signature that the sketch itself declares.
    fn earliest(
        &self,
        function: &Function,
        signature: &Signature,
        stack: &[Branch],
        entities: &HashMap<&[u8], Vec<&Entity>>,
    ) -> usize {
        let uses = function.uses.iter().map(|range| self.text(range));
        let names = uses.chain(signature.replaced.iter().map(Vec::as_slice));
        let declared = names.filter_map(|name| {
            let known = entities.get(name)?;
            // Named before the sketch declares it: then a header does too.
            let first = known.iter().map(|entity| entity.item.start).min()?;
            if self.first_use.get(name).is_some_and(|&used| used < first) {
                return None;
            }
            let visible = known.iter().filter(|entity| !exclude(self.scan.stack(entity.name.start), stack));
            visible.map(|entity| entity.item.end).min()
        });
        let words = tokens(&signature.text);
        let defined = words.iter().filter(|word| word.kind == Kind::Word).filter_map(|word| {
            let is_it = |end: &usize| *end <= function.start;
            let changes = self.scan.macros.iter().filter(|change| change.name == word.text(&signature.text));
            changes.map(|change| change.end).filter(is_it).max()
        });
        // What is declared only after the function can't be what it means.
        declared.chain(defined).filter(|&end| end <= function.before).max().unwrap_or(0)
    }

    /// Puts a prototype before the first function; under conditions, before the first in each case.
    fn place(&self, candidate: &Candidate<'_>, placed: &mut Vec<Placed>) {
        let own = insertion_point(self.scan, self.outline, candidate.function.before);
        let mut covered: Vec<&[Branch]> = Vec::new();
        for (index, &point) in self.points.iter().enumerate() {
            let delayed = candidate.earliest > self.points[0];
            if point > own || (delayed && point == own) || covered.len() >= MOST_PLACES {
                return;
            }
            let here = self.scan.stack(point);
            let is_covered = covered.iter().any(|stack| here.starts_with(stack));
            if point < candidate.earliest || is_covered || exclude(here, candidate.stack) {
                continue;
            }
            if self.is_declared_before(candidate, point) {
                return;
            }
            let Some(conditions) = self.conditions(candidate, point) else { continue };
            if index == 0 || point != self.points[index - 1] {
                placed.push(candidate.placed(self.scan, point, conditions));
            }
            covered.push(here);
            if candidate.stack.starts_with(here) {
                return;
            }
        }
    }

    /// Global variables and classes before the first function may name functions too
    /// (`Ticker blinker(&blink);`): what they name is declared before them.
    fn before_users(&self) -> Vec<Placed> {
        let Some(&first) = self.points.first() else { return Vec::new() };
        let mut by_name: HashMap<&[u8], Vec<&Candidate<'_>>> = HashMap::new();
        for candidate in &self.candidates {
            for name in &candidate.signature.names {
                by_name.entry(name).or_default().push(candidate);
            }
        }
        let declared: HashSet<usize> =
            self.outline.declarations.iter().map(|declaration| declaration.name.start).collect();
        let mut placed = Vec::new();
        let mut before = None;
        for token in self.scan.tokens.iter().take_while(|token| token.start < first) {
            let is_member = matches!(before.replace(token.text(&self.scan.view)), Some(b"." | b"->" | b"::"));
            if is_member || declared.contains(&token.start) {
                continue;
            }
            let Some(candidates) = by_name.get(token.text(&self.scan.view)) else {
                continue;
            };
            let Some(item) = self.outline.items.iter().find(|item| item.contains(&token.start)) else {
                continue;
            };
            let point = insertion_point(self.scan, self.outline, item.start);
            // A header between here and where Arduino puts its prototypes may declare what the signature needs.
            if self.scan.includes.iter().any(|&include| (point..first).contains(&include)) {
                continue;
            }
            for candidate in candidates {
                let seen = placed.iter().any(|placed: &Placed| placed.definition == candidate.function.start);
                let possible =
                    candidate.earliest <= point && !exclude(self.scan.stack(point), candidate.stack);
                if seen || !possible || self.is_declared_before(candidate, token.start) {
                    continue;
                }
                if let Some(conditions) = self.conditions(candidate, point) {
                    placed.push(candidate.placed(self.scan, point, conditions));
                }
            }
        }
        placed
    }

    /// Whether the sketch declares the function itself before `point`, with the same parameters.
    fn is_declared_before(&self, candidate: &Candidate<'_>, point: usize) -> bool {
        let own = candidate.function.start..candidate.function.body;
        self.outline.declarations.iter().filter(|declaration| declaration.item.start < point).any(
            |declaration| {
                self.text(&declaration.name) == self.text(&candidate.function.name)
                    && candidate.stack.starts_with(self.scan.stack(declaration.item.start))
                    && self.parameters(candidate.function.name.end, own.end)
                        == self.parameters(declaration.name.end, declaration.item.end)
            },
        )
    }

    /// The parameters after a name, as far as text can tell: two lists that differ only in names,
    /// defaults or `void` are equal.
    fn parameters(&self, from: usize, to: usize) -> Vec<Vec<&'a [u8]>> {
        let mut depth = 0_usize;
        let mut list = vec![Vec::new()];
        let mut in_default = false;
        for token in self.scan.tokens_in(from..to) {
            let text = token.text(&self.scan.view);
            match text {
                b"(" | b"[" | b"<" | b"{" => depth += 1,
                b")" | b"]" | b">" | b"}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            match text {
                b"(" if depth == 1 => {}
                b")" if depth == 0 => break,
                b"," if depth == 1 => {
                    in_default = false;
                    list.push(Vec::new());
                }
                b"=" if depth == 1 => in_default = true,
                _ if in_default => {}
                _ => list.last_mut().into_iter().for_each(|parameter| parameter.push(text)),
            }
        }
        for parameter in &mut list {
            let is_name =
                |text: &&[u8]| text.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'_');
            let builtin = [
                &b"int"[..],
                b"char",
                b"long",
                b"short",
                b"unsigned",
                b"signed",
                b"float",
                b"double",
                b"bool",
                b"void",
                b"const",
            ];
            if parameter.len() > 1
                && parameter.last().is_some_and(|last| is_name(last) && !builtin.contains(last))
            {
                parameter.pop();
            }
            if parameter == &[b"void"] {
                parameter.clear();
            }
        }
        list
    }

    /// The directives that a prototype needs around it at `point`; `None` if it must not stand there.
    fn conditions(&self, candidate: &Candidate<'_>, point: usize) -> Option<Vec<Vec<Vec<u8>>>> {
        let here = self.scan.stack(point);
        let shared = here.iter().zip(candidate.stack).take_while(|(a, b)| a == b).count();
        let rest = &candidate.stack[shared..];
        let lines: Vec<Vec<Vec<u8>>> = rest
            .iter()
            .map(|branch| self.scan.groups[branch.group].branches[..=branch.branch].to_vec())
            .collect();
        let Some(outermost) = rest.first() else { return Some(lines) };
        let between = point..self.scan.groups[outermost.group].start.max(candidate.function.start);
        let names_macro = |name: &[u8]| lines.iter().flatten().any(|line| contains_word(line, name));
        let changed =
            self.scan.macros.iter().any(|change| between.contains(&change.end) && names_macro(&change.name));
        let included = self.scan.includes.iter().any(|include| between.contains(include));
        if !changed && !included {
            return Some(lines);
        }
        // The conditions may hold there and not here. A prototype without them is harmless if it
        // compiles anywhere and nothing else has its name.
        if self.is_harmless(candidate, point) && self.is_used_before(candidate, point) {
            return Some(Vec::new());
        }
        (!changed).then_some(lines)
    }

    fn is_harmless(&self, candidate: &Candidate<'_>, point: usize) -> bool {
        let here = self.scan.stack(point);
        let is_declared = |name: &[u8]| {
            self.outline.entities.iter().any(|entity| {
                entity.item.end <= point
                    && self.text(&entity.name) == name
                    && here.starts_with(self.scan.stack(entity.name.start))
            })
        };
        let is_core = |name: &[u8]| CORE_TYPES.iter().any(|core| core.as_bytes() == name);
        let simple = candidate
            .function
            .uses
            .iter()
            .map(|used| self.text(used))
            .all(|name| is_core(name) || is_declared(name));
        let name = self.text(&candidate.function.name);
        let alone = self.outline.functions.iter().filter(|other| self.text(&other.name) == name).count() == 1;
        simple
            && alone
            && candidate.signature.replaced.is_empty()
            && !self.scan.macros.iter().any(|change| change.name == name)
    }

    fn is_used_before(&self, candidate: &Candidate<'_>, point: usize) -> bool {
        let words = self.scan.tokens_in(point..candidate.function.start);
        words
            .iter()
            .any(|word| candidate.signature.names.iter().any(|name| name == word.text(&self.scan.view)))
    }
}

impl Candidate<'_> {
    fn placed(&self, scan: &Scan, at: usize, conditions: Vec<Vec<Vec<u8>>>) -> Placed {
        let name = scan.view.get(self.function.name.clone()).unwrap_or_default().to_vec();
        Placed { at, definition: self.function.start, conditions, name, text: self.signature.text.clone() }
    }
}

/// Where something can be put before the item that begins at `start`: not between it and a macro
/// without a semicolon, which may be an attribute of it.
fn insertion_point(scan: &Scan, outline: &Outline, start: usize) -> usize {
    let mut point = start;
    while !matches!(scan.token_before(point), None | Some(b";" | b"}" | b"{")) {
        let before = outline.items.partition_point(|item| item.start < point);
        match before.checked_sub(1) {
            Some(index) => point = outline.items[index].start,
            None => break,
        }
    }
    point
}

/// Whether two conditions can't hold at the same time: they are in different branches of one `#if`.
fn exclude(a: &[Branch], b: &[Branch]) -> bool {
    a.iter().any(|one| b.iter().any(|other| one.group == other.group && one.branch != other.branch))
}

fn contains_word(line: &[u8], name: &[u8]) -> bool {
    tokens(line.strip_prefix(b"#").unwrap_or(line))
        .iter()
        .any(|token| token.text(line.strip_prefix(b"#").unwrap_or(line)) == name)
}
