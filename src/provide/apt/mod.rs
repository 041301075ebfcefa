//! Provider `apt`: cores, compilers and other programs from Debian's and Ubuntu's packages, without root and
//! without any change to the system.
//!
//! Packages are extracted below the cache directory; none of them is configured or run as root. Which versions
//! exist, and where, only the machine's own apt sources decide.
//!
//! ```text
//! CACHE/apt/lock                  one installation at a time
//! CACHE/apt/state/                lists, cache and configuration of the private apt
//! CACHE/apt/state/suites/NAME/    the same for another release
//! CACHE/apt/tmp/                  installations in progress
//! CACHE/apt/NAME-KEY/root/        a tree of packages; KEY stands for their bytes and the machine
//! CACHE/apt/NAME-KEY/lib/         links to its shared libraries, if it has any; `own-lib`, if the C library is
//!                                 among them
//! CACHE/apt/NAME-KEY/manifest.json
//! ```
//!
//! `provider` implements the seam; `table` and `toolchain` are the data about cores and cross compilers.

mod answer;
mod configuration;
mod cores;
mod ensure;
mod installation;
mod lists;
mod loader;
mod lookup;
mod manifest;
mod package_set;
mod private_apt;
mod proof;
mod provider;
mod relocate;
mod request;
mod settle;
mod site;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod toolchain;
mod unpack;

pub(super) use answer::is_disk_full;
pub(super) use cores::repairs;
pub use cores::{known_cores, lender};
pub(super) use lists::have_lists;
pub(super) use lookup::{installed_core, installed_package};
pub(super) use provider::install_packages_on;
pub use provider::{install_builtin_examples, install_core, install_packages, install_tool, is_available};
