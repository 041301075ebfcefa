//! State of one job while it is built: its context, its steps in slots, its clock, and what it makes.

pub(super) mod ahead;
pub(super) mod core_handle;
pub(super) mod in_flight;
pub(super) mod job_context;
pub(super) mod product;
pub(super) mod step;
pub(super) mod stopwatch;
pub(super) mod track;
