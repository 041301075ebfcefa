//! Indexes of any bytes: `cargo +nightly fuzz run index`.

#![no_main]

use fbuild_matrix::provide::{library_index, package_index};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(index) = package_index::parse(bytes) {
        std::hint::black_box(index);
    }
    if let Ok(index) = library_index::parse(bytes) {
        // Messages are for a terminal.
        assert!(index.dropped.iter().all(|dropped| !dropped.reason.contains('\u{1b}')));
    }
    // The bytes as their own signature.
    assert!(package_index::verify(bytes, bytes, &[package_index::ARDUINO_KEY]).is_err());
});
