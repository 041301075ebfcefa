//! The HTTP client: certificates, proxies, credentials and redirects. Knows neither files nor retries.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, Url};
use tokio_util::bytes::Bytes;

use super::address::HttpAddress;
use super::error::{DownloadCause, DownloadError, SourceUrl};
use super::netrc::Netrc;
use super::options::DownloadOptions;
use super::proxies::Proxies;
use super::redact::redacted;
use super::retry::TryFailure;

/// Limit of the redirects of one request.
const REDIRECTS: usize = 10;

/// Sends requests for a run.
#[derive(Debug)]
pub(super) struct HttpClient {
    client: Client,
    netrc: Netrc,
    inactivity: Duration,
    allow_downgrade: bool,
    /// Why the netrc file could not be read.
    pub(super) warning: Option<String>,
}

impl HttpClient {
    /// Creates a client. Reads the certificates and the netrc file: may block for some milliseconds.
    ///
    /// # Errors
    /// [`DownloadError::CaFile`] and [`DownloadError::Proxy`].
    pub(super) fn new(options: &DownloadOptions) -> Result<Self, DownloadError> {
        // An earlier choice of the process is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificates = options.ca_file.as_deref().map_or_else(|| Ok(Vec::new()), certificates)?;
        let build = |builder: ClientBuilder| -> Result<_, DownloadError> {
            let builder = builder
                .user_agent(concat!("fbuild-matrix/", env!("CARGO_PKG_VERSION")))
                .redirect(Policy::none())
                .referer(false);
            Ok(options.proxies.apply(builder)?.build())
        };
        let client = match build(Client::builder().tls_certs_merge(certificates.clone()))? {
            Ok(client) => client,
            // A machine without CA certificates still has http.
            Err(_) => build(Client::builder().tls_certs_only(certificates))?.map_err(|error| {
                let path = options.ca_file.clone().unwrap_or_default();
                DownloadError::CaFile { path, reason: innermost(&error) }
            })?,
        };
        let netrc = options.netrc.as_deref().map_or_else(|| Ok(Netrc::default()), Netrc::read);
        let (netrc, warning) = match netrc {
            Ok(netrc) => (netrc, None),
            Err(error) => {
                let path = options.netrc.clone().unwrap_or_default();
                let warning = format!("could not read {}: {error}; no credentials are sent", path.display());
                (Netrc::default(), Some(warning))
            }
        };
        let (inactivity, allow_downgrade) = (options.inactivity, options.allow_downgrade);
        Ok(Self { client, netrc, inactivity, allow_downgrade, warning })
    }

    /// Sends a GET request and follows redirects. Returns answers with the statuses 200, 203, 206, 304 and 416.
    ///
    /// # Errors
    /// Another status, a redirect that can't be followed, or no answer.
    pub(super) async fn get(
        &self,
        address: &HttpAddress,
        headers: &HeaderMap,
    ) -> Result<HttpAnswer, TryFailure> {
        let mut url = address.url.clone();
        let mut shown = address.shown.clone();
        for _ in 0..=REDIRECTS {
            let same_host = url.host_str() == address.url.host_str();
            let mut request = self.client.get(url.clone()).headers(headers.clone());
            if url.username().is_empty()
                && url.password().is_none()
                && let Some(entry) = url.host_str().and_then(|host| self.netrc.credentials(host, same_host))
            {
                request = request.basic_auth(&entry.login, entry.password.as_ref());
            }
            let sent = tokio::time::timeout(self.inactivity, request.send()).await;
            let response = match sent {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => return Err(failure(&shown, &error)),
                Err(_) => {
                    return Err(TryFailure::retry(&shown, DownloadCause::Stalled(self.inactivity.as_secs())));
                }
            };
            let status = response.status();
            match status.as_u16() {
                301 | 302 | 303 | 307 | 308 => {
                    url = self
                        .redirect(&url, &response)
                        .map_err(|reason| TryFailure::last(&shown, DownloadCause::Redirect(reason)))?;
                    shown.redirect = Some(redacted(url.as_str()));
                }
                200 | 203 | 206 | 304 | 416 => {
                    return Ok(HttpAnswer { response, shown, inactivity: self.inactivity });
                }
                code => {
                    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
                    return Err(TryFailure::status(&shown, code, header("retry-after"), header("date")));
                }
            }
        }
        let reason = format!("the server redirects more than {REDIRECTS} times");
        Err(TryFailure::last(&shown, DownloadCause::Redirect(reason)))
    }

