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
