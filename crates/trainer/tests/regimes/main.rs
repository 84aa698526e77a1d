//! Every regime on every family, held against what it says: what is frozen stays to the bit, what is
//! trained moves, what is cut off is gone, and nothing else differs from ordinary training.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anchor;
mod features;
mod moves;
mod norms;
mod phases;
mod scene;
mod solved;
mod source;
#[path = "../support/mod.rs"]
mod support;
