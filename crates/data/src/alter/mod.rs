//! Examples made other than they are: spoiled once, or varied each time they are seen.

pub(crate) mod augment;
pub(crate) mod corrupt;
mod draw;
mod image;
