//! Conversions (`objcopy`) and sizes (`size`) in process, where the tool was verified byte-identical.
//!
//! A recipe is done in process under these conditions; otherwise its process runs, as it would without this
//! module:
//!
//! * each of its words is understood ([`words`]), and so is all of the ELF ([`elf`]);
//! * this tool was verified byte-identical for these words, including file mode and output: for programs that are
//!   made to be difficult and for the first real one ([`proof`], [`specimen`]).
//!
//! The behaviour of GNU's tools is documented where it is implemented: [`image`] (`objcopy.c`), [`ihex`] and
//! [`binary`] (BFD's targets of these names), [`listing`] (`size.c`), [`elf`] (BFD's reading of ELF). Knows
//! nothing of keys: the firmware's key covers the tool's content in both cases.

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
