//! A fully qualified board name. Placeholder of the matrix engineer's file, replaced at the merge.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// `vendor:architecture:board[:option=value,…]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fqbn {
    /// Who makes the platform.
    pub vendor: String,
    /// The platform's architecture.
    pub architecture: String,
    /// The board's id in `boards.txt`.
    pub board: String,
    /// Menu and chosen option, in the order written.
    pub options: Vec<(String, String)>,
}

/// What is not an FQBN.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not vendor:arch:board[:option=value,…]")]
pub struct FqbnError(String);

impl FromStr for Fqbn {
    type Err = FqbnError;

    fn from_str(text: &str) -> Result<Self, FqbnError> {
        let error = || FqbnError(text.to_owned());
        let parts: Vec<&str> = text.split(':').collect();
        let (&[vendor, architecture, board], options) = parts.split_first_chunk().ok_or_else(error)?;
        let options = options
            .iter()
            .flat_map(|options| options.split(','))
            .map(|option| option.split_once('=').map(|(menu, value)| (menu.to_owned(), value.to_owned())))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(error)?;
        if [vendor, architecture, board].contains(&"") {
            return Err(error());
        }
        Ok(Self {
            vendor: vendor.to_owned(),
            architecture: architecture.to_owned(),
            board: board.to_owned(),
            options,
        })
    }
}

impl fmt::Display for Fqbn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.vendor, self.architecture, self.board)?;
        for (index, (menu, option)) in self.options.iter().enumerate() {
            write!(f, "{}{menu}={option}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}
