//! The library index: which libraries exist in which versions, where their archives are, and which versions of several
//! libraries fit together.
//!
//! Bytes in, values out: this module knows nothing of the network, archives or the disk.
//!
//! ```text
//! parse            the JSON of `library_index.json` → LibraryCatalog, with the entries that had to be dropped
//! parse_depends    `depends=` of `library.properties` → names and version ranges
//! resolve          requested names and ranges → one release of each required library
//! directory_name   the directory that a library is installed in
//! ```
//!
//! Sources: arduino-cli 1.5.2, `internal/arduino/libraries/librariesindex` and `docs/library-specification.md`.

mod catalog;
mod depends;
mod directory_name;
mod entry;
mod json;
mod parse;
mod resolve;

pub use catalog::{LibraryCatalog, LibraryDependency, LibraryRelease};
pub use depends::{Depends, DependsError, parse_depends};
pub use directory_name::directory_name;
pub use parse::{DroppedRelease, LibraryIndexError, ParsedLibraryIndex, parse};
pub use resolve::{LibraryRequest, RequiredRange, ResolveLibrariesError, resolve};
