//! libFuzzer on `fuzz_targets::paths`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::paths(data));
