//! The context of every step of a run: options, matrix, directories, event sink and cancellation.

use tokio_util::sync::CancellationToken;

use super::cells::Request;
use super::options::Options;
use crate::event::{Base, EventSink};
use crate::pipeline::{LazyTool, Tool};
use crate::plan::Layout;
use crate::provide::{InstallContext, install_program};

/// A run.
pub(super) struct Session<'a> {
    pub(super) options: &'a Options,
    pub(super) request: &'a Request,
    pub(super) layout: Layout,
    pub(super) events: &'a EventSink,
    pub(super) cancel: &'a CancellationToken,
    /// The results that this run is compared with.
    pub(super) base: Option<Base>,
}

impl Session<'_> {
    /// Returns the context of an installation.
    pub(super) fn install_context(&self) -> InstallContext {
        InstallContext {
            cache_dir: self.options.directories.cache.clone(),
            offline: self.options.offline,
            events: self.events.clone(),
            cancel: self.cancel.clone(),
        }
    }

    /// Returns Arduino's ctags, installed on first use: most runs do not need it.
    pub(super) fn arduino_ctags(&self) -> LazyTool {
        const NAME: &str = "arduino-ctags";
        let install = self.install_context();
        LazyTool::new(Box::new(move || {
            let install = install.clone();
            // The compiler can't prove that the future of an installation may move between threads, so it stays on one.
            let installing = tokio::task::spawn_blocking(move || {
                tokio::runtime::Handle::current().block_on(install_program(NAME, NAME, "", &install))
            });
            Box::pin(async move {
                let installed = installing.await.map_err(|error| error.to_string())?;
                let installed = installed.map_err(|error| error.to_string())?;
                Ok(Tool { program: installed.program, library_path: installed.library_path })
            })
        }))
    }
}
