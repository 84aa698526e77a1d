//! Archives of images, and pictures.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("images", bytes);
});
