//! Results of an installation: directories, versions and properties. Knows no source of packages.

use std::path::PathBuf;

use indexmap::IndexMap;

/// A core on this disk, with everything that its recipes need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledCore {
    /// `vendor:arch`.
    pub name: String,
    /// The directory that holds `boards.txt` and `platform.txt`.
    pub platform_dir: PathBuf,
    /// Values of `{runtime.tools.NAME.path}`, by `NAME` (and `NAME-VERSION` where versions are known).
    pub tools: IndexMap<String, PathBuf>,
    /// Properties that this provider overrides. They take precedence over `platform.txt` and `boards.txt`; the
    /// `properties:` of the matrix take precedence over them.
    pub properties: IndexMap<String, String>,
    /// Words that a property must contain for the core to compile, by key. They follow the matrix's own value, and
    /// can't be removed.
    pub required: Vec<(String, String)>,
    /// Names and versions of the installed packages, or of the core and its tools.
    pub versions: Vec<(String, String)>,
    /// Value of `LD_LIBRARY_PATH` for the tools, where this machine may lack shared libraries that they need.
    pub library_path: Option<PathBuf>,
}

/// Packages in a directory of their own below the cache directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPackages {
    /// The packages' directory. Of Debian packages it stands for `/`: programs are in `usr/bin`. Of Python packages it
    /// is an environment: Python is `bin/python3`, and the packages' programs are beside it and here.
    pub root: PathBuf,
    /// Package names and versions: first the requested ones, then their dependencies.
    pub versions: Vec<(String, String)>,
    /// Value of `LD_LIBRARY_PATH`, where shared libraries are among the packages.
    pub library_path: Option<PathBuf>,
}
