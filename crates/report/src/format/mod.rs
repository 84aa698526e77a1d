//! Renderers: one file per format.

pub(crate) mod json;
pub(crate) mod markdown;
pub(crate) mod terminal;
