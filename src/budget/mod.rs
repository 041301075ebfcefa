//! The budget of a run: process slots and memory, granted by priority, and the measured costs of steps in earlier runs,
//! from which priorities are computed. Does not know the purpose of a step.

mod costs;
mod gate;
mod slots;

pub use costs::{Cost, CostName, Costs, Subject};
pub use gate::{Gate, Place, Rank};
pub use slots::{Ask, Slot, Slots, Urgency};
