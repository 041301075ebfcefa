//! What a sketch declares at global scope: functions, types, variables. Reads the syntax tree of
//! the view that [`super::conditionals`] makes; knows nothing of prototypes and where they go.

use std::cell::RefCell;
use std::ops::Range;

use tree_sitter::{Node, Parser};

use super::conditionals::Scan;
use super::lexer::Token;

/// Nesting beyond this (of `extern "C"`, templates, errors, types) is not looked into: nobody writes it,
/// and it must not exhaust the stack.
const DEEPEST: usize = 100;

/// What stands at global scope, in text order.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Everything: where it begins and ends.
    pub(super) items: Vec<Range<usize>>,
    pub(super) functions: Vec<Function>,
    pub(super) entities: Vec<Entity>,
    pub(super) declarations: Vec<Declaration>,
}

/// A function definition.
#[derive(Debug, Clone)]
pub(super) struct Function {
    /// Where something can be put before it: also before `template <…>` and `extern "C" {`.
    pub(super) before: usize,
    /// Where its own text begins, `template <…>` included, `extern "C"` not.
    pub(super) start: usize,
    /// Its name without template arguments, or its `operator …`.
    pub(super) name: Range<usize>,
    /// Where its body (or `try`) begins.
    pub(super) body: usize,
    /// Whether it is a member of a class or namespace: `void A::f() {}`.
    pub(super) qualified: bool,
    /// Whether it has C linkage.
    pub(super) c_linkage: bool,
    /// The types and values that its signature names.
    pub(super) uses: Vec<Range<usize>>,
}

/// A type, namespace or value that has a name.
#[derive(Debug, Clone)]
pub(super) struct Entity {
    pub(super) name: Range<usize>,
    /// From where on to where it is declared.
    pub(super) item: Range<usize>,
}

/// A declaration of a function that is not its definition.
#[derive(Debug, Clone)]
pub(super) struct Declaration {
    pub(super) name: Range<usize>,
    pub(super) item: Range<usize>,
}

/// Reads the view. Code that does not parse gives an outline of what does.
pub(super) fn outline(scan: &Scan) -> Outline {
    thread_local! {
        // Making a parser takes longer than parsing a small sketch; it keeps nothing between sketches.
        static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
    }
    let tree = PARSER.with_borrow_mut(|slot| {
        let parser = slot.get_or_insert_with(Parser::new);
        parser.set_language(&tree_sitter_cpp::LANGUAGE.into()).ok()?;
        parser.parse(&scan.view, None)
    });
    let mut reader = Reader { scan, outline: Outline::default() };
    // No tree means a grammar of another version of tree-sitter: then there are no prototypes, which a test would see.
    if let Some(tree) = tree {
        for child in children(tree.root_node()) {
            reader.item(child, Context::default(), 0);
        }
    }
    reader.outline
}

/// What encloses an item.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    before: Option<usize>,
    start: Option<usize>,
    c_linkage: bool,
}

struct Reader<'a> {
    scan: &'a Scan,
    outline: Outline,
}

