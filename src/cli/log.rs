//! What libraries of ours have to say besides events: to standard error, and with the feature `console` to
//! whoever connects with tokio-console (`docs/console.md`).

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// What a developer wants to read, in the form of [`EnvFilter`]: `fbuild_matrix=debug`. Users have `-v`.
const FILTER: &str = "FBUILD_MATRIX_LOG";

/// Begins to log errors, and what the variable asks for.
pub(super) fn log(colours: bool) {
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("error"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let subscriber = Registry::default().with(console()).with(lines.with_filter(filter));
    // It can be set only once, and this is where.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Listens for tokio-console, on `TOKIO_CONSOLE_BIND` or 127.0.0.1:6669.
#[cfg(all(feature = "console", tokio_unstable))]
fn console<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Some(console_subscriber::ConsoleLayer::builder().with_default_env().spawn())
}

/// Without `--cfg tokio_unstable` the runtime says nothing that could be watched.
#[cfg(not(all(feature = "console", tokio_unstable)))]
fn console<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    None::<tracing_subscriber::layer::Identity>
}
