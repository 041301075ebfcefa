//! Parses the output of compilers, assemblers and linkers: errors, warnings, their notes, their context. Text in, data
//! out; knows nothing of sketches, commands and reports.
//!
//! Formats: GCC and Clang (`FILE:LINE:COLUMN: error: …`), GNU as (`FILE:LINE: Error: …`), GNU ld and collect2
//! (`OBJECT: In function …`, `FILE:LINE: undefined reference to …`, `ld: region … overflowed by …`), lld.

mod diagnostic;
mod faults;
mod first_error;
mod head;
mod heads;
mod line;
mod link_error;
mod linker;
mod overflow;
mod parse;
mod warnings;

pub use diagnostic::{Diagnostic, Entry};
pub use faults::{WriteFault, memory_fault, tool_fault, write_fault};
pub use first_error::{Diagnosis, diagnose, first_error, missing_file};
pub use head::Severity;
pub use heads::{around_first_error, count_warnings};
pub use link_error::{LinkError, link_error};
pub use linker::without_name;
pub use overflow::{RegionOverflow, is_overflow, overflows};
pub use parse::{first_of, parse};
pub use warnings::warnings;
