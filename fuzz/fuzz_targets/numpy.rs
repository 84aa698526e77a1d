//! Arrays of numpy, alone and in archives.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("numpy", bytes);
});
