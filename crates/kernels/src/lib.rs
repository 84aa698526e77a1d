//! The arithmetic of training steps, on slices and free of Burn.
//!
//! Three rules make a result the same bits on every instruction set and for every number of threads:
//!
//! 1. **Sixteen lanes, always** ([`Lanes`]). They are one register of AVX-512, two of AVX2, four of
//!    NEON or an array. What a sum is split into therefore never depends on the processor.
//! 2. **Lanes hold independent outputs**, and each output is one chain of fused multiply-adds in an
//!    order that its operation states. How many outputs are computed at once ([`tile`]) changes
//!    speed only.
//! 3. **Threads share work in groups that the shape fixes** ([`threads`]), each with its own output;
//!    sums over groups are taken in the order of the groups.
//!
//! An operation is a struct of slices that implements [`Kernel`], and [`Isa::run`] runs it.
//!
//! # Safety
//!
//! All that is public is safe. `unsafe` is in four places:
//!
//! | where   | what is unsafe                         | what makes it sound                              |
//! |---------|----------------------------------------|--------------------------------------------------|
//! | `isa`   | a call of a function that is compiled for more than the baseline | a value of [`Isa`] exists only where the processor was asked for all the instructions that it stands for |
//! | `lanes` | the instructions; loads and stores     | vectors come from a token, and tokens from `isa`; memory is a reference to sixteen values, or a slice with a mask as long as it |
//! | [`tile`] | reads without a bounds check          | `multiply` asserts that the last factor of `x` and the last block of the panels are inside, before the loop |
//! | [`slide`] | reads without a bounds check         | `outputs` and `weights` assert the same, before the loop |
//!
//! Writes are always checked, or to a reference. The asserts are there in release builds, they
//! saturate instead of wrapping around, and they do not rely on anything that an operation has checked
//! before. Operations check all lengths at their start (`sizes`), so that what reaches a tile is right
//! and not only in bounds.
//!
//! Run on 2026-11-30, without a finding:
//!
//! - Address sanitizer, AVX-512, AVX2 and portable, all tests, with overflow checks and debug
//!   assertions: `RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p fireassay-kernels --lib
//!   --target x86_64-unknown-linux-gnu`. With `--release` too, all but those of `tests`.
//! - NEON under qemu (user mode), all tests: `cargo test --release -p fireassay-kernels --lib --target
//!   aarch64-unknown-linux-musl` with `CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld` and
//!   `CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER=qemu-aarch64-static`.
//! - Miri, portable, the tests of `slide` and `lanes` only: the others take it too long.
//!   `MIRIFLAGS="-Zmiri-tree-borrows -Zmiri-ignore-leaks -Zmiri-disable-isolation" cargo +nightly miri
//!   test -p fireassay-kernels --lib -- slide::`. Tree borrows and leaks because of rayon's queues.

pub mod activation;
mod buffer;
pub mod conv;
pub mod dense;
mod isa;
mod lanes;
pub mod loss;
pub mod math;
pub mod norm;
pub mod recurrent;
mod sizes;
pub mod slide;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod threads;
pub mod tile;
pub mod update;

pub use buffer::Buffer;
pub use isa::{Isa, Kernel};
pub use lanes::{LANES, Lanes, Vector};
