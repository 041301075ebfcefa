//! Redirects, TLS and proxies.

use super::bench::{DownloadBench, content};
use crate::http_server::Server;
use crate::provide::download::error::DownloadCause;
use crate::provide::download::proxies::Proxies;
use crate::provide::download::{ArchiveRequest, DownloadError};

fn cause(error: &DownloadError) -> &DownloadCause {
    match error {
        DownloadError::Failed { cause, .. } => cause,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn redirects_are_followed_also_when_resuming() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.redirect("/a.zip", &bench.server.url_at("localhost", "/b"));
    bench.server.redirect("/b", "c/d.zip?x=1");
    bench.server.file("/c/d.zip", bytes.clone()).closes_at(200_000).times(1);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/c/d.zip"), [None, Some("bytes=200000-".to_owned())]);
    let host = bench.server.requests_of("/c/d.zip")[0].header("host").unwrap().to_owned();
    assert!(host.starts_with("localhost:"), "{host}");
}

#[tokio::test]
async fn redirects_that_are_not_followed() {
    let mut bench = DownloadBench::new();
    for (to, reason) in [
        ("/a.zip", "more than 10 times"),
        ("ftp://h/a", "`ftp`"),
        ("file:///etc/passwd", "`file`"),
        ("http://[", "redirect to"),
    ] {
        bench.server.redirect("/a.zip", to);
        bench.server.forget();
        let error = bench.run(b"x").await.unwrap_err();
        assert!(matches!(cause(&error), DownloadCause::Redirect(text) if text.contains(reason)), "{error}");
        assert!(bench.server.requests().len() <= 11);
    }
    bench.server.file("/a.zip", "").status(302);
    let error = bench.run(b"x").await.unwrap_err();
    assert!(error.to_string().contains("without a target"), "{error}");
    bench.server.redirect("/a.zip", "/none?token=secret");
    let error = bench.run(b"x").await.unwrap_err().to_string();
    assert!(
        error.contains("(redirected to ") && error.contains("/none?token=…") && error.contains("404"),
        "{error}"
    );
}

#[tokio::test]
async fn tls_with_a_ca_file() {
    let mut bench = DownloadBench::with(Server::start_tls());
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).closes_at(200_000).times(1);
    let error = bench.run(&bytes).await.unwrap_err();
    assert!(matches!(cause(&error), DownloadCause::Tls(_)), "{error}");
    assert!(error.to_string().contains("SSL_CERT_FILE") && !error.to_string().contains("tries"), "{error}");
    let path = bench.directory.path().join("ca.pem");
    std::fs::write(&path, bench.server.ca_pem()).unwrap();
    bench.options.ca_file = Some(path.clone());
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [None, Some("bytes=200000-".to_owned())]);
    std::fs::remove_file(bench.staging("a.zip")).unwrap();
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        let error = bench.run(&bytes).await.unwrap_err();
        assert!(matches!(error, DownloadError::CaFile { .. }), "{error}");
    }
}

#[tokio::test]
async fn no_redirect_leaves_https_unless_allowed() {
    let plain = Server::start();
    let bytes = content(5_000);
    plain.file("/b.zip", bytes.clone());
    let mut bench = DownloadBench::with(Server::start_tls());
    let path = bench.directory.path().join("ca.pem");
    std::fs::write(&path, bench.server.ca_pem()).unwrap();
    bench.options.ca_file = Some(path);
    bench.server.redirect("/a.zip", &plain.url("/b.zip"));
    let error = bench.run(&bytes).await.unwrap_err();
    assert!(error.to_string().contains("from https to http refused"), "{error}");
    assert_eq!(plain.connections(), 0);
    bench.options.allow_downgrade = true;
    bench.run(&bytes).await.unwrap();
}

#[tokio::test]
async fn proxies() {
    let proxy = Server::start();
    let bytes = content(5_000);
    proxy.file("/a.zip", bytes.clone());
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone());
    let mut request = bench.request("/a.zip", &bytes);
    request.url = "http://origin.invalid/a.zip".to_owned();
    let address = format!("127.0.0.1:{}", proxy.port());
    for (place, proxies) in [
        Proxies { http: Some(format!("http://{address}")), ..Proxies::default() },
        Proxies {
            http: Some(address.clone()),
            all: Some("http://unused.invalid".to_owned()),
            ..Proxies::default()
        },
        Proxies { all: Some(format!("http://user:secret@{address}")), ..Proxies::default() },
    ]
    .into_iter()
    .enumerate()
    {
        bench.options.proxies = proxies;
        request.file_name = format!("{place}.zip");
        bench.downloader().archive(&request).await.unwrap();
    }
    let requests = proxy.requests();
    assert_eq!(requests[0].target, "http://origin.invalid/a.zip");
    assert_eq!(requests[2].header("proxy-authorization"), Some("Basic dXNlcjpzZWNyZXQ="));
    for no_proxy in ["127.0.0.1", "example,127.0.0.0/8", "*"] {
        bench.options.proxies.no_proxy = Some(no_proxy.to_owned());
        request.url = bench.server.url("/a.zip");
        request.file_name = format!("direct-{}.zip", no_proxy.len());
        bench.downloader().archive(&request).await.unwrap();
    }
    assert_eq!((proxy.requests().len(), bench.server.requests().len()), (3, 3));
}

#[tokio::test]
async fn https_through_a_proxy() {
    let proxy = Server::start();
    let mut bench = DownloadBench::with(Server::start_tls());
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone());
    let path = bench.directory.path().join("ca.pem");
    std::fs::write(&path, bench.server.ca_pem()).unwrap();
    bench.options.ca_file = Some(path);
    bench.options.proxies.https = Some(proxy.url(""));
    bench.run(&bytes).await.unwrap();
    assert_eq!(proxy.requests()[0].method, "CONNECT");
}

#[tokio::test]
async fn a_bad_proxy_names_its_variable_and_no_password() {
    let mut bench = DownloadBench::new();
    bench.options.proxies.all = Some("http://user:sec ret@[".to_owned());
    let request = ArchiveRequest { url: "http://h.invalid/".to_owned(), ..bench.request("/a.zip", b"x") };
    let error = bench.downloader().archive(&request).await.unwrap_err().to_string();
    assert!(error.contains("`all_proxy`") && !error.contains("sec"), "{error}");
    bench.options.proxies.all = Some("http://user:secret@127.0.0.1:1".to_owned());
    let error = bench.downloader().archive(&request).await.unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}
