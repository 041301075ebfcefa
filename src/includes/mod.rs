//! What source files are and what they include: content hashes, include scans, search paths and the
//! closure of files that a compile can read. Knows nothing of sketches, boards or compilers' flags.
//!
//! Everything here is conservative: a file that a compile *could* read, in any branch of any
//! conditional, is in its closure ([`Inputs`]); so a key made from the closure changes whenever the compile's
//! result could. Left out is only what needs a macro that neither the compiler nor the command nor any file
//! of the closure defines: the headers of three hundred other controllers are.

mod closure;
mod disk;
mod files;
mod memo;
mod mentions;
mod scan;
mod search;

pub use closure::{Closure, Inputs, MacroDefinitions, Predefined};
pub use disk::{Disk, Look};
pub use files::{FileId, Files, Listing, SourceFile, digest};
pub use memo::{Memo, Stamp};
pub use mentions::Mentions;
pub use scan::{Condition, Directive, Form, Include, MacroName, Needs, OWN_NAMES, Scan, TIMES, Trait, scan};
pub use search::{Edges, FolderIndex, Missing, Resolved, Search, SearchPath};

/// A content hash: BLAKE3, 32 bytes.
pub type Hash = blake3::Hash;
