//! Archives that arrive in pieces.

use std::time::Duration;

use super::bench::{DownloadBench, content, sha256};
use crate::provide::download::error::DownloadCause;
use crate::provide::download::{ArchiveRequest, DownloadError};

fn range(first: usize) -> String {
    format!("bytes={first}-")
}

#[tokio::test]
async fn a_broken_connection_resumes_where_it_broke() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).closes_at(200_000).times(1);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [None, Some(range(200_000))]);
    let requests = bench.server.requests_of("/a.zip");
    assert_eq!(requests[1].sent, 300_000);
    assert!(requests[1].header("if-range").unwrap().starts_with('"'));
}

#[tokio::test]
async fn a_reset_connection_resumes() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).resets_at(200_000).times(2);
    bench.run(&bytes).await.unwrap();
    assert!(bench.server.requests_of("/a.zip").len() <= 3);
}

#[tokio::test]
async fn the_next_run_resumes() {
    for (validator, if_range) in [(0, "\""), (1, "Sun, 06 Nov"), (2, "")] {
        let mut bench = DownloadBench::new();
        let bytes = content(500_000);
        let route = bench.server.file("/a.zip", bytes.clone()).closes_at(200_000);
        match validator {
            0 => route,
            1 => route.etag("W/\"weak\""),
            _ => route.without_validators(),
        };
        let error = bench.run(&bytes).await.unwrap_err();
        let DownloadError::Failed { cause: DownloadCause::Short { received, expected, .. }, tries, .. } =
            &error
        else {
            panic!("{error}")
        };
        assert_eq!((*received, *expected, *tries), (200_000, 500_000, 3));
        assert_eq!(bench.names(), ["a.zip.part"]);
        bench.server.route("/a.zip").recovers();
        bench.server.forget();
        bench.run(&bytes).await.unwrap();
        assert_eq!(bench.ranges("/a.zip"), [Some(range(200_000))]);
        let sent = bench.server.requests_of("/a.zip")[0].header("if-range").unwrap_or_default().to_owned();
        assert!(sent.starts_with(if_range) && sent.is_empty() == if_range.is_empty(), "{sent}");
        assert_eq!(bench.names(), ["a.zip"]);
    }
}

#[tokio::test]
async fn a_server_without_ranges_sends_the_whole_file_again() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).ignores_ranges().closes_at(200_000).times(1);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests_of("/a.zip")[1].sent, 500_000);
}

#[tokio::test]
async fn a_wrong_range_is_noticed() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).closes_at(200_000).times(1).answers_wrong_ranges();
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [None, Some(range(200_000)), None]);
}

#[tokio::test]
async fn a_changed_file_is_not_resumed() {
    let mut bench = DownloadBench::new();
    let (old, new) = (content(500_000), content(400_000));
    bench.server.file("/a.zip", old[1..].to_vec()).closes_at(200_000);
    bench.run(&new).await.unwrap_err();
    bench.server.file("/a.zip", new.clone());
    bench.server.forget();
    bench.run(&new).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [Some(range(200_000))]);
    assert_eq!(bench.server.requests_of("/a.zip")[0].status, 200);
}

#[tokio::test]
async fn a_damaged_part_is_downloaded_once_more() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).closes_at(200_000);
    bench.run(&bytes).await.unwrap_err();
    for (length, ranges) in [
        // Other bytes, and more than the whole file.
        (100_000, vec![Some(range(100_000)), None]),
        (500_000, vec![Some(range(500_000)), None]),
        (600_000, vec![Some(range(600_000)), None]),
    ] {
        std::fs::write(bench.staging("a.zip.part"), vec![7; length]).unwrap();
        let state = serde_json::json!({"url": "", "validator": null, "checksum": sha256(&bytes).to_string()});
        std::fs::write(bench.staging(".downloads/a.zip.part.json"), state.to_string()).unwrap();
        bench.server.route("/a.zip").recovers();
        bench.server.forget();
        bench.run(&bytes).await.unwrap();
        assert_eq!(bench.ranges("/a.zip"), ranges);
        std::fs::remove_file(bench.staging("a.zip")).unwrap();
    }
}

#[tokio::test]
async fn a_complete_part_needs_no_request() {
    // As after `kill -9` between the last byte and the rename.
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    std::fs::create_dir_all(bench.staging(".downloads")).unwrap();
    std::fs::write(bench.staging("a.zip.part"), &bytes).unwrap();
    let state = serde_json::json!({"url": "", "validator": null, "checksum": sha256(&bytes).to_string()});
    std::fs::write(bench.staging(".downloads/a.zip.part.json"), state.to_string()).unwrap();
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests().len(), 0);
    assert_eq!(bench.names(), ["a.zip"]);
}

#[tokio::test]
async fn a_part_of_another_archive_is_not_used() {
    let mut bench = DownloadBench::new();
    let (old, new) = (content(500_000), content(400_000));
    bench.server.file("/a.zip", old.clone()).closes_at(200_000);
    bench.run(&old).await.unwrap_err();
    bench.server.file("/a.zip", new.clone());
    bench.server.forget();
    bench.run(&new).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [None]);
}

#[tokio::test]
async fn progress_restarts_the_count_of_tries() {
    let mut bench = DownloadBench::new();
    let bytes = content(9_000_000);
    // A connection that breaks after every megabyte and a half.
    let mut route = bench.server.file("/a.zip", bytes.clone());
    for place in 1..6 {
        route = route.closes_at(place * 1_500_000).times(place);
    }
    drop(route);
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests_of("/a.zip").len(), 6);
}

#[tokio::test]
async fn an_interrupt_ends_at_once_and_leaves_what_can_be_resumed() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).stalls_at(200_000);
    let request = bench.request("/a.zip", &bytes);
    let downloader = bench.downloader();
    let running = tokio::spawn(async move { downloader.archive(&request).await });
    let part = bench.staging("a.zip.part");
    while std::fs::metadata(&part).map_or(0, |it| it.len()) < 200_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.cancel.cancel();
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(&error, DownloadError::Cancelled { what } if what == "a.zip"), "{error}");
    assert_eq!(std::fs::read(&part).unwrap(), bytes[..200_000]);
    bench.server.route("/a.zip").recovers();
    bench.cancel = tokio_util::sync::CancellationToken::new();
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [None, Some(range(200_000))]);
}

#[tokio::test]
async fn a_part_survives_a_change_of_the_mirror() {
    let mut bench = DownloadBench::new();
    let bytes = content(500_000);
    bench.server.file("/a.zip", bytes.clone()).closes_at(200_000);
    bench.server.file("/b/a.zip", bytes.clone()).etag("\"another\"");
    bench.run(&bytes).await.unwrap_err();
    let request = ArchiveRequest { url: bench.server.url("/b/a.zip"), ..bench.request("/a.zip", &bytes) };
    bench.downloader().archive(&request).await.unwrap();
    assert_eq!(bench.ranges("/b/a.zip"), [Some(range(200_000))]);
    assert_eq!(bench.server.requests_of("/b/a.zip")[0].header("if-range"), None);
}
