//! The budget of a run: process slots and memory, granted by priority, and what steps took in earlier runs, from which
//! priorities are made. Knows nothing of what a step does.

mod costs;
mod gate;
mod slots;

pub use costs::{Cost, CostName, Costs, Subject};
pub use gate::{Gate, Place, Rank};
pub use slots::{Ask, Slot, Slots, Urgency};
