//! The names of PubGrub's packages and versions: requests and releases.

use std::fmt;

use pubgrub::Ranges;

/// Positions in the list of a library's releases, newest first.
pub(super) type Positions = Ranges<usize>;

/// What is to be decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Package<'a> {
    /// Requires all requests.
    Root,
    /// A request, by its index. Requires its library.
    Request(usize),
    Library(&'a str),
}

impl fmt::Display for Package<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Request(at) => write!(f, "request {at}"),
            Self::Library(name) => f.write_str(name),
        }
    }
}

/// The reason why a release cannot be used: it depends on another version of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequiresOtherSelf;

impl fmt::Display for RequiresOtherSelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("depends on another version of itself")
    }
}
