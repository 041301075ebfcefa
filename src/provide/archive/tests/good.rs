//! Archives as publishers make them.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::make::{TarMaker, ZipItem, gzip, header, packers, summed, zip};
use super::sandbox::{Sandbox, Snapshot, snapshot};
use crate::provide::archive::ExtractedArchive;

fn expect(found: &Snapshot, expected: &[(&str, &str)]) {
    let expected: Snapshot =
        expected.iter().map(|(path, content)| (path.into(), (*content).to_owned())).collect();
    assert_eq!(*found, expected);
}

#[test]
fn every_format_by_any_name() {
    let tar = TarMaker::default()
        .dir("pkg/")
        .file("pkg/boards.txt", "uno.name=Uno")
        .symlink("pkg/link", "./bin/../boards.txt")
        .hardlink("pkg/bin/hard", "pkg/boards.txt")
        .dir("pkg/empty")
        .finish();
    let expected = [
        ("bin", "755 directory"),
        ("bin/hard", "644 uno.name=Uno"),
        ("boards.txt", "644 uno.name=Uno"),
        ("empty", "755 directory"),
        ("link", "-> ./bin/../boards.txt"),
    ];
    for (ending, pack) in packers() {
        for name in [format!("pkg.{ending}"), "pkg".to_owned(), "pkg.zip".to_owned()] {
            let sandbox = Sandbox::new();
            let done = sandbox.extract(&name, &pack(&tar)).unwrap();
            expect(&sandbox.extracted(), &expected);
            assert_eq!(done, ExtractedArchive { root: "pkg".to_owned(), files: 2, symlinks: 1, size: 12 });
            let inode = |name: &str| fs::metadata(sandbox.destination().join(name)).unwrap().ino();
            assert_eq!(inode("bin/hard"), inode("boards.txt"));
            let modified = fs::metadata(sandbox.destination().join("boards.txt")).unwrap().mtime();
            assert_eq!(modified, 0o14_000_000_000);
            sandbox.check_outside(&name);
        }
    }
    let items = [
        ZipItem::deflated("pkg/boards.txt", "uno.name=Uno"),
        ZipItem::of_mode("pkg/bin/hard", 0o100_644, "uno.name=Uno"),
        ZipItem::of_mode("pkg/link", 0o120_777, "./bin/../boards.txt"),
        ZipItem::of_mode("pkg/empty/", 0o040_700, ""),
    ];
    for name in ["pkg.zip", "pkg", "pkg.tar.gz"] {
        let sandbox = Sandbox::new();
        let done = sandbox.extract(name, &zip(&items)).unwrap();
        expect(&sandbox.extracted(), &expected);
        assert_eq!(done, ExtractedArchive { root: "pkg".to_owned(), files: 2, symlinks: 1, size: 24 });
    }
}

#[test]
fn files_of_several_streams() {
    let tar = TarMaker::default().file("pkg/a", "one").file("pkg/b", "two").finish();
    for (ending, pack) in packers() {
        let sandbox = Sandbox::new();
        let parts: Vec<Vec<u8>> = [&tar[..700], &[], &tar[700..]].into_iter().map(pack).collect();
        sandbox.extract(&format!("pkg.{ending}"), &parts.concat()).unwrap();
        expect(&sandbox.extracted(), &[("a", "644 one"), ("b", "644 two")]);
    }
    // A skippable frame of zstd, as parallel compressors write, and padding between streams of xz.
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let frame =
        [&skippable[..], &super::make::zstd(&tar[..700]), &skippable, &super::make::zstd(&tar[700..])];
    Sandbox::new().extract("pkg.tar.zst", &frame.concat()).unwrap();
    let padded = [super::make::xz(&tar[..700]), vec![0; 8], super::make::xz(&tar[700..])];
    Sandbox::new().extract("pkg.tar.xz", &padded.concat()).unwrap();
}

