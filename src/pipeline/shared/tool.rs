//! A program that only some cells need: it is found or installed when the first of them asks for it.

use std::fmt;
use std::path::PathBuf;

use futures::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::event::Step;
use crate::pipeline::failure::error::BuildError;

/// A program that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its path.
    pub program: PathBuf,
    /// For `LD_LIBRARY_PATH`, where it came in a package with libraries.
    pub library_path: Option<PathBuf>,
}

/// Finds or installs a program; the error says what failed and what to do.
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
    /// A program that `install` brings.
    pub fn new(install: Install) -> Self {
        Self { install, installed: OnceCell::new() }
    }

    /// The program.
    ///
    /// # Errors
    /// Where it is unavailable: then every cell that needs it fails with the same message.
    pub(in crate::pipeline) async fn get(&self, step: Step) -> Result<Tool, BuildError> {
        let installed = self.installed.get_or_init(|| (self.install)()).await.clone();
        installed.map_err(|message| BuildError::infrastructure(step, message))
    }
}
