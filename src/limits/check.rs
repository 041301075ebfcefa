//! Compares a firmware with its budgets.

use super::amount::Amount;
use super::budgets::{Budgets, MemoryBudget};
use crate::event::{BaseCell, BudgetKind, OverBudget, Sizes, Usage, grouped};

/// The measured values of a firmware.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Its sizes, if the platform measures them.
    pub sizes: Option<&'a Sizes>,
    /// Number of warnings in the sketch and the library under test.
    pub own_warnings: u64,
}

/// Returns the exceeded budgets, hard ones first. A limit whose value or reference is unknown is not checked: a
/// percentage of an unknown maximum, a growth without a base.
pub fn check(budgets: &Budgets, measured: Measured<'_>, base: Option<&BaseCell>) -> Vec<OverBudget> {
    let flash = |sizes: &Sizes| sizes.flash;
    let ram = |sizes: &Sizes| sizes.ram;
    let usages = |of: fn(&Sizes) -> Option<Usage>| {
        (measured.sizes.and_then(of), base.and_then(|base| of(&base.sizes)))
    };
    let mut found = Vec::new();
    let kinds = [BudgetKind::Flash, BudgetKind::FlashGrowth];
    memory(&budgets.flash, kinds, usages(flash), &mut found);
    let kinds = [BudgetKind::Ram, BudgetKind::RamGrowth];
    memory(&budgets.ram, kinds, usages(ram), &mut found);
    let own = measured.own_warnings;
    if let Some(limit) = budgets.warnings.max {
        found.extend(over(BudgetKind::Warnings, limit.is_soft, own, limit.value));
    }
    if let (Some(limit), Some(base)) = (budgets.warnings.growth, base) {
        let growth = own.saturating_sub(base.own_warnings);
        let over = over(BudgetKind::WarningsGrowth, limit.is_soft, growth, limit.value);
        found.extend(over.map(|over| OverBudget { base: Some(base.own_warnings), ..over }));
    }
    found.sort_by_key(|over| over.soft);
    found
}

fn memory(
    budget: &MemoryBudget,
    [max_kind, growth_kind]: [BudgetKind; 2],
    (now, base): (Option<Usage>, Option<Usage>),
    found: &mut Vec<OverBudget>,
) {
    let Some(now) = now else { return };
    if let Some(limit) = budget.max {
        let (most, share) = match (limit.value, now.max) {
            (Amount::Bytes(bytes), _) => (Some(bytes), None),
            (Amount::Percent(percent), Some(max)) => {
                (Some(limit.value.of(max)), Some(format!("{percent} of {}", grouped(max))))
            }
            (Amount::Percent(_), None) => (None, None),
        };
        let over = most.and_then(|most| over(max_kind, limit.is_soft, now.used, most));
        found.extend(over.map(|over| OverBudget { share, ..over }));
    }
    if let (Some(limit), Some(base)) = (budget.growth, base) {
        let growth = now.used.saturating_sub(base.used);
        let share = match limit.value {
            Amount::Bytes(_) => None,
            Amount::Percent(percent) => Some(percent.to_string()),
        };
        let over = over(growth_kind, limit.is_soft, growth, limit.value.of(base.used));
        found.extend(over.map(|over| OverBudget { share, base: Some(base.used), ..over }));
    }
}

fn over(budget: BudgetKind, soft: bool, value: u64, most: u64) -> Option<OverBudget> {
    (value > most).then_some(OverBudget { budget, value, limit: most, share: None, base: None, soft })
}

#[cfg(test)]
mod tests {
    use super::super::budgets::{Limit, WarningBudget};
    use super::*;
    use crate::event::CellId;

    fn sizes(flash: u64, ram: u64) -> Sizes {
        let usage = |used, max| Some(Usage { used, max: Some(max) });
        Sizes { flash: usage(flash, 1_000), ram: usage(ram, 100), ..Sizes::default() }
    }

    fn limit(text: &str, is_soft: bool) -> Limit<Amount> {
        Limit { value: text.parse().unwrap(), is_soft }
    }

    fn found(
        budgets: &Budgets,
        sizes: Option<&Sizes>,
        own_warnings: u64,
        base: Option<&BaseCell>,
    ) -> Vec<String> {
        let measured = Measured { sizes, own_warnings };
        check(budgets, measured, base).iter().map(|over| format!("{over}, soft {}", over.soft)).collect()
    }

    #[test]
    fn each_limit_is_checked_at_its_boundary() {
        let budgets = Budgets {
            flash: MemoryBudget { max: Some(limit("90%", false)), growth: Some(limit("10%", false)) },
            ram: MemoryBudget { max: Some(limit("50", true)), growth: Some(limit("4", false)) },
            warnings: WarningBudget {
                max: Some(Limit { value: 2, is_soft: false }),
                growth: Some(Limit { value: 0, is_soft: false }),
            },
        };
        let id = CellId { board: "uno".into(), sketch: "A".into() };
        let base = BaseCell { id, sizes: sizes(819, 46), own_warnings: 2, warnings: 9 };
        assert_eq!(found(&budgets, Some(&sizes(900, 50)), 2, Some(&base)), Vec::<String>::new());
        assert_eq!(
            found(&budgets, Some(&sizes(901, 51)), 3, Some(&base)),
            [
                "flash budget: 901 of 900 bytes (90% of 1,000), 1 too many, soft false",
                "flash growth budget: +82 of +81 bytes (10%; the base has 819), 1 too many, soft false",
                "RAM growth budget: +5 of +4 bytes (the base has 46), 1 too many, soft false",
                "warnings budget: 3 of 2 warnings, 1 too many, soft false",
                "warnings growth budget: +1 of +0 warnings (the base has 2), 1 too many, soft false",
                "RAM budget: 51 of 50 bytes, 1 too many, soft true",
            ]
        );
        assert_eq!(found(&budgets, Some(&sizes(1_000, 50)), 0, None).len(), 1, "no growth without a base");
        assert_eq!(found(&budgets, None, 0, Some(&base)), Vec::<String>::new(), "nothing is measured");
        let smaller = sizes(10, 1);
        assert_eq!(found(&budgets, Some(&smaller), 0, Some(&base)), Vec::<String>::new());
    }

    #[test]
    fn a_percentage_of_an_unknown_maximum_is_not_checked() {
        let budgets = Budgets {
            flash: MemoryBudget { max: Some(limit("1%", false)), growth: None },
            ..Budgets::default()
        };
        let unknown = Sizes { flash: Some(Usage { used: 500, max: None }), ..Sizes::default() };
        assert_eq!(found(&budgets, Some(&unknown), 0, None), Vec::<String>::new());
    }
}