#[test]
fn what_is_beside_the_root_is_ignored() {
    let tar = TarMaker::default()
        .entry("pax_global_header", b'g', "", b"52 comment=0123456789012345678901234567890123456789\n")
        .dir("./")
        .file("./._pkg", "x")
        .file("README", "x")
        .symlink("current", "none")
        .hardlink("HARD", "README")
        .file("__MACOSX/._pkg/a", "x")
        .file("__MACOSX_extra/b", "x")
        .file("./pkg/./f", "x")
        .finish();
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.tar", &tar).unwrap();
    expect(&sandbox.extracted(), &[("f", "644 x")]);
    let items = ["__MACOSX/._f", "a.txt", "pkg\\sub\\f", "pkg\\empty\\"].map(|name| ZipItem::file(name, ""));
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.zip", &zip(&items)).unwrap();
    let directory = "755 directory";
    expect(&sandbox.extracted(), &[("empty", directory), ("sub", directory), ("sub/f", "644 ")]);
}

#[test]
fn modes() {
    let mode = |name: &str, mode: &str, flag| {
        let mut block = header(name.as_bytes(), flag, b"", 0);
        block[100..107].copy_from_slice(mode.as_bytes());
        summed(block)
    };
    let tar = TarMaker::default()
        .raw(&mode("pkg/d", "0000000", b'5'), b"")
        .raw(&mode("pkg/d/none", "0000000", b'0'), b"")
        .raw(&mode("pkg/setuid", "0007755", b'0'), b"")
        .raw(&mode("pkg/all", "0000777", b'0'), b"")
        .raw(&mode("pkg/user", "0000700", b'0'), b"")
        .raw(&mode("pkg/blank", "\0\0\0\0\0\0\0", b'0'), b"")
        .finish();
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.tar", &tar).unwrap();
    expect(
        &sandbox.extracted(),
        &[
            ("all", "755 "),
            ("blank", "600 "),
            ("d", "755 directory"),
            ("d/none", "600 "),
            ("setuid", "755 "),
            ("user", "700 "),
        ],
    );
    let sandbox = Sandbox::new();
    let items = [
        ZipItem::of_mode("pkg/setuid", 0o106_755, ""),
        // A program that knows no modes, on Unix, and on Windows.
        ZipItem::of_mode("pkg/none", 0, ""),
        ZipItem { system: 0, mode: 0, ..ZipItem::file("pkg/windows", "") },
    ];
    sandbox.extract("pkg.zip", &zip(&items)).unwrap();
    expect(&sandbox.extracted(), &[("none", "644 "), ("setuid", "755 "), ("windows", "644 ")]);
}

#[test]
fn links_that_stay() {
    let tar = TarMaker::default()
        .symlink("pkg/lib64", "lib")
        .symlink("pkg/self", ".")
        .symlink("pkg/lib/gcc/up", "../..")
        .symlink("pkg/through", "lib64/gcc/up/lib/./a")
        .symlink("pkg/dangling", "none/../gone")
        .hardlink("pkg/first", "./pkg/lib/a")
        .hardlink("pkg/second", "pkg/first")
        .hardlink("pkg/symlink", "pkg/lib64")
        .file("pkg/lib/a", "content")
        .finish();
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.tar", &tar).unwrap();
    let read = |name: &str| fs::read_to_string(sandbox.destination().join(name)).unwrap();
    for name in ["lib64/a", "self/self/lib/a", "through", "first", "second", "symlink/a"] {
        assert_eq!(read(name), "content", "{name}");
    }
    sandbox.check_outside("pkg.tar");
}

