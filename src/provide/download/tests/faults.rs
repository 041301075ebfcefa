//! Servers that fail, and how often they are asked.

use std::time::Duration;

use super::bench::{DownloadBench, content};
use crate::provide::download::error::DownloadCause;
use crate::provide::download::{ArchiveRequest, DownloadError};

/// Returns the cause and the number of tries.
fn cause(error: DownloadError) -> (DownloadCause, u32) {
    match error {
        DownloadError::Failed { cause, tries, .. } => (cause, tries),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn statuses_that_are_retried_and_those_that_are_not() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    for (status, tries) in [
        (400, 1),
        (401, 1),
        (403, 1),
        (404, 1),
        (410, 1),
        (408, 3),
        (429, 3),
        (500, 3),
        (502, 3),
        (503, 3),
        (504, 3),
    ] {
        bench.server.file("/a.zip", bytes.clone()).status(status);
        bench.server.forget();
        let error = bench.run(&bytes).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&bench.server.url("/a.zip")) && text.contains(&status.to_string()), "{text}");
        assert_eq!(cause(error), (DownloadCause::Status(status), tries));
        assert_eq!(bench.server.requests().len(), tries as usize, "{status}");
        assert_eq!(bench.names(), Vec::<String>::new(), "{status}");
    }
}

#[tokio::test]
async fn two_failures_are_survived() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone()).status(500).times(2);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests().len(), 3);
}

#[tokio::test]
async fn the_server_says_when_to_retry() {
    let mut bench = DownloadBench::new();
    bench.options.retry_wait = Duration::from_hours(1);
    let bytes = content(5_000);
    for wait in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        bench.server.file("/a.zip", bytes.clone()).header("Retry-After", wait).status(429).times(1);
        bench.run(&bytes).await.unwrap();
        std::fs::remove_file(bench.staging("a.zip")).unwrap();
    }
    for wait in ["121", "Fri, 31 Dec 9999 23:59:59 GMT", "99999999999999999999"] {
        bench.server.file("/a.zip", bytes.clone()).header("Retry-After", wait).status(503);
        let (cause, tries) = cause(bench.run(&bytes).await.unwrap_err());
        assert!(matches!(cause, DownloadCause::RetryAfter { status: 503, limit: 120, .. }), "{cause:?}");
        assert_eq!(tries, 1);
    }
}

#[tokio::test]
async fn a_wrong_checksum_leaves_nothing() {
    let mut bench = DownloadBench::new();
    let (wanted, sent) = (content(5_000), content(5_001)[1..].to_vec());
    bench.server.file("/a.zip", wanted.clone()).sends(sent.clone());
    let error = bench.run(&wanted).await.unwrap_err();
    let text = error.to_string();
    let DownloadError::Checksum { algorithm, expected, actual, .. } = &error else { panic!("{text}") };
    for part in [&bench.server.url("/a.zip"), *algorithm, expected, actual] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(*actual, super::bench::sha256(&sent).hex());
    assert_eq!(bench.names(), Vec::<String>::new());
    assert_eq!(std::fs::read_dir(bench.staging(".downloads")).unwrap().count(), 1, "the lock");
    assert_eq!(bench.server.requests().len(), 1);
}

#[tokio::test]
async fn a_wrong_checksum_of_a_resumed_file_is_an_error_after_a_second_download() {
    let mut bench = DownloadBench::new();
    let (wanted, sent) = (content(5_000), content(5_001)[1..].to_vec());
    bench.server.file("/a.zip", wanted.clone()).sends(sent).closes_at(2_000).times(1).sends(content(9));
    // The first request breaks; the server then has other bytes.
    bench.server.file("/a.zip", content(5_002)[2..].to_vec()).closes_at(2_000).times(1);
    let error = bench.run(&wanted).await.unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert_eq!(bench.ranges("/a.zip"), [None, Some("bytes=2000-".to_owned()), None]);
    assert_eq!(bench.names(), Vec::<String>::new());
}

