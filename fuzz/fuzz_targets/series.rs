//! Series in the format of sktime (`.ts`).

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("series", bytes);
});
