//! A server of files on loopback, as simple as both programs allow.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Serves the files of a directory until the bench ends.
pub(super) fn serve(directory: PathBuf) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let directory = Arc::new(directory);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let directory = Arc::clone(&directory);
            // A client that closes its connection early ends only its own thread.
            std::thread::spawn(move || drop(answer(stream, &directory)));
        }
    });
    Ok(address)
}

/// Answers one request.
fn answer(mut stream: TcpStream, directory: &Path) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Ok(mut file) = File::open(directory.join(path.trim_start_matches('/'))) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    let length = file.metadata()?.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    if method == "GET" {
        io::copy(&mut file, &mut stream)?;
    }
    Ok(())
}
