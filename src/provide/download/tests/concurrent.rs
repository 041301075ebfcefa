//! Several downloads at once, in one run and in several.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;

use super::bench::{DownloadBench, content};
use crate::event::{EventKind, Level};
use crate::provide::download::DownloadError;

#[tokio::test(flavor = "multi_thread")]
async fn one_archive_is_downloaded_once_within_a_run_and_by_two_runs() {
    let mut bench = DownloadBench::new();
    let bytes = content(300_000);
    bench.server.file("/a.zip", bytes.clone()).slow(100_000, Duration::from_millis(100));
    let request = bench.request("/a.zip", &bytes);
    // A second downloader has its own locks in this process: only the file lock is shared, as with another process.
    let (one, other) = (bench.downloader(), bench.downloader());
    let all = join_all([&one, &one, &other, &other].map(|downloader| downloader.archive(&request))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(bench.server.requests().len(), 1);
    let messages = bench.messages(Level::Info);
    assert_eq!(messages, ["a.zip: another run is downloading it; waiting"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_another_run_can_be_interrupted() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone()).stalls_at(2_000);
    let request = bench.request("/a.zip", &bytes);
    let (one, other) = (bench.downloader(), bench.downloader());
    let first = tokio::spawn({
        let request = request.clone();
        async move { one.archive(&request).await }
    });
    while bench.server.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let second = tokio::spawn(async move { other.archive(&request).await });
    while bench.messages(Level::Info).is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.cancel.cancel();
    for task in [first, second] {
        assert!(matches!(task.await.unwrap(), Err(DownloadError::Cancelled { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_the_limit_run_at_once() {
    let mut bench = DownloadBench::new();
    bench.options.parallel = 2;
    let bytes = content(40_000);
    let names: Vec<String> = (0..6).map(|number| format!("/{number}.zip")).collect();
    for name in &names {
        bench.server.file(name, bytes.clone()).slow(10_000, Duration::from_millis(10));
    }
    let requests: Vec<_> = names.iter().map(|name| bench.request(name, &bytes)).collect();
    let downloader = bench.downloader();
    let all = join_all(requests.iter().map(|request| downloader.archive(request))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let (mut running, mut most) = (BTreeSet::new(), 0);
    for kind in bench.events() {
        match kind {
            EventKind::DownloadProgress { what, .. } => {
                running.insert(what);
            }
            EventKind::DownloadFinished { what, .. } => {
                running.remove(&what);
            }
            _ => {}
        }
        most = most.max(running.len());
    }
    assert_eq!(most, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_fetched_once_by_two_runs() {
    let mut bench = DownloadBench::new();
    bench.server.file("/x.json", "one").delays(Duration::from_millis(300));
    let url = bench.server.url("/x.json");
    let (one, other) = (bench.downloader(), bench.downloader());
    for max_age in [Duration::from_mins(1), Duration::ZERO] {
        let all = join_all([&one, &one, &other].map(|downloader| downloader.document(&url, max_age))).await;
        assert!(all.iter().all(|it| it.as_ref().is_ok_and(|it| it.bytes == b"one")), "{all:?}");
    }
    assert_eq!(bench.server.requests().len(), 2);
}