impl Reader<'_> {
    fn item(&mut self, node: Node<'_>, context: Context, depth: usize) {
        if depth > DEEPEST || !self.scan.is_global(node.start_byte()) {
            return;
        }
        let before = context.before.unwrap_or(node.start_byte());
        match node.kind() {
            "ERROR" => {
                for child in children(node) {
                    self.item(child, context, depth + 1);
                }
            }
            "linkage_specification" => {
                let language =
                    node.child_by_field_name("value").map(|value| &self.scan.view[value.byte_range()]);
                let context =
                    Context { before: Some(before), c_linkage: language == Some(b"\"C\""), ..context };
                let Some(body) = node.child_by_field_name("body") else { return };
                if body.kind() == "declaration_list" {
                    for child in children(body) {
                        self.item(child, context, depth + 1);
                    }
                } else {
                    self.item(body, context, depth + 1);
                }
            }
            "template_declaration" => {
                let start = context.start.unwrap_or(node.start_byte());
                let context = Context { before: Some(before), start: Some(start), ..context };
                if let Some(child) = children(node).into_iter().rfind(Node::is_named) {
                    self.item(child, context, depth + 1);
                }
            }
            "function_definition" => {
                self.outline.items.push(before..node.end_byte());
                if let Some(kind) = node.child_by_field_name("type") {
                    self.names_of_type(kind, &(before..node.end_byte()));
                }
                self.function(node, context, before);
            }
            _ => {
                let item = before..node.end_byte();
                self.outline.items.push(item.clone());
                self.names(node, &item, depth);
            }
        }
    }

    fn function(&mut self, node: Node<'_>, context: Context, before: usize) {
        let Some(declarator) = node.child_by_field_name("declarator") else { return };
        let Some(Named { name, qualified, function: true }) = named(declarator) else {
            // `class EXPORT Name { … };` is a function definition to the parser.
            if let Some(Named { name, .. }) = named(declarator) {
                self.outline.entities.push(Entity { name, item: before..node.end_byte() });
            }
            return;
        };
        let Some(body) = node.child_by_field_name("body") else { return };
        // Repairing broken code, the parser takes earlier declarations for a part of the head.
        let head = self.scan.tokens_in(node.start_byte()..name.start);
        let ends = |token: &Token| matches!(token.text(&self.scan.view), b";" | b"}");
        let repaired = head.iter().rposition(ends).and_then(|end| head.get(end + 1)).map(|token| token.start);
        let mut uses = Vec::new();
        for (child, field) in fields(node) {
            if child != body {
                collect_uses(child, field == Some("declarator"), &mut uses, 0);
            }
        }
        self.outline.functions.push(Function {
            before: repaired.unwrap_or(before),
            start: repaired.or(context.start).unwrap_or(node.start_byte()),
            name,
            body: body.start_byte(),
            qualified,
            c_linkage: context.c_linkage,
            uses,
        });
    }

    /// The names that an item other than a function definition declares.
    fn names(&mut self, node: Node<'_>, item: &Range<usize>, depth: usize) {
        match node.kind() {
            "declaration" | "type_definition" => {
                for (child, field) in fields(node) {
                    match field {
                        Some("type") => self.names_of_type(child, item),
                        Some("declarator") => self.declarator(child, item),
                        _ => {}
                    }
                }
            }
            "class_specifier" | "struct_specifier" | "union_specifier" | "enum_specifier" => {
                self.names_of_type(node, item);
            }
            "alias_declaration"
            | "namespace_definition"
            | "namespace_alias_definition"
            | "concept_definition" => {
                if let Some(name) = node.child_by_field_name("name") {
                    self.entity(name, item);
                }
            }
            "using_declaration" => {
                if let Some(name) = children(node).into_iter().rfind(Node::is_named) {
                    self.entity(name.child_by_field_name("name").unwrap_or(name), item);
                }
            }
            "ERROR" if depth < DEEPEST => {
                for child in children(node) {
                    self.names(child, item, depth + 1);
                }
            }
            _ => {}
        }
    }

    fn names_of_type(&mut self, node: Node<'_>, item: &Range<usize>) {
        if !matches!(
            node.kind(),
            "class_specifier" | "struct_specifier" | "union_specifier" | "enum_specifier"
        ) {
            return;
        }
        if let Some(name) = node.child_by_field_name("name") {
            self.entity(name, item);
        }
        if node.kind() == "enum_specifier"
            && let Some(body) = node.child_by_field_name("body")
        {
            for enumerator in children(body) {
                if let Some(name) = enumerator.child_by_field_name("name") {
                    self.entity(name, item);
                }
            }
        }
    }

    fn declarator(&mut self, node: Node<'_>, item: &Range<usize>) {
        match named(node) {
            Some(Named { name, qualified: false, function: true }) => {
                self.outline.declarations.push(Declaration { name, item: item.clone() });
            }
            Some(Named { name, qualified: false, function: false }) => {
                self.outline.entities.push(Entity { name, item: item.clone() });
            }
            _ => {}
        }
    }

    fn entity(&mut self, name: Node<'_>, item: &Range<usize>) {
        self.outline.entities.push(Entity { name: name.byte_range(), item: item.clone() });
    }
}

/// What a declarator names.
struct Named {
    name: Range<usize>,
    qualified: bool,
    function: bool,
}

/// Follows a declarator to the name in it: `(*f(int a))(int)` names the function `f`, `(*p)(int)` the variable `p`.
fn named(mut node: Node<'_>) -> Option<Named> {
    let mut function = false;
    for _ in 0..DEEPEST {
        let name = |qualified| Some(Named { name: node.byte_range(), qualified, function });
        match node.kind() {
            "identifier" | "type_identifier" | "field_identifier" | "operator_name" => return name(false),
            "template_function" => {
                let inner = node.child_by_field_name("name")?;
                return Some(Named { name: inner.byte_range(), qualified: false, function });
            }
            "qualified_identifier" => {
                // `uint8_t MACRO f()` is repaired to `uint8_t MACRO::f()`.
                if !children(node).iter().any(Node::is_missing) {
                    return name(true);
                }
                node = node.child_by_field_name("name")?;
                continue;
            }
            "destructor_name" | "operator_cast" => return name(true),
            "function_declarator" => function = true,
            kind if kind.ends_with("_declarator") => {
                // A pointer to a function is no function.
                function = function && matches!(kind, "parenthesized_declarator" | "attributed_declarator");
            }
            _ => return None,
        }
        let inner = node.child_by_field_name("declarator");
        let is_declarator = |child: &Node<'_>| {
            let kind = child.kind();
            kind.ends_with("declarator")
                || kind.ends_with("identifier")
                || matches!(kind, "operator_name" | "template_function")
        };
        node = inner.or_else(|| children(node).into_iter().find(is_declarator))?;
    }
    None
}

