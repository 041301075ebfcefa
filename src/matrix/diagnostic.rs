//! Errors of a matrix with their places and help: as values, and as text with the source line.
//!
//! Knows nothing of the meaning of a matrix.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::source::{Position, Source, Span};

/// Number of problems that are shown; further ones are counted.
const MOST_SHOWN: usize = 20;

/// One problem and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The problem, in one line without a full stop.
    pub message: String,
    /// Its place.
    pub span: Span,
    /// How to fix it.
    pub help: Option<String>,
    /// A related place, with its role.
    pub related: Option<(Span, String)>,
}

impl Diagnostic {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: None, related: None }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        self.maybe_help(Some(help.into()))
    }

    pub(super) fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }

    pub(super) fn related(self, span: Span, label: impl Into<String>) -> Self {
        Self { related: Some((span, label.into())), ..self }
    }
}

/// Error of a matrix. `Display` is [`MatrixError::render`] without colour.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// The file can't be read.
    #[error("error: can't read the matrix {}: {cause}", path.display())]
    Read {
        /// The matrix file.
        path: PathBuf,
        /// The error of the file system.
        #[source]
        cause: io::Error,
    },
    /// The file exceeds the size limit.
    #[error("error: {} is no matrix: it is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The matrix file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// The text is invalid.
    #[error("{}", .0.render(false))]
    Invalid(Invalid),
}

/// The text of a matrix and its problems: at least one, in the order of the file.
#[derive(Debug, Clone)]
pub struct Invalid {
    source: Arc<Source>,
    diagnostics: Vec<Diagnostic>,
}

impl MatrixError {
    pub(super) fn invalid(source: &Arc<Source>, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        Self::Invalid(Invalid { source: Arc::clone(source), diagnostics })
    }

    /// Returns the whole message, each problem with its source line, without a trailing newline.
    pub fn render(&self, colour: bool) -> String {
        match self {
            Self::Invalid(invalid) => invalid.render(colour),
            Self::Read { .. } | Self::TooLarge { .. } => self.to_string(),
        }
    }

    /// Returns the problems with their positions.
    pub fn located(&self) -> impl Iterator<Item = (Position, &Diagnostic)> {
        let invalid = match self {
            Self::Invalid(invalid) => Some(invalid),
            Self::Read { .. } | Self::TooLarge { .. } => None,
        };
        invalid.into_iter().flat_map(|invalid| {
            let place = |diagnostic: &Diagnostic| invalid.source.position(diagnostic.span.start);
            invalid.diagnostics.iter().map(move |diagnostic| (place(diagnostic), diagnostic))
        })
    }
}

impl Invalid {
    fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown = self.diagnostics.iter().take(MOST_SHOWN);
        let mut parts: Vec<String> = shown.map(|diagnostic| self.render_one(&renderer, diagnostic)).collect();
        if let Some(more @ 1..) = self.diagnostics.len().checked_sub(MOST_SHOWN) {
            let title = format!("{more} more problems are not shown");
            parts.push(renderer.render(&[Group::with_title(Level::ERROR.primary_title(title))]));
        }
        parts.join("\n\n")
    }

    fn render_one(&self, renderer: &Renderer, diagnostic: &Diagnostic) -> String {
        let path = self.source.path.to_string_lossy();
        let primary = AnnotationKind::Primary.span(self.source.first_line(diagnostic.span));
        let mut snippet = Snippet::source(&self.source.text).path(path).annotation(primary);
        if let Some((span, label)) = &diagnostic.related {
            let context = AnnotationKind::Context.span(self.source.first_line(*span));
            snippet = snippet.annotation(context.label(label.as_str()));
        }
        let mut group = Level::ERROR.primary_title(diagnostic.message.as_str()).element(snippet);
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}
