//! `trace.json`: the run as a Chrome trace (the JSON object format of the Trace Event Format), for Perfetto and
//! `chrome://tracing`. It has three processes: the run with its phases and downloads, the slots with the steps that
//! held them, and the jobs with their phases.
//!
//! `fold` collects the data, `tracks` arranges it, `writer` writes the events of the format.

mod fold;
mod lanes;
mod reporter;
#[cfg(test)]
mod tests;
mod tracks;
mod writer;

pub(super) use reporter::Trace;
