//! Tests of the provider end to end against a package source in a directory: real apt-get and dpkg-deb, no network.

mod bench;

use std::fs;
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::super::context::InstallContext;
use super::super::error::InstallError;
use super::super::installed::InstalledPackages;
use super::super::machine::Machine;
use bench::Bench;

use super::ensure::ensure;
use super::package_set::{Dependencies, PackageSet, directory_name};
use super::proof::Proof;
use super::provider::{install_core_on, install_packages_on, install_tool_on};
use super::unpack;
use crate::event::EventKind;

async fn install(bench: &Bench, names: &[&str]) -> Result<InstalledPackages, InstallError> {
    install_packages_on(&bench.machine(), names, false, &bench.context().0).await
}

fn read(root: &Path, file: &str) -> String {
    fs::read_to_string(root.join(file)).unwrap()
}

#[tokio::test]
async fn a_package_is_fetched_once_and_then_found_without_any_tool() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[("usr/share/hello", b"hello")]);
    let (cx, heard) = bench.context();
    let first = install_packages_on(&bench.machine(), &["hello"], false, &cx).await.unwrap();
    assert_eq!(read(&first.root, "usr/share/hello"), "hello");
    assert_eq!(first.versions, [("hello".to_owned(), "1.0".to_owned())]);
    assert_eq!(first.library_path, None);
    assert_eq!(bench.installed().len(), 1);
    assert_eq!(fs::read_dir(bench.cache().join("apt/tmp")).unwrap().count(), 0, "nothing is left in tmp");

    let no_tools = Machine { path: "/nowhere".into(), ..bench.machine() };
    let offline = InstallContext { offline: true, ..cx };
    let second = install_packages_on(&no_tools, &["hello"], false, &offline).await.unwrap();
    assert_eq!(second, first);

    let mut said: Vec<String> = heard
        .try_iter()
        .filter_map(|event| match event.kind {
            EventKind::SetupStarted { .. } => Some("started".to_owned()),
            EventKind::SetupProgress { done, total, .. } => {
                assert!(Some(done) <= total);
                Some(format!("all of it: {}", Some(done) == total))
            }
            EventKind::SetupFinished { detail, .. } => Some(detail),
            _ => None,
        })
        .collect();
    said.retain(|it| it != "all of it: false");
    said.dedup();
    assert_eq!(said, ["started", "all of it: true", "hello 1.0", "started", "already installed: hello 1.0"]);
}

#[tokio::test]
async fn dependencies_come_without_the_c_library() {
    let mut bench = Bench::new();
    bench.package("libc6", "9.0", "", &[("usr/lib/libc.so.6", b"")]);
    bench.package("gcc-99-base", "9.0", "", &[]);
    bench.package("libsim", "2.0", "libc6, gcc-99-base", &[("usr/lib/libsim.so.2", b"sim")]);
    bench.package("sim", "1.0", "libsim (>= 1)", &[("usr/bin/sim", b"")]);
    let (cx, _heard) = bench.context();
    let all = install_packages_on(&bench.machine(), &["sim"], true, &cx).await.unwrap();
    let names: Vec<&str> = all.versions.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["sim", "libsim"]);
    let libraries = all.library_path.unwrap();
    assert_eq!(fs::read_to_string(libraries.join("libsim.so.2")).unwrap(), "sim");
    assert!(!libraries.join("libc.so.6").exists());

    let alone = install(&bench, &["sim"]).await.unwrap();
    assert_eq!(alone.versions.len(), 1);
    assert_ne!(alone.root, all.root);
}

#[tokio::test]
async fn libraries_are_fetched_where_the_loader_misses_them() {
    // A program of this machine, changed to require a library that no machine has.
    let program = fs::read(fs::canonicalize("/bin/sh").unwrap()).unwrap();
    let at = program.windows(9).position(|it| it == b"libc.so.6").expect("/bin/sh is dynamic");
    let mut patched = program;
    patched[at..at + 9].copy_from_slice(b"libq.so.6");
    let libc = libc();

    let mut bench = Bench::new();
    bench.package("libq6", "1.0", "", &[("usr/lib/x86_64-linux-gnu/libq.so.6", &libc)]);
    bench.package("tool", "1.0", "libq6", &[("usr/bin/tool", &patched)]);
    bench.package("lost", "1.0", "", &[("usr/bin/lost", &patched)]);
    let set = |name: &str| PackageSet {
        what: "a tool".to_owned(),
        name: name.to_owned(),
        packages: vec![name.to_owned()],
        suite: None,
        dependencies: Dependencies::IfMissed,
        toolchains: Vec::new(),
        proof: Some(Proof { program_dirs: &["usr/bin"], bin_dir: "usr/bin", commands: &[] }),
    };
    let (cx, _heard) = bench.context();
    let done = ensure(&set("tool"), &bench.machine(), &cx).await.unwrap();
    let names: Vec<String> = done.installed.versions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["tool", "libq6"]);
    assert!(done.installed.library_path().unwrap().join("libq.so.6").exists());

    let error = ensure(&set("lost"), &bench.machine(), &cx).await.unwrap_err();
    assert!(
        matches!(&error, InstallError::MissingLibraries { libraries } if libraries == "libq.so.6"),
        "{error}"
    );
    assert_eq!(bench.installed().len(), 1);
}

