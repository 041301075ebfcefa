//! The budgets of a cell: limits of its flash, its RAM and its warnings.

use super::amount::Amount;

/// The budgets of a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Budgets {
    /// Limits of its flash.
    pub flash: MemoryBudget,
    /// Limits of its RAM.
    pub ram: MemoryBudget,
    /// Limits of the warnings in the sketch and the library under test.
    pub warnings: WarningBudget,
}

/// The limits of a memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct MemoryBudget {
    /// Largest use. A percentage is one of the board's maximum.
    pub max: Option<Limit<Amount>>,
    /// Largest increase since the base. A percentage is one of the base's use.
    pub growth: Option<Limit<Amount>>,
}

/// The limits of a number of warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct WarningBudget {
    /// Largest number.
    pub max: Option<Limit<u64>>,
    /// Largest increase since the base.
    pub growth: Option<Limit<u64>>,
}

/// A limit, and whether it only warns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit<T> {
    /// The largest allowed value.
    pub value: T,
    /// Whether exceeding it is a warning and no failure.
    pub is_soft: bool,
}

impl Budgets {
    /// Returns these limits, and those of `outer` where these have none.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        let memory = |own: MemoryBudget, outer: MemoryBudget| MemoryBudget {
            max: own.max.or(outer.max),
            growth: own.growth.or(outer.growth),
        };
        Self {
            flash: memory(self.flash, outer.flash),
            ram: memory(self.ram, outer.ram),
            warnings: WarningBudget {
                max: self.warnings.max.or(outer.warnings.max),
                growth: self.warnings.growth.or(outer.warnings.growth),
            },
        }
    }

    /// Returns whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a limit needs a base.
    pub const fn has_growth(&self) -> bool {
        self.flash.growth.is_some() || self.ram.growth.is_some() || self.warnings.growth.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inner_limit_wins_one_by_one() {
        let bytes = |bytes| Some(Limit { value: Amount::Bytes(bytes), is_soft: false });
        let outer = Budgets {
            flash: MemoryBudget { max: bytes(10), growth: bytes(1) },
            ram: MemoryBudget { max: bytes(20), growth: None },
            warnings: WarningBudget::default(),
        };
        let inner = Budgets { flash: MemoryBudget { max: bytes(12), growth: None }, ..Budgets::default() };
        let both = inner.within(outer);
        assert_eq!(both.flash, MemoryBudget { max: bytes(12), growth: bytes(1) });
        assert_eq!(both.ram, outer.ram);
        assert!(both.has_growth() && !inner.has_growth() && Budgets::default().is_empty());
    }
}
