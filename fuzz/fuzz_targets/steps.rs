//! Recordings with a class at every step.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("steps", bytes);
});