/// Returns the C library that this test itself has loaded.
fn libc() -> Vec<u8> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let file = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    fs::read(file.into_iter().find(|it| it.contains("/libc.so") || it.contains("/libc-")).unwrap()).unwrap()
}

#[tokio::test]
async fn a_command_that_fails_fails_the_installation() {
    let mut bench = Bench::new();
    bench.package("cc", "1.0", "", &[("usr/bin/cc", b"#!/bin/sh\necho no backend >&2\nexit 1\n")]);
    let set = PackageSet {
        what: "a compiler".to_owned(),
        name: "cc".to_owned(),
        packages: vec!["cc".to_owned()],
        suite: None,
        dependencies: Dependencies::IfMissed,
        toolchains: Vec::new(),
        proof: Some(Proof { program_dirs: &[], bin_dir: "usr/bin", commands: &[&["cc", "-c", "smoke.c"]] }),
    };
    let error = ensure(&set, &bench.machine(), &bench.context().0).await.unwrap_err();
    assert!(matches!(&error, InstallError::Smoke { detail, .. } if detail == "no backend"), "{error}");
    assert!(bench.installed().is_empty());
}

#[tokio::test]
async fn a_changed_archive_is_refused() {
    let mut bench = Bench::new();
    let deb = bench.package("hello", "1.0", "", &[("usr/share/hello", b"hello")]);
    let mut bytes = fs::read(&deb).unwrap();
    let last = bytes.len() - 600;
    bytes[last] ^= 1;
    fs::write(&deb, bytes).unwrap();
    let error = install(&bench, &["hello"]).await.unwrap_err();
    assert!(
        matches!(&error, InstallError::Download { detail, .. } if detail.contains("Hash Sum mismatch"))
            || matches!(&error, InstallError::Checksum { .. }),
        "{error}"
    );
    assert!(bench.installed().is_empty());
}

#[tokio::test]
async fn old_lists_are_fetched_again() {
    let mut bench = Bench::new();
    let old = bench.package("hello", "1.0", "", &[("usr/share/hello", b"old")]);
    bench.package("other", "1.0", "", &[]);
    install(&bench, &["other"]).await.unwrap();

    // As on a mirror after a security fix: the new version is listed, the old file is gone.
    fs::remove_file(old).unwrap();
    bench.packages.clear();
    bench.package("hello", "1.1", "", &[("usr/share/hello", b"new")]);
    bench.package("brand-new", "1.0", "", &[]);
    let hello = install(&bench, &["hello"]).await.unwrap();
    assert_eq!(read(&hello.root, "usr/share/hello"), "new");
    assert_eq!(hello.versions[0].1, "1.1");

    bench.package("newer-still", "1.0", "", &[]);
    assert!(install(&bench, &["newer-still"]).await.is_ok(), "unknown in the old list only");
}

#[tokio::test]
async fn an_unknown_package_is_told_in_apts_words() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[]);
    let error = install(&bench, &["hello", "no-such-package"]).await.unwrap_err();
    assert!(matches!(error, InstallError::UnknownPackage { .. }), "{error}");
    assert!(error.to_string().contains("Unable to locate package no-such-package"), "{error}");
    let (cx, _heard) = bench.context();
    let error = install_packages_on(&bench.machine(), &["no-such-package"], true, &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::UnknownPackage { .. }), "{error}");
}

#[tokio::test]
async fn a_dependency_that_is_nowhere_is_told_in_apts_words() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "no-such-package", &[]);
    let (cx, _heard) = bench.context();
    let error = install_packages_on(&bench.machine(), &["hello"], true, &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::Unsolvable { .. }), "{error}");
    assert!(error.to_string().contains("hello"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_in_apts_words() {
    let bench = Bench::new();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut machine = bench.machine_with(&format!("deb [trusted=yes] http://127.0.0.1:{port}/ ./"));
    machine.apt_conf.push_str("Acquire::http::Proxy \"DIRECT\";\n");
    let (cx, _heard) = bench.context();
    let error = install_packages_on(&machine, &["hello"], false, &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::Lists { .. }), "{error}");
    // Refused; or unreachable, in a network namespace whose loopback interface is down.
    let cause = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_err().to_string();
    assert!(error.to_string().contains(cause.split(" (os error").next().unwrap()), "{cause}: {error}");
    assert!(bench.installed().is_empty());
}

#[tokio::test]
async fn an_apt_that_hangs_is_ended() {
    let bench = Bench::new();
    let bin = bench.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("apt-get"), "#!/bin/sh\nsleep 600 & sleep 600\n").unwrap();
    fs::set_permissions(bin.join("apt-get"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let real = Machine::here().path;
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&real))).unwrap();
    let machine = Machine { path, patience: std::time::Duration::from_millis(300), ..bench.machine() };
    let (cx, _heard) = bench.context();
    let error = install_packages_on(&machine, &["hello"], false, &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::Stalled { .. }), "{error}");
}

