//! One connection: reads requests, sends answers with their faults.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use super::route::{Fault, Route};
use super::tls::TlsIdentity;
use super::{Request, Shared};

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Serves a connection until it is closed. Its errors are those of a client that went away.
pub(super) fn serve(stream: TcpStream, tls: Option<&TlsIdentity>, shared: &Shared) {
    let socket = stream.try_clone().expect("a second handle");
    let _ = stream.set_nodelay(true);
    let stream: Box<dyn Stream> = match tls {
        Some(tls) => Box::new(tls.accept(stream)),
        None => Box::new(stream),
    };
    let mut connection = Connection { stream, socket, shared, request: 0 };
    while let Ok(true) = connection.answer_next() {}
}

struct Connection<'a> {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    shared: &'a Shared,
    /// Index of the current request.
    request: usize,
}

impl Connection<'_> {
    /// Reads a request and answers it. Returns whether the connection stays open.
    fn answer_next(&mut self) -> io::Result<bool> {
        let Some(request) = self.read_request()? else { return Ok(false) };
        let mut state = self.shared.lock();
        self.request = state.requests.len();
        state.requests.push(request.clone());
        let found = state.routes.get_mut(&request.path).map(|route| {
            let faults = route.take_faults();
            (route.clone(), faults)
        });
        drop(state);
        if request.method == "CONNECT" {
            return self.tunnel(&request.target);
        }
        let Some((route, faults)) = found else { return self.error(404, &[]) };
        if let Some(needed) = &route.credentials {
            let given = request.header("authorization").and_then(|it| it.strip_prefix("Basic ")).map(base64);
            if given.as_deref() != Some(needed) {
                return self.error(401, &[("WWW-Authenticate".to_owned(), "Basic realm=\"it\"".to_owned())]);
            }
        }
        self.answer(&request, &route, &faults)
    }

    fn read_request(&mut self) -> io::Result<Option<Request>> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 || head.len() > 64 * 1024 {
                return Ok(None);
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (method, target) = (word(), word());
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        // A proxy gets an absolute URL.
        let path = target.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
        let path = path.unwrap_or(&target).split('?').next().unwrap_or_default().to_owned();
        Ok(Some(Request { method, target, path, headers, status: 0, sent: 0 }))
    }

    /// Connects the client of a proxy with a server.
    fn tunnel(&mut self, target: &str) -> io::Result<bool> {
        let mut server = TcpStream::connect(target)?;
        self.head(200, &[])?;
        let (mut from, mut to) = (self.socket.try_clone()?, server.try_clone()?);
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
        io::copy(&mut server, &mut self.socket)?;
        Ok(false)
    }

    fn answer(&mut self, request: &Request, route: &Route, faults: &[Fault]) -> io::Result<bool> {
        let mut headers = route.headers.clone();
        for fault in faults {
            match fault {
                Fault::Delays(time) => self.pause(*time),
                Fault::Status(status) => return self.error(*status, &headers),
                _ => {}
            }
        }
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        headers.extend(route.etag.iter().map(|tag| header("ETag", tag)));
        headers.extend(route.last_modified.iter().map(|date| header("Last-Modified", date)));
        if not_modified(request, route) {
            self.head(304, &headers)?;
            return Ok(true);
        }
        let body = faults.iter().find_map(|fault| match fault {
            Fault::Content(body) => Some(body.clone()),
            _ => None,
        });
        let body = body.unwrap_or_else(|| route.body.clone());
        let has = |fault: Fault| faults.contains(&fault);
        let range = if has(Fault::IgnoresRanges) { None } else { range(request, route) };
        let (mut status, mut start) = (200, 0);
        match range {
            Some(first) if first >= body.len() => {
                headers.push(header("Content-Range", &format!("bytes */{}", body.len())));
                return self.error(416, &headers);
            }
            Some(first) => {
                status = 206;
                start = if has(Fault::WrongRange) { 0 } else { first };
                let (last, all) = (body.len() - 1, body.len());
                headers.push(header("Content-Range", &format!("bytes {start}-{last}/{all}")));
            }
            None if !has(Fault::IgnoresRanges) => headers.push(header("Accept-Ranges", "bytes")),
            None => {}
        }
        let length =
            faults.iter().find_map(|fault| if let Fault::Length(it) = fault { Some(*it) } else { None });
        let chunked = has(Fault::Chunked);
        let framed = !has(Fault::NoLength);
        if chunked {
            headers.push(header("Transfer-Encoding", "chunked"));
        } else if framed {
            headers.push(header("Content-Length", &length.unwrap_or(body.len() - start).to_string()));
        }
        self.head(status, &headers)?;
        if request.method != "HEAD" {
            let whole = self.body(&body, start, faults, chunked)?;
            return Ok(whole && framed && length.is_none());
        }
        Ok(true)
    }

    /// Sends the body from byte `start` on. Returns whether it was sent to its end.
    fn body(&mut self, body: &Arc<[u8]>, start: usize, faults: &[Fault], chunked: bool) -> io::Result<bool> {
        let (mut end, mut step, mut time) = (body.len(), 64 * 1024, Duration::ZERO);
        for fault in faults {
            match fault {
                Fault::ClosesAt(byte) | Fault::ResetsAt(byte) | Fault::StallsAt(byte) => end = end.min(*byte),
                Fault::Slow(bytes, pause) => (step, time) = (*bytes, *pause),
                _ => {}
            }
        }
        let mut place = start;
        while place < end {
            let next = end.min(place + step);
            if chunked {
                write!(self.stream, "{:x}\r\n", next - place)?;
            }
            self.stream.write_all(&body[place..next])?;
            if chunked {
                self.stream.write_all(b"\r\n")?;
            }
            self.stream.flush()?;
            self.shared.lock().requests[self.request].sent += next - place;
            place = next;
            self.pause(time);
        }
        if end == body.len() && !faults.iter().any(|it| matches!(it, Fault::StallsAt(byte) if *byte == end)) {
            if chunked {
                self.stream.write_all(b"0\r\n\r\n")?;
            }
            self.stream.flush()?;
            return Ok(true);
        }
        if faults.iter().any(|fault| matches!(fault, Fault::StallsAt(_))) {
            self.pause(Duration::from_hours(1));
        }
        if faults.iter().any(|fault| matches!(fault, Fault::ResetsAt(_))) {
            let linger = nix::libc::linger { l_onoff: 1, l_linger: 0 };
            nix::sys::socket::setsockopt(&self.socket, nix::sys::socket::sockopt::Linger, &linger)?;
        } else {
            let _ = self.socket.shutdown(std::net::Shutdown::Write);
        }
        Ok(false)
    }

    fn error(&mut self, status: u16, headers: &[(String, String)]) -> io::Result<bool> {
        let mut headers = headers.to_vec();
        headers.push(("Content-Length".to_owned(), "0".to_owned()));
        self.head(status, &headers)?;
        Ok(true)
    }

    fn head(&mut self, status: u16, headers: &[(String, String)]) -> io::Result<()> {
        self.shared.lock().requests[self.request].status = status;
        let mut head = format!("HTTP/1.1 {status} it\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        self.stream.write_all(head.as_bytes())?;
        self.stream.flush()
    }

    /// Waits, but not beyond the end of the server.
    fn pause(&self, time: Duration) {
        if !time.is_zero() {
            let state = self.shared.lock();
            let _ = self.shared.stopped.wait_timeout_while(state, time, |state| !state.is_stopped);
        }
    }
}

fn not_modified(request: &Request, route: &Route) -> bool {
    if let Some(tag) = request.header("if-none-match") {
        return route.etag.as_deref() == Some(tag);
    }
    let since = request.header("if-modified-since");
    since.is_some() && since == route.last_modified.as_deref()
}

/// Returns the first byte of the requested range, unless the file has changed since.
fn range(request: &Request, route: &Route) -> Option<usize> {
    let first = request.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()?;
    let is_same = request.header("if-range").is_none_or(|validator| {
        route.etag.as_deref() == Some(validator) || route.last_modified.as_deref() == Some(validator)
    });
    is_same.then_some(first)
}

/// Decodes base64.
fn base64(text: &str) -> String {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let (mut bytes, mut bits, mut number) = (Vec::new(), 0_u32, 0);
    for value in text.bytes().filter_map(digit) {
        bits = bits << 6 | u32::from(value);
        number += 6;
        if number >= 8 {
            number -= 8;
            bytes.extend(u8::try_from(bits >> number));
            bits &= (1 << number) - 1;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
