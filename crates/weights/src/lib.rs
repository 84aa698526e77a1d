//! Weights that somebody else has trained: read, named anew, matched with a model, written.
//!
//! [`read`] opens safetensors and what `torch.save` writes, in both of its formats. The pickle in
//! the latter is a program; it is interpreted by [a reader](self#pickles) that can build
//! dictionaries of tensors and nothing else, so no file can run anything here.
//!
//! # Pickles
//!
//! The opcodes of protocol 2, which `torch.save` writes, and the functions that rebuild a tensor.
//! Any other function is refused by its name. A file of `n` bytes takes memory in proportion to
//! `n`, whatever sizes stand in it: strings and storages lie within the file, opcodes are counted,
//! and so are the values of tensors that share a storage.

mod card;
mod error;
mod file;
mod fit;
mod fit_words;
mod number;
mod pickle;
mod remap;
mod tensors;
mod torch;
mod words;
mod write;

pub use card::ModelCard;
pub use error::WeightsError;
pub use file::{FileKind, LeftOut, Tensor, WeightsFile, parse, read};
pub use fit::{Fit, Fresh, Loaded, Mismatch, Stranger, Unfit, Unmet, fit};
pub use number::Number;
pub use remap::{Layout, PRESETS, Preset, Remap, RemapError, Rule};
pub use write::to_safetensors;
