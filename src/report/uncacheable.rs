//! Counts the units that are compiled in every run, and the hooks that run in every run, by reason: a fold over the steps
//! of a run.

use std::collections::BTreeMap;

use super::text;
use crate::event::{CacheOutcome, Step, StepInfo};

/// Number of listed reasons; `timing.json` has all.
const LISTED: usize = 5;

/// Uncacheable units and hooks of a run.
#[derive(Debug, Default)]
pub(super) struct Uncacheable(BTreeMap<String, Units>);

#[derive(Debug)]
struct Units {
    count: usize,
    /// The word for one: `unit` or `hook`.
    noun: &'static str,
    /// The first unit by name, so that the order of completion does not matter.
    first: String,
}

impl Uncacheable {
    /// Counts one step.
    pub(super) fn fold(&mut self, step: &StepInfo) {
        let Some(CacheOutcome::Uncacheable { reason }) = &step.cache else { return };
        let name = || format!("{} of {}", step.label, step.job);
        let units = self.0.entry(reason.clone()).or_insert_with(|| {
            let noun = if step.step == Step::Hook { "hook" } else { "unit" };
            Units { count: 0, noun, first: name() }
        });
        units.count += 1;
        let name = name();
        if name < units.first {
            units.first = name;
        }
    }

    /// Returns `2 uncacheable units and 1 uncacheable hook`, if there are any.
    pub(super) fn title(&self) -> Option<String> {
        let kind = |noun: &str| {
            let count: usize =
                self.0.values().filter(|units| units.noun == noun).map(|units| units.count).sum();
            (count > 0).then(|| text::count(count, &format!("uncacheable {noun}")))
        };
        let kinds: Vec<String> = ["unit", "hook"].into_iter().filter_map(kind).collect();
        (!kinds.is_empty()).then(|| kinds.join(" and "))
    }

    /// Returns the most frequent reasons, a line each; the last line counts the others.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut reasons: Vec<(&String, &Units)> = self.0.iter().collect();
        reasons.sort_by_key(|(_, units)| std::cmp::Reverse(units.count));
        let line = |(reason, units): &(&String, &Units)| {
            let others = if units.count > 1 { " and others" } else { "" };
            text::one_line(&format!(
                "{}: {reason}: {}{others}",
                text::count(units.count, units.noun),
                units.first
            ))
        };
        let mut lines: Vec<String> = reasons.iter().take(LISTED).map(line).collect();
        if let Some(more @ 1..) = reasons.len().checked_sub(LISTED) {
            lines.push(format!("{} more", text::count(more, "reason")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use crate::report::testing::{Script, cell, span};

    #[test]
    fn reasons_are_sorted_and_bounded_and_name_their_first_unit() {
        let job = cell("uno/Blink");
        let script = Script::new().plan(&["uno/Blink"], &[]);
        let step = |script: Script, label: &str, reason: &str| {
            let cache = CacheOutcome::Uncacheable { reason: reason.to_owned() };
            script.step(&job, (Step::Compile, label), 0, span(0, 1), Some(cache))
        };
        let script = step(step(script, "b.cpp", "time"), "a.cpp", "time");
        let script =
            ["1", "2", "3", "4", "5"].iter().fold(script, |script, reason| step(script, "x.c", reason));
        let mut found = Uncacheable::default();
        for event in script.events() {
            if let EventKind::StepFinished(step) = &event.kind {
                found.fold(step);
            }
        }
        assert_eq!(found.title().as_deref(), Some("7 uncacheable units"));
        let lines = found.lines();
        assert_eq!(
            lines[..2],
            ["2 units: time: a.cpp of uno/Blink and others", "1 unit: 1: x.c of uno/Blink"]
        );
        assert_eq!((lines.len(), lines[5].as_str()), (6, "1 reason more"));
    }
}
