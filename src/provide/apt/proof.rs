//! Commands that prove that installed programs work. Data only.

/// How to check that the programs of a set work on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Proof {
    /// Directories whose programs the loader must be able to load, relative to the root.
    pub program_dirs: &'static [&'static str],
    /// The directory of the programs that `commands` start, relative to the root.
    pub bin_dir: &'static str,
    /// Commands that must succeed, one after the other, in a directory that holds `smoke.c`.
    pub commands: &'static [&'static [&'static str]],
}
