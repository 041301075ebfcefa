//! Archives of any bytes: `cargo +nightly fuzz run archive`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fbuild_matrix::provide::fuzz_archive(bytes));
