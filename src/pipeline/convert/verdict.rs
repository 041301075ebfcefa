//! Verdict on a tool: whether its output is the same as that of the in-process code.

/// Version of the in-process code: verdicts and firmware of another version are not reused.
pub(in crate::pipeline) const VERSION: u32 = 1;

/// Whether a tool writes the same as the in-process code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Verdict {
    Same,
    Differs,
}

impl Verdict {
    pub(super) fn of(is_same: bool) -> Self {
        if is_same { Self::Same } else { Self::Differs }
    }

    /// Returns the word for the persistent memo.
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
