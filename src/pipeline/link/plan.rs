//! Plans a link: its commands, and the part of its key that does not depend on objects.

use std::path::PathBuf;

use super::commands::Commands;
use super::inputs::Link;
use crate::event::Step;
use crate::includes::Hash;
use crate::pipeline::convert;
use crate::pipeline::failure::error::BuildError;
use crate::pipeline::job::job_context::JobContext;
use crate::pipeline::output::bootloader::Bootloader;
use crate::pipeline::output::embed::Embedding;
use crate::pipeline::output::inputs::add_commands;
use crate::pipeline::output::size;
use crate::pipeline::shared::context::BuildContext;
use crate::pipeline::shared::key::Key;
use crate::pipeline::shared::places::Places;

/// A planned link.
pub(super) struct LinkPlan<'a> {
    pub(super) commands: Commands,
    /// Key over the commands and their inputs other than objects and core; the same in every checkout and
    /// work directory.
    pub(super) tail: Key,
    /// Directories that the key replaces with placeholders.
    pub(super) places: Places,
    /// Whether `tail` covers all inputs of the commands.
    pub(super) is_cacheable: bool,
    pub(super) embedding: Option<Embedding<'a>>,
    pub(super) bootloader: Option<Bootloader>,
    /// Files that hooks created, relative to the cell's directory.
    pub(super) left: Vec<(PathBuf, Hash)>,
}

impl<'a> LinkPlan<'a> {
    /// Plans the commands after the compiles.
    ///
    /// # Errors
    /// A recipe can't be expanded, or a tool is missing.
    pub(super) async fn new(
        link: &Link<'a>,
        cx: &BuildContext,
        jcx: &JobContext,
    ) -> Result<Self, BuildError> {
        let job = link.job;
        let commands = link.commands(cx).await?;
        if let Some(warning) = &commands.warning {
            cx.runner.warn_once(format!("{}: {warning}", job.id));
        }
        let places = Places::of(&cx.checkout, &job.directory);
        let mut tail = Key::new("cell 6");
        tail.add(&convert::VERSION.to_le_bytes());
        for pattern in size::patterns(&job.target) {
            tail.add(pattern.as_bytes());
        }
        let mut words: Vec<(Step, &[String])> =
            commands.iter().map(|command| (command.step, command.line.argv.as_slice())).collect();
        let measuring = size::command(cx, &job.target, link.values).await?;
        words.extend(measuring.iter().map(|argv| (Step::Size, argv.as_slice())));
        let uncacheable = add_commands(cx, jcx, &mut tail, &link.scope(&places), &words).await?;
        let embedding = match commands.iter().find(|command| command.step == Step::Link) {
            Some(command) if !job.embed.is_empty() => {
                Some(Embedding::plan(cx, &mut tail, &command.line.argv, &job.target, &job.embed).await?)
            }
            _ => None,
        };
        let bootloader = Bootloader::plan(cx, &mut tail, &job.target).await?;
        let left = link.left_by_hooks(cx).await?;
        for (path, hash) in &left {
            tail.add(path.as_os_str().as_encoded_bytes()).add(hash.as_bytes());
        }
        Ok(Self { commands, tail, places, is_cacheable: uncacheable.is_none(), embedding, bootloader, left })
    }
}
