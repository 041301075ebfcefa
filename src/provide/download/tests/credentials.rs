//! Credentials of URLs and of the netrc file: sent to their host, shown nowhere.

use super::bench::{DownloadBench, contains, content};
use crate::http_server::Server;
use crate::provide::download::ArchiveRequest;

/// Asserts that no event and no file has the secret.
fn assert_hidden(bench: &DownloadBench, secret: &str) {
    let events = format!("{:?}", bench.events());
    assert!(!events.contains(secret), "{events}");
    assert!(!contains(&bench.options.staging, secret));
}

#[tokio::test]
async fn credentials_of_the_url() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).needs("user", "s3cr3t p").closes_at(200_000);
    let url = bench.server.url_at("user:s3cr3t%20p@127.0.0.1", "/a.zip");
    let request = ArchiveRequest { url, ..bench.request("/a.zip", &bytes) };
    let error = bench.downloader().archive(&request).await.unwrap_err().to_string();
    assert!(error.contains(&bench.server.url("/a.zip")) && !error.contains("s3cr3t"), "{error}");
    assert_hidden(&bench, "s3cr3t");
    bench.server.route("/a.zip").recovers();
    bench.downloader().archive(&request).await.unwrap();
    assert_hidden(&bench, "s3cr3t");
    let wrong = ArchiveRequest { url: bench.server.url("/a.zip"), file_name: "b.zip".to_owned(), ..request };
    let error = bench.downloader().archive(&wrong).await.unwrap_err().to_string();
    assert!(error.contains("401") && error.contains("netrc"), "{error}");
}

#[tokio::test]
async fn credentials_of_the_netrc_file() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone()).needs("me", "s3cr3t");
    let netrc = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        netrc.path(),
        "machine other login x password y\nmachine 127.0.0.1 login me password s3cr3t\n",
    )
    .unwrap();
    bench.options.netrc = Some(netrc.path().to_path_buf());
    bench.run(&bytes).await.unwrap();
    assert_hidden(&bench, "s3cr3t");
    // Those of the URL win.
    let url = bench.server.url_at("me:wrong@127.0.0.1", "/a.zip");
    let request = ArchiveRequest { url, file_name: "b.zip".to_owned(), ..bench.request("/a.zip", &bytes) };
    bench.downloader().archive(&request).await.unwrap_err();
    bench.options.netrc = Some("/".into());
    bench.downloader().archive(&request).await.unwrap_err();
    assert!(bench.messages(crate::event::Level::Warn)[0].contains("could not read /:"));
}

#[tokio::test]
async fn another_host_gets_no_credentials() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    let netrc = tempfile::NamedTempFile::new().unwrap();
    bench.options.netrc = Some(netrc.path().to_path_buf());
    let other = Server::start();
    for (place, (url, entry)) in [
        (bench.server.url_at("me:s3cr3t@127.0.0.1", "/a.zip"), ""),
        (bench.server.url("/a.zip"), "machine 127.0.0.1 login me password s3cr3t"),
        (bench.server.url("/a.zip"), "default login me password s3cr3t"),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(netrc.path(), entry).unwrap();
        // Another name of the host, and another port.
        bench
            .server
            .file("/a.zip", "")
            .needs("me", "s3cr3t")
            .status(302)
            .header("Location", &bench.server.url_at("localhost", "/b.zip"));
        bench.server.redirect("/b.zip", &other.url_at("localhost", "/c.zip"));
        other.file("/c.zip", bytes.clone());
        let name = format!("{place}.zip");
        let request = ArchiveRequest { url, file_name: name, ..bench.request("/a.zip", &bytes) };
        bench.downloader().archive(&request).await.unwrap();
    }
    for request in bench.server.requests_of("/b.zip").iter().chain(&other.requests_of("/c.zip")) {
        assert_eq!(request.header("authorization"), None);
    }
    assert_eq!(other.requests().len(), 3);
    // The same server keeps them.
    bench.server.redirect("/d.zip", "/e.zip");
    bench.server.file("/e.zip", bytes.clone()).needs("me", "s3cr3t");
    std::fs::write(netrc.path(), "").unwrap();
    let url = bench.server.url_at("me:s3cr3t@127.0.0.1", "/d.zip");
    bench.downloader().archive(&ArchiveRequest { url, ..bench.request("/d.zip", &bytes) }).await.unwrap();
    assert_hidden(&bench, "s3cr3t");
}
