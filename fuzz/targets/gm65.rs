#![no_main]

#[path = "../bodies/scanners.rs"]
mod scanners;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scanners::scanner("gm65", bytes));
