//! Source files and their includes: content hashes, include scans, search paths and the closure of files that a compile
//! can read. Knows no sketch, no board and no compiler's flags.
//!
//! All results are conservative: the closure ([`Inputs`]) has every file that a compile *could* read, in any branch of
//! any conditional. So a key over the closure changes whenever the result of the compile could. The only exceptions are
//! branches that need a macro which is defined nowhere: not by the compiler, the command or a file of the closure. They
//! would add, for example, the headers of three hundred other controllers.

mod closure;
mod disk;
mod files;
mod hash;
mod header_name;
mod inputs;
mod listing;
mod macros;
mod memo;
mod mentions;
mod pattern;
mod scan;
mod search;
mod search_path;
mod source_file;
mod stamp;
mod stored;

pub use closure::Closure;
pub use disk::{Disk, Look};
pub use files::Files;
pub use hash::{Hash, digest};
pub use header_name::HeaderName;
pub use inputs::Inputs;
pub use listing::Listing;
pub use macros::{MacroDefinitions, Predefined};
pub use memo::{Memo, MemoPaths};
pub use mentions::Mentions;
pub use scan::{
    BASE_NAME, Condition, Directive, Form, Include, MacroName, Needs, OWN_NAMES, Scan, TIMES, Trait, scan,
};
pub use search::{Edges, Missing, Resolved, Search};
pub use search_path::{DirectoryIndex, SearchPath};
pub use source_file::{FileId, SourceFile};
pub use stamp::Stamp;
