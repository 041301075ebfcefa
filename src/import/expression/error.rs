//! Errors of expressions.

/// Error of an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::import) enum ExpressionError {
    /// A value that exists only in a run on GitHub.
    #[error("`{0}` is known only on GitHub")]
    Unknown(String),
    /// A text that is no expression.
    #[error("`{text}` is not an expression: {reason}")]
    Syntax {
        /// The text between the braces.
        text: String,
        /// The reason.
        reason: &'static str,
    },
}
