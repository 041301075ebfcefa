//! Archives that are truncated, damaged, or none.

use std::fs;

use super::make::{TarMaker, ZipItem, gzip, header, packers, summed, zip};
use super::sandbox::Sandbox;
use crate::provide::archive::{ArchiveFault, ArchiveLimits, extract};

/// A tar with noise that no compressor shrinks.
fn tar() -> Vec<u8> {
    let noise: Vec<u8> =
        (0..200_u32).flat_map(|index| *blake3::hash(&index.to_le_bytes()).as_bytes()).collect();
    TarMaker::default().dir("pkg").entry("pkg/noise", b'0', "", &noise).file("pkg/f", "content").finish()
}

#[test]
fn truncated_anywhere() {
    for (ending, pack) in packers() {
        let bytes = pack(&tar());
        let name = format!("pkg.{ending}");
        // The second block of a tar's end marker is missing in some archives.
        let whole = if ending == "tar" { bytes.len() - 512 } else { bytes.len() };
        for end in (1..whole).step_by(bytes.len() / 23) {
            let error = Sandbox::new().refusal(&name, &bytes[..end]);
            let known = ["truncated", "damaged", "no archive of a known format"];
            assert!(known.iter().any(|known| error.contains(known)), "{ending} cut at {end}: {error}");
        }
        let error = Sandbox::new().refusal(&name, &bytes[..bytes.len() / 2]);
        assert!(error.contains("the archive is truncated"), "{ending}: {error}");
    }
    let error = Sandbox::new().refusal("pkg.tar", &tar()[..2000]);
    assert!(error.contains("truncated in entry `pkg/noise`"), "{error}");
    let bytes = zip(&[ZipItem::file("pkg/f", "content"), ZipItem::deflated("pkg/g", "content")]);
    for end in 4..bytes.len() {
        let error = Sandbox::new().refusal("pkg.zip", &bytes[..end]);
        assert!(error.contains("the archive is truncated"), "cut at {end}: {error}");
    }
}

#[test]
fn changed_bytes_are_found_by_checksums() {
    for (ending, pack) in packers().into_iter().filter(|(ending, _)| *ending != "tar") {
        let mut bytes = pack(&tar());
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        let error = Sandbox::new().refusal(&format!("pkg.{ending}"), &bytes);
        assert!(error.contains("damaged"), "{ending}: {error}");
    }
    // The checksum after the last byte of the tar is read, too.
    let mut bytes = gzip(&tar());
    let at = bytes.len() - 8;
    bytes[at] ^= 1;
    let error = Sandbox::new().refusal("pkg.tar.gz", &bytes);
    assert!(error.contains("damaged"), "{error}");
    let mut header = header(b"pkg/f", b'0', b"", 0);
    header[0] = b'x';
    let broken = TarMaker::default().file("pkg/a", "x").raw(&header, b"").finish();
    let error = Sandbox::new().refusal("pkg.tar", &broken);
    assert!(error.contains("the checksum of a tar header is wrong"), "{error}");
}

#[test]
fn other_data_after_the_end() {
    for (ending, pack) in packers() {
        let name = format!("pkg.{ending}");
        let error = Sandbox::new().refusal(&name, &[pack(&tar()), b"garbage".to_vec()].concat());
        assert!(error.contains("followed by other data"), "{ending}: {error}");
        Sandbox::new().extract(&name, &[pack(&tar()), vec![0; 700]].concat()).unwrap();
        let error = Sandbox::new().refusal(&name, &pack(&[tar(), tar()].concat()));
        assert!(error.contains("followed by other data"), "{ending}, two archives: {error}");
    }
    let bytes = zip(&[ZipItem::file("pkg/f", "x")]);
    let error = Sandbox::new().refusal("pkg.zip", &[&bytes[..], b"garbage"].concat());
    assert!(error.contains("followed by other data"), "{error}");
    Sandbox::new().extract("pkg.zip", &[&bytes[..], &[0; 700]].concat()).unwrap();
}

