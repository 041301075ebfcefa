//! Archives of a well-behaved server, and those of the disk.

use super::bench::{DownloadBench, content, sha256};
use crate::event::{EventKind, Level};
use crate::provide::download::error::DownloadCause;
use crate::provide::download::{ArchiveRequest, Checksum, DownloadError, Mirrors, StagingDirectory};

#[tokio::test]
async fn a_second_run_sends_no_request() {
    let mut bench = DownloadBench::new();
    let bytes = content(300_000);
    bench.server.file("/a.zip", bytes.clone());
    let found = bench.run(&bytes).await.unwrap();
    assert_eq!((found.path.clone(), found.size), (bench.staging("a.zip"), 300_000));
    assert_eq!(found.sha256, sha256(&bytes));
    assert_eq!(std::fs::read(&found.path).unwrap(), bytes);
    assert_eq!(bench.names(), ["a.zip"]);
    bench.options.offline = true;
    assert_eq!(bench.run(&bytes).await.unwrap(), found);
    assert_eq!(bench.server.requests().len(), 1);
    let agent = bench.server.requests()[0].header("user-agent").unwrap().to_owned();
    assert_eq!(agent, concat!("fbuild-matrix/", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn every_algorithm_and_an_empty_file() {
    let mut bench = DownloadBench::new();
    for (name, bytes, checksum) in [
        ("/1.zip", "abc", "SHA-1:A9993E364706816ABA3E25717850C26C9CD0D89D"),
        ("/2.zip", "abc", "MD5:900150983cd24fb0d6963f7d28e17f72"),
        ("/3.zip", "", "MD5:d41d8cd98f00b204e9800998ecf8427e"),
    ] {
        bench.server.file(name, bytes);
        let checksum = checksum.parse().unwrap();
        let request = ArchiveRequest { checksum, ..bench.request(name, bytes.as_bytes()) };
        let downloader = bench.downloader();
        let found = downloader.archive(&request).await.unwrap();
        assert_eq!(found.sha256, sha256(bytes.as_bytes()), "{name}");
        assert_eq!(downloader.archive(&request).await.unwrap(), found, "{name}");
        // The content of an empty file is known.
        assert_eq!(bench.server.requests_of(name).len(), usize::from(!bytes.is_empty()), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_downloaded_again_and_an_untouched_one_is_not_read() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone());
    let found = bench.run(&bytes).await.unwrap();
    // Same content with another time: hashed, not downloaded.
    std::fs::write(&found.path, &bytes).unwrap();
    assert_eq!(bench.run(&bytes).await.unwrap(), found);
    assert_eq!(bench.server.requests().len(), 1);
    for damaged in [&bytes[..4_000], b"", &content(5_001)[1..]] {
        std::fs::write(&found.path, damaged).unwrap();
        assert_eq!(bench.run(&bytes).await.unwrap(), found);
        assert_eq!(std::fs::read(&found.path).unwrap(), bytes);
    }
    assert_eq!(bench.server.requests().len(), 4);
}

#[tokio::test]
async fn a_file_that_another_program_has_put_there_is_used() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    std::fs::create_dir_all(bench.staging("")).unwrap();
    std::fs::write(bench.staging("a.zip"), &bytes).unwrap();
    bench.options.offline = true;
    bench.run(&bytes).await.unwrap();
    assert_eq!(bench.server.requests().len(), 0);
}

#[tokio::test]
async fn two_archives_of_one_name_live_side_by_side() {
    let mut bench = DownloadBench::new();
    let (first, second) = (content(5_000), content(6_000));
    bench.server.file("/1/a.zip", first.clone());
    bench.server.file("/2/a.zip", second.clone());
    for _ in 0..2 {
        for (path, bytes) in [("/1/a.zip", &first), ("/2/a.zip", &second)] {
            let request = bench.request(path, bytes);
            let found = bench.downloader().archive(&request).await.unwrap();
            assert_eq!(&std::fs::read(&found.path).unwrap(), bytes);
            assert_eq!(found.path.file_name().unwrap(), "a.zip");
        }
    }
    assert_eq!(bench.server.requests().len(), 2);
    let other =
        ArchiveRequest { directory: StagingDirectory::Libraries, ..bench.request("/2/a.zip", &second) };
    let found = bench.downloader().archive(&other).await.unwrap();
    assert_eq!(found.path, bench.options.staging.join("libraries/a.zip"));
}

#[tokio::test]
async fn local_files_need_no_network() {
    let mut bench = DownloadBench::new();
    bench.options.offline = true;
    let bytes = content(700_000);
    let source = bench.directory.path().join("an archive.zip");
    std::fs::write(&source, &bytes).unwrap();
    let path = source.display().to_string();
    for (name, url) in [("1.zip", path.clone()), ("2.zip", format!("file://{}", path.replace(' ', "%20")))] {
        let request = ArchiveRequest { url, ..bench.request(&format!("/{name}"), &bytes) };
        let found = bench.downloader().archive(&request).await.unwrap();
        assert_eq!(found.path, bench.staging(name));
        assert_eq!(std::fs::read(&found.path).unwrap(), bytes);
    }
    let wrong = ArchiveRequest { url: path, ..bench.request("/3.zip", b"other") };
    let error = bench.downloader().archive(&wrong).await.unwrap_err();
    assert!(
        matches!(error, DownloadError::Failed { cause: DownloadCause::TooLarge { .. }, .. })
            || matches!(error, DownloadError::Checksum { .. }),
        "{error}"
    );
    for url in ["/nowhere/a.zip", "file:///nowhere/a.zip", "/dev/zero", "/tmp"] {
        let request = ArchiveRequest { url: url.to_owned(), ..bench.request("/4.zip", &bytes) };
        let error = bench.downloader().archive(&request).await.unwrap_err();
        assert!(matches!(error, DownloadError::Source { .. }), "{error}");
    }
    assert_eq!(bench.names(), ["1.zip", "2.zip"]);
}

#[tokio::test]
async fn offline_names_the_missing_file() {
    let mut bench = DownloadBench::new();
    bench.options.offline = true;
    let error = bench.run(b"x").await.unwrap_err();
    let DownloadError::Offline { url, path } = &error else { panic!("{error}") };
    assert_eq!((url, path), (&bench.server.url("/a.zip"), &bench.staging("a.zip")));
    assert_eq!(bench.server.connections(), 0);
    assert!(!bench.options.staging.exists());
}

#[tokio::test]
async fn a_name_never_leaves_the_directory() {
    let mut bench = DownloadBench::new();
    let long = "a".repeat(300);
    for name in ["", ".", "..", "../a", "/a", "a/b", "a\\b", ".downloads", "a\0b", "a\nb", "a.part", &long] {
        let request = ArchiveRequest { file_name: name.to_owned(), ..bench.request("/a.zip", b"x") };
        let error = bench.downloader().archive(&request).await.unwrap_err();
        assert!(matches!(error, DownloadError::FileName { .. }), "{name:?}: {error}");
    }
    assert!(!bench.options.staging.exists());
}

#[tokio::test]
async fn a_wrong_size_is_a_remark() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone());
    for size in [Some(4_000), Some(7_000), None, Some(0)] {
        let request = ArchiveRequest { size, ..bench.request("/a.zip", &bytes) };
        bench.downloader().archive(&request).await.unwrap();
        std::fs::remove_file(bench.staging("a.zip")).unwrap();
    }
    let messages = bench.messages(Level::Debug);
    assert!(
        messages.iter().any(|it| it.contains("the index states 4000 bytes, the file has 5000")),
        "{messages:?}"
    );
}

#[tokio::test]
async fn a_mirror_serves_archives_and_errors_name_both() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/mirror/a.zip", bytes.clone());
    let pair = ("https://origin.invalid/x/".to_owned(), bench.server.url("/mirror/"));
    bench.options.mirrors = Mirrors::new([pair]);
    let mut request = bench.request("/a.zip", &bytes);
    request.url = "https://origin.invalid/x/a.zip".to_owned();
    bench.downloader().archive(&request).await.unwrap();
    request.url = "https://origin.invalid/x/b.zip".to_owned();
    request.file_name = "b.zip".to_owned();
    let error = bench.downloader().archive(&request).await.unwrap_err().to_string();
    let both = format!("https://origin.invalid/x/b.zip (mirror {})", bench.server.url("/mirror/b.zip"));
    assert!(error.contains(&both) && error.contains("404"), "{error}");
}

