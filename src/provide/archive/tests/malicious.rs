//! Archives that would write outside of the destination, or fill the disk or the memory.

use super::make::{TarMaker, ZipItem, bzip2, gzip, header, packers, pax_record, summed, xz, zip, zstd};
use super::sandbox::Sandbox;
use crate::provide::archive::ArchiveLimits;

/// A label, the bytes, and what the message says.
type Case = (&'static str, Vec<u8>, &'static str);

/// Adds a harmless file before and after the entries.
fn tar(entries: impl FnOnce(TarMaker) -> TarMaker) -> Vec<u8> {
    entries(TarMaker::default().file("pkg/first", "1")).file("pkg/last", "2").finish()
}

fn long(prefix: &str, length: usize) -> String {
    format!("{prefix}{}", "n".repeat(length))
}

fn refuse_all(ending: &str, cases: Vec<Case>) {
    for (label, bytes, expected) in cases {
        let error = Sandbox::new().refusal(&format!("pkg.{ending}"), &bytes);
        assert!(error.contains(expected), "{label}: {error}");
    }
}

#[test]
fn names_that_leave() {
    let deep = vec!["d"; 300].join("/");
    let long_path = vec![long("", 200); 30].join("/");
    refuse_all(
        "tar",
        vec![
            (
                "parent",
                tar(|tar| tar.file("../victim/f", "x")),
                "entry `../victim/f`: its name contains `..`",
            ),
            ("parent inside", tar(|tar| tar.file("pkg/../../victim/f", "x")), "contains `..`"),
            ("harmless parent", tar(|tar| tar.file("pkg/a/../f", "x")), "contains `..`"),
            ("parent at the end", tar(|tar| tar.dir("pkg/..")), "contains `..`"),
            (
                "parent in an ignored directory",
                tar(|tar| tar.file("__MACOSX/../victim/f", "x")),
                "contains `..`",
            ),
            ("absolute", tar(|tar| tar.file("/tmp/fbuild-matrix-victim", "x")), "its name is absolute"),
            (
                "absolute twice",
                tar(|tar| tar.file("//tmp/fbuild-matrix-victim", "x")),
                "its name is absolute",
            ),
            ("drive", tar(|tar| tar.file("C:/f", "x")), "its name is absolute"),
            ("empty", tar(|tar| tar.file("", "x")), "its name is empty"),
            (
                "long component",
                tar(|tar| tar.entry("@", b'L', "", long("pkg/", 256).as_bytes()).file("x", "x")),
                "too long",
            ),
            ("long path", tar(|tar| tar.pax(&[("path", long_path.as_bytes())]).file("x", "x")), "too long"),
            ("deep", tar(|tar| tar.pax(&[("path", deep.as_bytes())]).file("x", "x")), "too long"),
            (
                "NUL",
                tar(|tar| tar.pax(&[("path", b"pkg/a\0b")]).file("x", "x")),
                "entry `pkg/a\\0b`: its name contains a NUL",
            ),
            (
                "parent by PAX",
                tar(|tar| tar.pax(&[("path", b"pkg/../../victim/f")]).file("pkg/f", "x")),
                "contains `..`",
            ),
            (
                "parent by GNU",
                tar(|tar| tar.entry("@", b'L', "", b"../victim/f\0").file("pkg/f", "x")),
                "contains `..`",
            ),
            ("terminal", tar(|tar| tar.file("pkg/\u{1b}[2J/../f", "x")), "\\u{1b}[2J"),
        ],
    );
}