#[test]
fn fields_of_headers() {
    let block = |at: usize, bytes: &[u8]| {
        let mut block = header(b"pkg/f", b'0', b"", 0);
        block[at..at + bytes.len()].copy_from_slice(bytes);
        TarMaker::default().raw(&summed(block), b"").finish()
    };
    let refusal = |bytes: &[u8]| Sandbox::new().refusal("pkg.tar", bytes);
    assert!(refusal(&block(124, b"9999999999")).contains("entry `pkg/f`: its field `size` is invalid"));
    assert!(refusal(&block(124, b"-0000000001")).contains("field `size`"));
    assert!(refusal(&block(124, &[0xff; 12])).contains("field `size`"), "negative");
    assert!(refusal(&block(124, b"77777777777")).contains("truncated in entry `pkg/f`"));
    assert!(
        refusal(&block(124, &[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))
            .contains("truncated")
    );
    let pax = |records: &[u8]| TarMaker::default().entry("x", b'x', "", records).file("pkg/f", "").finish();
    for records in
        [&b"5 path"[..], b"99 path=x\n", b"x path=y\n", b"10 path=xy", b"9 path:x\n\n", b"0 \n", b"8 size=\n"]
    {
        assert!(refusal(&pax(records)).contains("a PAX header is malformed"), "{records:?}");
    }
    let last = TarMaker::default().file("pkg/f", "").entry("@", b'L', "", b"pkg/long\0").finish();
    assert!(refusal(&last).contains("describes an entry that is missing"));
}

#[test]
fn no_archives() {
    let refusal = |name: &str, bytes: &[u8]| Sandbox::new().refusal(name, bytes);
    assert!(refusal("pkg.tar.gz", b"").contains("the file is empty"));
    for name in ["pkg.zip", "pkg.tar.bz2", "pkg"] {
        let error = refusal(name, b"<!DOCTYPE html>\n<title>404</title>");
        assert!(error.contains("no archive of a known format: it begins with `<!DOCTYPE html>"), "{error}");
        assert!(error.contains("an error page"), "{error}");
    }
    assert!(
        refusal("pkg.tar.xz", b"7z\xbc\xaf\x27\x1c\0\x04").contains("of type 7z, which is not supported")
    );
    assert!(refusal("pkg.rar", b"Rar!\x1a\x07\x01\0").contains("of type rar"));
    let error = refusal("pkg.tar.gz", &gzip(b"one file, no tar"));
    assert!(error.contains("truncated"), "{error}");
    let error = refusal("pkg.tar.gz", &gzip(&[b'x'; 2000]));
    assert!(error.contains("the checksum of a tar header is wrong"), "{error}");
    assert!(refusal("pkg.zip", &[0; 600]).contains("truncated"));
}

#[test]
fn errors_of_the_file_system() {
    let sandbox = Sandbox::new();
    let limits = ArchiveLimits::default();
    let archive = sandbox.path().join("pkg.tar");
    let error = extract(&archive, &sandbox.destination(), &limits, &|| false).unwrap_err();
    assert!(matches!(error.fault, ArchiveFault::Read(_)), "{error}");
    fs::write(&archive, tar()).unwrap();
    let error = extract(&archive, &sandbox.path().join("none"), &limits, &|| false).unwrap_err();
    assert!(matches!(error.fault, ArchiveFault::Write { .. }), "{error}");
    // The destination is not empty.
    fs::create_dir(sandbox.destination().join("f")).unwrap();
    let error = extract(&archive, &sandbox.destination(), &limits, &|| false).unwrap_err();
    assert!(error.to_string().contains("f can't be written: File exists"), "{error}");
    fs::remove_dir(sandbox.destination().join("f")).unwrap();
    fs::remove_file(sandbox.destination().join("noise")).unwrap();
    std::os::unix::fs::symlink(sandbox.path().join("neighbour"), sandbox.destination().join("f")).unwrap();
    extract(&archive, &sandbox.destination(), &limits, &|| false).unwrap_err();
    assert_eq!(fs::read_to_string(sandbox.path().join("neighbour")).unwrap(), "unchanged");
}

#[test]
fn cancelled_at_any_moment() {
    for bytes in
        [gzip(&tar()), zip(&[ZipItem::file("pkg/f", "x"), ZipItem::of_mode("pkg/l", 0o120_777, "f")])]
    {
        let sandbox = Sandbox::new();
        let archive = sandbox.path().join("pkg");
        fs::write(&archive, bytes).unwrap();
        for moment in 0.. {
            let asked = std::cell::Cell::new(0);
            let cancelled = || asked.replace(asked.get() + 1) == moment;
            fs::remove_dir_all(sandbox.destination()).unwrap();
            fs::create_dir(sandbox.destination()).unwrap();
            let done = extract(&archive, &sandbox.destination(), &ArchiveLimits::default(), &cancelled);
            let Err(error) = done else {
                assert!(moment > 3, "asked only {moment} times");
                break;
            };
            assert!(matches!(error.fault, ArchiveFault::Cancelled), "{error}");
            sandbox.check_outside("pkg");
        }
    }
}
