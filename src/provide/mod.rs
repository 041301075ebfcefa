//! Installs cores, their tools and other packages, and finds those that are installed already.
//!
//! Every source (apt, a directory, `PyPI`) implements one trait, `provider::Provider`: a request is resolved to locked
//! versions, and these are fetched and installed. `provider` says how to add a source.
//!
//! Data in, data out: results ([`InstalledCore`], [`InstalledPackages`]) are paths, versions and properties. This
//! module knows nothing of boards, sketches or plans. It reports progress as events, and writes only below
//! [`InstallContext::cache_dir`].

pub mod apt;
pub(crate) mod archive;
mod archive_directory;
pub mod arduino_directory;
mod blocking;
mod context;
mod core_directory;
mod data_dir;
mod data_dir_provider;
pub mod doctor;
pub(crate) mod download;
mod error;
pub(crate) mod index;
mod index_file;
mod install_lock;
mod installed;
pub mod inventory;
pub(crate) mod libraries;
pub mod library_index;
pub mod locate;
pub mod locked;
mod machine;
pub mod package_index;
pub mod path;
mod program;
mod provider;
pub mod pypi;
mod tool_command;

#[doc(hidden)]
pub use archive::fuzz_archive;
pub use context::InstallContext;
pub use core_directory::referenced_vendors;
pub use data_dir_provider::{DataDirRequest, installed_core};
pub use error::{InstallError, IoAction};
pub use installed::{InstalledCore, InstalledPackages};
pub use program::{InstalledProgram, install_program};
pub(crate) use tool_command::{ToolCommand, ToolOutput};