#[tokio::test]
async fn one_dead_source_beside_a_good_one_is_no_error() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[]);
    let at = bench.repository().display().to_string().replace(' ', "%20");
    let machine =
        bench.machine_with(&format!("deb [trusted=yes] file:{at} ./\ndeb [trusted=yes] file:/gone ./"));
    let (cx, _heard) = bench.context();
    assert!(install_packages_on(&machine, &["hello"], false, &cx).await.is_ok());
    let error = install_packages_on(&machine, &["of-the-dead-one"], false, &cx).await.unwrap_err();
    assert!(matches!(&error, InstallError::Lists { detail, .. } if detail.contains("/gone")), "{error}");
}

#[tokio::test]
async fn offline_and_without_apt_nothing_is_made() {
    let bench = Bench::new();
    let (cx, _heard) = bench.context();
    let no_tools = Machine { path: "/nowhere".into(), ..bench.machine() };
    let error = install_core_on(&no_tools, "arduino:avr", &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::NoApt { .. }), "{error}");
    let offline = InstallContext { offline: true, ..cx };
    let error = install_core_on(&bench.machine(), "arduino:avr", &offline).await.unwrap_err();
    assert!(matches!(error, InstallError::Offline { .. }), "{error}");
    let error = install_core_on(&bench.machine(), "esp32:esp32", &offline).await.unwrap_err();
    assert!(matches!(error, InstallError::UnknownCore { .. }), "{error}");
    assert!(!bench.cache().exists());
}

#[tokio::test]
async fn two_at_the_same_time_install_once() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[("usr/share/hello", b"hello")]);
    let (cx, heard) = bench.context();
    let machine = bench.machine();
    let one = || install_packages_on(&machine, &["hello"], false, &cx);
    let (first, second, third) = tokio::join!(one(), one(), one());
    let root = first.unwrap().root;
    assert_eq!((second.unwrap().root, third.unwrap().root), (root.clone(), root));
    let fresh = heard.try_iter().filter(
        |event| matches!(&event.kind, EventKind::SetupFinished { detail, .. } if detail == "hello 1.0"),
    );
    assert_eq!(fresh.count(), 1);
}

#[tokio::test]
async fn what_an_interrupted_run_left_is_not_trusted() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[("usr/share/hello", b"hello")]);
    let whole = install(&bench, &["hello"]).await.unwrap();
    let directory = whole.root.parent().unwrap().to_path_buf();
    fs::remove_file(directory.join("manifest.json")).unwrap();
    fs::write(whole.root.join("usr/share/hello"), "half").unwrap();
    fs::create_dir_all(bench.cache().join("apt/tmp/set-old/out/root")).unwrap();

    let again = install(&bench, &["hello"]).await.unwrap();
    assert_eq!(again.root, whole.root);
    assert_eq!(read(&again.root, "usr/share/hello"), "hello");
    assert!(!bench.cache().join("apt/tmp/set-old").exists());
}

#[tokio::test]
async fn a_cancelled_installation_leaves_nothing_to_trust() {
    let mut bench = Bench::new();
    bench.package("hello", "1.0", "", &[]);
    let (cx, _heard) = bench.context();
    cx.cancel.cancel();
    let error = install_packages_on(&bench.machine(), &["hello"], false, &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::Cancelled { .. }), "{error}");
    assert!(bench.installed().is_empty());
    assert_eq!(fs::read_dir(bench.cache().join("apt/tmp")).unwrap().count(), 0);
}

/// Writes a release `name` of a distribution `Debian` in the directory of `bench`, with its package list.
fn release(bench: &Bench, name: &str) {
    let dir = bench.repository().join("dists").join(name);
    let list = dir.join(format!("main/binary-{}/Packages", debian_architecture()));
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    fs::write(&list, &bench.packages).unwrap();
    let inside = list.strip_prefix(&dir).unwrap().display().to_string();
    let (sum, size) = (unpack::hex(&Sha256::digest(&bench.packages)), bench.packages.len());
    let release = format!(
        "Origin: Debian\nLabel: Debian\nSuite: {name}\nCodename: {name}\nComponents: main\n\
         Architectures: {}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n {sum} {size} {inside}\n",
        debian_architecture()
    );
    fs::write(dir.join("Release"), release).unwrap();
}

