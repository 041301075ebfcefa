//! Exit codes of the program.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// All selected cells built.
    Success,
    /// At least one cell failed.
    CellsFailed,
    /// Wrong usage or an invalid matrix.
    Usage,
    /// A core, a toolchain or a library is unavailable, or a directory can't be written.
    Setup,
    /// Nothing was selected.
    NothingSelected,
    /// A defect of this program (panic).
    Defect,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

impl Exit {
    /// Every code, in the order in which the documentation lists them.
    pub const ALL: [Self; 8] = [
        Self::Success,
        Self::CellsFailed,
        Self::Usage,
        Self::Setup,
        Self::NothingSelected,
        Self::Defect,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// Returns the exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::CellsFailed => 1,
            Self::Usage => 2,
            Self::Setup => 3,
            Self::NothingSelected => 4,
            Self::Defect => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Returns the meaning in one line.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "all selected cells built",
            Self::CellsFailed => "at least one cell failed",
            Self::Usage => "bad usage or bad matrix",
            Self::Setup => "set-up failed: a core, toolchain, library or directory is unavailable",
            Self::NothingSelected => "nothing selected",
            Self::Defect => "a defect of fbuild-matrix (panic)",
            Self::Interrupted => "interrupted (SIGINT)",
            Self::Terminated => "terminated (SIGTERM)",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
