//! The keys `tags`, `expect`, `until` and `reason` of an entry.

use std::sync::Arc;

use super::super::diagnostic::Diagnostic;
use super::super::expectation::{Expectation, ExpectedResult};
use super::super::model::Marks;
use super::super::schema::{RawExpect, RawFailure, RawMarks};
use super::super::syntax::Node;
use super::{Resolver, place};
use crate::nearest::{quoted, suggestion};

impl Resolver<'_> {
    /// Returns the tags and the expected result of an entry, whose tree is `node`.
    pub(super) fn marks(&mut self, raw: RawMarks, node: &Node) -> Marks {
        let RawMarks { tags, expect, until, reason } = raw;
        let tags = self.tags(tags, node).into();
        Marks { tags, expect: self.expectation(expect, RawFailure { until, reason }, node) }
    }

    /// Returns the expected result of an entry, whose tree is `node`. `beside` has the keys beside `expect`.
    fn expectation(
        &mut self,
        raw: Option<RawExpect>,
        beside: RawFailure,
        node: &Node,
    ) -> Option<Arc<Expectation>> {
        let key = node.get("expect").unwrap_or(node);
        let (result, failure, failure_node) = match raw {
            None => {
                for name in ["until", "reason"] {
                    if let Some(entry) = node.entry(name) {
                        let message = format!("{} says nothing without `expect`", quoted(name));
                        let help = "as in `expect: known-failure`";
                        self.problems.push(Diagnostic::new(entry.key, message).help(help));
                    }
                }
                return None;
            }
            Some(RawExpect::Word(word)) => {
                let Some((_, result)) = ExpectedResult::WORDS.into_iter().find(|(known, _)| *known == word)
                else {
                    let words = ExpectedResult::WORDS.map(|(word, _)| word);
                    let message = format!("{} is no result that can be expected", quoted(&word));
                    let diagnostic = Diagnostic::new(key.span, message);
                    self.problems.push(diagnostic.maybe_help(suggestion(&word, words)));
                    return None;
                };
                (result, beside, node)
            }
            Some(RawExpect::Long(long)) => {
                let (result, name, failure) = match (long.fail, long.known_failure) {
                    (Some(failure), None) => (ExpectedResult::Fail, "fail", failure),
                    (None, Some(failure)) => (ExpectedResult::KnownFailure, "known-failure", failure),
                    _ => {
                        let help = "`fail` is right as it is, `known-failure` is a defect";
                        let message = "`expect` has one of the keys `fail` and `known-failure`";
                        self.problems.push(Diagnostic::new(key.span, message).help(help));
                        return None;
                    }
                };
                let failure = RawFailure {
                    until: failure.until.or(beside.until),
                    reason: failure.reason.or(beside.reason),
                };
                (result, failure, key.get(name).unwrap_or(key))
            }
        };
        if result == ExpectedResult::Pass && (failure.until.is_some() || failure.reason.is_some()) {
            self.problem(
                key.span,
                "`until` and `reason` belong to an expected failure, not to `expect: pass`",
            );
        }
        let until = failure.until.and_then(|text| match text.parse() {
            Ok(date) => Some(date),
            Err(error) => {
                let place = failure_node.get("until").map_or_else(|| place(node, "until"), |it| it.span);
                self.problem(place, format!("{} is no date: {error}", quoted(&text)));
                None
            }
        });
        let reason = failure.reason.filter(|reason| !reason.trim().is_empty());
        Some(Arc::new(Expectation { result, until, reason }))
    }
}
