//! `sizes.json`: flash and RAM of every cell in the format of arduino/compile-sketches, which
//! arduino/report-size-deltas reads. `docs/reports.md` lists the fields.

mod fold;
mod model;
mod reporter;

pub(super) use reporter::SizesReport;
