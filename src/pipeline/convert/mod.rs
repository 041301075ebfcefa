//! Conversions (`objcopy`) and sizes (`size`) without a process, where that makes no difference.
//!
//! A recipe is done in process if all of this is so; else its process runs, as it would without this module:
//!
//! * each of its words is understood ([`words`]), and the ELF has nothing that is not ([`elf`]);
//! * this tool, asked with these words, wrote the same bytes as we do, mode and printed text included, for
//!   programs that are made to be difficult and for the first real one ([`proof`], [`specimen`]).
//!
//! What GNU's tools do is written down where it is done: [`image`] (`objcopy.c`), [`ihex`] and [`binary`] (BFD's
//! targets of these names), [`listing`] (`size.c`), [`elf`] (BFD's reading of ELF). Knows nothing of keys: a tool's
//! content is in the firmware's key whoever does its work.

mod binary;
mod command;
mod elf;
mod ihex;
mod image;
mod listing;
mod memory;
mod product;
mod proof;
mod specimen;
mod tool;
mod unsupported;
mod verdict;
mod words;

pub(super) use command::command;
pub(super) use memory::HexMemory;
pub use product::in_process;
pub(super) use verdict::{VERSION, Verdict};