/// Collects the names that the meaning of a signature depends on; parameters' own names are left out.
fn collect_uses(node: Node<'_>, declares: bool, uses: &mut Vec<Range<usize>>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match node.kind() {
        "identifier" | "operator_name" if declares => {}
        "identifier" | "type_identifier" | "namespace_identifier" => uses.push(node.byte_range()),
        // `struct X` declares X where it isn't yet.
        "struct_specifier" | "class_specifier" | "union_specifier"
            if node.child_by_field_name("body").is_none() => {}
        "attribute_specifier" | "attribute_declaration" | "compound_statement" => {}
        "qualified_identifier" | "template_function" if declares => {
            if let Some(arguments) = node.child_by_field_name("arguments") {
                collect_uses(arguments, false, uses, depth + 1);
            }
        }
        kind => {
            let is_declarator = kind.ends_with("_declarator");
            for (child, field) in fields(node) {
                let declares = match field {
                    Some("declarator") => true,
                    None => declares && is_declarator,
                    Some(_) => false,
                };
                collect_uses(child, declares, uses, depth + 1);
            }
        }
    }
}

fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children(&mut node.walk()).collect()
}

fn fields(node: Node<'_>) -> Vec<(Node<'_>, Option<&str>)> {
    let mut cursor = node.walk();
    let mut found = Vec::new();
    let mut more = cursor.goto_first_child();
    while more {
        found.push((cursor.node(), cursor.field_name()));
        more = cursor.goto_next_sibling();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::conditionals::scan;
    use super::*;

    fn functions(source: &str) -> Vec<String> {
        let scan = scan(source.as_bytes());
        let text = |range: &Range<usize>| source[range.clone()].to_owned();
        let describe = |function: &Function| {
            let uses: Vec<_> = function.uses.iter().map(text).collect();
            let mark = if function.qualified { "::" } else { "" };
            format!("{mark}{}({})", text(&function.name), uses.join(" "))
        };
        outline(&scan).functions.iter().map(describe).collect()
    }

    #[test]
    fn functions_at_global_scope_are_found() {
        insta::assert_debug_snapshot!(functions(
            "void a() {} namespace n { void no() {} } struct S { void no() {} }; void S::m() {}
            extern \"C\" { int b(int x) { return x; } } extern \"C\" void c(T t) {}
            template <class T> T d(T t) { return t; } template <> int d<3>(int) { return 0; }
            int (*e(int a))(U) { return 0; } bool operator<(const P &p, Q &q) { return 0; }
            void f(char b[N], void (*cb)(A a), struct X *x) try {} catch (...) {} auto g() -> V { return 0; }
            uint8_t MACRO h(n::W w) { return 0; } const char s[] = R\"(void no() {})\"; class EXPORT K {};"
        ), @r#"
        [
            "a()",
            "::S::m()",
            "b()",
            "c(T)",
            "d(T T)",
            "d()",
            "e(U)",
            "operator<(P Q)",
            "f(N A)",
            "g(V)",
            "h(MACRO n W)",
        ]
        "#);
    }

    #[test]
    fn names_are_known_from_their_declaration() {
        let source = "struct A; typedef struct { int no; } B; using C = int; enum D { E, F }; const int G = 1, *H;
            namespace I { struct no; } template <class T> class J {}; void decl(int); using n::K; int (*L)(int); class EXPORT M {};";
        let scan = scan(source.as_bytes());
        let outline = outline(&scan);
        let names: Vec<_> = outline.entities.iter().map(|entity| &source[entity.name.clone()]).collect();
        assert_eq!(names, ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "EXPORT", "M"]);
        assert_eq!(outline.declarations.len(), 1);
    }

    #[test]
    fn broken_code_hides_only_itself() {
        assert_eq!(functions("void a() { if ( } void b() {}"), ["a()", "b()"]);
        assert_eq!(functions("int x = ;\nvoid b() {}"), ["b()"]);
    }

    #[test]
    fn deep_nesting_is_survived() {
        for deep in
            ["extern \"C\" ", "extern \"C\" {", "template <class T> ", "(", "A<", "*", "void f(void (*"]
        {
            let _ = functions(&(deep.repeat(20_000) + "void f() {}"));
        }
    }
}