#[test]
fn symlinks_that_leave() {
    refuse_all(
        "tar",
        vec![
            (
                "absolute symlink",
                tar(|tar| tar.symlink("pkg/l", "/etc/passwd")),
                "entry `pkg/l`: it is a link to `/etc/passwd`",
            ),
            ("parent symlink", tar(|tar| tar.symlink("pkg/l", "../victim")), "link to `../victim`, outside"),
            ("parent from below", tar(|tar| tar.symlink("pkg/a/b/l", "../../../victim")), "outside"),
            ("back into the root", tar(|tar| tar.symlink("pkg/l", "../pkg/first")), "outside"),
            ("parent after a name", tar(|tar| tar.symlink("pkg/l", "a/../../victim")), "outside"),
            (
                "chain",
                tar(|tar| tar.symlink("pkg/a/b/up", "../..").symlink("pkg/l", "a/b/up/../victim")),
                "outside",
            ),
            (
                "chain, other order",
                tar(|tar| tar.symlink("pkg/l", "a/b/up/../victim").symlink("pkg/a/b/up", "../..")),
                "outside",
            ),
            (
                "long chain",
                tar(|tar| {
                    tar.symlink("pkg/a/1", ".").symlink("pkg/a/2", "1/..").symlink("pkg/a/3", "2/a/2/..")
                }),
                "outside",
            ),
            ("loop", tar(|tar| tar.symlink("pkg/a", "b").symlink("pkg/b", "a")), "too many links"),
            ("loop of one", tar(|tar| tar.symlink("pkg/a", "a/b")), "too many links"),
            (
                "file through a symlink",
                tar(|tar| tar.symlink("pkg/l", "../victim").file("pkg/l/f", "x")),
                "one entry makes it a directory",
            ),
            (
                "file through an inner symlink",
                tar(|tar| tar.dir("pkg/d").symlink("pkg/l", "d").file("pkg/l/f", "x")),
                "one entry makes it a directory",
            ),
            (
                "directory through a symlink",
                tar(|tar| tar.symlink("pkg/l", "../victim").dir("pkg/l")),
                "one entry makes it a directory",
            ),
            (
                "file onto a symlink",
                tar(|tar| tar.symlink("pkg/l", "../neighbour").file("pkg/l", "x")),
                "the same name",
            ),
            (
                "symlink onto a file",
                tar(|tar| tar.file("pkg/l", "x").symlink("pkg/l", "../neighbour")),
                "the same name",
            ),
            (
                "the root is a symlink",
                TarMaker::default().symlink("pkg", "../victim").file("pkg/f", "x").finish(),
                "one entry makes it a directory",
            ),
            ("empty symlink", tar(|tar| tar.symlink("pkg/l", "")), "without a valid target"),
            (
                "symlink with NUL",
                tar(|tar| tar.pax(&[("linkpath", b"first\0x")]).symlink("pkg/l", "x")),
                "without a valid target",
            ),
            (
                "long symlink",
                tar(|tar| tar.pax(&[("linkpath", long("", 5000).as_bytes())]).symlink("pkg/l", "x")),
                "without a valid target",
            ),
        ],
    );
}

#[test]
fn hardlinks_that_leave() {
    refuse_all(
        "tar",
        vec![
            (
                "absolute hardlink",
                tar(|tar| tar.hardlink("pkg/l", "/etc/passwd")),
                "link to `/etc/passwd`, outside",
            ),
            (
                "parent hardlink",
                tar(|tar| tar.hardlink("pkg/l", "../neighbour")),
                "link to `../neighbour`, outside",
            ),
            (
                "parent hardlink by GNU",
                tar(|tar| tar.entry("@", b'K', "", b"pkg/../../neighbour\0").hardlink("pkg/l", "x")),
                "outside",
            ),
            (
                "hardlink beside the root",
                tar(|tar| tar.file("readme", "x").hardlink("pkg/l", "readme")),
                "outside",
            ),
            ("hardlink to the root", tar(|tar| tar.hardlink("pkg/l", "pkg")), "outside"),
            (
                "missing hardlink",
                tar(|tar| tar.hardlink("pkg/l", "pkg/none")),
                "entry `pkg/l`: it is a hardlink to `none`, and the archive holds no such file",
            ),
            (
                "hardlink to a directory",
                tar(|tar| tar.dir("pkg/d").hardlink("pkg/l", "pkg/d")),
                "no such file",
            ),
            ("hardlink to itself", tar(|tar| tar.hardlink("pkg/l", "pkg/l")), "no such file"),
            (
                "hardlink to a symlink that leaves",
                tar(|tar| tar.symlink("pkg/s", "../neighbour").hardlink("pkg/l", "pkg/s")),
                "outside",
            ),
            (
                "hardlink to a symlink that leaves from there",
                tar(|tar| {
                    tar.file("pkg/a/f", "x").symlink("pkg/a/s", "../first").hardlink("pkg/l", "pkg/a/s")
                }),
                "entry `pkg/l`: it is a link to `../first`, outside",
            ),
            (
                "file onto a hardlink",
                tar(|tar| tar.hardlink("pkg/l", "pkg/first").file("pkg/l", "x")),
                "the same name",
            ),
        ],
    );
}

