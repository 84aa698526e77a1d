//! What becomes of a model's first weights: a [`fireassay_spec::FinetuneSpec`] resolved to data.
//!
//! [`Regime::resolve`] says, for each part of a network (its blocks and its head) and each stretch of
//! training, what is trained, what its batch norm and dropout do, and how its learning rate compares
//! with the head's; and for each tensor where its first values come from. [`Regime::apply`] puts that
//! on a model. Nothing else decides it, so what `regime.json` of a run shows is what was done.
//!
//! Not here: the loop and its optimizer (`trainer`), reading weights (`weights`).

mod leaf;
mod mask;
mod part;
mod phase;
mod regime;

pub use leaf::{Kind, Leaf, leaves};
pub use part::{Norm, PartPlan, Statistics, Trains};
pub use phase::Phase;
pub use regime::{Budgeted, Origin, Part, Regime};
