//! Weights of others: safetensors, and checkpoints of PyTorch.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fireassay_corpus::check("pretrained", bytes);
});
