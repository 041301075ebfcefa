//! Provider `pypi`: tools from Python packages, such as esptool. Each is installed in a private environment below the
//! cache directory, by the machine's Python and pip, or by those of Debian's packages where it has none.
//!
//! ```text
//! CACHE/pypi/lock             one installation at a time
//! CACHE/pypi/tmp/             of the installation in progress
//! CACHE/pypi/NAME-KEY/        an environment; KEY stands for the request and the machine
//! CACHE/pypi/NAME-KEY/NAME    links to the programs of the requested packages, without `.py` as well
//! CACHE/pypi/NAME-KEY/lib/pythonX.Y/site-packages/PATH    the tool's directory, where the matrix names a `path`
//! ```
//!
//! An environment can't be moved: its programs name their interpreter. So it is created in its final directory, and the
//! file that marks it as complete is written last.

mod environment;
mod index_page;
mod installation;
mod lock_file;
mod pip;
mod provider;
mod python;
mod requirement;
mod resolution;
mod tool_directory;

pub(crate) use provider::resolve_tool;
pub use provider::{PythonLock, install_tool, is_tool_installed, tool_directory};