    /// Returns the target of a redirect from `from`. It has the credentials of `from` only on the same server.
    fn redirect(&self, from: &Url, response: &Response) -> Result<Url, String> {
        let location =
            response.headers().get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let location = location.ok_or("the server redirects without a target")?;
        let shown = redacted(&location);
        let mut to = from.join(&location).map_err(|error| format!("redirect to {shown}: {error}"))?;
        match (from.scheme(), to.scheme()) {
            ("https", "http") if !self.allow_downgrade => {
                return Err(format!("redirect from https to http refused: {shown}"));
            }
            (_, "http" | "https") => {}
            (_, scheme) => {
                return Err(format!("redirect to {shown}: the scheme `{scheme}` is not supported"));
            }
        }
        if from.origin() == to.origin() && to.username().is_empty() && to.password().is_none() {
            // Both fail only for URLs that can't have credentials.
            let _ = to.set_username(from.username());
            let _ = to.set_password(from.password());
        }
        Ok(to)
    }
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub(super) struct HttpAnswer {
    response: Response,
    /// The URL for messages, with the redirect.
    pub(super) shown: SourceUrl,
    inactivity: Duration,
}

impl HttpAnswer {
    /// Returns the status.
    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    /// Returns a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the length of the body, where the server states it.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length").and_then(|length| length.trim().parse().ok())
    }

    /// Returns whether the end of the body is marked: by its length, or by a last chunk.
    pub(super) fn is_framed(&self) -> bool {
        self.length().is_some() || self.header("transfer-encoding").is_some()
    }

    /// Returns the next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// The connection ended early or stalled.
    pub(super) async fn chunk(&mut self) -> Result<Option<Bytes>, TryFailure> {
        match tokio::time::timeout(self.inactivity, self.response.chunk()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(failure(&self.shown, &error)),
            Err(_) => Err(TryFailure::retry(&self.shown, DownloadCause::Stalled(self.inactivity.as_secs()))),
        }
    }
}

/// Reads the certificates of a PEM file.
fn certificates(path: &Path) -> Result<Vec<Certificate>, DownloadError> {
    let error = |reason: String| DownloadError::CaFile { path: path.to_path_buf(), reason };
    let bytes = std::fs::read(path).map_err(|source| error(source.to_string()))?;
    let found = Certificate::from_pem_bundle(&bytes).map_err(|source| error(innermost(&source)))?;
    if found.is_empty() { Err(error("it has no certificate".to_owned())) } else { Ok(found) }
}

/// Returns an error and its causes, from the outermost to the innermost.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // The source of a wrapping `io::Error` is that of the wrapped error.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

/// Converts an error of a request or a body.
fn failure(url: &SourceUrl, error: &reqwest::Error) -> TryFailure {
    match causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(tls @ rustls::Error::InvalidCertificate(_)) => {
            TryFailure::last(url, DownloadCause::Tls(tls.to_string()))
        }
        Some(tls) => TryFailure::retry(url, DownloadCause::Tls(tls.to_string())),
        None if error.is_builder() => TryFailure::last(url, DownloadCause::Connection(innermost(error))),
        None => TryFailure::retry(url, DownloadCause::Connection(innermost(error))),
    }
}

/// Returns the message of the innermost cause. The outer ones repeat it, and show the URL.
fn innermost(error: &reqwest::Error) -> String {
    // An error without a cause has the URL in its message.
    causes(error).skip(1).last().map_or_else(|| redact_words(&error.to_string()), ToString::to_string)
}

/// Removes the credentials of every URL in a text.
fn redact_words(text: &str) -> String {
    text.split(' ').map(|word| redacted(word.trim_matches(['(', ')']))).collect::<Vec<_>>().join(" ")
}

impl Proxies {
    /// Sets the proxies of a client.
    ///
    /// # Errors
    /// [`DownloadError::Proxy`].
    fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, DownloadError> {
        let mut builder = builder.no_proxy();
        // The crate takes `*` as a name: it would not match addresses.
        if self.no_proxy.as_deref().is_some_and(|list| list.split(',').any(|host| host.trim() == "*")) {
            return Ok(builder);
        }
        let direct = self.no_proxy.as_deref().and_then(reqwest::NoProxy::from_string);
        for (variable, value) in
            [("http_proxy", &self.http), ("https_proxy", &self.https), ("all_proxy", &self.all)]
        {
            let Some(value) = value else { continue };
            let url = if value.contains("://") { value.clone() } else { format!("http://{value}") };
            let proxy = match variable {
                "http_proxy" => reqwest::Proxy::http(url),
                "https_proxy" => reqwest::Proxy::https(url),
                _ => reqwest::Proxy::all(url),
            };
            let proxy = proxy.map_err(|error| DownloadError::Proxy {
                variable,
                reason: innermost(&error.without_url()),
            })?;
            builder = builder.proxy(proxy.no_proxy(direct.clone()));
        }
        Ok(builder)
    }
}
