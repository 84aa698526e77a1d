//! Texts of classes, one a line.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("lines", bytes);
});
