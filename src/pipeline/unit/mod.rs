//! A unit: one distinct compile. Its key covers everything that can change its object. The object is compiled
//! once for all cores and cells that need it.

mod asked;
mod clock;
mod compile;
mod copy;
mod covered;
mod depfile;
mod digests;
mod idle;
mod included;
mod kept;
mod make;
mod named;
mod options;
mod plan;
mod planned;
mod prefix;
mod reads;
mod responses;
mod table;

pub(super) use asked::{options, search};
pub(super) use covered::CoveredCall;
pub(super) use make::make_all;
pub(super) use named::{Reading, completed};
pub(super) use options::Options;
pub(super) use plan::{compiler_directories, include_words, plan};
pub(super) use planned::{OUTPUT, Planned, SOURCE, Unit, Wanted};
pub use prefix::PrefixTable;
pub(super) use reads::{forced, reads};
pub(super) use table::UnitTable;
