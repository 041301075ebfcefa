//! Verdict on a tool: whether it writes what is written in process.

/// Raised when what is written in process changes: proofs and firmware of another version are made anew.
pub(in crate::pipeline) const VERSION: u32 = 1;

/// Whether a tool writes what we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Verdict {
    Same,
    Differs,
}

impl Verdict {
    pub(super) fn of(is_same: bool) -> Self {
        if is_same { Self::Same } else { Self::Differs }
    }

    /// The word by which it is remembered.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Differs => "differs",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Same, Self::Differs].into_iter().find(|verdict| verdict.word() == word)
    }
}
