//! A program that only some cells need: found or installed at the first request.

use std::fmt;
use std::path::PathBuf;

use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;

/// An installed program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Path of the program.
    pub program: PathBuf,
    /// Directory for `LD_LIBRARY_PATH`, if the program's package contains libraries.
    pub library_path: Option<PathBuf>,
}

/// Function that finds or installs a program; its error says what failed and how to fix it.
pub(crate) type Install = Box<dyn Fn() -> BoxFuture<'static, Result<Tool, String>> + Send + Sync>;

/// A program that is installed at most once.
pub struct LazyTool {
    install: Install,
    installed: OnceCell<Result<Tool, String>>,
}

impl fmt::Debug for LazyTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyTool").field("installed", &self.installed).finish_non_exhaustive()
    }
}

impl LazyTool {
    /// Returns a program that `install` provides.
    pub fn new(install: Install) -> Self {
        Self { install, installed: OnceCell::new() }
    }

    /// Returns the program, installed at the first call.
    ///
    /// # Errors
    /// The program is unavailable: every cell that needs it fails with the same message.
    pub(in crate::pipeline) async fn get(&self, step: Step) -> Result<Tool, BuildError> {
        let installed = self.installed.get_or_init(|| (self.install)()).await.clone();
        installed.map_err(|message| BuildError::infrastructure(step, message))
    }
}
