//! Logs of the libraries, which are not events: to standard error, and with the feature `console` to tokio-console
//! (`docs/console.md`).

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// Environment variable with the log filter for developers, in the form of [`EnvFilter`]: `fbuild_matrix=debug`. Users
/// have `-v`.
const FILTER: &str = "FBUILD_MATRIX_LOG";

/// Starts logging errors, and what the variable selects.
pub(super) fn log(colours: bool) {
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("error"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
    let subscriber = Registry::default().with(console()).with(lines.with_filter(filter));
    // It can be set only once, and only this function sets it.
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

/// Returns no layer: without `--cfg tokio_unstable` the runtime has no instrumentation.
#[cfg(not(all(feature = "console", tokio_unstable)))]
fn console<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    None::<tracing_subscriber::layer::Identity>
}
