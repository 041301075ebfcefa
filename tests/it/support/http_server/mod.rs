//! An HTTP/1.1 server on loopback that misbehaves as it is told, path by path. Speaks TLS with certificates of its own,
//! and is a proxy as well.
//!
//! ```ignore
//! let server = Server::start();
//! server.file("/a.zip", bytes).closes_at(1000).times(1);
//! let url = server.url("/a.zip");
//! …
//! assert_eq!(server.requests_of("/a.zip")[1].header("range"), Some("bytes=1000-"));
//! ```

// Two crates include this file, and neither uses everything.
#![allow(dead_code)]

mod connection;
mod route;
mod tls;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use route::Route;
pub(crate) use route::RouteBuilder;
use tls::TlsIdentity;

/// A request that the server has received.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `GET`, `HEAD` or `CONNECT`.
    pub(crate) method: String,
    /// The target as sent; for a proxy an absolute URL.
    pub(crate) target: String,
    /// Its path, without the query.
    pub(crate) path: String,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// Status of the answer; 0 while there is none.
    pub(crate) status: u16,
    /// Number of bytes of the body that were sent.
    pub(crate) sent: usize,
}

impl Request {
    /// Returns the value of a header; `name` in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// The server. Stops when it is dropped.
pub(crate) struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    tls: Option<Arc<TlsIdentity>>,
}

/// What the server's threads share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    routes: HashMap<String, Route>,
    requests: Vec<Request>,
    connections: usize,
    is_stopped: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1.
    pub(crate) fn start() -> Self {
        Self::with(None)
    }

    /// Starts a server with a certificate for 127.0.0.1 and localhost, signed by a new CA.
    pub(crate) fn start_tls() -> Self {
        Self::with(Some(Arc::new(TlsIdentity::new())))
    }

    fn with(tls: Option<Arc<TlsIdentity>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let (accepted, identity) = (shared.clone(), tls.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut state = accepted.lock();
                if state.is_stopped {
                    return;
                }
                state.connections += 1;
                drop(state);
                let Ok(stream) = stream else { continue };
                let (shared, tls) = (accepted.clone(), identity.clone());
                std::thread::spawn(move || connection::serve(stream, tls.as_deref(), &shared));
            }
        });
        Self { shared, address, tls }
    }

    /// Returns the port.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        self.url_at("127.0.0.1", path)
    }

    /// Returns the URL of a path with another name of the host, such as `localhost` or `user:password@127.0.0.1`.
    pub(crate) fn url_at(&self, host: &str, path: &str) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{host}:{}{path}", self.port())
    }

    /// Returns the certificate of the CA in PEM form. Only for TLS.
    pub(crate) fn ca_pem(&self) -> String {
        self.tls.as_ref().expect("a TLS server").ca_pem.clone()
    }

    /// Serves `bytes` at a path, with ranges, a strong `ETag` and a modification date. Replaces an earlier file. What the
    /// returned builder says applies at once.
    pub(crate) fn file(&self, path: &str, bytes: impl Into<Vec<u8>>) -> RouteBuilder<'_> {
        self.shared.lock().routes.insert(path.to_owned(), Route::new(bytes.into()));
        RouteBuilder { shared: &self.shared, path: path.to_owned() }
    }

    /// Returns the builder of a path that is already served, to change its behaviour.
    pub(crate) fn route(&self, path: &str) -> RouteBuilder<'_> {
        RouteBuilder { shared: &self.shared, path: path.to_owned() }
    }

    /// Redirects a path with status 302 to another path or URL.
    pub(crate) fn redirect(&self, path: &str, to: &str) {
        self.file(path, "").status(302).header("Location", to);
    }

    /// Returns all requests in the order of their arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// Returns the requests for a path.
    pub(crate) fn requests_of(&self, path: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }

    /// Returns the number of accepted connections.
    pub(crate) fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Forgets the requests so far.
    pub(crate) fn forget(&self) {
        self.shared.lock().requests.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.lock().is_stopped = true;
        self.shared.stopped.notify_all();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}