#[tokio::test]
async fn a_stalled_server_is_given_up() {
    let mut bench = DownloadBench::new();
    bench.options.inactivity = Duration::from_millis(200);
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone()).stalls_at(2_000);
    let error = bench.run(&bytes).await.unwrap_err();
    assert!(error.to_string().contains("nothing arrived for"), "{error}");
    assert!(matches!(cause(error), (DownloadCause::Stalled(_), 3)));
    assert_eq!(bench.names(), ["a.zip.part"]);
    bench.server.file("/a.zip", bytes.clone()).delays(Duration::from_hours(1)).times(1);
    bench.run(&bytes).await.unwrap();
}

#[tokio::test]
async fn a_slow_server_is_not_given_up() {
    let mut bench = DownloadBench::new();
    bench.options.inactivity = Duration::from_secs(1);
    let bytes = content(30);
    // Longer in all than the limit, and never silent for so long.
    bench.server.file("/a.zip", bytes.clone()).slow(1, Duration::from_millis(50));
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests().len(), 1);
}

#[tokio::test]
async fn lengths_that_are_wrong() {
    let bytes = content(5_000);
    // A server that states too much closes the connection: everything has arrived.
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).states_length(6_000);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests().len(), 1);
    // One that states too little makes another file.
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).states_length(4_000);
    let error = bench.run(&bytes).await.unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error}");
    assert_eq!(bench.names(), Vec::<String>::new());
}

#[tokio::test]
async fn bodies_without_a_length() {
    let bytes = content(500_000);
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).chunked();
    bench.run(&bytes).await.unwrap();
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).without_length();
    bench.run(&bytes).await.unwrap();
    // Cut off: with chunks it is seen, otherwise only by the size in the index.
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).chunked().closes_at(200_000).times(1);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip")[1], Some("bytes=200000-".to_owned()));
    let mut bench = DownloadBench::new();
    bench.server.file("/a.zip", bytes.clone()).without_length().closes_at(200_000).times(1);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip")[1], Some("bytes=200000-".to_owned()));
}

#[tokio::test]
async fn a_body_without_end_is_bounded() {
    let mut bench = DownloadBench::new();
    let bytes = content(3_000_000);
    for chunked in [false, true] {
        let route = bench.server.file("/a.zip", bytes.clone());
        if chunked {
            route.chunked();
        }
        let request = ArchiveRequest { size: Some(5_000), ..bench.request("/a.zip", b"x") };
        let (cause, tries) = cause(bench.downloader().archive(&request).await.unwrap_err());
        assert_eq!((cause, tries), (DownloadCause::TooLarge { limit: 10_000 + (1 << 20) }, 1));
        assert_eq!(bench.names(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_refused_connection_is_tried_three_times() {
    let mut bench = DownloadBench::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let request = ArchiveRequest { url: format!("http://{closed}/a.zip"), ..bench.request("/a.zip", b"x") };
    let error = bench.downloader().archive(&request).await.unwrap_err();
    assert!(error.to_string().contains("refused") && error.to_string().contains("(3 tries)"), "{error}");
    let request = ArchiveRequest { url: "http://host.invalid/a.zip".to_owned(), ..request };
    let (cause, tries) = cause(bench.downloader().archive(&request).await.unwrap_err());
    assert!(matches!(cause, DownloadCause::Connection(_)), "{cause:?}");
    assert_eq!(tries, 3);
}

#[tokio::test]
async fn an_interrupt_ends_a_wait() {
    let mut bench = DownloadBench::new();
    bench.options.retry_wait = Duration::from_hours(1);
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone()).status(500);
    let request = bench.request("/a.zip", &bytes);
    let downloader = bench.downloader();
    let running = tokio::spawn(async move { downloader.archive(&request).await });
    while bench.server.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.cancel.cancel();
    assert!(matches!(running.await.unwrap(), Err(DownloadError::Cancelled { .. })));
    assert_eq!(bench.names(), Vec::<String>::new());
}