#[tokio::test]
async fn progress_has_a_begin_and_an_end() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone());
    bench.run(&bytes).await.unwrap();
    let kinds = bench.events();
    let what = |name: &str| name == "a.zip";
    assert!(matches!(&kinds[0], EventKind::DownloadStarted { what: it, total: Some(5_000) } if what(it)));
    assert!(
        matches!(&kinds[1], EventKind::DownloadProgress { what: it, done: 0, total: Some(5_000) } if what(it))
    );
    assert!(matches!(kinds.last(), Some(EventKind::DownloadFinished { what: it, size: 5_000 }) if what(it)));
    bench.run(&bytes).await.unwrap();
    assert!(bench.heard[1].try_iter().next().is_none(), "nothing was downloaded");
    let request = ArchiveRequest { file_name: "b.zip".to_owned(), ..bench.request("/none.zip", &bytes) };
    bench.downloader().archive(&request).await.unwrap_err();
    assert!(matches!(bench.events().last(), Some(EventKind::DownloadFailed { what }) if what == "b.zip"));
}

#[tokio::test]
async fn a_part_that_is_no_file_is_replaced() {
    let mut bench = DownloadBench::new();
    let bytes = content(5_000);
    bench.server.file("/a.zip", bytes.clone());
    let records = bench.staging(".downloads");
    std::fs::create_dir_all(&records).unwrap();
    let state = serde_json::json!({"url": "", "validator": null, "checksum": sha256(&bytes).to_string()});
    std::fs::write(records.join("a.zip.part.json"), state.to_string()).unwrap();
    std::os::unix::fs::symlink("/dev/full", bench.staging("a.zip.part")).unwrap();
    let found = bench.run(&bytes).await.unwrap();
    assert!(std::fs::symlink_metadata(found.path).unwrap().is_file());
}

#[test]
fn a_checksum_is_required_to_be_whole() {
    assert!("SHA-256:abc".parse::<Checksum>().is_err());
}
