//! Operations of whole layers, in two forms: *fused* into one kernel with a handwritten gradient, on
//! flex, and *composed* of Burn's own operations, everywhere else and for comparison.
//!
//! Both mean the same; their results differ in the last bits. `Kernels` says which form is asked for,
//! and [`fuse`] is the one place where that is decided.

mod activation;
mod conv;
mod dense;
mod kernels;
mod loss;
mod optim;
mod primitive;
mod recurrent;
#[cfg(test)]
mod testing;

pub use activation::activate;
pub use conv::{ConvBlock, conv_block, pool};
pub use dense::{Dense, dense};
pub use kernels::fuse;
pub use loss::cross_entropy;
pub use optim::{Adam, Sgd, SgdState};
pub use recurrent::{Recurrence, RecurrentState, RecurrentWeights, recurrent, recurrent_last};
