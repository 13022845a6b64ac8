//! libFuzzer on `fuzz_targets::openapi`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz_targets::openapi(data));
