//! Archives of images.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("members", bytes);
});
