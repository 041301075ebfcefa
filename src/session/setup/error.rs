//! Errors of a set-up.

use crate::matrix::MatrixError;
use crate::provide::{InstallError, apt};

/// Error of an installation.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The matrix requests something invalid.
    #[error(transparent)]
    Matrix(#[from] MatrixError),
    /// An installation failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A core is not installed, and the matrix does not name its provider.
    #[error(
        "the core {core} is not installed, and the matrix does not say where it comes from; {}",
        advice(core)
    )]
    NotInstalled {
        /// `vendor:arch`.
        core: String,
    },
}

fn advice(core: &str) -> String {
    let provider = if apt::known_cores().any(|known| known == core) { "apt" } else { "index" };
    format!(
        "add to the matrix:\n\n    cores:\n      {core}: {{provider: {provider}}}\n\n\
         or name its directory with `provider: path`{}",
        if provider == "index" {
            "; a core that Arduino's index lacks needs the `url` of its own"
        } else {
            ""
        }
    )
}
