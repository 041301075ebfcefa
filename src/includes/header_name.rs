//! A header's name as an include has it.

use serde::{Deserialize, Serialize};

use super::scan::Form;

/// A name between quotes or angle brackets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeaderName {
    /// The delimiters.
    pub form: Form,
    /// The text between them.
    pub name: String,
}