#[test]
fn types_and_collisions() {
    refuse_all(
        "tar",
        vec![
            (
                "character device",
                tar(|tar| tar.entry("pkg/null", b'3', "", b"")),
                "entry `pkg/null`: it is a character device",
            ),
            ("block device", tar(|tar| tar.entry("pkg/sda", b'4', "", b"")), "it is a block device"),
            ("pipe", tar(|tar| tar.entry("pkg/pipe", b'6', "", b"")), "it is a named pipe"),
            (
                "device beside the root",
                tar(|tar| tar.entry("null", b'3', "", b"")),
                "it is a character device",
            ),
            ("unknown type", tar(|tar| tar.entry("pkg/x", b'Z', "", b"")), "its type 'Z' is not supported"),
            ("multi-volume", tar(|tar| tar.entry("pkg/x", b'M', "", b"")), "its type 'M'"),
            (
                "duplicate",
                tar(|tar| tar.file("pkg/f", "a").file("pkg/f", "b")),
                "another entry has the same name",
            ),
            (
                "duplicate, spelled otherwise",
                tar(|tar| tar.file("pkg/f", "a").file("./pkg//./f", "b")),
                "the same name",
            ),
            (
                "case",
                tar(|tar| tar.file("pkg/Makefile", "a").file("pkg/makefile", "b")),
                "entry `pkg/makefile`: the name of another entry differs only by case",
            ),
            (
                "case of a directory",
                tar(|tar| tar.file("pkg/src/a", "a").file("pkg/Src/b", "b")),
                "differs only by case",
            ),
            (
                "case beyond ASCII",
                tar(|tar| tar.file("pkg/Ä", "a").file("pkg/ä", "b")),
                "differs only by case",
            ),
            (
                "case of a symlink",
                tar(|tar| tar.symlink("pkg/L", "first").file("pkg/l/f", "b")),
                "differs only by case",
            ),
            (
                "case beside the root",
                tar(|tar| tar.file("README", "a").file("readme", "b")),
                "differs only by case",
            ),
            (
                "directory onto a file",
                tar(|tar| tar.file("pkg/f", "a").dir("pkg/f")),
                "one entry makes it a directory",
            ),
            (
                "directory below a file",
                tar(|tar| tar.file("pkg/f", "a").file("pkg/f/g", "a")),
                "entry `pkg/f/g`: one entry makes it",
            ),
            (
                "file onto a directory",
                tar(|tar| tar.file("pkg/d/f", "a").file("pkg/d", "a")),
                "one entry makes it a directory",
            ),
            (
                "two roots",
                tar(|tar| tar.file("other/f", "a")),
                "holds two root directories, `pkg` and `other`",
            ),
            ("an empty second root", tar(|tar| tar.dir("other/")), "holds two root directories"),
            ("a symlink as second root", tar(|tar| tar.symlink("latest", "pkg")), "`pkg` and `latest`"),
            ("no root", TarMaker::default().file("boards.txt", "x").finish(), "holds no directory"),
            ("only macOS", TarMaker::default().file("__MACOSX/f", "x").finish(), "holds no directory"),
            ("only the archive's own root", TarMaker::default().dir("./").finish(), "holds no directory"),
            ("nothing", TarMaker::default().finish(), "holds no directory"),
        ],
    );
}

#[test]
fn zips() {
    let file = ZipItem::file("pkg/f", "content");
    let with = |item: ZipItem| zip(&[file.clone(), item]);
    let named = |name: &str| with(ZipItem::file(name, "x"));
    let bomb = "0".repeat(300 << 10);
    let over = ZipItem { offset: Some(0), ..ZipItem::file("pkg/f", "content") };
    refuse_all(
        "zip",
        vec![
            ("parent", named("pkg/../../victim/f"), "contains `..`"),
            (
                "backslashes",
                named("pkg\\..\\..\\victim\\f"),
                "entry `pkg/../../victim/f`: its name contains `..`",
            ),
            ("absolute", named("/tmp/fbuild-matrix-victim"), "is absolute"),
            ("absolute with backslash", named("\\tmp\\fbuild-matrix-victim"), "is absolute"),
            ("drive", named("c:\\f"), "is absolute"),
            ("NUL", named("pkg/f\0.txt"), "contains a NUL byte"),
            ("empty", named(""), "is empty"),
            ("long", named(&long("pkg/", 300)), "too long"),
            ("duplicate", named("pkg/f"), "the same name"),
            ("case", named("pkg/F"), "differs only by case"),
            ("below a file", named("pkg/f/g"), "one entry makes it a directory"),
            ("two roots", named("other/f"), "two root directories"),
            (
                "symlink",
                with(ZipItem::of_mode("pkg/l", 0o120_777, "../neighbour")),
                "link to `../neighbour`, outside",
            ),
            ("absolute symlink", with(ZipItem::of_mode("pkg/l", 0o120_777, "/etc")), "outside"),
            (
                "file through a symlink",
                zip(&[ZipItem::of_mode("pkg/l", 0o120_777, "../victim"), ZipItem::file("pkg/l/f", "x")]),
                "one entry makes it",
            ),
            (
                "long symlink",
                with(ZipItem::of_mode("pkg/l", 0o120_777, &long("", 5000))),
                "without a valid target",
            ),
            ("device", with(ZipItem::of_mode("pkg/null", 0o020_666, "")), "it is a character device"),
            ("pipe", with(ZipItem::of_mode("pkg/pipe", 0o010_666, "")), "it is a named pipe"),
            ("socket", with(ZipItem::of_mode("pkg/socket", 0o140_666, "")), "it is a socket"),
            (
                "encrypted",
                with(ZipItem { flags: 1, ..ZipItem::file("pkg/g", "secret") }),
                "entry `pkg/g`: it is encrypted",
            ),
            ("method", with(ZipItem { method: 14, ..ZipItem::file("pkg/g", "x") }), "compression method"),
            ("overlap", zip(&[file.clone(), ZipItem { name: b"pkg/g".to_vec(), ..over }]), "overlaps"),
            ("checksum", with(ZipItem { crc: 1, ..ZipItem::file("pkg/g", "x") }), "damaged in entry `pkg/g`"),
            ("too large", with(ZipItem { size: 1, ..ZipItem::deflated("pkg/g", &bomb) }), "entry `pkg/g`"),
            (
                "too small",
                with(ZipItem { size: 9, ..ZipItem::deflated("pkg/g", "x") }),
                "it holds 1 bytes, and the archive declares 9",
            ),
            ("no root", zip(&[ZipItem::file("f", "x")]), "holds no directory"),
            ("nothing", zip(&[]), "holds no directory"),
        ],
    );
}

