//! The key `budgets`: parses its amounts.

use super::super::schema::{
    RawAmount, RawBudgets, RawMemoryBudget, RawMemoryLimits, RawWarningBudget, RawWarningLimits,
};
use super::super::source::Span;
use super::super::syntax::Node;
use super::{Resolver, place};
use crate::limits::{Amount, Budgets, Limit, MemoryBudget, WarningBudget};
use crate::nearest::quoted;

impl Resolver<'_> {
    /// Returns the budgets of the matrix, a board or an entry. `node` is the mapping with the key `budgets`.
    pub(super) fn budgets(&mut self, raw: Option<RawBudgets>, node: &Node) -> Budgets {
        let Some(RawBudgets { flash, ram, warnings, soft }) = raw else { return Budgets::default() };
        let node = node.get("budgets").unwrap_or(node);
        let soft = soft.unwrap_or(false);
        Budgets {
            flash: self.memory_budget(flash, node, "flash", soft),
            ram: self.memory_budget(ram, node, "ram", soft),
            warnings: warning_budget(warnings, soft),
        }
    }

    fn memory_budget(
        &mut self,
        raw: Option<RawMemoryBudget>,
        node: &Node,
        key: &str,
        soft: bool,
    ) -> MemoryBudget {
        let Some(raw) = raw else { return MemoryBudget::default() };
        let node = node.get(key).unwrap_or(node);
        let RawMemoryLimits { max, growth, soft: own } = match raw {
            RawMemoryBudget::Bytes(bytes) => max_of(RawAmount::Bytes(bytes)),
            RawMemoryBudget::Text(text) => max_of(RawAmount::Text(text)),
            RawMemoryBudget::Long(limits) => limits,
        };
        let is_soft = own.unwrap_or(soft);
        let mut limit = |raw: Option<RawAmount>, key| {
            Some(Limit { value: self.amount(raw?, place(node, key))?, is_soft })
        };
        MemoryBudget { max: limit(max, "max"), growth: limit(growth, "growth") }
    }

    fn amount(&mut self, raw: RawAmount, span: Span) -> Option<Amount> {
        let text = match raw {
            RawAmount::Bytes(bytes) => return Some(Amount::Bytes(bytes)),
            RawAmount::Text(text) => text,
        };
        match text.parse() {
            Ok(amount) => Some(amount),
            Err(error) => {
                self.problem(span, format!("{} is no amount of memory: {error}", quoted(&text)));
                None
            }
        }
    }
}

fn max_of(amount: RawAmount) -> RawMemoryLimits {
    RawMemoryLimits { max: Some(amount), ..RawMemoryLimits::default() }
}

fn warning_budget(raw: Option<RawWarningBudget>, soft: bool) -> WarningBudget {
    let RawWarningLimits { max, growth, soft: own } = match raw {
        None => return WarningBudget::default(),
        Some(RawWarningBudget::Most(most)) => {
            RawWarningLimits { max: Some(most), ..RawWarningLimits::default() }
        }
        Some(RawWarningBudget::Long(limits)) => limits,
    };
    let is_soft = own.unwrap_or(soft);
    let limit = |value: Option<u64>| value.map(|value| Limit { value, is_soft });
    WarningBudget { max: limit(max), growth: limit(growth) }
}
