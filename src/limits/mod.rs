//! Limits of firmware: amounts (bytes or a percentage), the budgets of a matrix, and their check. Pure functions over
//! sizes; knows nothing of how a matrix spells them or of what a run does about them.

mod amount;
mod budgets;
mod check;

pub use amount::{Amount, AmountError, Percent};
pub use budgets::{Budgets, Limit, MemoryBudget, WarningBudget};
pub use check::{Measured, check};
