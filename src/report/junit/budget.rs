//! The size limit of all texts in `junit.xml`, which readers require.

use super::xml::cdata_len;
use crate::report::text;

/// Bytes of all texts together. GitLab reads files up to 30 MB; ten thousand cells with long names and messages need half
/// of that for these.
const TEXTS_MAX: usize = 14 * 1024 * 1024;

/// Remaining bytes. The fewer remain, the shorter each text becomes: of 10,000 failures, all have at least their first
/// line.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(TEXTS_MAX)
    }
}

impl Budget {
    /// Returns the permitted length of a text that could be `max` bytes long.
    pub(super) fn room(&self, max: usize) -> usize {
        max.min(self.0 / 64)
    }

    /// Cuts a text to its permitted length, and subtracts that from the budget.
    pub(super) fn take(&mut self, text: &str, max: usize) -> String {
        // Cut first: searching a diagnostic of megabytes would waste time.
        let cut = text::for_xml(&text::cut_middle(text, self.room(max)));
        self.0 = self.0.saturating_sub(cdata_len(&cut));
        cut
    }
}