#[test]
fn old_and_odd_tars() {
    let mut v7 = header(b"pkg/d/", 0, b"", 0);
    v7[257..265].fill(0);
    let mut ustar = header(b"f", b'0', b"", 1);
    ustar[257..265].copy_from_slice(b"ustar\x0000");
    ustar[345..350].copy_from_slice(b"pkg/p");
    let mut binary = header(b"pkg/binary", b'0', b"", 0);
    binary[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    let xattr = [
        ("SCHILY.xattr.user.x", &b"a\nb\0=c\n"[..]),
        ("size", b"3"),
        ("path", b"pkg/pax"),
        ("mtime", b"7.5"),
    ];
    let tar = TarMaker::default()
        .raw(&summed(v7), b"")
        .raw(&summed(ustar), b"x")
        .raw(&header(b"pkg/latin \xe4", b'0', b"", 1), b"x")
        .raw(&summed(binary), b"xy")
        .pax(&xattr)
        .raw(&header(b"pkg/short", b'0', b"", 1), b"xyz")
        // A hardlink with the size of its file, and no data.
        .raw(&header(b"pkg/hard", b'1', b"pkg/pax", 3), b"")
        .entry("label", b'V', "", b"")
        .entry("pkg/contiguous", b'7', "", b"c");
    // A compressed tar needs no end marker: the compression says that it is whole.
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.tar.gz", &gzip(&tar.unfinished())).unwrap();
    let mut found = sandbox.extracted();
    let latin = Path::new(std::ffi::OsStr::from_bytes(b"latin \xe4"));
    assert_eq!(found.remove(latin).unwrap(), "644 x", "names of other encodings are kept");
    expect(
        &found,
        &[
            ("binary", "644 xy"),
            ("contiguous", "644 c"),
            ("d", "755 directory"),
            ("hard", "644 xyz"),
            ("p", "755 directory"),
            ("p/f", "644 x"),
            ("pax", "644 xyz"),
        ],
    );
    assert_eq!(fs::metadata(sandbox.destination().join("pax")).unwrap().mtime(), 7);
}

/// Runs GNU tar.
fn gnu_tar(directory: &Path, options: &[&str]) {
    let done = Command::new("tar").args(options).current_dir(directory).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn sparse_files_of_gnu_tar() {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir(tree.path().join("pkg")).unwrap();
    // More segments than a header holds, a hole at the end, and a file that is one hole.
    let mut file = fs::File::create(tree.path().join("pkg/sparse")).unwrap();
    for index in 0..40_u64 {
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(index * 100_000)).unwrap();
        file.write_all(index.to_string().repeat(300).as_bytes()).unwrap();
    }
    file.set_len(5_000_000).unwrap();
    fs::File::create(tree.path().join("pkg/hole")).unwrap().set_len(1_000_000).unwrap();
    let expected = snapshot(&tree.path().join("pkg"));
    let formats: [&[&str]; 5] = [
        &["--format=gnu"],
        &["--format=oldgnu"],
        &["--format=posix", "--sparse-version=0.0"],
        &["--format=posix", "--sparse-version=0.1"],
        &["--format=posix", "--sparse-version=1.0"],
    ];
    for format in formats {
        gnu_tar(tree.path(), &[format, &["-Scf", "pkg.tar", "pkg"]].concat());
        let sandbox = Sandbox::new();
        let bytes = fs::read(tree.path().join("pkg.tar")).unwrap();
        let done = sandbox.extract("pkg.tar", &bytes).unwrap();
        assert!(bytes.len() < 1_000_000, "it is sparse");
        assert!(sandbox.extracted() == expected, "{format:?}");
        assert_eq!(done.size, 6_000_000);
        let blocks = fs::metadata(sandbox.destination().join("sparse")).unwrap().blocks();
        assert!(blocks * 512 < 1_000_000, "holes stay holes");
    }
}

#[test]
fn a_zip_of_64_bits_with_data_before_it() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().large_file(true).unix_permissions(0o755);
    writer.start_file("pkg/tool", options).unwrap();
    writer.write_all(b"content").unwrap();
    for index in 0..70_000 {
        writer.start_file(format!("__MACOSX/{index}"), options).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let sandbox = Sandbox::new();
    sandbox.extract("pkg.zip", &[b"\x7fELF".as_slice(), &bytes].concat()).unwrap();
    expect(&sandbox.extracted(), &[("tool", "755 content")]);
}
