//! Provider `index`: cores and tools of package indexes, by name and version.
//!
//! ```text
//! catalog   index files, downloaded, verified and merged; or the cores of a lock file
//! resolve   a request and a catalog → a platform release with its tools
//! lock      a resolved platform ⇄ entries of a lock file
//! fetch     a resolved platform → directories below the cache directory
//! ```

mod catalog;
mod fetch;
mod lock;
mod resolve;

pub(crate) use catalog::{IndexAddress, load_catalog};
pub(crate) use fetch::{fetch_core, fetch_core_without_tools, fetch_platform};
pub(in crate::provide) use lock::{archive, systems};
pub(crate) use lock::{locked_catalog, record};
pub(crate) use resolve::{CoreRequest, resolve_core};
