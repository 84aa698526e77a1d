//! Operations of whole layers, in two forms: *fused* into one kernel with a handwritten gradient, on
//! flex, and *composed* of Burn's own operations, everywhere else and for comparison.
//!
//! Both mean the same; their results differ in the last bits. `Kernels` says which form is asked for,
//! and [`fuse`] is the one place where that is decided.

mod activation;
#[cfg(test)]
mod compositions;
mod conv;
mod dense;
mod kernels;
mod loss;
mod norm;
mod optim;
mod pool;
mod primitive;
mod recurrent;
mod residual;
mod running;
mod shortcut;
mod single;
mod squared_error;
#[cfg(test)]
mod testing;

pub use activation::activate;
pub use conv::{ConvBlock, conv_block};
pub use dense::{Dense, dense};
pub use kernels::fuse;
pub use loss::cross_entropy;
pub use norm::{batch_norm, group_norm, layer_norm};
pub use optim::{Adam, Scale, Sgd, SgdState, squared_norm};
pub use pool::{global_average, pool};
pub use recurrent::{Recurrence, RecurrentState, RecurrentWeights, recurrent, recurrent_last};
pub use residual::{Around, ResidualBlock, residual_block};
pub use shortcut::{Shortcut, shortcut};
pub use squared_error::squared_error;
