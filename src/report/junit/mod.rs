//! `junit.xml`: a suite for each board, a test case for each cell. Every planned cell appears exactly once, however the
//! run ended.
//!
//! `fold` collects the data of a run, `suites` converts it to test cases, `xml` writes them one by one.

mod budget;
mod case;
mod fold;
mod reporter;
mod suites;
#[cfg(test)]
mod tests;
mod xml;

pub(super) use reporter::Junit;