#[test]
fn bombs() {
    let limits = ArchiveLimits { any_ratio: 1 << 20, ..ArchiveLimits::default() };
    let refuse = |name: &str, bytes: &[u8]| {
        let error = Sandbox::with_limits(limits).refusal(name, bytes);
        assert!(error.contains("extracts to more than 200 times its size"), "{error}");
    };
    let zeros = vec![0; 2 << 20];
    let tar = TarMaker::default().entry("pkg/zeros", b'0', "", &zeros).finish();
    for (ending, pack) in packers().into_iter().filter(|(ending, _)| *ending != "tar") {
        refuse(&format!("bomb.{ending}"), &pack(&tar));
        // An archive of 32 MiB is free of the ratio by default.
        Sandbox::new().extract(&format!("bomb.{ending}"), &pack(&tar)).unwrap();
    }
    let text = String::from_utf8(zeros.clone()).unwrap();
    refuse("bomb.zip", &zip(&[ZipItem::deflated("pkg/zeros", &text)]));
    // What is not extracted is decompressed nonetheless.
    let ignored = TarMaker::default().file("pkg/f", "x").entry("ignored", b'0', "", &zeros).finish();
    refuse("bomb.tar.gz", &gzip(&ignored));
    refuse("bomb.tar.zst", &zstd(&[TarMaker::default().file("pkg/f", "x").finish(), zeros].concat()));
    let global = TarMaker::default().entry("x", b'g', "", &vec![b' '; 2 << 20]).file("pkg/f", "").finish();
    refuse("bomb.tar.xz", &xz(&global));
}

#[test]
fn limits() {
    let limits = ArchiveLimits { total_size: 100_000, ratio: 1000, any_ratio: 100_000, entries: 10 };
    let refusal = |name: &str, bytes: &[u8]| Sandbox::with_limits(limits).refusal(name, bytes);
    let many = |count| {
        (0..count).fold(TarMaker::default(), |tar, index| tar.file(&format!("pkg/{index}"), "")).finish()
    };
    assert!(refusal("many.tar", &many(11)).contains("more than 10 entries"));
    Sandbox::with_limits(limits).extract("few.tar", &many(10)).unwrap();
    let items: Vec<_> = (0..11).map(|index| ZipItem::file(&format!("__MACOSX/{index}"), "")).collect();
    assert!(refusal("many.zip", &zip(&items)).contains("more than 10 entries"));
    let large = "x".repeat(98_000);
    let halves = [ZipItem::deflated("pkg/a", &large), ZipItem::deflated("pkg/b", &large)];
    assert!(refusal("large.zip", &zip(&halves)).contains("extracts to more than 100000 bytes"));
    Sandbox::with_limits(limits).extract("large.zip", &zip(&halves[..1])).unwrap();
    let tar = TarMaker::default().file("pkg/a", &large).finish();
    Sandbox::with_limits(limits).extract("large.tar.gz", &gzip(&tar)).unwrap();
    let tar = TarMaker::default().file("pkg/a", &large).file("pkg/b", &large).finish();
    assert!(refusal("large.tar.bz2", &bzip2(&tar)).contains("extracts to more than 100000 bytes"));
    // The holes of a sparse file count.
    let sparse = [("GNU.sparse.size", &b"200000"[..]), ("GNU.sparse.map", b"0,1")];
    let tar = TarMaker::default().pax(&sparse).file("pkg/sparse", "x").finish();
    assert!(refusal("sparse.tar.zst", &zstd(&tar)).contains("extracts to more than 100000 bytes"));
}

