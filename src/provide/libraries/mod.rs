//! Libraries by name: of the library index, of Git repositories and of archives.
//!
//! ```text
//! request   what a matrix, and the libraries on its disk, ask for
//! resolver  requests → locked libraries, by the lock file or by the index
//! sources   repositories and archives → locked libraries
//! fetch     a locked library → the directory that contains it alone
//! ```

mod fetch;
mod git;
mod request;
mod resolver;
mod sources;

pub(crate) use fetch::{fetch_library, library_place};
pub(crate) use request::{LibraryGroup, WantedLibrary};
pub(crate) use resolver::LibraryResolver;
pub(crate) use sources::{archive_library, git_library};
