//! What libraries of ours have to say besides events: to standard error, and with the feature `console` to
//! whoever connects with tokio-console (`docs/console.md`).

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Begins to log: errors, with `-v` from our own debug messages on.
pub(super) fn log(verbose: bool) {
    let filter = if verbose { "warn,fbuild_matrix=debug" } else { "error" };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let subscriber = Registry::default().with(console()).with(lines.with_filter(EnvFilter::new(filter)));
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
