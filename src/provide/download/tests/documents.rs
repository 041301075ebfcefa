//! Documents: their age, conditional requests, and servers that are away.

use std::time::Duration;

use super::bench::{DownloadBench, contains};
use crate::event::Level;
use crate::provide::download::error::DownloadCause;
use crate::provide::download::{DownloadError, Mirrors};

const HOUR: Duration = Duration::from_hours(1);

async fn text(bench: &mut DownloadBench, max_age: Duration) -> (String, bool) {
    let url = bench.server.url("/package_x_index.json");
    let document = bench.downloader().document(&url, max_age).await.unwrap();
    assert_eq!(std::fs::read(&document.path).unwrap(), document.bytes);
    (String::from_utf8(document.bytes).unwrap(), document.is_stale)
}

fn fresh(text: &str) -> (String, bool) {
    (text.to_owned(), false)
}

#[tokio::test]
async fn a_young_copy_needs_no_request_and_an_old_one_a_conditional_one() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one");
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
    assert_eq!(bench.server.requests().len(), 1);
    assert_eq!(text(&mut bench, Duration::ZERO).await, fresh("one"));
    let requests = bench.server.requests();
    assert_eq!((requests.len(), requests[1].status), (2, 304));
    assert!(
        requests[1].header("if-none-match").is_some() && requests[1].header("if-modified-since").is_some()
    );
    bench.server.file("/package_x_index.json", "two").header("ETag", "\"2\"");
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
    assert_eq!(text(&mut bench, Duration::ZERO).await, fresh("two"));
}

#[tokio::test]
async fn a_date_serves_where_there_is_no_tag() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one").without_etag();
    text(&mut bench, Duration::ZERO).await;
    assert_eq!(text(&mut bench, Duration::ZERO).await, fresh("one"));
    assert_eq!(bench.server.requests()[1].status, 304);
    bench.server.file("/package_x_index.json", "two").without_validators();
    assert_eq!(text(&mut bench, Duration::ZERO).await, fresh("two"));
    assert_eq!(text(&mut bench, Duration::ZERO).await, fresh("two"));
    assert_eq!(bench.server.requests()[3].header("if-none-match"), None);
}

#[tokio::test]
async fn a_damaged_copy_is_not_used() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one");
    text(&mut bench, HOUR).await;
    let url = bench.server.url("/package_x_index.json");
    let path = bench.downloader().document(&url, HOUR).await.unwrap().path;
    assert!(
        path.file_name().unwrap().to_str().unwrap().ends_with("-package_x_index.json"),
        "{}",
        path.display()
    );
    std::fs::write(&path, "on").unwrap();
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
    assert_eq!(bench.server.requests()[1].status, 200);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
}

