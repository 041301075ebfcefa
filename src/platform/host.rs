//! The operating systems that platform files distinguish. Knows nothing of properties.

/// The operating system whose `.linux`, `.windows` or `.macosx` overrides apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostOs {
    /// Linux, and every other Unix that is not macOS.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    MacOs,
}

impl HostOs {
    /// Returns the system that this program was built for.
    pub const fn current() -> Self {
        if cfg!(target_os = "windows") {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }

    /// Returns the name in property keys, which is the value of `runtime.os`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Windows => "windows",
            Self::MacOs => "macosx",
        }
    }
}

impl Default for HostOs {
    fn default() -> Self {
        Self::current()
    }
}
