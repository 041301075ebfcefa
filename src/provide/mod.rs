//! Installs cores, their tools and other packages, and finds those that are installed already.
//!
//! Every source (apt, a directory, `PyPI`) implements one trait, `provider::Provider`: a request is resolved to locked
//! versions, and these are fetched and installed. `provider` says how to add a source.
//!
//! Data in, data out: results ([`InstalledCore`], [`InstalledPackages`]) are paths, versions and properties. This
//! module knows nothing of boards, sketches or plans. It reports progress as events, and writes only below
//! [`InstallContext::cache_dir`].

pub mod apt;
mod archive;
mod blocking;
mod context;
mod core_directory;
mod data_dir;
pub mod doctor;
mod error;
mod install_lock;
mod installed;
pub mod locate;
mod machine;
pub mod path;
mod program;
mod provider;
pub mod pypi;
mod tool_command;
mod version;

#[doc(hidden)]
pub use archive::fuzz_archive;
pub use context::InstallContext;
pub use error::{InstallError, IoAction};
pub use installed::{InstalledCore, InstalledPackages};
pub use program::{InstalledProgram, install_program};
pub use version::Version;
