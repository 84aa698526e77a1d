//! Renderers: one file per format.

pub(crate) mod csv;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod json_context;
pub(crate) mod latex;
pub(crate) mod markdown;
pub(crate) mod terminal;
