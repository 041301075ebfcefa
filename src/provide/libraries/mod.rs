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

pub use fetch::{fetch_library, library_place};
pub use request::{LibraryGroup, WantedLibrary};
pub use resolver::LibraryResolver;
pub use sources::{archive_library, git_library};