fn debian_architecture() -> String {
    let answer = Command::new("dpkg").arg("--print-architecture").output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

/// Returns a machine of release `old`, whose packages are those of `bench`.
fn machine_of_release_old(bench: &Bench, options: &str) -> Machine {
    let at = bench.repository().display().to_string().replace(' ', "%20");
    let machine = bench.machine_with(&format!("deb {options} file:{at} old main"));
    Machine { family: "debian".to_owned(), ..machine }
}

#[tokio::test]
async fn a_tool_can_be_of_another_release() {
    let mut bench = Bench::new();
    bench.package("data", "1.0", "", &[("usr/share/data", b"old")]);
    release(&bench, "old");
    bench.packages.clear();
    bench.package("data", "2.0", "libc6", &[("usr/share/data", b"new")]);
    bench.package("libc6", "9.0", "", &[("usr/lib/libc.so.6", b"")]);
    bench.package("patchelf", "9.0", "", &[("usr/bin/patchelf", b"#!/bin/sh\n")]);
    release(&bench, "new");
    bench.packages.clear();
    bench.package("data", "1.0", "", &[]);
    bench.package("patchelf", "1.0", "", &[("usr/bin/patchelf", b"#!/bin/sh\n")]);
    release(&bench, "old");
    let machine = machine_of_release_old(&bench, "[trusted=yes]");
    let (cx, _heard) = bench.context();
    let names = ["data".to_owned()];

    let old = install_tool_on(&machine, &names, None, &cx).await.unwrap();
    assert_eq!(old.versions, [("data".to_owned(), "1.0".to_owned())]);
    let new = install_tool_on(&machine, &names, Some("new"), &cx).await.unwrap();
    assert_eq!(read(&new.root, "usr/share/data"), "new");
    // With the C library that its programs would be linked with, which no other program may load.
    assert_eq!(new.versions, [("data".to_owned(), "2.0".to_owned()), ("libc6".to_owned(), "9.0".to_owned())]);
    assert_eq!(new.library_path, None);
    assert!(new.root.with_file_name("own-lib").join("libc.so.6").exists());
    // Both are found again. The tool that the new one was made with is of the machine's release.
    let offline = InstallContext { offline: true, ..cx };
    assert_eq!(install_tool_on(&machine, &names, None, &offline).await.unwrap(), old);
    assert_eq!(install_tool_on(&machine, &names, Some("new"), &offline).await.unwrap(), new);
    let patchelf = bench.installed().into_iter().find(|name| name.starts_with("patchelf-")).unwrap();
    let manifest =
        fs::read_to_string(bench.cache().join("apt").join(patchelf).join("manifest.json")).unwrap();
    assert!(manifest.contains("\"1.0\""), "{manifest}");
}

#[tokio::test]
async fn another_release_is_trusted_as_the_machines_own() {
    let mut bench = Bench::new();
    bench.package("patchelf", "1.0", "", &[("usr/bin/patchelf", b"#!/bin/sh\n")]);
    bench.package("data", "1.0", "", &[]);
    for name in ["old", "new", "newer"] {
        release(&bench, name);
    }
    let trusting = machine_of_release_old(&bench, "[trusted=yes]");
    let (cx, _heard) = bench.context();
    let names = ["data".to_owned()];
    install_tool_on(&trusting, &names, Some("new"), &cx).await.unwrap();

    // The release is not signed, and the machine's entry does not trust it.
    let machine = machine_of_release_old(&bench, "");
    let error = install_tool_on(&machine, &names, Some("newer"), &cx).await.unwrap_err();
    assert!(error.to_string().contains("newer Release' is not signed"), "{error}");

    let trusting = machine_of_release_old(&bench, "[trusted=yes]");
    install_tool_on(&trusting, &names, Some("newer"), &cx).await.unwrap();
    let error = install_tool_on(&trusting, &names, Some("newest"), &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::Lists { .. }), "{error}");
    assert!(error.to_string().contains("newest"), "{error}");
    let stranger = Machine { family: "fedora".to_owned(), ..trusting };
    let error = install_tool_on(&stranger, &names, Some("newest"), &cx).await.unwrap_err();
    assert!(matches!(error, InstallError::NoSource { .. }), "{error}");
}

#[test]
fn directory_names_are_directory_names() {
    assert_eq!(directory_name(&["simavr", "libsimavr2"], Dependencies::No), "simavr+libsimavr2");
    assert_eq!(directory_name(&["simavr"], Dependencies::Yes), "all+simavr");
    assert_eq!(directory_name(&["../x"], Dependencies::No), "_x");
    assert_eq!(directory_name(&["x".repeat(500).as_str()], Dependencies::No).len(), 60);
}