#[tokio::test]
async fn an_unreachable_server_leaves_the_copy_and_a_warning() {
    let mut bench = DownloadBench::new();
    bench.options.inactivity = Duration::from_millis(300);
    bench.server.file("/package_x_index.json", "one");
    text(&mut bench, HOUR).await;
    for fault in 0..4 {
        let route =
            bench.server.route("/package_x_index.json").recovers().etag("\"new\"").without_validators();
        match fault {
            0 => route.status(503),
            1 => route.closes_at(1),
            2 => route.stalls_at(1),
            _ => route.status(429).header("Retry-After", "9999"),
        };
        assert_eq!(text(&mut bench, Duration::ZERO).await, ("one".to_owned(), true), "{fault}");
        let warnings = bench.messages(Level::Warn);
        assert!(warnings.len() == 1 && warnings[0].contains("using the copy"), "{warnings:?}");
    }
    // A missing document is no outage.
    bench.server.file("/package_x_index.json", "").status(404);
    let url = bench.server.url("/package_x_index.json");
    let error = bench.downloader().document(&url, Duration::ZERO).await.unwrap_err();
    assert!(
        matches!(error, DownloadError::Failed { cause: DownloadCause::Status(404), tries: 1, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn offline_uses_any_copy_and_names_a_missing_one() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one");
    text(&mut bench, HOUR).await;
    bench.options.offline = true;
    assert_eq!(text(&mut bench, Duration::ZERO).await, ("one".to_owned(), true));
    assert_eq!(text(&mut bench, HOUR).await, fresh("one"));
    let url = bench.server.url("/other.json");
    let error = bench.downloader().document(&url, HOUR).await.unwrap_err();
    assert!(matches!(&error, DownloadError::Offline { url: it, .. } if *it == url), "{error}");
    assert_eq!(bench.server.requests().len(), 1);
}

#[tokio::test]
async fn local_documents_and_fragments() {
    let mut bench = DownloadBench::new();
    let path = bench.directory.path().join("package_y_index.json");
    std::fs::write(&path, "local").unwrap();
    bench.options.offline = true;
    for url in [path.display().to_string(), format!("file://{}#name.json", path.display())] {
        let document = bench.downloader().document(&url, HOUR).await.unwrap();
        assert_eq!(
            (document.bytes, document.path, document.is_stale),
            (b"local".to_vec(), path.clone(), false)
        );
    }
    for url in ["/nowhere", "/dev/zero", "/"] {
        let error = bench.downloader().document(url, HOUR).await.unwrap_err();
        assert!(matches!(error, DownloadError::Source { .. }), "{error}");
    }
    bench.options.offline = false;
    bench.server.file("/x", "one");
    for url in [
        bench.server.url("/x#package_x.json"),
        bench.server.url("/x"),
        bench.server.url_at("u:p@127.0.0.1", "/x"),
    ] {
        assert_eq!(bench.downloader().document(&url, HOUR).await.unwrap().bytes, b"one");
    }
    assert_eq!(bench.server.requests().len(), 1, "one copy for all");
}

#[tokio::test]
async fn a_mirror_serves_documents_and_secrets_stay_secret() {
    let mut bench = DownloadBench::new();
    bench.server.file("/m/x.json", "one").needs("me", "s3cr3t");
    let target = bench.server.url_at("me:s3cr3t@127.0.0.1", "/m/");
    bench.options.mirrors = Mirrors::new([("https://origin.invalid/".to_owned(), target)]);
    let document = bench.downloader().document("https://origin.invalid/x.json", HOUR).await.unwrap();
    assert_eq!(document.bytes, b"one");
    let error =
        bench.downloader().document("https://origin.invalid/y.json", HOUR).await.unwrap_err().to_string();
    assert!(
        error.contains("https://origin.invalid/y.json (mirror http://127.0.0.1") && !error.contains("s3cr3t"),
        "{error}"
    );
    assert!(!contains(&bench.options.documents, "s3cr3t"));
    assert!(!format!("{:?}{:?}", bench.options, bench.events()).contains("s3cr3t"));
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one two three").closes_at(4).times(2);
    assert_eq!(text(&mut bench, HOUR).await, fresh("one two three"));
    assert_eq!(bench.server.requests().len(), 3);
}

#[tokio::test]
async fn a_run_that_ends_between_record_and_content_keeps_the_earlier_copy() {
    let mut bench = DownloadBench::new();
    bench.server.file("/package_x_index.json", "one");
    text(&mut bench, HOUR).await;
    let url = bench.server.url("/package_x_index.json");
    let path = bench.downloader().document(&url, HOUR).await.unwrap().path;
    bench.server.file("/package_x_index.json", "two");
    text(&mut bench, Duration::ZERO).await;
    // As after `kill -9` before the new content was renamed into place.
    std::fs::write(&path, "one").unwrap();
    bench.options.offline = true;
    assert_eq!(text(&mut bench, HOUR).await, ("one".to_owned(), true));
    bench.options.offline = false;
    assert_eq!(text(&mut bench, HOUR).await, fresh("two"));
    assert_eq!(bench.server.requests()[2].header("if-none-match"), None);
}
