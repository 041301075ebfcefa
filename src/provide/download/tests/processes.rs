//! Downloads of other processes: this test program starts itself, and the child downloads.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::bench::{DownloadBench, content};
use crate::event::channel;
use crate::provide::download::proxies::Proxies;
use crate::provide::download::{ArchiveRequest, DownloadOptions, Downloader, StagingDirectory};

/// Cache directory, URL and checksum of the child's download, separated by blanks.
const REQUEST: &str = "FBUILD_MATRIX_TEST_DOWNLOAD";

/// The child: not a test of its own.
#[tokio::test]
#[ignore = "started by the tests of this file"]
async fn child() {
    let request = std::env::var(REQUEST).unwrap();
    let [cache, url, checksum] = request.split(' ').collect::<Vec<_>>()[..] else { panic!("{request}") };
    let options = DownloadOptions {
        proxies: Proxies::default(),
        netrc: None,
        ..DownloadOptions::new(std::path::Path::new(cache))
    };
    let request = ArchiveRequest {
        url: url.to_owned(),
        file_name: "a.zip".to_owned(),
        size: None,
        checksum: checksum.parse().unwrap(),
        directory: StagingDirectory::Packages,
    };
    let downloader = Downloader::new(options, channel().0, tokio_util::sync::CancellationToken::new());
    downloader.archive(&request).await.unwrap();
}

fn start(bench: &DownloadBench, bytes: &[u8]) -> Child {
    let request = bench.request("/a.zip", bytes);
    let name = format!("{}::child", module_path!().split_once("::").unwrap().1);
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored"])
        .env(REQUEST, format!("{} {} {}", bench.directory.path().display(), request.url, request.checksum))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn two_processes_download_once() {
    let bench = DownloadBench::new();
    let bytes = content(300_000);
    bench.server.file("/a.zip", bytes.clone()).slow(100_000, Duration::from_millis(100));
    for mut child in [start(&bench, &bytes), start(&bench, &bytes)] {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(bench.server.requests().len(), 1);
    assert_eq!(std::fs::read(bench.staging("a.zip")).unwrap(), bytes);
}

#[tokio::test]
async fn a_killed_process_leaves_a_part_that_the_next_one_resumes() {
    let mut bench = DownloadBench::new();
    let bytes = content(400_000);
    // The server stalls at each moment of the kill.
    for stalls_at in [0, 100_000, 200_000, 399_999] {
        bench.server.file("/a.zip", bytes.clone()).stalls_at(stalls_at);
        bench.server.forget();
        let mut child = start(&bench, &bytes);
        loop {
            let length = std::fs::metadata(bench.staging("a.zip.part")).map_or(0, |it| it.len());
            if length == stalls_at as u64 && !bench.server.requests().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!bench.staging("a.zip").exists());
    }
    bench.server.route("/a.zip").recovers();
    bench.server.forget();
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.ranges("/a.zip"), [Some("bytes=399999-".to_owned())]);
    assert_eq!(std::fs::read(bench.staging("a.zip")).unwrap(), bytes);
    assert_eq!(bench.names(), ["a.zip"]);
}
