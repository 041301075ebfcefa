//! Mutated archives, without cargo-fuzz: `ARCHIVE_FUZZ_ITERATIONS=1000000 ARCHIVE_FUZZ_SEED=7 cargo test --lib mutated`.

use super::make::{TarMaker, ZipItem, packers, zip};
use crate::provide::archive::fuzz_archive;

/// A small generator of numbers (xorshift64*), so that a seed repeats a run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`, which is not 0.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// Returns archives with each kind of entry.
fn seeds() -> Vec<Vec<u8>> {
    let sparse: [(&str, &[u8]); 2] = [("GNU.sparse.size", b"1000"), ("GNU.sparse.map", b"10,3,100,4")];
    let version: [(&str, &[u8]); 4] = [
        ("GNU.sparse.major", b"1"),
        ("GNU.sparse.minor", b"0"),
        ("GNU.sparse.realsize", b"900"),
        ("GNU.sparse.name", b"pkg/map"),
    ];
    let map = format!("1\n5\n3\n{}abc", "\0".repeat(506));
    let tar = TarMaker::default()
        .dir("pkg/")
        .file("README", "x")
        .file("pkg/a", "content")
        .symlink("pkg/d/l", "../a")
        .symlink("pkg/up", "d/..")
        .hardlink("pkg/h", "pkg/a")
        .entry("@", b'L', "", b"pkg/a name by GNU\0")
        .file("x", "")
        .pax(&[("path", b"pkg/a name by PAX"), ("mtime", b"1.5"), ("size", b"2")])
        .file("x", "xy")
        .pax(&sparse)
        .file("pkg/sparse", "abcdefg")
        .pax(&version)
        .file("pkg/x", &map)
        .finish();
    let items = [
        ZipItem::deflated("pkg/a", "content content content"),
        ZipItem::file("pkg\\b", "x"),
        ZipItem::of_mode("pkg/l", 0o120_777, "a"),
        ZipItem::of_mode("pkg/d/", 0o040_755, ""),
        ZipItem::file("__MACOSX/x", ""),
    ];
    packers().into_iter().map(|(_, pack)| pack(&tar)).chain([zip(&items), tar.clone()]).collect()
}

/// Changes some bytes, or blocks.
fn mutate(bytes: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    const WORDS: [&[u8]; 8] = [b"..", b"/", b"../", b"\0", b"\xff", b"77777777777", b"PK\x01\x02", b"./"];
    for _ in 0..=numbers.below(6) {
        if bytes.is_empty() {
            return;
        }
        let at = numbers.below(bytes.len());
        match numbers.below(8) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
            2 => {
                let word = WORDS[numbers.below(WORDS.len())];
                let end = (at + word.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            // Fields of headers are what names, types and sizes depend on.
            3 => {
                let field = [0, 4, 100, 124, 156, 157, 345, 386, 482][numbers.below(9)];
                let at = at / 512 * 512 + field;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = b"\0/.0123456789LKxgS5"[numbers.below(19)];
                }
            }
            4 => bytes.truncate(at),
            5 => drop(bytes.drain(at / 512 * 512..at)),
            6 => {
                let block = bytes[at / 512 * 512..].iter().take(512).copied().collect::<Vec<u8>>();
                let to = numbers.below(bytes.len()) / 512 * 512;
                bytes.splice(to..to, block);
            }
            _ => {
                let from = numbers.below(other.len()) / 512 * 512;
                bytes.splice(at / 512 * 512.., other[from..].iter().copied());
            }
        }
    }
}

#[test]
fn mutated_archives_keep_the_promises() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let iterations = number("ARCHIVE_FUZZ_ITERATIONS").unwrap_or(1500);
    let mut numbers = Numbers(number("ARCHIVE_FUZZ_SEED").unwrap_or(4711).max(1));
    let seeds = seeds();
    for seed in &seeds {
        fuzz_archive(seed);
    }
    for iteration in 0..iterations {
        let before = numbers.0;
        // Half of the runs mutate the tar itself.
        let seed = if numbers.below(2) == 0 { seeds.len() - 1 } else { numbers.below(seeds.len()) };
        let mut bytes = seeds[seed].clone();
        let other = &seeds[numbers.below(seeds.len())];
        mutate(&mut bytes, other, &mut numbers);
        let done = std::panic::catch_unwind(|| fuzz_archive(&bytes));
        assert!(done.is_ok(), "iteration {iteration}: repeat it with ARCHIVE_FUZZ_SEED={before}");
    }
}
