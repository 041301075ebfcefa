//! Expressions and lists of boards: the boards that they select, and the names in them that nothing has.

use indexmap::IndexSet;

use super::super::diagnostic::Diagnostic;
use super::super::expression::{BoardFacts, Facts, Predicate, SketchFacts, TextField, is_expression, parse};
use super::super::model::{BoardChoice, Condition};
use super::super::name_glob::NameGlobs;
use super::super::source::Span;
use super::super::syntax::Node;
use super::{Boards, Resolver};
use crate::nearest::{quoted, suggestion};

impl Resolver<'_> {
    /// Returns the boards that a list of patterns and expressions selects. Each pattern must match a board.
    pub(super) fn wanted_boards(&mut self, texts: &[String], node: &Node, boards: &Boards) -> BoardChoice {
        if texts.is_empty() {
            self.problem(node.span, "this is for no board");
        }
        let (expressions, names): (Vec<_>, Vec<_>) =
            texts.iter().zip(node.each()).partition(|(text, _)| is_expression(text));
        let Some(globs) = self.globs(&names) else { return BoardChoice::none() };
        for (glob, (_, node)) in globs.patterns().iter().zip(&names) {
            self.known_board(glob.as_str(), node.span, boards, &|name| glob.matches(name));
        }
        let mut predicate = Predicate::list(TextField::Board, &globs);
        if !expressions.is_empty() {
            let conditions: Vec<Option<Condition>> =
                expressions.iter().map(|(text, node)| self.condition(text, node.span, boards)).collect();
            let Some(conditions) = conditions.into_iter().collect::<Option<Vec<_>>>() else {
                return BoardChoice::none();
            };
            let mut wanted: Vec<Predicate> = conditions.into_iter().map(|it| it.predicate).collect();
            let (named, unnamed) = globs.parts();
            wanted.extend(named.map(|glob| Predicate::names(TextField::Board, std::slice::from_ref(glob))));
            let unnamed: Vec<_> = unnamed.cloned().collect();
            let unwanted = (!unnamed.is_empty()).then(|| Predicate::names(TextField::Board, &unnamed));
            let parts = unwanted.map(|it| Predicate::Not(Box::new(it))).into_iter();
            predicate = Predicate::All(std::iter::once(Predicate::Any(wanted)).chain(parts).collect());
        }
        let is_possible =
            |facts: &BoardFacts| predicate.holds(&Facts { board: facts, sketch: None }) != Some(false);
        let facts = boards.iter().map(|(name, board)| BoardFacts::new(name, &board.fqbn, &board.tags));
        let boards = facts.enumerate().filter(|(_, facts)| is_possible(facts)).map(|(index, _)| index);
        let boards = boards.collect();
        BoardChoice { predicate, boards, ..BoardChoice::none() }
    }

    /// Returns the boards of a library, by index. Libraries are installed before their cores and sketches are known.
    pub(super) fn library_boards(&mut self, texts: &[String], node: &Node, all: &Boards) -> IndexSet<usize> {
        let BoardChoice { predicate, boards, .. } = self.wanted_boards(texts, node, all);
        if predicate.needs_hardware() || predicate.needs_sketch() {
            let help = "`board`, `tag`, `core`, `arch` and `fqbn` are known before";
            let message = "the boards of a library can't depend on `mcu`, `flash`, `ram` or `sketch`";
            self.problems.push(Diagnostic::new(node.span, message).help(help));
        }
        // Its boards are those that the expression selects for a sketch without tags.
        let sketch = Some(SketchFacts { name: "", tags: &[] });
        let is_wanted = |index: &usize| {
            let board = all.get_index(*index);
            board.is_some_and(|(name, board)| {
                let board = BoardFacts::new(name, &board.fqbn, &board.tags);
                predicate.is_true(&Facts { board: &board, sketch })
            })
        };
        boards.into_iter().filter(is_wanted).collect()
    }

    /// Returns an expression. `None` if it is invalid, which is reported.
    pub(super) fn condition(&mut self, text: &str, span: Span, boards: &Boards) -> Option<Condition> {
        let predicate = match parse(text) {
            Ok(predicate) => predicate,
            Err(error) => {
                let place = span.part(self.source, text, &error.range);
                self.problems.push(Diagnostic::new(place, error.message).maybe_help(error.help));
                return None;
            }
        };
        let mut sketches = Vec::new();
        for test in predicate.text_tests().into_iter().filter(|test| test.is_about_names()) {
            let place = span.part(self.source, text, &test.range);
            match test.field {
                TextField::Board => {
                    self.known_board(&test.text, place, boards, &|name| test.pattern.matches(name));
                }
                TextField::Tag => self.compared_tags.push((place, test.clone())),
                TextField::Sketch => sketches.push((place, test.clone())),
                TextField::Core | TextField::Arch | TextField::Mcu | TextField::Fqbn => {}
            }
        }
        Some(Condition { predicate, sketches })
    }

    /// Reports a pattern that no board matches.
    fn known_board(&mut self, pattern: &str, span: Span, boards: &Boards, matches: &dyn Fn(&str) -> bool) {
        let names = || boards.keys().map(|name| &**name);
        // An invalid board has already been reported.
        let is_broken = self.broken_boards.iter().any(|name| matches(name));
        if !is_broken && !names().any(matches) {
            let message = format!("no board of this matrix matches {}", quoted(pattern));
            let help = suggestion(pattern, names());
            self.problems.push(Diagnostic::new(span, message).maybe_help(help));
        }
    }

    /// Returns the patterns of a list; `None` if one of them is invalid.
    pub(super) fn globs(&mut self, texts: &[(&String, &Node)]) -> Option<NameGlobs> {
        let mut globs = NameGlobs::default();
        for (text, node) in texts {
            if let Err(error) = globs.add(text) {
                let message = format!("{} is not a valid pattern: {}", quoted(text), error.problem);
                self.problem(node.span, message);
            }
        }
        (globs.patterns().len() == texts.len()).then_some(globs)
    }

    /// Returns the tags of a board or an entry, whose tree is `node`.
    pub(super) fn tags(&mut self, raw: Vec<String>, node: &Node) -> Vec<String> {
        let nodes = node.get("tags").map(Node::items).unwrap_or_default();
        for (tag, node) in raw.iter().zip(nodes) {
            if tag.trim().is_empty() {
                self.problem(node.span, "the tag is empty");
            }
        }
        self.tags.extend(raw.iter().cloned());
        raw
    }

    /// Reports comparisons with a tag that neither a board nor an entry has.
    pub(super) fn check_tags(&mut self) {
        // The tags of an invalid board are unknown.
        if !self.broken_boards.is_empty() {
            return;
        }
        for (span, test) in std::mem::take(&mut self.compared_tags) {
            if !self.tags.iter().any(|tag| test.pattern.matches(tag)) {
                let message =
                    format!("no board and no sketch of this matrix has the tag {}", quoted(&test.text));
                let help = suggestion(&test.text, self.tags.iter().map(String::as_str));
                let help = help
                    .unwrap_or_else(|| "`tags: [NAME]` of a board or of an entry of `sketches`".to_owned());
                self.problems.push(Diagnostic::new(span, message).help(help));
            }
        }
    }
}