#[test]
fn memory() {
    let zeros = |size| TarMaker::default().raw(&header(b"@", b'L', b"", size), &[]).finish();
    let error = Sandbox::new().refusal("name.tar", &zeros(1 << 40));
    assert!(error.contains("a header of 1099511627776 bytes is too long"), "{error}");
    let record = pax_record("comment", &vec![b'x'; 2 << 20]);
    let tar = TarMaker::default().entry("@", b'x', "", &record).file("pkg/f", "").finish();
    let error = Sandbox::new().refusal("pax.tar.gz", &gzip(&tar));
    assert!(error.contains("is too long"), "{error}");
    let mut tar = TarMaker::default();
    for index in 0..5000 {
        let target = long("", 4000);
        tar = tar.pax(&[("linkpath", target.as_bytes())]).symlink(&format!("pkg/{index}"), "x");
    }
    let error = Sandbox::new().refusal("links.tar", &tar.finish());
    assert!(error.contains("bytes of names"), "{error}");
    // A dictionary of 1.5 GB, and a window of 2 GB.
    let stream = [0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4, 0xe6, 0xd6, 0xb4, 0x46];
    let block = [2, 0, 0x21, 1, 37, 0, 0, 0];
    let mut crc = flate2::Crc::new();
    crc.update(&block);
    let bytes = [&stream[..], &block, &crc.sum().to_le_bytes(), &[0; 64]].concat();
    let error = Sandbox::new().refusal("dictionary.tar.xz", &bytes);
    assert!(error.contains("bytes of memory"), "{error}");
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0, 0, 0];
    let error = Sandbox::new().refusal("window.tar.zst", &frame);
    assert!(error.contains("bytes of memory"), "{error}");
}

#[test]
fn maps_of_sparse_files() {
    let sparse = |records: &[(&str, &[u8])], data: &str| {
        TarMaker::default().pax(records).file("pkg/sparse", data).finish()
    };
    let size = ("GNU.sparse.size", &b"1000"[..]);
    let version =
        [("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.minor", b"0"), ("GNU.sparse.realsize", b"9")];
    let block = |map: &str| format!("{map}{}", "\0".repeat(512 - map.len()));
    let mut gnu = header(b"pkg/sparse", b'S', b"", 1);
    gnu[386..397].copy_from_slice(b"00000000100");
    gnu[398..409].copy_from_slice(b"00000000002");
    gnu[483..494].copy_from_slice(b"00000001000");
    let mut more = gnu;
    more[482] = 1;
    let invalid = "map of this sparse file is invalid";
    let malformed = "map of a sparse file is malformed";
    refuse_all(
        "tar",
        vec![
            ("behind the end", sparse(&[size, ("GNU.sparse.map", b"1000,1")], "x"), invalid),
            ("overlap", sparse(&[size, ("GNU.sparse.map", b"5,2,6,1")], "xxx"), invalid),
            ("overflow", sparse(&[size, ("GNU.sparse.map", b"18446744073709551615,1")], "x"), invalid),
            ("more data", sparse(&[size, ("GNU.sparse.map", b"0,1")], "xx"), invalid),
            ("less data", sparse(&[size, ("GNU.sparse.map", b"0,2")], "x"), invalid),
            ("odd", sparse(&[size, ("GNU.sparse.map", b"0,1,2")], "x"), malformed),
            ("negative", sparse(&[size, ("GNU.sparse.map", b"-1,1")], "x"), malformed),
            ("length first", sparse(&[size, ("GNU.sparse.numbytes", b"1")], "x"), malformed),
            ("no map in the data", sparse(&version, "x"), invalid),
            ("a long number", sparse(&version, &block("111111111111111111111111\n")), invalid),
            ("many segments", sparse(&version, &block("99999999999\n0\n1\n")), invalid),
            ("GNU's", TarMaker::default().raw(&summed(gnu), b"x").finish(), invalid),
            (
                "GNU's, without its second block",
                TarMaker::default().raw(&summed(more), b"").unfinished(),
                "truncated",
            ),
        ],
    );
}
