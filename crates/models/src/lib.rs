//! Tensors to logits: the model families.
//!
//! [`build`] turns a `ModelSpec` into a [`Classifier`] whose initial values depend on (seed,
//! parameter path, shape) only, so that switching one component leaves all others as they were.
//! [`blocks()`] names its parts, from each of which it can go on; [`count()`] gives parameters and
//! multiply-accumulates in closed form. [`Recurrent`] layers and the
//! [`SequenceClassifier`] made of them are no family of `ModelSpec` yet.
//!
//! Not here: training, data, devices (they are passed in).

pub mod bind;
pub mod blocks;
pub mod classifier;
pub mod cnn;
pub mod count;
pub mod dense;
pub mod dropout;
pub mod efficientnet;
mod lite;
pub mod mlp;
pub mod norm;
pub mod recurrent;
pub mod resnet;
pub mod sequence;
mod signal;

pub use bind::bind;
pub use blocks::{Block, blocks};
pub use classifier::{Backbone, Classifier, Input, build};
pub use count::{Counts, count, count_recurrent};
pub use dropout::{Clock, KeyedDropout};
pub use norm::batch_norm_momentum;
pub use recurrent::{Directions, Recurrent, RecurrentSpec};
pub use sequence::SequenceClassifier;
